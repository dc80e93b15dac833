// Sends on what comes, a Via more or less.
#include "tests/flow/wire/proxy.h"

#include <check.h>
#include <string.h>

#include "engine/base/hash.h"
#include "tests/flow/wire/text.h"

#define PRIVATE "X-Ringhall-"

static void send(struct proxy *p, const struct addr *to, const struct str_buf *b)
{
	ck_assert(!b->cut);
	if (p->seen)
		p->seen(b->data, to, p->arg);
	(void)net_send(&p->port.at, to, b->data, b->len);
}

// All headers but the first of this name, and what is private.
static void copy_others(const struct text *m, const char *name, struct str_buf *b)
{
	bool first = name != NULL;

	for (unsigned i = 0; i < m->count; i++) {
		const char *header = m->headers[i].name;
		if (first && str_equal(header, name)) {
			first = false;
			continue;
		}
		if (!str_starts(header, PRIVATE))
			str_buf_add(b, "%s: %s\r\n", header, m->headers[i].value);
	}
	str_buf_add(b, "\r\n%s", m->body);
}

// Within a dialog it goes where the Contact says, else to the other node.
static void on_request(struct proxy *p, const struct text *m)
{
	char text[4096], here[ADDR_TEXT_MAX], there[ADDR_TEXT_MAX];
	bool within = *m->to_tag != '\0', routed = text_header(m, "Route") != NULL;
	struct addr to = p->to;
	struct str_buf b;

	p->requests++;
	if (routed)
		(void)text_host(m->uri, &to);
	addr_text(&p->port.at, here);
	addr_text(&to, there);
	str_buf_init(&b, text, sizeof(text));
	if (routed)
		str_buf_add(&b, "%s %s SIP/2.0\r\n", m->method, m->uri);
	else
		str_buf_add(&b, "%s sip:%.*s@%s SIP/2.0\r\n", m->method,
			(int)strcspn(m->uri + 4, "@"), m->uri + 4, there);
	str_buf_add(&b, "Via: SIP/2.0/UDP %s;branch=z9hG4bKp%016llx\r\n", here,
		(unsigned long long)hash_str(m->branch, 7));
	if (!within)
		str_buf_add(&b, "Record-Route: <sip:%s;lr>\r\n", here);
	copy_others(m, routed ? "Route" : NULL, &b);
	send(p, &to, &b);
}

static void on_answer(struct proxy *p, const struct text *m, const char *line)
{
	char text[4096], host[ADDR_TEXT_MAX];
	const char *via = NULL;
	struct str_buf b;
	struct addr to;

	p->answers++;
	for (unsigned i = 0, seen = 0; i < m->count && !via; i++)
		if (str_equal(m->headers[i].name, "Via") && seen++)
			via = m->headers[i].value;
	ck_assert_ptr_nonnull(via);
	via += strlen("SIP/2.0/UDP ");
	(void)str_copy_n(host, sizeof(host), via, strcspn(via, ";"));
	ck_assert(text_host(host, &to));
	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "%.*s\r\n", (int)strcspn(line, "\r"), line);
	copy_others(m, "Via", &b);
	send(p, &to, &b);
}

static void hear(const struct addr *from, const char *bytes, size_t len, void *arg)
{
	struct text m;

	ck_assert(text_read(&m, bytes, len));
	if (m.request)
		on_request(arg, &m);
	else
		on_answer(arg, &m, bytes);
	text_free(&m);
}

void proxy_open(struct proxy *p, const struct addr *at, const struct addr *to)
{
	p->to = *to;
	net_open(&p->port, at, hear, p);
}
