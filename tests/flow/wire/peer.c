// Transactions of scripts.
#include "tests/flow/wire/peer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

#define MESSAGE_MAX 4096

static uint64_t now(void)
{
	return timers_now_ms(sim_timers());
}

static void send_text(struct peer *p, const struct addr *to, const char *text)
{
	if (!p->deaf)
		(void)net_send(&p->port.at, to, text, strlen(text)); // who is refused tries again
}

// --- client ---

static void ask_free(struct ask *a)
{
	timer_cancel(&a->timer);
	dlist_remove(&a->link);
	free(a->text);
	free(a);
}

static void ask_tell(struct ask *a, const struct text *answer)
{
	ask_h *fn = a->fn;

	if (!answer || answer->status >= 200)
		a->fn = NULL;
	if (fn)
		fn(answer, a->arg);
}

static bool is_invite(const struct ask *a)
{
	return str_equal(a->method, "INVITE");
}

static void ask_due(void *arg)
{
	struct ask *a = arg;

	if (a->done) {
		ask_free(a);
		return;
	}
	if (now() - a->begun_ms >= PEER_GIVE_UP_MS && !(is_invite(a) && a->provisional)) {
		if (!a->quiet && !a->peer->deaf && !net_was_cut(&a->peer->port, a->begun_ms))
			sim_violation("no answer: %.*s", (int)strcspn(a->text, "\r"), a->text);
		ask_tell(a, NULL);
		ask_free(a);
		return;
	}
	if (is_invite(a) && a->provisional)
		return;
	send_text(a->peer, &a->to, a->text);
	unsigned next_ms = 2 * a->interval_ms;
	if (!is_invite(a) && (a->provisional || next_ms > PEER_T2_MS))
		next_ms = PEER_T2_MS;
	a->interval_ms = next_ms;
	timer_start(sim_timers(), &a->timer, next_ms, ask_due, a);
}

static void write_request(
	const struct peer *p, const struct peer_request *r, const char *branch, struct str_buf *b)
{
	char here[ADDR_TEXT_MAX];

	addr_text(&p->port.at, here);
	str_buf_add(b,
		"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\n"
		"%s",
		r->method, r->uri, here, branch, r->headers);
	if (r->body)
		str_buf_add(b, "Content-Type: %s\r\n", r->type ? r->type : "application/sdp");
	str_buf_add(b, "Content-Length: %zu\r\n\r\n%s", r->body ? strlen(r->body) : 0,
		r->body ? r->body : "");
	ck_assert_msg(!b->cut, "too long: %s", r->method);
}

struct ask *peer_ask(struct peer *p, const struct peer_request *r)
{
	char text[MESSAGE_MAX], branch[40];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	(void)str_format(
		branch, sizeof(branch), "z9hG4bK%016llx", (unsigned long long)net_random());
	if (r->branch)
		(void)str_copy(branch, sizeof(branch), r->branch);
	write_request(p, r, branch, &b);
	send_text(p, r->to, text);
	if (str_equal(r->method, "ACK"))
		return NULL;
	struct ask *a = sim_calloc(sizeof(*a));
	*a = (struct ask){.peer = p,
		.to = *r->to,
		.text = strdup(text),
		.begun_ms = now(),
		.interval_ms = PEER_T1_MS,
		.fn = r->fn,
		.arg = r->arg};
	(void)str_copy(a->branch, sizeof(a->branch), branch);
	(void)str_copy(a->method, sizeof(a->method), r->method);
	dlist_push_back(&p->asks, &a->link);
	timer_start(sim_timers(), &a->timer, a->interval_ms, ask_due, a);
	return a;
}

