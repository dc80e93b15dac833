// Rows in the form of their shapes.
#include "control/contract/member.h"

#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/str.h"

size_t shape_count(const struct shape *s)
{
	return (s->base ? shape_count(s->base) : 0) + s->count;
}

const struct shape_member *shape_member(const struct shape *s, size_t i)
{
	size_t before = s->base ? shape_count(s->base) : 0;
	return i < before ? shape_member(s->base, i) : &s->members[i - before];
}

const char *member_name(const struct contract_member *m)
{
	const char *section = strchr(m->name, '.');
	return section ? section + 1 : m->name;
}

const char *member_text(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));
	return text ? text : "";
}

const struct shape *shape_rows(const struct shape *s, const char *name)
{
	for (size_t i = 0, count = s ? shape_count(s) : 0; i < count; i++) {
		const struct shape_member *m = shape_member(s, i);
		if (m->is->kind == MEMBER_ROWS && strcmp(m->is->name, name) == 0)
			return m->of;
	}
	return NULL;
}

char *shape_time(uint64_t wall_ns, unsigned digits, char out[SHAPE_TIME_MAX])
{
	time_t s = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;
	char date[32], fraction[16];
	gmtime_r(&s, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	str_format(fraction, sizeof(fraction), "%09u", (unsigned)(wall_ns % NS_PER_S));
	str_format(out, SHAPE_TIME_MAX, "%s.%.*sZ", date, (int)digits, fraction);
	return out;
}

static json_t *fit_rows(const struct shape *s, const json_t *rows)
{
	json_t *out = json_array(), *row;
	size_t i;
	json_array_foreach(rows, i, row) json_array_append_new(out, shape_fit(s, json_incref(row)));
	return out;
}

// What was told, in the member's form; NULL: nothing.
static json_t *fit_value(const struct shape_member *m, json_t *value)
{
	char text[SHAPE_TIME_MAX];
	json_int_t n = json_integer_value(value);
	switch (m->is->kind) {
	case MEMBER_TEXT:
	case MEMBER_CALL:
		return json_is_string(value) && json_string_length(value) == 0 ? NULL
									       : json_incref(value);
	case MEMBER_TIME:
		if (!json_is_integer(value))
			return json_incref(value);
		return n > 0 ? json_string(shape_time((uint64_t)n, 3, text)) : NULL;
	case MEMBER_STATUS:
		return json_is_integer(value) && n == 0 ? NULL : json_incref(value);
	case MEMBER_PERCENT:
		return json_is_integer(value) ? json_real((double)n) : json_incref(value);
	case MEMBER_OBJECT:
		return m->of ? shape_fit(m->of, json_incref(value)) : json_incref(value);
	case MEMBER_ROWS:
		return fit_rows(m->of, value);
	default:
		return json_incref(value);
	}
}

// Whether the raw one told it.
static bool fit_member(const struct shape_member *m, const json_t *raw, json_t *out)
{
	const char *name = member_name(m->is), *told = m->raw ? m->raw : name;
	json_t *value = json_object_get(raw, told), *fit = NULL;
	if (value != NULL && !json_is_null(value))
		fit = fit_value(m, value);
	if (fit == NULL && m->is->kind == MEMBER_ROWS)
		return value != NULL;
	if (fit == NULL)
		fit = m->missing == SHAPE_OR_ZERO    ? json_integer(0)
			: m->missing == SHAPE_OR_ONE ? json_integer(1)
						     : json_null();
	json_object_set_new_nocheck(out, name, fit);
	return value != NULL;
}

// What the shape does not know.
static void fit_rest(const struct shape *s, json_t *raw, json_t *out)
{
	size_t count = shape_count(s);
	const char *name;
	json_t *value;
	json_object_foreach(raw, name, value)
	{
		bool known = false;
		for (size_t i = 0; i < count && !known; i++) {
			const struct shape_member *m = shape_member(s, i);
			known = strcmp(m->raw ? m->raw : member_name(m->is), name) == 0;
		}
		if (!known)
			json_object_set(out, name, value);
	}
}

json_t *shape_fit(const struct shape *s, json_t *raw)
{
	json_t *out;
	size_t told = 0;
	if (s == NULL || raw == NULL || !json_is_object(raw))
		return raw;
	out = json_object();
	for (size_t i = 0, count = shape_count(s); out != NULL && i < count; i++)
		told += fit_member(shape_member(s, i), raw, out);
	if (out != NULL && told < json_object_size(raw))
		fit_rest(s, raw, out);
	json_decref(raw);
	return out;
}
