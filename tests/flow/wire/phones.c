// Agents' phones that speak SIP: they register, and follow their script when they are called.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/wire/wire.h"

#define RING_MS	    5
#define STUCK_MS    100000
#define EXPIRES_S   1800
#define AGAIN_MS    2000
#define TRIES_MAX   8
#define PORT_FIRST  5060
#define RTP_OUTSIDE 4002

// --- registration ---

static void registered(const struct text *answer, void *arg);

void wire_register(struct phone *p)
{
	const struct config_agent *a = config_find_agent(sim_config(), p->agent);
	char headers[2048], uri[ADDR_TEXT_MAX + 8], node[ADDR_TEXT_MAX], here[ADDR_TEXT_MAX];
	struct str_buf b;

	addr_text(&far_end()->node, node);
	(void)str_format(uri, sizeof(uri), "sip:%s", node);
	str_buf_init(&b, headers, sizeof(headers));
	str_buf_add(&b,
		"To: <sip:%s@%s>\r\nFrom: <sip:%s@%s>;tag=%u\r\nCall-ID: %s\r\n"
		"CSeq: %u REGISTER\r\nContact: <sip:%s@%s>\r\nExpires: %u\r\nUser-Agent: "
		"script\r\n",
		p->agent, node, p->agent, node, p->number, p->call_id, ++p->cseq, p->agent,
		addr_text(&p->peer.port.at, here), p->wanted ? EXPIRES_S : 0);
	if (*p->challenge) {
		str_buf_add(&b, "Authorization: ");
		text_digest(&(struct text_login){p->agent, a ? a->password : "", "REGISTER", uri,
				    p->challenge, ++p->count},
			&b);
		str_buf_add(&b, "\r\n");
	}
	ck_assert(!b.cut);
	p->stands = p->wanted;
	p->ask = peer_ask(&p->peer,
		&(struct peer_request){.method = "REGISTER",
			.uri = uri,
			.headers = headers,
			.to = &far_end()->node,
			.fn = registered,
			.arg = p});
}

static void refresh_due(void *arg)
{
	struct phone *p = arg;

	if (!p->ask)
		wire_register(p);
}

static void refused(struct phone *p, const struct text *answer)
{
	const char *challenge = answer ? text_header(answer, "WWW-Authenticate") : NULL;

	if (challenge) {
		(void)str_copy(p->challenge, sizeof(p->challenge), challenge);
		p->count = 0;
	}
	if (p->tries++ >= TRIES_MAX)
		return; // no agent of that name any more
	if (challenge && p->tries < 3)
		wire_register(p);
	else
		timer_start(sim_timers(), &p->refresh, AGAIN_MS, refresh_due, p);
}

static void registered(const struct text *answer, void *arg)
{
	struct phone *p = arg;

	if (answer && answer->status < 200)
		return;
	p->ask = NULL;
	if (!answer || answer->status >= 300) {
		refused(p, answer);
		return;
	}
	p->tries = 0;
	if (p->stands != p->wanted)
		wire_register(p);
	else if (p->wanted)
		timer_start(sim_timers(), &p->refresh, EXPIRES_S / 2 * 1000, refresh_due, p);
}

static void count(const struct ua_registration *r, void *arg)
{
	++*(unsigned *)arg;
}

bool wire_registered(const char *agent)
{
	unsigned n = 0;

	ua_registrations_of(far_ua(), agent, count, &n);
	return n > 0;
}

static void phone_registration(const char *agent, bool on)
{
	struct phone *p = wire_phone(agent);

	p->wanted = on;
	if (p->ask || wire_registered(agent) == on || !config_find_agent(sim_config(), agent))
		return;
	timer_cancel(&p->refresh);
	p->tries = 0;
	wire_register(p);
	net_settle();
}

void phone_register(const char *agent)
{
	phone_registration(agent, true);
}

void phone_unregister(const char *agent)
{
	phone_registration(agent, false);
}

// --- calls ---

static void answered(struct line *l, unsigned status)
{
}

static void line_is_over(struct line *l)
{
	struct phone *p = l->arg;

	if (p->line == l) {
		p->line = NULL;
		timer_cancel(&p->timer);
	}
	wire_over(l);
}

