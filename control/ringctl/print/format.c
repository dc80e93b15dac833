// Values as text for people.
#include "control/ringctl/print/format.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "engine/base/str.h"

static const struct {
	const char *text;
	enum colour colour;
} state_colours[] = {
	{"running", COLOUR_GREEN},
	{"ready", COLOUR_GREEN},
	{"talking", COLOUR_GREEN},
	{"ok", COLOUR_GREEN},
	{"up", COLOUR_GREEN},
	{"whole", COLOUR_GREEN},
	{"open", COLOUR_YELLOW},
	{"offered", COLOUR_YELLOW},
	{"ringing", COLOUR_YELLOW},
	{"queue", COLOUR_YELLOW},
	{"waiting", COLOUR_YELLOW},
	{"held", COLOUR_YELLOW},
	{"away", COLOUR_YELLOW},
	{"busy", COLOUR_YELLOW},
	{"paused", COLOUR_YELLOW},
	{"after-call", COLOUR_YELLOW},
	{"wrap-up", COLOUR_YELLOW},
	{"draining", COLOUR_YELLOW},
	{"node-killed", COLOUR_RED},
	{"media-lost", COLOUR_RED},
	{"failed", COLOUR_RED},
	{"bad", COLOUR_RED},
	{"down", COLOUR_RED},
	{"signed-out", COLOUR_DIM},
	{"ended", COLOUR_DIM},
};

static void format_count(json_int_t n, char out[FORMAT_MAX])
{
	char digits[32];
	struct str_buf b;
	str_format(digits, sizeof(digits), "%" PRId64, (int64_t)n);
	str_buf_init(&b, out, FORMAT_MAX);
	size_t len = strlen(digits), sign = digits[0] == '-';
	for (size_t i = 0; i < len; i++) {
		bool group = i > sign && (len - i) % 3 == 0;
		str_buf_add(&b, "%s%c", group ? "," : "", digits[i]);
	}
}

