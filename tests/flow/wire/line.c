// Dialogs of scripts.
#include "tests/flow/wire/line.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

static uint64_t now(void)
{
	return timers_now_ms(sim_timers());
}

struct line *line_new(struct dlist *lines, struct peer *p, const struct line_handlers *h, void *arg)
{
	struct line *l = sim_calloc(sizeof(*l));

	*l = (struct line){.peer = p, .h = h, .arg = arg, .begun_ms = now()};
	(void)str_format(l->local_tag, sizeof(l->local_tag), "%012llx",
		(unsigned long long)net_random() >> 16);
	l->ours = (struct text_media){.known = true, .direction = "sendrecv"};
	dlist_push_back(lines, &l->link);
	return l;
}

struct line *line_find(const struct dlist *lines, const struct text *m)
{
	const char *tag = m->request ? m->to_tag : m->from_tag;

	dlist_for_each (it, lines) {
		struct line *l = container_of(it, struct line, link);
		if (str_equal(l->call_id, m->call_id) && str_equal(l->local_tag, tag))
			return l;
	}
	return NULL;
}

// It goes on, and whether it is answered nobody minds.
static void forget(struct ask **a)
{
	if (*a)
		(*a)->quiet = true;
	if (*a)
		(*a)->fn = NULL;
	*a = NULL;
}

void line_free(struct line *l)
{
	timer_cancel(&l->timer);
	session_stop(l);
	line_unasked(l);
	forget(&l->invite);
	forget(&l->change);
	forget(&l->bye);
	if (l->asked)
		l->asked->line = NULL;
	dlist_remove(&l->link);
	free(l->headers);
	free(l->ack);
	free(l);
}

void line_end(struct line *l)
{
	if (l->state == LINE_OVER)
		return;
	l->state = LINE_OVER;
	timer_cancel(&l->timer);
	session_stop(l);
	line_unasked(l);
	l->h->over(l);
}

bool line_was_disturbed(const struct line *l, uint64_t since_ms)
{
	return l->peer->deaf || net_was_cut(&l->peer->port, since_ms);
}

// --- requests within the dialog ---

void line_headers(struct line *l, uint32_t cseq, const char *method, struct str_buf *b)
{
	char here[ADDR_TEXT_MAX];

	addr_text(&l->peer->port.at, here);
	str_buf_add(b,
		"%sTo: %s%s%s\r\nFrom: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		"Contact: <sip:script@%s>\r\n",
		l->routes, l->remote, *l->remote_tag ? ";tag=" : "", l->remote_tag, l->local,
		l->local_tag, l->call_id, cseq, method, here);
}

struct ask *line_ask(struct line *l, const struct line_within *w)
{
	char headers[3072];
	struct str_buf b;

	str_buf_init(&b, headers, sizeof(headers));
	line_headers(l, w->cseq ? w->cseq : ++l->cseq, w->method, &b);
	str_buf_add(&b, "%s", w->headers ? w->headers : "");
	ck_assert(!b.cut);
	return peer_ask(l->peer,
		&(struct peer_request){.method = w->method,
			.uri = l->target,
			.headers = headers,
			.body = w->body,
			.to = &l->to,
			.fn = w->fn,
			.arg = l});
}

void line_sdp(struct line *l, char out[1024])
{
	struct str_buf b;

	str_buf_init(&b, out, 1024);
	text_sdp(&l->ours, ++l->sdp_version, &b);
}

static void send_ack(struct line *l)
{
	char body[1024];
	bool carries = l->manners.late_offer;

	if (carries) {
		l->ours.known = !l->manners.bad_answer;
		line_sdp(l, body);
	}
	l->cseq = l->cseq > l->invite_cseq ? l->cseq : l->invite_cseq;
	(void)line_ask(
		l, &(struct line_within){"ACK", NULL, carries ? body : NULL, l->invite_cseq, NULL});
}

static void said_bye(const struct text *answer, void *arg)
{
	struct line *l = arg;

	if (answer && answer->status < 200)
		return;
	l->bye = NULL;
	if (answer && answer->status == 481)
		owed_begin(l);
	line_end(l);
}

void line_leave(struct line *l)
{
	l->state = LINE_LEAVING;
	timer_cancel(&l->timer);
	session_stop(l);
	line_unasked(l);
	forget(&l->change);
	l->bye = line_ask(l, &(struct line_within){"BYE", NULL, NULL, 0, said_bye});
}

