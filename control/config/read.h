// One reading of a configuration: the document, what is made of it, and what is wrong so far.
//
// config_walk fills the struct from the document by the schema; what needs the whole file is left
// to config_refs and config_check, which find a value's place by the address of its field.
#pragma once

#include "control/config/doc.h"
#include "control/config/modules.h"
#include "control/config/places.h"
#include "control/config/schema.h"

struct config_ref { // a name that waits for its thing
	enum config_type type;
	const char *name;
	void *slot;
	const struct config_tenant *tenant;
	struct config_flow *flow;
};

struct config_read {
	const struct config_modules *modules;
	struct config_doc *doc;
	const char *file;
	char folder[256];
	struct config *config;
	struct config_problems *problems;
	struct config_places places;
	struct config_ref *refs; // owned
	unsigned ref_count, ref_room;
	// where the reader is
	struct config_tenant *tenant;
	struct config_flow *flow;
	char key[512];
	unsigned visits; // values read so far: aliases can multiply a small file
	bool memory;	 // ran out of it: nothing after that counts
};

int config_read_init(struct config_read *r, const char *file, struct config_problems *problems);
void config_read_fini(struct config_read *r);

// The key being read: push returns what pop takes.
size_t config_read_push(struct config_read *r, const char *key);
void config_read_pop(struct config_read *r, size_t len);
// At the key being read.
void config_read_wrong(struct config_read *r, struct config_mark mark, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
// At the place of a field; key: what is missing below that place, or NULL.
void config_read_problem(struct config_read *r, const void *slot, const char *key, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
// The same for what refuses nothing.
void config_read_warn(struct config_read *r, const void *slot, const char *key, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
void config_read_place(struct config_read *r, const void *slot, struct config_mark mark);
void config_read_ref(struct config_read *r, enum config_type type, const char *name, void *slot);
void *config_read_take(struct config_read *r, size_t bytes); // of the configuration; NULL: memory