static void format_duration(json_int_t ms, char out[FORMAT_MAX])
{
	const char *sign = ms < 0 ? "-" : "";
	uint64_t t = (uint64_t)(ms < 0 ? -ms : ms), s = t / 1000;
	unsigned tenth = (unsigned)(t % 1000 / 100);
	if (s < 3600)
		str_format(out, FORMAT_MAX, "%s%u:%02u.%u", sign, (unsigned)(s / 60),
			(unsigned)(s % 60), tenth);
	else if (s < 86400)
		str_format(out, FORMAT_MAX, "%s%u:%02u:%02u", sign, (unsigned)(s / 3600),
			(unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		str_format(out, FORMAT_MAX, "%s%u d %u:%02u h", sign, (unsigned)(s / 86400),
			(unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60));
}

static void format_bytes(double n, char out[FORMAT_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	unsigned unit = 0;
	while (n >= 1024 && unit < 5) {
		n /= 1024;
		unit++;
	}
	str_format(out, FORMAT_MAX, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

int64_t format_time_ns(const json_t *value)
{
	const char *text = json_string_value(value);
	if (text == NULL)
		return 0;
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return 0;
	int64_t ns = (int64_t)timegm(&tm) * 1000000000;
	int64_t digit = 100000000;
	if (*rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, digit /= 10)
			ns += (*rest - '0') * digit;
	return *rest == 'Z' ? ns : 0;
}

static void format_time(const struct output *o, const json_t *value, char out[FORMAT_MAX])
{
	int64_t ns = format_time_ns(value);
	time_t s = (time_t)(ns / 1000000000), now = (time_t)o->now_s;
	struct tm tm, today;
	if (ns == 0) {
		str_copy(out, FORMAT_MAX, "-");
		return;
	}
	localtime_r(&s, &tm);
	localtime_r(&now, &today);
	bool same = tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday;
	strftime(out, FORMAT_MAX, same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
}

static void format_list(const json_t *value, char out[FORMAT_MAX])
{
	struct str_buf b;
	size_t i;
	const json_t *item;
	char clean[FORMAT_MAX];
	str_buf_init(&b, out, FORMAT_MAX);
	json_array_foreach(value, i, item)
	{
		text_clean(
			clean, sizeof(clean), json_is_string(item) ? json_string_value(item) : "?");
		str_buf_add(&b, "%s%s", i ? ", " : "", clean);
	}
	if (json_array_size(value) == 0)
		str_copy(out, FORMAT_MAX, "-");
}

static void format_number(enum format format, const json_t *value, char out[FORMAT_MAX])
{
	double real = json_number_value(value);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : (json_int_t)real;
	switch (format) {
	case FORMAT_HEX:
		str_format(out, FORMAT_MAX, "%08x", (unsigned)n);
		break;
	case FORMAT_DURATION:
		if (n == 0)
			str_copy(out, FORMAT_MAX, "-");
		else
			format_duration(n, out);
		break;
	case FORMAT_US:
		str_format(out, FORMAT_MAX, "%.1f", real / 1000);
		break;
	case FORMAT_SECONDS:
		format_duration(n / 8, out);
		break;
	case FORMAT_BYTES:
		format_bytes(real, out);
		break;
	case FORMAT_PERCENT:
		str_format(out, FORMAT_MAX, "%.1f %%", real);
		break;
	default:
		if (json_is_integer(value))
			format_count(n, out);
		else
			str_format(out, FORMAT_MAX, "%.1f", real);
	}
}

// What stands for itself: texts, yes and no, nothing.
static void format_plain(
	const struct output *o, enum format format, const json_t *value, char out[FORMAT_MAX])
{
	size_t digits = o->call_digits ? o->call_digits : FORMAT_CALL_DIGITS;
	const char *text = json_string_value(value);
	if (text != NULL && text[0] != '\0')
		text_clean(out, FORMAT_MAX, text);
	else if (json_is_boolean(value))
		str_copy(out, FORMAT_MAX, json_is_true(value) ? "yes" : "no");
	else
		str_copy(out, FORMAT_MAX, "-");
	if (format == FORMAT_CALL && strlen(out) > digits)
		out[digits] = '\0';
}

char *format_value(
	const struct output *o, enum format format, const json_t *value, char out[FORMAT_MAX])
{
	if (format == FORMAT_TIME)
		format_time(o, value, out);
	else if (format == FORMAT_LIMIT && json_is_null(value))
		str_copy(out, FORMAT_MAX, "none");
	else if (json_is_array(value))
		format_list(value, out);
	else if (json_is_number(value))
		format_number(format, value, out);
	else
		format_plain(o, format, value, out);
	return out;
}

enum colour format_colour(enum format format, const json_t *value)
{
	const char *text = json_string_value(value);
	if (format == FORMAT_TROUBLE && text != NULL)
		return COLOUR_RED;
	if (format == FORMAT_NO)
		return json_is_true(value) ? COLOUR_RED : COLOUR_NONE;
	if (format == FORMAT_TROUBLE)
		return json_number_value(value) > 0 ? COLOUR_YELLOW : COLOUR_NONE;
	if (format == FORMAT_YES)
		return json_is_false(value) ? COLOUR_RED : COLOUR_NONE;
	if (format != FORMAT_STATE || text == NULL)
		return COLOUR_NONE;
	for (size_t i = 0; i < sizeof(state_colours) / sizeof(state_colours[0]); i++)
		if (strcmp(state_colours[i].text, text) == 0)
			return state_colours[i].colour;
	return COLOUR_NONE;
}

bool format_right(enum format format)
{
	switch (format) {
	case FORMAT_COUNT:
	case FORMAT_LIMIT:
	case FORMAT_TROUBLE:
	case FORMAT_DURATION:
	case FORMAT_US:
	case FORMAT_SECONDS:
	case FORMAT_BYTES:
	case FORMAT_PERCENT:
		return true;
	default:
		return false;
	}
}