static const struct line_handlers handlers = {.answered = answered, .over = line_is_over};

static void script_due(void *arg)
{
	struct phone *p = arg;
	struct line *l = p->line;

	l->manners.bad_sdp = p->script == PHONE_UNUSABLE;
	if (p->script == PHONE_ANSWERS || p->script == PHONE_UNUSABLE)
		line_answer(l);
	else if (p->script == PHONE_REJECTS)
		line_refuse(l, p->status, NULL);
	else if (p->script == PHONE_REDIRECTS)
		line_refuse(l, 302, "Contact: <sip:elsewhere@10.250.0.1>\r\n");
	net_settle();
}

static void ring_due(void *arg)
{
	struct phone *p = arg;

	line_ring(p->line);
	if (p->script != PHONE_SILENT)
		timer_start(sim_timers(), &p->timer,
			p->script == PHONE_ANSWERS || p->script == PHONE_REJECTS ? p->after_ms : 0,
			script_due, p);
}

static void see(struct phone *p, const struct text *m)
{
	const char *from = text_header(m, "From");
	char uri[256];

	(void)text_uri(from, uri, sizeof(uri));
	const char *user = strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
	int user_len = (int)strcspn(user, "@"), name_len = (int)(strchr(from, '<') - from);

	if (text_header(m, "Privacy"))
		(void)str_copy(p->sees, sizeof(p->sees), "hidden");
	else if (name_len > 3)
		(void)str_format(p->sees, sizeof(p->sees), "%.*s <%.*s>", name_len - 3, from + 1,
			user_len, user);
	else
		(void)str_format(p->sees, sizeof(p->sees), "<%.*s>", user_len, user);
}

static void judge_alone(const struct phone *p, const struct line *l)
{
	if (!net_is_clean())
		return;
	dlist_for_each (it, &far_end()->lines) {
		const struct line *o = container_of(it, struct line, link);
		if (o != l && !o->caller && o->queue && l->queue && str_equal(o->call, l->call) &&
			o->state != LINE_LEAVING)
			sim_violation("caller offered twice: %s", l->call);
	}
}

void wire_invited(struct phone *p, struct peer *at, struct tell *t, const struct text *m)
{
	p->invites++;
	wire_count()->offers++;
	see(p, m);
	if (p->line) {
		wire_count()->busy++;
		if (net_is_clean())
			sim_violation("agent called twice: %s", p->agent);
		peer_answer(t, 486, NULL, NULL);
		return;
	}
	struct line *l = line_new(&far_end()->lines, at, &handlers, p);
	p->line = l;
	l->ours.rtp = at->port.at;
	l->ours.rtp.port = p->outside ? (uint16_t)(RTP_OUTSIDE + 2 * p->number % 20000) : 4000;
	l->manners.stuck = p->stuck;
	l->manners.challenges = p->outside ? wire_challenges : NULL;
	l->manners.deaf_to_probes = p->dead;
	session_draw(l);
	line_receive(l, t, m);
	wire_name(l, p->agent);
	judge_alone(p, l);
	timer_start(sim_timers(), &p->timer, RING_MS, ring_due, p);
}

static void on_request(struct peer *peer, struct tell *t, const struct text *m, void *arg)
{
	struct line *l = line_find(&far_end()->lines, m);

	far_end()->probes += t && str_equal(m->method, "OPTIONS");
	if (l)
		line_request(l, t, m);
	else if (t && str_equal(m->method, "INVITE") && !*m->to_tag)
		wire_invited(arg, peer, t, m);
	else if (t) {
		owed_came(m);
		wire_count()->strays++;
		peer_answer(t, 481, NULL, NULL);
	}
}

static void on_cancel(struct peer *peer, struct tell *t, void *arg)
{
	if (t->line)
		line_cancelled(t->line);
}

static void on_again(struct peer *peer, const struct text *m, void *arg)
{
	struct line *l = line_find(&far_end()->lines, m);

	if (l)
		line_again(l, m);
}

struct phone *wire_phone(const char *agent)
{
	struct addr at;

