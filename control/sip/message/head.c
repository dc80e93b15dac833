// Cuts a head into lines and knows them by name.
#include "control/sip/message/head.h"

#include <string.h>
#include <strings.h>

static const struct field {
	const char *name;
	char compact; // '\0': none
	unsigned id;  // libre's
} fields[] = {
	[HEAD_CALL_ID] = {"Call-ID", 'i', SIP_HDR_CALL_ID},
	[HEAD_CONTACT] = {"Contact", 'm', SIP_HDR_CONTACT},
	[HEAD_CONTENT_LENGTH] = {"Content-Length", 'l', SIP_HDR_CONTENT_LENGTH},
	[HEAD_CONTENT_TYPE] = {"Content-Type", 'c', SIP_HDR_CONTENT_TYPE},
	[HEAD_CSEQ] = {"CSeq", '\0', SIP_HDR_CSEQ},
	[HEAD_FROM] = {"From", 'f', SIP_HDR_FROM},
	[HEAD_MAX_FORWARDS] = {"Max-Forwards", '\0', SIP_HDR_MAX_FORWARDS},
	[HEAD_RECORD_ROUTE] = {"Record-Route", '\0', SIP_HDR_RECORD_ROUTE},
	[HEAD_ROUTE] = {"Route", '\0', SIP_HDR_ROUTE},
	[HEAD_TO] = {"To", 't', SIP_HDR_TO},
	[HEAD_VIA] = {"Via", 'v', SIP_HDR_VIA},
	// Not looked at here, but by name elsewhere.
	{"Accept", '\0', SIP_HDR_ACCEPT},
	{"Authorization", '\0', SIP_HDR_AUTHORIZATION},
	{"Content-Encoding", 'e', SIP_HDR_CONTENT_ENCODING},
	{"Expires", '\0', SIP_HDR_EXPIRES},
	{"P-Asserted-Identity", '\0', SIP_HDR_P_ASSERTED_IDENTITY},
	{"Require", '\0', SIP_HDR_REQUIRE},
	{"User-Agent", '\0', SIP_HDR_USER_AGENT},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

size_t head_size(const char *text, size_t len, size_t from)
{
	const char *p = text + (from < len ? from : len), *end = text + len;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		for (p++; p < end && *p == '\r'; p++)
			;
		if (p < end && *p == '\n')
			return (size_t)(p + 1 - text);
	}
	return 0;
}

static struct pl trim(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) && *p)
		p++;
	while (end > p && strchr(" \t\r\n", end[-1]) && end[-1])
		end--;
	return (struct pl){p, (size_t)(end - p)};
}

// The end of a line's text: its LF, or where the head is cut.
static const char *line_end(const char *p, const char *end)
{
	const char *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;

	return lf ? lf : end;
}

struct head_start head_start(const char *text, size_t size)
{
	struct head_start s = {.line = {text, 0}, .broken = true};
	const char *end = line_end(text, text + size);

	while (end > text && end[-1] == '\r')
		end--;
	s.line.l = (size_t)(end - text);
	s.response = s.line.l > 4 && strncasecmp(text, "SIP/", 4) == 0;
	for (unsigned i = 0; i < 2; i++) {
		const char *blank = memchr(text, ' ', (size_t)(end - text));
		if (!blank || blank == text)
			return s;
		s.word[i] = (struct pl){text, (size_t)(blank - text)};
		text = blank + 1;
	}
	s.word[2] = (struct pl){text, (size_t)(end - text)};
	s.broken = false;
	return s;
}

static enum head_field field_of(const struct pl *name)
{
	for (unsigned i = 0; i < HEAD_OTHER; i++) {
		const struct field *f = &fields[i];
		if (pl_strcasecmp(name, f->name) == 0 ||
			(name->l == 1 && f->compact && (*name->p | 0x20) == f->compact))
			return i;
	}
	return HEAD_OTHER;
}

bool head_next(const char *text, size_t size, size_t *at, struct head_line *out)
{
	const char *p = text + *at, *all = text + size;

	if (*at == 0)
		p = line_end(p, all) + 1;
	const char *last = p;
	while (last < all && *last == '\r')
		last++;
	if (last >= all || *last == '\n')
		return false;
	const char *end = line_end(p, all);
	while (end + 1 < all && (end[1] == ' ' || end[1] == '\t')) // folded
		end = line_end(end + 1, all);
	*at = (size_t)(end < all ? end + 1 - text : all - text);
	const char *colon = memchr(p, ':', (size_t)(end - p));
	*out = (struct head_line){.field = HEAD_OTHER, .broken = true};
	if (!colon)
		return true;
	out->name = trim(p, colon);
	out->value = trim(colon + 1, end);
	out->broken = out->name.l == 0 || out->name.p != p;
	out->field = field_of(&out->name);
	return true;
}

struct pl head_find(const char *text, size_t size, enum head_field field)
{
	struct head_line line;
	size_t at = 0;

	while (head_next(text, size, &at, &line))
		if (line.field == field)
			return line.value;
	return (struct pl){NULL, 0};
}

void head_tame(char *text, size_t size)
{
	struct head_start start = head_start(text, size);
	struct head_line line;
	size_t at = 0;

	if (!start.broken && pl_strcasecmp(&start.word[2], "SIP/2.0") == 0)
		memcpy(text + (start.word[2].p - text), "SIP", 3); // RFC 3261 7.1: in any case
	while (head_next(text, size, &at, &line)) {
		if (line.broken || line.name.l < 2)
			continue;
		unsigned id = hash_joaat_ci(line.name.p, line.name.l) & 0xfff;
		for (unsigned i = 0; i < FIELDS; i++)
			if (fields[i].id == id && pl_strcasecmp(&line.name, fields[i].name))
				memcpy(text + (line.name.p - text), "X-", 2);
	}
}