static void settle(struct line *l)
{
	l->state = LINE_UP;
	l->since_ms = now();
	send_ack(l);
	session_start(l);
	if (l->leaves)
		line_leave(l);
	else if (l->h->up)
		l->h->up(l);
}

static void ack_due(void *arg)
{
	settle(arg);
	net_settle();
}

// --- our INVITE ---

static ask_h invited;

static void send_invite(struct line *l, const char *login)
{
	char headers[3072], body[1024], session[SESSION_TEXT];
	struct str_buf b;

	str_buf_init(&b, headers, sizeof(headers));
	l->invite_cseq = ++l->cseq;
	line_headers(l, l->invite_cseq, "INVITE", &b);
	session_offer(l, session);
	str_buf_add(&b, "%s%s%s", l->headers, session, login);
	ck_assert(!b.cut);
	line_sdp(l, body);
	l->invite = peer_ask(l->peer,
		&(struct peer_request){.method = "INVITE",
			.uri = l->target,
			.headers = headers,
			.body = l->manners.late_offer ? NULL : body,
			.to = &l->to,
			.fn = invited,
			.arg = l});
}

void line_invite(struct line *l, const struct line_call *c)
{
	l->caller = true;
	l->state = LINE_CALLING;
	(void)str_copy(l->local, sizeof(l->local), c->from);
	(void)str_format(l->remote, sizeof(l->remote), "<%s>", c->uri);
	(void)str_copy(l->target, sizeof(l->target), c->uri);
	l->to = *c->to;
	l->headers = strdup(c->headers ? c->headers : "");
	l->ours.known = !l->manners.bad_sdp;
	send_invite(l, "");
}

// Its tag, where it is, how to get there; what it says and hears.
static void learn(struct line *l, const struct text *m)
{
	const char *contact = text_header(m, "Contact");
	struct str_buf b;

	if (contact)
		(void)text_uri(contact, l->target, sizeof(l->target));
	str_buf_init(&b, l->routes, sizeof(l->routes));
	for (unsigned i = 0; i < m->count; i++) { // an answer's are the other way round
		unsigned k = m->request ? i : m->count - 1 - i;
		if (str_equal(m->headers[k].name, "Record-Route"))
			str_buf_add(&b, "Route: %s\r\n", m->headers[k].value);
	}
	(void)text_sdp_read(m->body, &l->theirs);
}

static void taken(struct line *l, const struct text *m)
{
	(void)str_copy(l->remote_tag, sizeof(l->remote_tag), m->to_tag);
	learn(l, m);
	session_settled(l, m);
	l->state = LINE_ANSWERED;
	l->since_ms = now();
	l->h->answered(l, m->status);
	if (l->state != LINE_ANSWERED || l->manners.no_ack)
		return;
	if (l->cancelled) { // too late
		l->leaves = true;
		settle(l);
	} else {
		timer_start(sim_timers(), &l->timer, l->manners.ack_ms, ack_due, l);
	}
}

static bool logs_in(struct line *l, const struct text *m)
{
	const char *challenge = text_header(m, "WWW-Authenticate");
	char login[1024];
	struct str_buf b;

	if (m->status != 401 || !challenge || !l->user || l->tries++ > 2 || l->cancelled)
		return false;
	str_buf_init(&b, login, sizeof(login));
	str_buf_add(&b, "Authorization: ");
	text_digest(
		&(struct text_login){l->user, l->password, "INVITE", l->target, challenge, 1}, &b);
	str_buf_add(&b, "\r\n");
	send_invite(l, login);
	return true;
}

static void invited(const struct text *answer, void *arg)
{
	struct line *l = arg;

	if (answer && answer->status < 200)
		return;
	l->invite = NULL;
	if (answer && answer->status < 300) {
		taken(l, answer);
		return;
	}
	if (answer && logs_in(l, answer))
		return;
	l->h->answered(l, answer ? answer->status : 0);
	line_end(l);
}

void line_again(struct line *l, const struct text *answer)
{
	bool change = answer->cseq != l->invite_cseq;

	if (l->manners.no_ack || (l->state == LINE_ANSWERED && !change))
		return; // it is under way
	if (change)
		(void)line_ask(l, &(struct line_within){"ACK", NULL, NULL, answer->cseq, NULL});
	else
		send_ack(l);
}