	dlist_for_each (it, &far_end()->phones) {
		struct phone *p = container_of(it, struct phone, link);
		if (str_equal(p->agent, agent))
			return p;
	}
	struct phone *p = sim_calloc(sizeof(*p));
	(void)str_copy(p->agent, sizeof(p->agent), agent);
	p->number = ++far_end()->phone_next;
	(void)str_format(p->call_id, sizeof(p->call_id), "register-%u", p->number);
	p->script = PHONE_SILENT;
	dlist_push_back(&far_end()->phones, &p->link);
	p->outside = *agent == '+' || (*agent >= '0' && *agent <= '9');
	if (p->outside)
		return p;
	p->peer = (struct peer){
		.request = on_request, .cancelled = on_cancel, .again = on_again, .arg = p};
	addr_parse("10.9.1.0:5060", &at);
	at.ip[3] = (uint8_t)++far_end()->places;
	peer_open(&p->peer, &at);
	return p;
}

void wire_phones_end(void)
{
	dlist_for_each_safe (it, &far_end()->phones) {
		struct phone *p = container_of(it, struct phone, link);
		timer_cancel(&p->timer);
		timer_cancel(&p->refresh);
		if (!p->outside)
			peer_close(&p->peer);
		dlist_remove(it);
		free(p);
	}
}

// --- what scenarios say ---

static void follow(const char *agent, enum phone_script script, unsigned after_ms)
{
	struct phone *p = wire_phone(agent);

	p->script = script;
	p->after_ms = after_ms;
}

void phone_answers(const char *agent, unsigned after_ms)
{
	follow(agent, PHONE_ANSWERS, after_ms);
}

void phone_rejects(const char *agent, unsigned after_ms, uint16_t status)
{
	follow(agent, PHONE_REJECTS, after_ms);
	wire_phone(agent)->status = status;
}

void phone_redirects(const char *agent)
{
	follow(agent, PHONE_REDIRECTS, 0);
}

void phone_unusable(const char *agent)
{
	follow(agent, PHONE_UNUSABLE, 0);
}

void phone_silent(const char *agent)
{
	follow(agent, PHONE_SILENT, 0);
}

void phone_stuck(const char *agent)
{
	phone_silent(agent);
	wire_phone(agent)->stuck = true;
}

void phone_pick_up(const char *agent)
{
	struct phone *p = wire_phone(agent);

	if (!p->line || p->line->state != LINE_RINGING)
		return;
	timer_cancel(&p->timer);
	line_answer(p->line);
	net_settle();
}

static struct line *talking(const char *agent)
{
	struct phone *p = wire_phone(agent);

	return p->line && p->line->state == LINE_UP ? p->line : NULL;
}

void phone_hang_up(const char *agent)
{
	if (talking(agent))
		(void)line_bye(talking(agent));
	net_settle();
}

void phone_directs(const char *agent, uint8_t direction)
{
	if (talking(agent))
		line_direct(talking(agent), wire_direction(direction));
	net_settle();
}

void phone_hold(const char *agent, bool on)
{
	phone_directs(agent, on ? MEDIA_RECV : MEDIA_SEND | MEDIA_RECV);
}

void phone_dies(const char *agent)
{
	struct phone *p = wire_phone(agent);

	p->dead = true;
	if (p->line)
		p->line->manners.deaf_to_probes = true;
}

void phone_rtp_lost(const char *agent)
{
	if (talking(agent))
		sim_voice_lost(wire_voice(talking(agent)));
	net_settle();
}

void phone_media_fails(const char *agent, const char *what)
{
	struct media_voice *v = talking(agent) ? wire_voice(talking(agent)) : NULL;

	if (v)
		sim_voice_fails(v, what);
	net_settle();
}

struct media_voice *phone_voice(const char *agent)
{
	return wire_voice(wire_phone(agent)->line);
}

unsigned phone_invites(const char *agent)
{
	return wire_phone(agent)->invites;
}

bool phone_busy(const char *agent)
{
	return wire_phone(agent)->line != NULL;
}

const char *phone_hears(const char *agent)
{
	return talking(agent) ? sim_voice_hears(wire_voice(talking(agent))) : "";
}

const char *phone_sees(const char *agent)
{
	return wire_phone(agent)->sees;
}
