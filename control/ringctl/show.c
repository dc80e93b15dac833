// Objects: a line a member, its name from the key, its form from the key's unit.
#include "control/ringctl/show.h"

#include <string.h>

#include "control/ringctl/print/format.h"
#include "control/ringctl/print/table.h"
#include "engine/base/str.h"

#define KEY_MAX 64
#define INDENT	2

// Units end a key; what they say stands behind the value instead.
static const struct {
	const char *suffix;
	enum format format;
} units[] = {
	{"_ms", FORMAT_DURATION},
	{"_us", FORMAT_US},
	{"_percent", FORMAT_PERCENT},
	{"_bytes", FORMAT_BYTES},
};

// Counts that should be 0.
static const char *const troubles[] = {"surprises", "tap_lost", "frames_lost", "rx_lost",
	"far_lost", "rx_late", "rx_dropped", "malformed", "unknown_source", "rate_limited",
	"auth_failed", "locked_out", "dialog_refused", "missed", "lost", "late", "log_error",
	"log_damaged", "store_error", "store_trouble", "strangers_refused", "strangers_closed",
	"accept_failed", "states_mended", "legs_alone"};

static enum format show_format(const char *key, const json_t *value)
{
	size_t len = strlen(key);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].suffix);
		if (len > n && strcmp(key + len - n, units[i].suffix) == 0)
			return units[i].format;
	}
	if (len > 4 && strcmp(key + len - 4, "_max") == 0)
		return FORMAT_LIMIT;
	if (strcmp(key, "disk_full") == 0 || strcmp(key, "overload") == 0)
		return FORMAT_NO;
	if (strcmp(key, "crc32c") == 0)
		return FORMAT_HEX;
	if (strcmp(key, "state") == 0 || strcmp(key, "why") == 0)
		return FORMAT_STATE;
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (strcmp(key, troubles[i]) == 0)
			return FORMAT_TROUBLE;
	if (json_is_string(value) && format_time_ns(value) != 0)
		return FORMAT_TIME;
	return json_is_integer(value) ? FORMAT_COUNT : FORMAT_TEXT;
}

// "longest_wait_ms" is shown as "longest wait".
static void show_key(const char *key, char out[KEY_MAX])
{
	str_copy(out, KEY_MAX, key);
	size_t len = strlen(out);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].suffix);
		if (len > n && strcmp(out + len - n, units[i].suffix) == 0) {
			out[len - n] = '\0';
			break;
		}
	}
	for (char *c = out; *c != '\0'; c++)
		if (*c == '_')
			*c = ' ';
}

static void show_value(
	const struct output *o, enum format format, const json_t *value, char out[FORMAT_MAX])
{
	double n = json_number_value(value);
	if (format == FORMAT_US && json_is_number(value))
		str_format(out, FORMAT_MAX, "%.1f ms", n / 1000);
	else if (format == FORMAT_DURATION && json_is_integer(value) && n > -1000 && n < 1000)
		str_format(out, FORMAT_MAX, "%.0f ms", n);
	else
		format_value(o, format, value, out);
}

static bool show_is_table(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool show_is_section(const json_t *value)
{
	return json_is_object(value) || show_is_table(value);
}

// What is not set is left to the JSON: a call has more of that than of anything else.
static bool show_is_member(const json_t *value)
{
	return !json_is_null(value) && !show_is_section(value);
}

static unsigned show_key_width(const json_t *object)
{
	char name[KEY_MAX];
	unsigned widest = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		show_key(key, name);
		unsigned width = text_width(name);
		if (show_is_member(value) && width > widest)
			widest = width;
	}
	return widest;
}

static void show_members(const struct output *o, const json_t *object, unsigned indent)
{
	char name[KEY_MAX], text[FORMAT_MAX];
	unsigned widest = show_key_width(object);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		if (!show_is_member(value))
			continue;
		enum format format = show_format(key, value);
		show_key(key, name);
		show_value(o, format, value, text);
		text_pad(o, indent);
		text_cell(o, name, widest, false);
		text_pad(o, 2);
		text_coloured(o, format_colour(format, value), text);
		fputc('\n', o->file);
	}
}

static void show_object(
	const struct output *o, enum command_id command, const json_t *object, unsigned indent);

static void show_section(const struct output *o, enum command_id command, const char *key,
	const json_t *value, unsigned indent)
{
	char name[KEY_MAX];
	size_t i, count;
	const json_t *item;
	show_key(key, name);
	fputc('\n', o->file);
	text_pad(o, indent);
	text_coloured(o, COLOUR_BOLD, name);
	fputc('\n', o->file);
	columns_of(command, key, &count);
	if (json_is_object(value))
		show_object(o, command, value, indent + INDENT);
	else if (count > 0)
		table_print(o, command, key, value, indent + INDENT);
	else
		json_array_foreach(value, i, item) show_object(o, command, item, indent + INDENT);
}

static void show_object(
	const struct output *o, enum command_id command, const json_t *object, unsigned indent)
{
	const char *key;
	json_t *value;
	show_members(o, object, indent);
	json_object_foreach((json_t *)object, key, value)
	{
		if (show_is_section(value))
			show_section(o, command, key, value, indent);
	}
}

void show_print(const struct output *o, enum command_id command, const json_t *object)
{
	show_object(o, command, object, 0);
}
