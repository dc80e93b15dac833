// The judge: each kind of member by its own rule.
#include "tests/unit/control/ops/shape_judge.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/str.h"

// Letters of the pattern stand for themselves, 0 for any digit.
static bool begins_as(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++)
		if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
			return false;
	return true;
}

static bool is_time(const char *text)
{
	const char *const head = "0000-00-00T00:00:00.000";
	if (text == NULL || !begins_as(text, head))
		return false;
	text += strlen(head);
	text += strspn(text, "0123456789");
	return strcmp(text, "Z") == 0;
}

static bool is_call(const char *text)
{
	return text != NULL && strlen(text) == 32 && strspn(text, "0123456789abcdef") == 32;
}

static bool are_texts(const json_t *value)
{
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item)
	{
		if (json_string_length(item) == 0)
			return false;
	}
	return json_is_array(value);
}

static bool are_rows(const struct shape *s, const json_t *value, char problem[SHAPE_PROBLEM_MAX])
{
	size_t i;
	const json_t *item;
	json_array_foreach(value, i, item)
	{
		if (!shape_judge(s, item, problem))
			return false;
	}
	return json_is_array(value);
}

static bool is_of_kind(
	const struct shape_member *m, const json_t *value, char problem[SHAPE_PROBLEM_MAX])
{
	switch (m->is->kind) {
	case MEMBER_TEXT:
		return json_string_length(value) > 0;
	case MEMBER_CALL:
		return is_call(json_string_value(value));
	case MEMBER_TIME:
		return is_time(json_string_value(value));
	case MEMBER_COUNT:
	case MEMBER_MS:
	case MEMBER_US:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case MEMBER_STATUS:
		return json_integer_value(value) >= 100 && json_integer_value(value) < 700;
	case MEMBER_INTEGER:
		return json_is_integer(value);
	case MEMBER_PERCENT:
		return json_is_real(value);
	case MEMBER_FLAG:
		return json_is_boolean(value);
	case MEMBER_TEXTS:
		return are_texts(value);
	case MEMBER_OBJECT:
		return m->of ? shape_judge(m->of, value, problem) : json_is_object(value);
	case MEMBER_ROWS:
		return are_rows(m->of, value, problem);
	default:
		return false;
	}
}

static bool judge_member(const struct shape *s, const struct shape_member *m, const json_t *value,
	char problem[SHAPE_PROBLEM_MAX])
{
	const char *name = member_name(m->is);
	problem[0] = '\0';
	if (value != NULL && json_is_null(value) && m->missing == SHAPE_OR_NULL)
		return true;
	if (value != NULL && is_of_kind(m, value, problem))
		return true;
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	if (problem[0] == '\0')
		str_format(problem, SHAPE_PROBLEM_MAX, "%s.%s: %.200s", s->name, name,
			text ? text : "missing");
	free(text);
	return false;
}

bool shape_judge(const struct shape *s, const json_t *json, char problem[SHAPE_PROBLEM_MAX])
{
	size_t count = shape_count(s);
	const char *name;
	json_t *value;
	if (!json_is_object(json)) {
		str_format(problem, SHAPE_PROBLEM_MAX, "%s: no object", s->name);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct shape_member *m = shape_member(s, i);
		if (!judge_member(s, m, json_object_get(json, member_name(m->is)), problem))
			return false;
	}
	json_object_foreach((json_t *)json, name, value)
	{
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known |= strcmp(member_name(shape_member(s, i)->is), name) == 0;
		if (known)
			continue;
		str_format(problem, SHAPE_PROBLEM_MAX, "%s.%s: not in the shape", s->name, name);
		return false;
	}
	return true;
}

bool shape_judge_event(const json_t *json, char problem[SHAPE_PROBLEM_MAX])
{
	if (!shape_judge(&shape_event, json, problem))
		return false;
	const char *type = json_string_value(json_object_get(json, "event"));
	const struct shape *body = shape_of_event(event_type_parse(type));
	char what[SHAPE_PROBLEM_MAX];
	if (body != NULL && shape_judge(body, json_object_get(json, "body"), what))
		return true;
	str_format(problem, SHAPE_PROBLEM_MAX, "%s: %s", type, body ? what : "unknown type");
	return false;
}