void line_cancel(struct line *l)
{
	l->cancelled = true;
	if (l->state == LINE_CALLING && l->invite) {
		peer_cancel(l->invite);
	} else if (l->state == LINE_ANSWERED && l->caller) {
		l->leaves = true;
		timer_cancel(&l->timer);
		settle(l);
	} else {
		(void)line_bye(l);
	}
}

// --- their INVITE ---

void line_receive(struct line *l, struct tell *t, const struct text *m)
{
	const char *call = text_header(m, "X-Ringhall-Call");

	l->state = LINE_RINGING;
	l->asked = t;
	t->line = l;
	(void)str_copy(l->call_id, sizeof(l->call_id), m->call_id);
	(void)str_copy(l->local_tag, sizeof(l->local_tag), t->tag);
	(void)str_copy(l->remote_tag, sizeof(l->remote_tag), m->from_tag);
	(void)str_format(l->local, sizeof(l->local), "%s", text_header(m, "To"));
	(void)str_copy_n(l->remote, sizeof(l->remote), text_header(m, "From"),
		(size_t)(strstr(text_header(m, "From"), ";tag=") - text_header(m, "From")));
	(void)str_copy(l->call, sizeof(l->call), call ? call : "");
	l->queue = text_header(m, "X-Ringhall-Queue") != NULL;
	l->to = t->to;
	l->remote_cseq = l->invite_cseq = m->cseq;
	learn(l, m);
	session_asked(l, m);
	peer_answer(t, 100, NULL, NULL);
}

void line_ring(struct line *l)
{
	if (l->state != LINE_RINGING)
		return;
	peer_answer(l->asked, 180, NULL, NULL);
}

// Who rang on through a cut missed the CANCEL, and may be forgotten when it answers; and an INVITE
// may outlive the node that sent it.
static void no_ack(struct line *l)
{
	if (!l->peer->deaf && !net_was_cut(&l->peer->port, l->begun_ms - PEER_GHOST_MS))
		sim_violation("a 200 was not acknowledged: %s", l->call_id);
	line_leave(l);
}

static void answer_again(void *arg)
{
	struct line *l = arg;

	if (now() - l->since_ms >= PEER_GIVE_UP_MS) {
		no_ack(l);
		return;
	}
	peer_repeat(l->asked);
	l->interval_ms = 2 * l->interval_ms < PEER_T2_MS ? 2 * l->interval_ms : PEER_T2_MS;
	timer_start(sim_timers(), &l->timer, l->interval_ms, answer_again, l);
}

void line_answer_sdp(struct line *l, struct tell *t, const char *more)
{
	char body[1024], headers[512], here[ADDR_TEXT_MAX];

	line_sdp(l, body);
	(void)str_format(headers, sizeof(headers), "Contact: <sip:script@%s>\r\n%s",
		addr_text(&l->peer->port.at, here), more);
	peer_answer(t, 200, headers, body);
}

void line_answer(struct line *l)
{
	char session[SESSION_TEXT];

	if (l->state != LINE_RINGING)
		return;
	l->ours.known = !l->manners.bad_sdp;
	l->state = LINE_ANSWERED;
	l->since_ms = now();
	session_answer(l, session);
	line_answer_sdp(l, l->asked, session);
	l->interval_ms = PEER_T1_MS;
	timer_start(sim_timers(), &l->timer, l->interval_ms, answer_again, l);
}

void line_refuse(struct line *l, unsigned status, const char *headers)
{
	if (l->state != LINE_RINGING)
		return;
	peer_answer(l->asked, status, headers, NULL);
	line_end(l);
}

void line_cancelled(struct line *l)
{
	if (!l->manners.stuck)
		line_refuse(l, 487, NULL);
}

void line_give_up(struct line *l)
{
	if (l->state == LINE_CALLING)
		line_end(l);
	else if (l->state == LINE_RINGING)
		line_refuse(l, 480, NULL);
	else if (l->state != LINE_LEAVING)
		line_leave(l);
}

// --- within ---

bool line_bye(struct line *l)
{
	if (l->state != LINE_UP)
		return false;
	line_leave(l);
	return true;
}

void line_acked(struct line *l, const struct text *m)
{
	if (l->state != LINE_ANSWERED || l->caller || m->cseq != l->invite_cseq)
		return;
	timer_cancel(&l->timer);
	l->state = LINE_UP;
	if (l->asked)
		l->asked->line = NULL;
	l->asked = NULL;
	session_start(l);
	if (l->h->up)
		l->h->up(l);
}
