// Looks at each line by itself, as far as there is one: the message may be any that came.
#include "control/sip/transport/conceal.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

static bool among(char c, const char *set)
{
	return c && strchr(set, c);
}

static char *skip(char *p, const char *end, const char *set)
{
	while (p < end && among(*p, set))
		p++;
	return p;
}

static char *find(char *p, const char *end, const char *set)
{
	while (p < end && !among(*p, set))
		p++;
	return p;
}

static bool is_word(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) == len && strncasecmp(p, word, len) == 0;
}

static void blank(char *p, const char *end)
{
	for (; p < end; p++)
		if (!among(*p, BLANKS))
			*p = '-';
}

// --- header fields ---

static const char *const fields[] = {"Authorization", "Proxy-Authorization", "WWW-Authenticate",
	"Proxy-Authenticate", "Authentication-Info", "Proxy-Authentication-Info"};
// With these a password can be tried out at home.
static const char *const parameters[] = {"response", "nonce", "cnonce", "nextnonce", "rspauth"};

static bool is_among(const char *p, const char *end, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(p, end, words[i]))
			return true;
	return false;
}

// Behind the quote that closes, or the end.
static char *quoted_end(char *p, char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

// Without its quotes.
static void blank_value(char *p, char *end)
{
	if (p == end || *p != '"')
		blank(p, end);
	else
		blank(p + 1, end > p + 1 && end[-1] == '"' ? end - 1 : end);
}

static void conceal_parameters(char *p, char *end)
{
	while ((p = skip(p, end, BLANKS ",;")) < end) {
		char *name = p, *name_end = find(p, end, BLANKS ",;=\"");
		char *equals = skip(name_end, end, BLANKS);

		if (equals < end && *equals == '=') {
			char *value = skip(equals + 1, end, BLANKS);
			bool quoted = value < end && *value == '"';
			p = quoted ? quoted_end(value, end) : find(value, end, BLANKS ",;");
			if (is_among(name, name_end, parameters,
				    sizeof(parameters) / sizeof(parameters[0])))
				blank_value(value, p);
		} else {
			p = name_end > name ? name_end : quoted_end(name, end);
		}
	}
}

static void conceal_uri(char *line, char *end)
{
	for (char *p = line; (p = find(p, end, "sS")) < end; p++) {
		size_t left = (size_t)(end - p);
		size_t scheme = left > 4 && strncasecmp(p, "sip:", 4) == 0 ? 4
			: left > 5 && strncasecmp(p, "sips:", 5) == 0	   ? 5
									   : 0;
		char *colon = scheme ? find(p + scheme, end, ":@<>\"" BLANKS) : end;
		char *at = colon < end && *colon == ':' ? find(colon, end, "@<>\"" BLANKS) : end;
		if (at < end && *at == '@')
			blank(colon + 1, at);
	}
}

static void conceal_field(char *line, char *end)
{
	char *colon = find(line, end, ":"), *name_end = colon;

	while (name_end > line && among(name_end[-1], BLANKS))
		name_end--;
	if (colon == end || !is_among(line, name_end, fields, sizeof(fields) / sizeof(fields[0]))) {
		conceal_uri(line, end);
		return;
	}
	char *value = skip(colon + 1, end, BLANKS), *scheme = find(value, end, BLANKS ",=");
	char *equals = skip(scheme, end, BLANKS);
	if (is_word(value, scheme, "Digest"))
		conceal_parameters(scheme, end);
	else if (equals < end && *equals == '=')
		conceal_parameters(value, end); // without a scheme
	else
		blank(scheme, end); // all that a way says that is not known
}

// Behind a line, those that go on with it included: its LF, or the end.
static char *field_end(char *p, char *end)
{
	do {
		p = find(p, end, "\n");
	} while (p + 1 < end && (p[1] == ' ' || p[1] == '\t') && p++);
	return p;
}

// --- bodies ---

static const struct {
	const char *start, *secret; // secret: behind that; "": at once
} lines[] = {
	{"a=crypto:", "inline:"}, // RFC 4568
	{"a=key-mgmt:", ""},	  // RFC 4567
	{"a=ice-pwd:", ""},	  // RFC 8839
	{"k=", ""},		  // RFC 4566
};

static void conceal_line(char *line, char *end)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		size_t start = strlen(lines[i].start), secret = strlen(lines[i].secret);
		if ((size_t)(end - line) < start || strncasecmp(line, lines[i].start, start) != 0)
			continue;
		char *p = line + start;
		while ((size_t)(end - p) > secret && strncasecmp(p, lines[i].secret, secret) != 0)
			p++;
		if ((size_t)(end - p) > secret)
			blank(p + secret, end);
	}
}

void conceal(char *text, size_t len)
{
	char *end = text + len, *p = text;
	bool head = true;

	while (p < end) {
		char *stop = head ? field_end(p, end) : find(p, end, "\r\n");
		if (skip(p, stop, BLANKS) == stop) // a blank one: the body follows
			head = false;
		else if (head)
			conceal_field(p, stop);
		else
			conceal_line(p, stop);
		p = stop + 1;
	}
}
