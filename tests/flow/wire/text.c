// Reads and writes SIP and SDP.
#include "tests/flow/wire/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/base/re.h"

// --- reading ---

// The line at *at, ended in place; behind it *at. NULL: none is left.
static char *line_of(char **at)
{
	char *line = *at, *end = line ? strstr(line, "\r\n") : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 2;
	return line;
}

static bool read_start(struct text *t, char *line)
{
	if (strncmp(line, "SIP/2.0 ", 8) == 0) {
		t->status = (unsigned)strtoul(line + 8, NULL, 10);
		return t->status >= 100 && t->status < 700;
	}
	char *uri = strchr(line, ' '), *version = uri ? strchr(uri + 1, ' ') : NULL;
	if (!version || strcmp(version, " SIP/2.0"))
		return false;
	*uri++ = *version = '\0';
	t->request = true;
	t->uri = uri;
	return str_copy(t->method, sizeof(t->method), line) == 0;
}

static bool read_cseq(struct text *t)
{
	const char *value = text_header(t, "CSeq");
	char *end;

	if (!value)
		return false;
	t->cseq = (uint32_t)strtoul(value, &end, 10);
	if (*end != ' ')
		return false;
	return t->request ? strcmp(end + 1, t->method) == 0
			  : str_copy(t->method, sizeof(t->method), end + 1) == 0;
}

static bool read_keys(struct text *t)
{
	const char *via = text_header(t, "Via"), *from = text_header(t, "From");
	const char *to = text_header(t, "To"), *call = text_header(t, "Call-ID");

	if (!via || !from || !to || !call ||
		!text_param(via, "branch", t->branch, sizeof(t->branch)) ||
		str_copy(t->call_id, sizeof(t->call_id), call))
		return false;
	(void)text_param(from, "tag", t->from_tag, sizeof(t->from_tag));
	(void)text_param(to, "tag", t->to_tag, sizeof(t->to_tag));
	return read_cseq(t);
}

static bool read_all(struct text *t)
{
	char *at = t->copy, *line = line_of(&at);

	if (!line || !read_start(t, line))
		return false;
	while ((line = line_of(&at)) && *line) {
		char *colon = strchr(line, ':');
		if (!colon || t->count == TEXT_HEADERS)
			return false;
		*colon++ = '\0';
		t->headers[t->count].name = line;
		t->headers[t->count++].value = colon + strspn(colon, " ");
	}
	const char *length = line ? text_header(t, "Content-Length") : NULL;
	t->body = at;
	return length && strtoul(length, NULL, 10) == strlen(at) && read_keys(t);
}

bool text_read(struct text *t, const char *bytes, size_t len)
{
	*t = (struct text){.copy = strndup(bytes, len)};
	if (t->copy && read_all(t))
		return true;
	text_free(t);
	return false;
}

void text_free(struct text *t)
{
	free(t->copy);
	t->copy = NULL;
}

const char *text_header(const struct text *t, const char *name)
{
	for (unsigned i = 0; i < t->count; i++)
		if (strcasecmp(t->headers[i].name, name) == 0)
			return t->headers[i].value;
	return NULL;
}

bool text_param(const char *value, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);

	*out = '\0';
	for (const char *at = value; (at = strcasestr(at, name)) != NULL; at += len) {
		bool begins = at > value && strchr("; ,", at[-1]);
		if (!begins || at[len] != '=')
			continue;
		at += len + 1;
		bool quoted = *at == '"';
		at += quoted;
		return str_copy_n(out, size, at, strcspn(at, quoted ? "\"" : ";,> ")) == 0;
	}
	return false;
}

bool text_uri(const char *value, char *out, size_t size)
{
	const char *at = strchr(value, '<');

	return at ? str_copy_n(out, size, at + 1, strcspn(at + 1, ">")) == 0
		  : str_copy_n(out, size, value, strcspn(value, ";")) == 0;
}

