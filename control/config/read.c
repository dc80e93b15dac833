// One reading of a configuration: keys, places, references and problems as they come up.
#include "control/config/read.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

// The folder of the file as it is named, absolute where it exists: files of the configuration
// are then found wherever the daemon goes.
static int folder_of(const char *file, char *out, size_t size)
{
	char absolute[PATH_MAX];
	const char *slash = strrchr(file, '/');
	size_t len = slash ? (size_t)(slash - file) : 0;
	if (str_copy_n(out, size, slash ? file : ".", slash == NULL || slash == file ? 1 : len))
		return -ENAMETOOLONG;
	return realpath(out, absolute) ? str_copy(out, size, absolute) : 0;
}

int config_read_init(struct config_read *r, const char *file, struct config_problems *problems)
{
	*r = (struct config_read){.file = file, .problems = problems};
	if (strlen(file) >= sizeof(r->config->file) ||
		folder_of(file, r->folder, sizeof(r->folder)))
		return -ENAMETOOLONG;
	if (config_places_init(&r->places))
		return -ENOMEM;
	struct config_arena *arena = config_arena_new();
	r->config = arena ? config_arena_take(arena, sizeof(*r->config)) : NULL;
	if (r->config == NULL) {
		config_arena_free(arena);
		config_read_fini(r);
		return -ENOMEM;
	}
	r->config->arena = arena;
	r->config->users = 1;
	str_copy(r->config->file, sizeof(r->config->file), file);
	return 0;
}

void config_read_fini(struct config_read *r)
{
	config_places_fini(&r->places);
	free(r->refs);
	r->refs = NULL;
}

size_t config_read_push(struct config_read *r, const char *key)
{
	size_t len = strlen(r->key);
	// A key that is too long to be told is cut: it is only text for people.
	str_format(r->key + len, sizeof(r->key) - len, "%s%s", len ? "." : "", key);
	return len;
}

void config_read_pop(struct config_read *r, size_t len)
{
	r->key[len] = '\0';
}

void config_read_wrong(struct config_read *r, struct config_mark mark, const char *fmt, ...)
{
	struct config_place at = {r->file, r->key[0] ? r->key : "file", mark};
	va_list args;
	va_start(args, fmt);
	config_problems_add(r->problems, &at, fmt, args);
	va_end(args);
}

static struct config_place place_of(
	struct config_read *r, const void *slot, const char *key, char text[640])
{
	const struct config_slot *s = config_places_find(&r->places, slot);
	str_format(text, 640, "%s%s%s", s ? s->key : "file", key ? "." : "", key ? key : "");
	return (struct config_place){r->file, text, s ? s->mark : (struct config_mark){1, 1}};
}

void config_read_problem(
	struct config_read *r, const void *slot, const char *key, const char *fmt, ...)
{
	char text[640];
	struct config_place at = place_of(r, slot, key, text);
	va_list args;
	va_start(args, fmt);
	config_problems_add(r->problems, &at, fmt, args);
	va_end(args);
}

void config_read_warn(
	struct config_read *r, const void *slot, const char *key, const char *fmt, ...)
{
	char text[640];
	struct config_place at = place_of(r, slot, key, text);
	va_list args;
	va_start(args, fmt);
	config_problems_warn(r->problems, &at, fmt, args);
	va_end(args);
}

void config_read_place(struct config_read *r, const void *slot, struct config_mark mark)
{
	if (config_places_add(&r->places, slot, r->key, mark))
		r->memory = true;
}

void config_read_ref(struct config_read *r, enum config_type type, const char *name, void *slot)
{
	if (r->ref_count == r->ref_room) {
		unsigned room = r->ref_room ? r->ref_room * 2 : 64;
		struct config_ref *refs = realloc(r->refs, room * sizeof(*refs));
		if (refs == NULL) {
			r->memory = true;
			return;
		}
		r->refs = refs;
		r->ref_room = room;
	}
	r->refs[r->ref_count++] = (struct config_ref){type, name, slot, r->tenant, r->flow};
}

void *config_read_take(struct config_read *r, size_t bytes)
{
	void *taken = config_arena_take(r->config->arena, bytes);
	if (taken == NULL)
		r->memory = true;
	return taken;
}
