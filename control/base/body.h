// A JSON object built member by member without allocation: the bodies of events. Texts from
// outside may hold anything: what is not UTF-8 becomes '?'. A member that does not fit is left
// out whole, so that the object stays well formed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX 16384

struct body {
	size_t len;
	bool cut; // a member was left out
	char text[BODY_MAX];
};

void body_begin(struct body *b);
void body_text(struct body *b, const char *name, const char *value); // NULL is ""
void body_format(struct body *b, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void body_u64(struct body *b, const char *name, uint64_t value);
void body_i64(struct body *b, const char *name, int64_t value);
void body_bool(struct body *b, const char *name, bool value);
void body_json(struct body *b, const char *name, const char *json); // a value that is JSON
const char *body_end(struct body *b); // the object's text, valid until the next body_begin
