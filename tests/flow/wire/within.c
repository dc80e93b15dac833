// What scripts ask and answer within their dialogs.
#include "tests/flow/wire/line.h"

#include <check.h>
#include <string.h>

#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"

// --- ours ---

static void changed(const struct text *answer, void *arg);

void line_offer(struct line *l)
{
	char body[1024], headers[SESSION_TEXT];

	session_offer(l, headers);
	line_sdp(l, body);
	l->change = line_ask(l, &(struct line_within){"INVITE", headers, body, 0, changed});
}

static void later_due(void *arg)
{
	struct line *l = arg;

	if (l->state == LINE_UP && !l->change)
		line_offer(l);
	net_settle();
}

void line_offer_later(struct line *l, unsigned ms)
{
	timer_start(sim_timers(), &l->later, ms, later_due, l);
}

// Both asked at once: who began the call waits longer (RFC 3261 14.1).
static void crossed(struct line *l)
{
	unsigned wait_ms = (unsigned)(net_random() % 190) * 10;

	l->glares++;
	line_offer_later(l, l->caller ? 2100 + wait_ms : wait_ms);
}

static void changed(const struct text *answer, void *arg)
{
	struct line *l = arg;

	if (answer && answer->status < 200)
		return;
	l->change = NULL;
	if (answer && answer->status == 491)
		crossed(l);
	if (!answer || answer->status >= 300)
		return;
	(void)text_sdp_read(answer->body, &l->theirs);
	session_settled(l, answer);
	(void)line_ask(l, &(struct line_within){"ACK", NULL, NULL, answer->cseq, NULL});
}

void line_direct(struct line *l, const char *direction)
{
	if (l->state != LINE_UP || l->change)
		return;
	l->ours.direction = direction;
	line_offer(l);
}

void line_info(struct line *l, char digit)
{
	char body[64], headers[3072];
	struct str_buf b;

	if (l->state != LINE_UP && l->state != LINE_ANSWERED)
		return;
	(void)str_format(body, sizeof(body), "Signal=%c\r\nDuration=160\r\n", digit);
	str_buf_init(&b, headers, sizeof(headers));
	line_headers(l, ++l->cseq, "INFO", &b);
	(void)peer_ask(l->peer,
		&(struct peer_request){.method = "INFO",
			.uri = l->target,
			.headers = headers,
			.body = body,
			.type = "application/dtmf-relay",
			.to = &l->to});
}

static void ghost_answered(const struct text *answer, void *arg)
{
	unsigned expected = (unsigned)(uintptr_t)arg;

	// An old one may find a call that has ended meanwhile.
	if (answer && answer->status != expected && !(expected == 500 && answer->status == 481))
		sim_violation("%s got %u, not %u: %s", answer->method, answer->status, expected,
			answer->call_id);
}

// A BYE of another dialog of the same Call-ID, or with the number of its INVITE: neither ends it.
void line_ghost(struct line *l, bool old)
{
	char headers[3072], kept[sizeof(l->local_tag)];
	struct str_buf b;

	if (l->state != LINE_UP || !l->caller) // whose INVITE was counted
		return;
	(void)str_copy(kept, sizeof(kept), l->local_tag);
	if (!old)
		l->local_tag[0] = l->local_tag[0] == 'f' ? 'e' : 'f';
	str_buf_init(&b, headers, sizeof(headers));
	line_headers(l, old ? l->invite_cseq : l->cseq + 1, "BYE", &b);
	(void)str_copy(l->local_tag, sizeof(l->local_tag), kept);
	(void)peer_ask(l->peer,
		&(struct peer_request){.method = "BYE",
			.uri = l->target,
			.headers = headers,
			.to = &l->to,
			.fn = ghost_answered,
			.arg = (void *)(uintptr_t)(old ? 500 : 481)});
}

// --- theirs ---

static bool same_number(const struct line *l, const struct text *m)
{
	return m->cseq == l->remote_cseq;
}

// --- the 200 to a re-INVITE comes again until its ACK ---

void line_unasked(struct line *l)
{
	timer_cancel(&l->unacked);
	if (l->reasked)
		l->reasked->line = NULL;
	l->reasked = NULL;
}

static void unacked_due(void *arg)
{
	struct line *l = arg;
	struct tell *t = l->reasked;

	if (timers_now_ms(sim_timers()) - l->reasked_ms >= PEER_GIVE_UP_MS) {
		if (!line_was_disturbed(l, l->reasked_ms))
			sim_violation("a 200 to a re-INVITE was not acknowledged: %s", l->call_id);
		line_unasked(l);
		line_leave(l);
		return;
	}
	peer_repeat(t);
	l->reasked_interval_ms =
		2 * l->reasked_interval_ms < PEER_T2_MS ? 2 * l->reasked_interval_ms : PEER_T2_MS;
	timer_start(sim_timers(), &l->unacked, l->reasked_interval_ms, unacked_due, l);
}

static void await_ack(struct line *l, struct tell *t)
{
	line_unasked(l);
	t->line = l;
	l->reasked = t;
	l->reasked_ms = timers_now_ms(sim_timers());
	l->reasked_interval_ms = PEER_T1_MS;
	l->reasked_cseq = l->remote_cseq;
	timer_start(sim_timers(), &l->unacked, PEER_T1_MS, unacked_due, l);
}

// A new offer, or none, of theirs; or a sign of life.
static void change_asked(struct line *l, struct tell *t, const struct text *m)
{
	char session[SESSION_TEXT];
	bool offers = *m->body || str_equal(m->method, "INVITE");

	if (offers && l->change) {
		l->glares++;
		peer_answer(t, 491, NULL, NULL);
		return;
	}
	session_asked(l, m);
	session_answer(l, session);
	if (l->state == LINE_UP)
		session_start(l);
	if (!offers) {
		peer_answer(t, 200, session, NULL);
		return;
	}
	(void)text_sdp_read(m->body, &l->theirs);
	line_answer_sdp(l, t, session);
	if (str_equal(m->method, "INVITE") && l->state == LINE_UP)
		await_ack(l, t);
}

static bool is_out_of_order(struct line *l, struct tell *t, const struct text *m)
{
	if (m->cseq > l->remote_cseq)
		return false;
	if (net_is_clean() || same_number(l, m))
		sim_violation("%s out of order: %u behind %u", m->method, m->cseq, l->remote_cseq);
	peer_answer(t, 500, NULL, NULL);
	return true;
}

void line_request(struct line *l, struct tell *t, const struct text *m)
{
	if (!t) {
		if (l->reasked && m->cseq == l->reasked_cseq)
			line_unasked(l);
		line_acked(l, m);
		return;
	}
	if (l->state == LINE_OVER) {
		peer_answer(t, 481, NULL, NULL);
		return;
	}
	if (is_out_of_order(l, t, m)) // it is no repetition: that has a transaction
		return;
	l->remote_cseq = m->cseq;
	if (l->manners.challenges && l->manners.challenges(l->peer, t, m))
		return;
	if (str_equal(m->method, "OPTIONS") && l->manners.deaf_to_probes)
		return;
	if (str_equal(m->method, "INVITE") || str_equal(m->method, "UPDATE")) {
		change_asked(l, t, m);
		return;
	}
	peer_answer(t, 200, NULL, NULL);
	if (!str_equal(m->method, "BYE"))
		return;
	session_bye(l);
	line_end(l);
}
