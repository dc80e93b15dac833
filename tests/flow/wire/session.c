// Session timers of scripts: some know nothing of them, some look after the call, some leave that
// to the daemon, and some promise to and do not.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "tests/flow/wire/wire.h"

#define GRACE_MS 3000  // a sign of life is on its way
#define DEAD_MS	 36000 // a BYE is sent again for so long
#define AGAIN_MS 2000
#define LATE_MS	 13000 // a refresh was sent again and again

void session_draw(struct line *l)
{
	static const struct line_session kinds[] = {{.knows = false},
		{.knows = true, .update = true, .mine = true}, {.knows = true, .mine = true},
		{.knows = true, .update = true}, {.knows = true},
		{.knows = true, .mine = true, .lazy = true}};

	if (far_end()->sessions)
		l->session = kinds[net_random() % 6];
}

static const char *allow(const struct line *l)
{
	return l->session.update ? "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE\r\n"
				 : "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO\r\n";
}

static void due(void *arg);

static void arm(struct line *l)
{
	const struct line_session *s = &l->session;
	uint64_t ms = s->expires_s * 1000ull;

	timer_cancel(&l->life);
	if (!s->expires_s || l->state != LINE_UP)
		return;
	if (s->ours)
		ms = s->lazy ? ms + DEAD_MS : ms / 2;
	else
		ms += GRACE_MS;
	timer_start(sim_timers(), &l->life, ms, due, l);
	if (!s->ours && net_random() % 2) // when the daemon does
		line_offer_later(l, s->expires_s * 500 + (unsigned)(net_random() % 30));
}

static void agree(struct line *l, unsigned expires_s, bool ours)
{
	l->session.expires_s = expires_s;
	l->session.ours = ours;
	l->session.glares = l->glares;
	l->session.since_ms = timers_now_ms(sim_timers());
	arm(l);
}

void session_start(struct line *l)
{
	arm(l);
}

void session_stop(struct line *l)
{
	timer_cancel(&l->life);
	timer_cancel(&l->later);
}

void session_offer(struct line *l, char out[SESSION_TEXT])
{
	const struct line_session *s = &l->session;

	*out = '\0';
	if (s->knows)
		(void)str_format(out, SESSION_TEXT,
			"Supported: timer\r\nSession-Expires: %u;refresher=%s\r\nMin-SE: 90\r\n%s",
			s->expires_s ? s->expires_s : 90 + (unsigned)(net_random() % 40),
			(s->expires_s ? s->ours : s->mine) ? "uac" : "uas", allow(l));
}

void session_asked(struct line *l, const struct text *m)
{
	const char *expires = text_header(m, "Session-Expires");
	char who[8] = "";

	l->session.asked_s = expires ? (unsigned)strtoul(expires, NULL, 10) : 0;
	if (expires)
		(void)text_param(expires, "refresher", who, sizeof(who));
	l->session.asked_who = *who ? who[2] : '\0';
}

void session_answer(struct line *l, char out[SESSION_TEXT])
{
	struct line_session *s = &l->session;
	bool ours = s->asked_who ? s->asked_who == 's' : s->mine;

	*out = '\0';
	if (!s->knows || !s->asked_s)
		return;
	(void)str_format(out, SESSION_TEXT,
		"Supported: timer\r\nRequire: timer\r\nSession-Expires: %u;refresher=%s\r\n%s",
		s->asked_s, ours ? "uas" : "uac", allow(l));
	agree(l, s->asked_s, ours);
}

void session_settled(struct line *l, const struct text *m)
{
	const char *expires = text_header(m, "Session-Expires");
	char who[8] = "";

	if (!l->session.knows)
		return;
	if (expires && !text_param(expires, "refresher", who, sizeof(who)))
		sim_violation("a 200 names no refresher: %s", l->call_id);
	if (expires && strtoul(expires, NULL, 10) < 90)
		sim_violation("a session shorter than may be: %s: %s", expires, l->call_id);
	agree(l, expires ? (unsigned)strtoul(expires, NULL, 10) : 0, str_equal(who, "uac"));
}

void session_bye(const struct line *l)
{
	const struct line_session *s = &l->session;
	uint64_t for_ms = timers_now_ms(sim_timers()) - s->since_ms;

	if (l->state == LINE_UP && s->expires_s && !s->ours && l->glares == s->glares &&
		for_ms > s->expires_s * 500ull + LATE_MS &&
		!line_was_disturbed(l, s->since_ms - PEER_GHOST_MS))
		sim_violation("a BYE, and no refresh before it: %s", l->call_id);
}

static void refreshed(const struct text *answer, void *arg)
{
	struct line *l = arg;

	if (answer && answer->status < 200)
		return;
	l->change = NULL;
	if (!answer || answer->status == 481 || answer->status == 408)
		line_leave(l);
	else if (answer->status >= 300)
		timer_start(sim_timers(), &l->life, AGAIN_MS, due, l);
	else
		session_settled(l, answer);
}

static void refresh(struct line *l)
{
	char headers[SESSION_TEXT];

	if (l->change) { // whatever it becomes
		timer_start(sim_timers(), &l->life, AGAIN_MS, due, l);
		return;
	}
	wire_count()->refreshed++;
	(void)str_format(headers, sizeof(headers),
		"Supported: timer\r\nSession-Expires: %u;refresher=uac\r\n%s", l->session.expires_s,
		allow(l));
	if (l->session.update)
		l->change =
			line_ask(l, &(struct line_within){"UPDATE", headers, NULL, 0, refreshed});
	else
		line_offer(l);
	timer_start(sim_timers(), &l->life, l->session.expires_s * 500ull, due, l);
}

static void due(void *arg)
{
	struct line *l = arg;
	const struct line_session *s = &l->session;

	if (l->state != LINE_UP)
		return;
	if (s->ours && !s->lazy) {
		refresh(l);
	} else if (s->ours) { // the daemon found out long ago
		if (wire_voice(l))
			sim_violation("kept beyond its session's end: %s", l->call_id);
		line_leave(l);
	} else {
		if (!line_was_disturbed(l, s->since_ms - PEER_GHOST_MS))
			sim_violation("no sign of life in time: %s", l->call_id);
		line_leave(l);
	}
	net_settle();
}