// What is written into an ACK or CANCEL of the same transaction.
static void in_transaction(struct ask *a, const char *method, const char *to)
{
	char headers[2048], uri[256], number[16];
	struct text own;
	struct str_buf b;

	ck_assert(text_read(&own, a->text, strlen(a->text)));
	str_buf_init(&b, headers, sizeof(headers));
	str_buf_add(&b, "To: %s\r\n", to ? to : text_header(&own, "To"));
	text_copy_headers(&own, "From", &b);
	text_copy_headers(&own, "Call-ID", &b);
	text_copy_headers(&own, "Route", &b);
	(void)str_format(number, sizeof(number), "%u", own.cseq);
	str_buf_add(&b, "CSeq: %s %s\r\n", number, method);
	(void)str_copy(uri, sizeof(uri), own.uri);
	text_free(&own);
	(void)peer_ask(a->peer,
		&(struct peer_request){.method = method,
			.uri = uri,
			.headers = headers,
			.to = &a->to,
			.branch = a->branch});
}

void peer_cancel(struct ask *a)
{
	if (a->done)
		return;
	a->cancel = true;
	if (a->provisional)
		in_transaction(a, "CANCEL", NULL);
}

static void provisional(struct ask *a, const struct text *answer)
{
	bool first = !a->provisional;

	a->provisional = true;
	if (is_invite(a)) {
		timer_cancel(&a->timer);
		if (first && a->cancel)
			in_transaction(a, "CANCEL", NULL);
	}
	ask_tell(a, answer);
}

static void answered(struct ask *a, const struct text *answer)
{
	if (answer->status < 200) {
		if (!a->done)
			provisional(a, answer);
		return;
	}
	bool refused = is_invite(a) && answer->status >= 300;
	if (refused)
		in_transaction(a, "ACK", text_header(answer, "To"));
	if (a->done)
		return;
	a->done = true;
	if (refused)
		timer_start(sim_timers(), &a->timer, PEER_GIVE_UP_MS, ask_due, a);
	else
		timer_start(sim_timers(), &a->timer, 0, ask_due, a);
	ask_tell(a, answer);
}

// --- server ---

static void tell_free(struct tell *t)
{
	timer_cancel(&t->timer);
	dlist_remove(&t->link);
	free(t->head);
	free(t->answer);
	free(t);
}

static void tell_due(void *arg)
{
	struct tell *t = arg;

	if (now() >= t->end_ms && !t->line) {
		bool refused = t->status >= 300 && str_equal(t->method, "INVITE");
		if (refused && !t->acked && !t->peer->deaf &&
			!net_was_cut(&t->peer->port, t->begun_ms - PEER_GHOST_MS))
			sim_violation("no ACK to our %u", t->status);
		tell_free(t);
		return;
	}
	uint64_t left_ms = t->end_ms > now() ? t->end_ms - now() : PEER_T1_MS;
	unsigned next_ms = (unsigned)left_ms;
	if (t->interval_ms && !t->acked && now() < t->end_ms) {
		peer_repeat(t);
		t->interval_ms = 2 * t->interval_ms < PEER_T2_MS ? 2 * t->interval_ms : PEER_T2_MS;
		next_ms = t->interval_ms < left_ms ? t->interval_ms : (unsigned)left_ms;
	}
	timer_start(sim_timers(), &t->timer, next_ms, tell_due, t);
}

void peer_repeat(struct tell *t)
{
	if (t->answer)
		send_text(t->peer, &t->to, t->answer);
}

void peer_answer(struct tell *t, unsigned status, const char *headers, const char *body)
{
	char text[MESSAGE_MAX];
	struct str_buf b;
	bool invite = str_equal(t->method, "INVITE");

	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "SIP/2.0 %u %s\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", status,
		status < 200	       ? "Soon"
			: status < 300 ? "Yes"
				       : "No",
		t->head, headers ? headers : "", body ? "Content-Type: application/sdp\r\n" : "",
		body ? strlen(body) : 0, body ? body : "");
	ck_assert(!b.cut);
	free(t->answer);
	t->answer = strdup(text);
	t->status = status;
	peer_repeat(t);
	if (status < 200)
		return;
	t->end_ms = now() + PEER_GIVE_UP_MS;
	t->interval_ms = invite && status >= 300 ? PEER_T1_MS : 0;
	timer_start(sim_timers(), &t->timer, t->interval_ms ? t->interval_ms : PEER_GIVE_UP_MS,
		tell_due, t);
}

