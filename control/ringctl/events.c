// One line per event: time, what, whose, which call, and the members of its body.
#include "control/ringctl/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/ringctl/print/format.h"
#include "engine/base/quote.h"
#include "engine/base/str.h"

#define EVENT_WIDTH  18 // "agent-unregistered"
#define TENANT_WIDTH 10

static enum colour event_colour(const char *event)
{
	static const struct {
		const char *begin;
		enum colour colour;
	} kinds[] = {
		{"trouble", COLOUR_RED},
		{"recording-failed", COLOUR_RED},
		{"call-media-lost", COLOUR_RED},
		{"call-started", COLOUR_GREEN},
		{"call-connected", COLOUR_GREEN},
		{"call-ended", COLOUR_YELLOW},
		{"agent-", COLOUR_CYAN},
		{"recording-", COLOUR_MAGENTA},
		{"call-", COLOUR_NONE},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(event, kinds[i].begin))
			return kinds[i].colour;
	return COLOUR_BOLD;
}

static void time_text(int64_t ns, char out[32])
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	char clock[16];
	localtime_r(&s, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	str_format(out, 32, "%s.%03u", clock, (unsigned)(ns % 1000000000 / 1000000));
}

static void body_value(const struct output *o, const char *key, const json_t *value)
{
	char text[FORMAT_MAX], clock[32];
	int64_t ns = format_time_ns(value);
	if (ns != 0) {
		time_text(ns, clock);
		fprintf(o->file, " %s=%s", key, clock);
	} else if (json_is_integer(value)) {
		fprintf(o->file, " %s=%" JSON_INTEGER_FORMAT, key, json_integer_value(value));
	} else {
		char quoted[FORMAT_MAX + 2];
		format_value(o, FORMAT_TEXT, value, text);
		quote(quoted, sizeof(quoted), text, strlen(text), QUOTE_VALUE);
		fprintf(o->file, " %s=%s", key, quoted);
	}
}

// Nested objects as outer.inner=…; what is null or empty is left out.
static void body_print(const struct output *o, const char *outer, const json_t *body)
{
	const char *key;
	json_t *value;
	char name[FORMAT_MAX], clean[FORMAT_MAX];
	json_object_foreach((json_t *)body, key, value)
	{
		const char *text = json_string_value(value);
		text_clean(clean, sizeof(clean), key);
		for (char *c = clean; *c != '\0'; c++)
			if (strchr(" =\"\\", *c) != NULL)
				*c = '?';
		str_format(name, sizeof(name), "%s%s%s", outer, outer[0] ? "." : "", clean);
		if (json_is_object(value) && strlen(name) < FORMAT_MAX / 2)
			body_print(o, name, value);
		else if (!json_is_null(value) && (text == NULL || text[0] != '\0'))
			body_value(o, name, value);
	}
}

void events_print(const struct output *o, const json_t *row)
{
	char text[FORMAT_MAX], clock[32];
	const char *event = json_string_value(json_object_get(row, "event"));
	time_text(format_time_ns(json_object_get(row, "time")), clock);
	text_coloured(o, COLOUR_DIM, clock);
	text_pad(o, 2);
	text_clean(text, sizeof(text), event ? event : "?");
	enum colour colour = event_colour(text);
	if (colour != COLOUR_NONE)
		text_colour(o, colour);
	text_cell(o, text, EVENT_WIDTH, false);
	if (colour != COLOUR_NONE)
		text_colour(o, COLOUR_NONE);
	text_pad(o, 2);
	text_cell(o, format_value(o, FORMAT_TEXT, json_object_get(row, "tenant"), text),
		TENANT_WIDTH, false);
	text_pad(o, 2);
	text_cell(o, format_value(o, FORMAT_CALL, json_object_get(row, "call"), text),
		FORMAT_CALL_DIGITS, false);
	text_pad(o, 1);
	body_print(o, "", json_object_get(row, "body"));
	fputc('\n', o->file);
	fflush(o->file);
}