bool text_host(const char *uri, struct addr *out)
{
	char host[ADDR_TEXT_MAX];
	const char *at = strchr(uri, '@');

	at = at ? at + 1 : strncmp(uri, "sip:", 4) == 0 ? uri + 4 : uri;
	if (str_copy_n(host, sizeof(host), at, strcspn(at, ";>")) || addr_parse(host, out))
		return false;
	if (out->port == 0)
		out->port = 5060;
	return true;
}

void text_copy_headers(const struct text *t, const char *name, struct str_buf *out)
{
	for (unsigned i = 0; i < t->count; i++)
		if (strcasecmp(t->headers[i].name, name) == 0)
			str_buf_add(out, "%s: %s\r\n", name, t->headers[i].value);
}

// --- digest ---

static void hex(const char *text, char out[33])
{
	uint8_t sum[16];

	md5((const uint8_t *)text, strlen(text), sum);
	for (unsigned i = 0; i < 16; i++)
		(void)str_format(out + 2 * i, 3, "%02x", sum[i]);
}

void text_digest(const struct text_login *l, struct str_buf *out)
{
	char realm[64], nonce[128], text[512], a1[33], a2[33], response[33];

	(void)text_param(l->challenge, "realm", realm, sizeof(realm));
	(void)text_param(l->challenge, "nonce", nonce, sizeof(nonce));
	(void)str_format(text, sizeof(text), "%s:%s:%s", l->user, realm, l->password);
	hex(text, a1);
	(void)str_format(text, sizeof(text), "%s:%s", l->method, l->uri);
	hex(text, a2);
	(void)str_format(text, sizeof(text), "%s:%s:%08x:script:auth:%s", a1, nonce, l->count, a2);
	hex(text, response);
	str_buf_add(out,
		"Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", "
		"algorithm=MD5, qop=auth, nc=%08x, cnonce=\"script\"",
		l->user, realm, nonce, l->uri, response, l->count);
}

bool text_digest_fits(const char *value, const char *password, const char *method)
{
	static const char *const names[] = {
		"username", "realm", "nonce", "uri", "nc", "cnonce", "qop", "response"};
	char v[8][256], text[1024], a1[33], a2[33], response[33];

	for (unsigned i = 0; i < 8; i++)
		if (!text_param(value, names[i], v[i], sizeof(v[i])))
			return false;
	(void)str_format(text, sizeof(text), "%s:%s:%s", v[0], v[1], password);
	hex(text, a1);
	(void)str_format(text, sizeof(text), "%s:%s", method, v[3]);
	hex(text, a2);
	(void)str_format(text, sizeof(text), "%s:%s:%s:%s:%s:%s", a1, v[2], v[4], v[5], v[6], a2);
	hex(text, response);
	return str_equal(response, v[7]);
}

// --- SDP ---

void text_sdp(const struct text_media *m, unsigned version, struct str_buf *out)
{
	struct addr ip = m->rtp;
	char host[ADDR_TEXT_MAX];

	ip.port = 0;
	addr_text(&ip, host);
	str_buf_add(out,
		"v=0\r\no=script 1 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
		"m=audio %u RTP/AVP %s\r\na=%s\r\n",
		version, host, host, m->rtp.port,
		m->known ? "8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000"
			 : "18",
		m->direction ? m->direction : "sendrecv");
}

bool text_sdp_read(const char *body, struct text_media *out)
{
	static const char *const directions[] = {"sendonly", "recvonly", "inactive", "sendrecv"};
	const char *c = strstr(body, "c=IN IP4 "), *m = strstr(body, "\nm=audio ");
	char host[ADDR_TEXT_MAX];

	*out = (struct text_media){.direction = "sendrecv"};
	if (!c || !m || str_copy_n(host, sizeof(host), c + 9, strcspn(c + 9, "\r")) ||
		addr_parse(host, &out->rtp))
		return false;
	out->audio = true;
	out->rtp.port = (uint16_t)strtoul(m + 9, NULL, 10);
	for (unsigned i = 0; i < 4; i++) {
		char line[20];
		(void)str_format(line, sizeof(line), "\na=%s\r", directions[i]);
		if (strstr(body, line))
			out->direction = directions[i];
	}
	return true;
}
