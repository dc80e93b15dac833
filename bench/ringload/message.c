// Cuts SIP and SDP into slices; nothing is copied.
#include "bench/ringload/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/str.h"

#define EVENT_PT_USUAL 101

bool text_is(struct text t, const char *s)
{
	return t.len == strlen(s) && strncasecmp(t.p, s, t.len) == 0;
}

bool text_copy(char *out, size_t size, struct text t)
{
	return str_copy_n(out, size, t.p ? t.p : "", t.len) == 0;
}

static struct text text_trim(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return (struct text){p, (size_t)(end - p)};
}

static struct text text_word(const char **p, const char *end)
{
	const char *from = *p;

	while (*p < end && **p != ' ' && **p != '\r' && **p != '\n')
		(*p)++;
	struct text t = {from, (size_t)(*p - from)};
	while (*p < end && **p == ' ')
		(*p)++;
	return t;
}

struct text text_parameter(struct text header, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 1; i + len < header.len; i++) {
		const char *p = header.p + i, *end = header.p + header.len;

		if (strncasecmp(p, name, len) || p[len] != '=' || !strchr(";, \t", p[-1]))
			continue;
		p += len + 1;
		const char *stop = p;
		if (p < end && *p == '"') {
			p = ++stop;
			while (stop < end && *stop != '"')
				stop++;
		} else {
			while (stop < end && !strchr(";, \t>", *stop))
				stop++;
		}
		return (struct text){p, (size_t)(stop - p)};
	}
	return (struct text){NULL, 0};
}

struct text text_uri(struct text header)
{
	const char *open = memchr(header.p, '<', header.len), *end = header.p + header.len;

	if (open) {
		const char *close = memchr(open, '>', (size_t)(end - open));

		if (close)
			return (struct text){open + 1, (size_t)(close - open - 1)};
	}
	const char *stop = memchr(header.p, ';', header.len);
	return (struct text){header.p, stop ? (size_t)(stop - header.p) : header.len};
}

static void message_cseq(struct message *m, struct text value)
{
	const char *p = value.p, *end = value.p + value.len;

	m->cseq = (uint32_t)strtoul(p, NULL, 10);
	text_word(&p, end);
	m->cseq_method = text_word(&p, end);
}

static void message_header(struct message *m, struct text name, struct text value)
{
	if (text_is(name, "Via") || text_is(name, "v")) {
		if (!m->via.p)
			m->via = value;
		else // they stand together
			m->via.len = (size_t)(value.p + value.len - m->via.p);
	} else if (text_is(name, "From") || text_is(name, "f")) {
		m->from = value;
	} else if (text_is(name, "To") || text_is(name, "t")) {
		m->to = value;
	} else if (text_is(name, "Call-ID") || text_is(name, "i")) {
		m->call_id = value;
	} else if (text_is(name, "Contact") || text_is(name, "m")) {
		m->contact = value;
	} else if (text_is(name, "CSeq")) {
		message_cseq(m, value);
	} else if (text_is(name, "WWW-Authenticate") || text_is(name, "Proxy-Authenticate")) {
		m->challenge = value;
	} else if (text_is(name, "Retry-After")) {
		m->retry_after = (uint32_t)strtoul(value.p, NULL, 10);
	}
}

int message_parse(const char *data, size_t len, struct message *out)
{
	const char *p = data, *end = data + len;
	struct text first = text_word(&p, end), second = text_word(&p, end);

	*out = (struct message){0};
	if (text_is(first, "SIP/2.0")) {
		out->status = (int)strtoul(second.p, NULL, 10);
	} else {
		out->method = first;
		out->uri = second;
	}
	p = memchr(p, '\n', (size_t)(end - p));
	while (p && ++p < end && *p != '\r' && *p != '\n') {
		const char *line = memchr(p, '\n', (size_t)(end - p));
		const char *stop = line ? line : end;
		const char *colon = memchr(p, ':', (size_t)(stop - p));

		if (colon)
			message_header(out, text_trim(p, colon), text_trim(colon + 1, stop));
		p = line;
	}
	const char *body = p && p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
	if (body)
		out->body = (struct text){body + 1, (size_t)(end - body - 1)};
	return out->via.p && out->call_id.p && out->cseq_method.p && out->from.p && out->to.p
		? 0
		: -EINVAL;
}

static void media_line(struct message_media *m, struct text line, bool *audio)
{
	const char *p = line.p, *end = line.p + line.len;
	char address[64];

	if (line.len < 3 || line.p[1] != '=')
		return;
	if (line.p[0] == 'm') {
		*audio = !m->remote.port && strncmp(p, "m=audio ", 8) == 0;
		if (*audio)
			m->remote.port = (uint16_t)strtoul(p + 8, NULL, 10);
	} else if (line.p[0] == 'c' && (*audio || !m->remote.port)) {
		text_word(&p, end);
		text_word(&p, end);
		struct addr a;
		if (text_copy(address, sizeof(address), text_word(&p, end)) &&
			addr_parse(address, &a) == 0) {
			a.port = m->remote.port;
			m->remote = a;
		}
	} else if (*audio && strncmp(p, "a=rtpmap:", 9) == 0) {
		struct text rest = {p + 9, line.len - 9};
		const char *blank = memchr(rest.p, ' ', rest.len);

		if (blank && strncasecmp(blank + 1, "telephone-event/8000", 20) == 0)
			m->event_pt = (uint8_t)strtoul(rest.p, NULL, 10);
	}
}

int message_media_parse(struct text body, struct message_media *out)
{
	const char *p = body.p, *end = p + body.len;
	bool audio = false;

	*out = (struct message_media){.event_pt = EVENT_PT_USUAL};
	while (p && p < end) {
		const char *line = memchr(p, '\n', (size_t)(end - p));

		media_line(out, text_trim(p, line ? line : end), &audio);
		p = line ? line + 1 : end;
	}
	return out->remote.port && out->remote.family != ADDR_NONE ? 0 : -EINVAL;
}
