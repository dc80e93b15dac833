// Digits in the bodies of INFO.
#include "control/sip/message/info.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define FLASH	   16 // RFC 4733's event
#define UNKNOWN	   (-1)
#define BY_NUMBER  "0123456789*#ABCD"
#define WHITE	   " \t\v\f"
#define LINE_WHITE WHITE "\r\n"

struct info_piece {
	const char *p;
	size_t len;
};

static bool is_one_of(char c, const char *set)
{
	return c == '\0' || strchr(set, c); // some end their body as a string
}

static struct info_piece trim(struct info_piece s)
{
	while (s.len && is_one_of(s.p[0], LINE_WHITE))
		s.p++, s.len--;
	while (s.len && is_one_of(s.p[s.len - 1], LINE_WHITE))
		s.len--;
	return s;
}

static bool is_word(struct info_piece s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

// Up to `most`, which is for what is more too; UNKNOWN: not a number.
static int number_of(struct info_piece s, int most)
{
	int n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return UNKNOWN;
		n = n * 10 + (s.p[i] - '0');
		n = n < most ? n : most;
	}
	return s.len ? n : UNKNOWN;
}

static int signal_of(struct info_piece s)
{
	const char *at;

	if (s.len == 1) {
		at = strchr(BY_NUMBER, toupper((unsigned char)s.p[0]));
		if (at && *at)
			return (int)(at - BY_NUMBER);
		return s.p[0] == '!' ? FLASH : UNKNOWN;
	}
	if (is_word(s, "hf") || is_word(s, "flash"))
		return FLASH;
	int n = s.len == 2 ? number_of(s, FLASH + 1) : UNKNOWN;
	return n >= 10 && n <= FLASH ? n : UNKNOWN;
}

struct read {
	struct info_digit *out;
	int signal; // UNKNOWN: none yet
	bool wrong;
};

static void take_signal(struct read *r, struct info_piece value)
{
	int signal = signal_of(value);

	r->wrong |= signal == UNKNOWN || (r->signal != UNKNOWN && r->signal != signal);
	r->signal = signal;
}

// "Signal= 5", "Duration= 160"; any other line may be there too.
static void take_line(struct read *r, struct info_piece line)
{
	const char *equals = memchr(line.p, '=', line.len);
	size_t at = equals ? (size_t)(equals - line.p) : 0;

	if (!equals)
		return;
	struct info_piece name = trim((struct info_piece){line.p, at});
	struct info_piece value = trim((struct info_piece){equals + 1, line.len - at - 1});
	if (is_word(name, "Signal"))
		take_signal(r, value);
	if (!is_word(name, "Duration"))
		return;
	int ms = number_of(value, INFO_DURATION_MAX + 1);
	if (ms > 0 && ms <= INFO_DURATION_MAX)
		r->out->duration_ms = (uint16_t)ms;
}

static void take_lines(struct read *r, struct info_piece text)
{
	while (text.len) {
		size_t n = 0;
		while (n < text.len && text.p[n] != '\r' && text.p[n] != '\n')
			n++;
		take_line(r, (struct info_piece){text.p, n});
		n += n < text.len;
		text.p += n;
		text.len -= n;
	}
}

int info_read(enum info_form form, const char *text, size_t len, struct info_digit *out)
{
	struct info_piece body = trim((struct info_piece){text, len});
	struct read r = {out, UNKNOWN, false};

	*out = (struct info_digit){.duration_ms = INFO_DIGIT_MS};
	if (body.len == 0)
		return -EINVAL;
	if (form == INFO_DTMF)
		take_signal(&r, body);
	else
		take_lines(&r, body);
	if (r.wrong || r.signal == UNKNOWN)
		return -EINVAL;
	out->digit = r.signal < FLASH ? BY_NUMBER[r.signal] : '\0';
	return 0;
}
