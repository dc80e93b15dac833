// JSON Schema (draft 2020-12): a document for each command and one for events.
#include "control/ringctl/schema.h"

#include <string.h>

#include "control/contract/member.h"
#include "engine/base/str.h"

#define NAME_MAX_BYTES 64

// By kind: the type, what narrows it, and the unit that its description ends with.
static const struct {
	const char *type, *narrow, *unit;
} kinds[MEMBER_KINDS] = {
	[MEMBER_TEXT] = {"string", "{\"minLength\":1}", ""},
	[MEMBER_CALL] = {"string", "{\"pattern\":\"^[0-9a-f]{32}$\"}", ""},
	[MEMBER_TIME] = {"string",
		"{\"format\":\"date-time\",\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:"
		"[0-9]{2}:[0-9]{2}\\\\.[0-9]{3,9}Z$\"}",
		""},
	[MEMBER_COUNT] = {"integer", "{\"minimum\":0}", ""},
	[MEMBER_STATUS] = {"integer", "{\"minimum\":100,\"maximum\":699}", ""},
	[MEMBER_INTEGER] = {"integer", "{}", ""},
	[MEMBER_MS] = {"integer", "{\"minimum\":0}", " (ms)"},
	[MEMBER_US] = {"integer", "{\"minimum\":0}", " (us)"},
	[MEMBER_PERCENT] = {"number", "{}", " (%)"},
	[MEMBER_FLAG] = {"boolean", "{}", ""},
	[MEMBER_TEXTS] = {"array", "{\"items\":{\"type\":\"string\",\"minLength\":1}}", ""},
	[MEMBER_OBJECT] = {"object", "{}", ""},
	[MEMBER_ROWS] = {"array", "{}", ""},
};

static json_t *reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

static json_t *or_null(json_t *type, bool nullable)
{
	return nullable ? json_pack("[o,s]", type, "null") : type;
}

static json_t *member_schema(const struct shape_member *m)
{
	enum member_kind kind = m->is->kind;
	bool nullable = m->missing == SHAPE_OR_NULL;
	json_t *schema = json_pack("{s:s+}", "description", m->is->help, kinds[kind].unit);
	if (kind == MEMBER_OBJECT && m->of != NULL && nullable) {
		json_object_set_new(schema, "anyOf",
			json_pack("[o,{s:s}]", reference(m->of->name), "type", "null"));
	} else if (kind == MEMBER_OBJECT && m->of != NULL) {
		json_object_update_new(schema, reference(m->of->name));
	} else {
		json_object_set_new(
			schema, "type", or_null(json_string(kinds[kind].type), nullable));
		json_object_update_new(schema, json_loads(kinds[kind].narrow, 0, NULL));
	}
	if (kind == MEMBER_ROWS)
		json_object_set_new(schema, "items", reference(m->of->name));
	return schema;
}

static json_t *object_schema(json_t *properties, json_t *required)
{
	return json_pack("{s:s,s:o,s:o,s:b}", "type", "object", "properties", properties,
		"required", required, "additionalProperties", 0);
}

// The shape, and those that it is made of, among the definitions.
static void define(json_t *defs, const struct shape *s)
{
	json_t *properties = json_object(), *required = json_array();
	size_t count = shape_count(s);
	if (json_object_get(defs, s->name) != NULL) {
		json_decref(properties);
		json_decref(required);
		return;
	}
	json_object_set_new(defs, s->name, object_schema(properties, required));
	for (size_t i = 0; i < count; i++) {
		const struct shape_member *m = shape_member(s, i);
		const char *name = member_name(m->is);
		json_object_set_new(properties, name, member_schema(m));
		json_array_append_new(required, json_string(name));
		if (m->of != NULL)
			define(defs, m->of);
	}
}

// An event of one type: what all share, its own name, its own body.
static json_t *event_schema(json_t *defs, enum event_type type)
{
	const struct shape *body = shape_of_event(type);
	json_t *event = json_deep_copy(json_object_get(defs, shape_event.name));
	json_t *properties = json_object_get(event, "properties");
	json_object_set_new(
		properties, "event", json_pack("{s:s}", "const", event_type_name(type)));
	define(defs, body);
	json_object_set_new(properties, "body", reference(body->name));
	return event;
}

static void event_add(json_t *defs, json_t *any, enum event_type type)
{
	char name[NAME_MAX_BYTES];
	if (shape_of_event(type) == NULL)
		return;
	str_format(name, sizeof(name), "event-%s", event_type_name(type));
	json_array_append_new(any, reference(name));
	json_object_set_new(defs, name, event_schema(defs, type));
}

static json_t *events_schema(json_t *defs)
{
	json_t *any = json_array();
	define(defs, &shape_event);
#define X(name, number, ...) event_add(defs, any, (enum event_type)number);
	EVENT_TYPES(X)
#undef X
	json_object_del(defs, shape_event.name);
	return json_pack("{s:o}", "oneOf", any);
}

static json_t *answer_schema(json_t *defs, enum command_id id)
{
	const struct shape *s = shape_of_command(id);
	if (id == COMMAND_EVENTS_FOLLOW)
		return events_schema(defs);
	define(defs, s);
	if (commands[id].flags & (COMMAND_ONE | COMMAND_ACT))
		return reference(s->name);
	return json_pack("{s:s,s:o}", "type", "array", "items", reference(s->name));
}

// "calls-list"; "events" of the stream.
static const char *schema_name(enum command_id id, char out[NAME_MAX_BYTES])
{
	str_copy(out, NAME_MAX_BYTES, id == COMMAND_EVENTS_FOLLOW ? "events" : commands[id].words);
	for (char *c = out; *c != '\0'; c++)
		if (*c == ' ')
			*c = '-';
	return out;
}

void schema_names(FILE *out)
{
	char name[NAME_MAX_BYTES];
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		if (shape_of_command(i) != NULL && !command_is_hidden(i))
			fprintf(out, "%s\n", schema_name(i, name));
}

static void schema_write(FILE *out, enum command_id id)
{
	bool stream = (commands[id].flags & COMMAND_STREAM) != 0;
	json_t *defs = json_object();
	json_t *schema = json_pack("{s:s,s:s,s:s+}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "title", commands[id].words,
		"description", stream ? "each line of: " : "", commands[id].help);
	json_object_update_new(schema, answer_schema(defs, id));
	json_object_set_new(schema, "$defs", defs);
	json_dumpf(schema, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(schema);
}

bool schema_print(FILE *out, const char *wanted)
{
	char name[NAME_MAX_BYTES];
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		if (shape_of_command(i) == NULL || !str_equal(schema_name(i, name), wanted))
			continue;
		schema_write(out, i);
		return true;
	}
	return false;
}