static struct tell *tell_find(struct peer *p, const char *branch, const char *method)
{
	dlist_for_each (it, &p->tells) {
		struct tell *t = container_of(it, struct tell, link);
		if (str_equal(t->branch, branch) && str_equal(t->method, method))
			return t;
	}
	return NULL;
}

static struct tell *tell_new(struct peer *p, const struct text *m, const struct addr *from)
{
	struct tell *t = sim_calloc(sizeof(*t));
	char head[MESSAGE_MAX];
	struct str_buf b;

	t->peer = p;
	t->to = *from;
	t->begun_ms = now();
	(void)str_copy(t->branch, sizeof(t->branch), m->branch);
	(void)str_copy(t->method, sizeof(t->method), m->method);
	(void)str_format(t->tag, sizeof(t->tag), "%012llx", (unsigned long long)net_random() >> 16);
	str_buf_init(&b, head, sizeof(head));
	text_copy_headers(m, "Via", &b);
	text_copy_headers(m, "Record-Route", &b);
	text_copy_headers(m, "From", &b);
	str_buf_add(&b, "To: %s%s%s\r\n", text_header(m, "To"),
		*m->to_tag ? "" : ";tag=", *m->to_tag ? "" : t->tag);
	text_copy_headers(m, "Call-ID", &b);
	text_copy_headers(m, "CSeq", &b);
	ck_assert(!b.cut);
	t->head = strdup(head);
	dlist_push_back(&p->tells, &t->link);
	return t;
}

static void requested(struct peer *p, const struct text *m, const struct addr *from, uint64_t hash)
{
	bool ack = str_equal(m->method, "ACK"), cancel = str_equal(m->method, "CANCEL");
	struct tell *t = tell_find(p, m->branch, m->method);
	struct tell *invite = ack || cancel ? tell_find(p, m->branch, "INVITE") : NULL;

	if (ack) {
		if (invite && invite->status >= 300)
			invite->acked = true;
		else if (invite)
			sim_violation("an ACK to a 2xx is of the INVITE's transaction");
		else
			p->request(p, NULL, m, p->arg);
		return;
	}
	if (t) {
		if (t->hash != hash)
			sim_violation("%s comes again as another", m->method);
		peer_repeat(t);
		return;
	}
	t = tell_new(p, m, from);
	t->hash = hash;
	if (!cancel) {
		p->request(p, t, m, p->arg);
		return;
	}
	peer_answer(t, invite ? 200 : 481, NULL, NULL);
	if (invite && invite->status < 200)
		p->cancelled(p, invite, p->arg);
}

// --- the place ---

static void hear_answer(struct peer *p, const struct text *m)
{
	dlist_for_each (it, &p->asks) {
		struct ask *a = container_of(it, struct ask, link);
		if (str_equal(a->branch, m->branch) && str_equal(a->method, m->method) &&
			!(a->done && m->status >= 200 && m->status < 300)) {
			answered(a, m);
			return;
		}
	}
	if (m->status >= 200 && m->status < 300 && str_equal(m->method, "INVITE"))
		p->again(p, m, p->arg);
}

static void hear(const struct addr *from, const char *bytes, size_t len, void *arg)
{
	struct peer *p = arg;
	struct text m;

	if (p->deaf)
		return;
	if (!text_read(&m, bytes, len)) {
		sim_violation("cannot be read: %.*s", (int)len, bytes);
		return;
	}
	if (m.request)
		requested(p, &m, from, hash_bytes(bytes, len, 0));
	else
		hear_answer(p, &m);
	text_free(&m);
}

void peer_open(struct peer *p, const struct addr *at)
{
	dlist_init(&p->asks);
	dlist_init(&p->tells);
	net_open(&p->port, at, hear, p);
}

void peer_moves(struct peer *p, const struct addr *to)
{
	net_close(&p->port);
	net_open(&p->port, to, hear, p);
}

void peer_close(struct peer *p)
{
	dlist_for_each_safe (it, &p->asks)
		ask_free(container_of(it, struct ask, link));
	dlist_for_each_safe (it, &p->tells)
		tell_free(container_of(it, struct tell, link));
	net_close(&p->port);
}
