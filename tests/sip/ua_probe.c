// The user agent alone, driven by what is dialled: for tests against real SIP clients.
//   usage: ua_probe CONFIG   (reads commands on stdin, prints what happens, one line each)
// Called user: answer-… 200 at once; ring-… 180 only; late-… 180, 200 after 300 ms; busy-… 486;
// agent-NAME calls that agent and answers when it does; hangup-MS answers and ends after MS.
// Commands: counts, registrations, trunks, legs, drain, trace CALL-ID, mask, probe
// (asks the agent that was called last whether it is there), timers S (session timers of so many
// seconds and no less, which no configuration may say), quit.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/ua.h"
#include "engine/base/addr.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

struct call {
	struct ua_leg *in, *out;
	char called[UA_TEXT_MAX];
	struct addr local;
	struct media_params media;
	struct timer timer;
	bool in_over, out_over;
};

static struct timers timers;
static struct loop loop;

static const char *const kinds[] = {
	[UA_TRYING] = "trying",
	[UA_RINGING] = "ringing",
	[UA_ANSWERED] = "answered",
	[UA_MEDIA] = "media",
	[UA_KEPT] = "kept",
	[UA_ALIVE] = "alive",
	[UA_DIGIT] = "digit",
	[UA_ENDED] = "ended",
};
static const char *const ends[] = {
	[UA_END_BYE] = "bye",
	[UA_END_CANCEL] = "cancel",
	[UA_END_LOCAL] = "local",
	[UA_END_REJECTED] = "rejected",
	[UA_END_REDIRECTED] = "redirected",
	[UA_END_TIMEOUT] = "timeout",
	[UA_END_EXPIRED] = "expired",
	[UA_END_MEDIA] = "media",
	[UA_END_ERROR] = "error",
};

static struct ua *ua;
static struct config *config;
static struct ua_leg *out_leg; // the latest; NULL: ended
static bool masking;
static const char *agent_address = "127.0.0.1:40002";

static void print_event(const char *side, const struct ua_leg *leg, const struct ua_event *e)
{
	char rtp[ADDR_TEXT_MAX];

	printf("%s %s %s", side, ua_call_id(leg), kinds[e->kind]);
	if (e->kind == UA_ANSWERED || e->kind == UA_MEDIA)
		printf(" rtp=%s codec=%u pt=%u event=%u ptime=%u direction=%u",
			addr_text(&e->media.rtp, rtp), e->media.codec, e->media.pt,
			e->media.event_pt, e->media.ptime_ms, e->media.direction);
	if (e->kind == UA_DIGIT)
		printf(" %c %u", e->digit, e->duration_ms);
	if (e->kind == UA_ENDED)
		printf(" %s %u %s", ends[e->end], e->status, e->reason);
	printf("\n");
}

static void maybe_free(struct call *c)
{
	if (!c->in_over || !c->out_over)
		return;
	timer_cancel(&c->timer);
	free(c);
}

static void on_out(struct ua_leg *leg, const struct ua_event *e, void *arg)
{
	struct call *c = arg;

	print_event("out", leg, e);
	if (e->kind == UA_RINGING && !c->in_over)
		ua_ring(c->in);
	if (e->kind == UA_ANSWERED && !c->in_over)
		(void)ua_answer(c->in, &c->local, &c->media);
	if (e->kind != UA_ENDED)
		return;
	if (out_leg == leg)
		out_leg = NULL;
	c->out_over = true;
	if (!c->in_over) {
		if (e->end == UA_END_REJECTED)
			ua_reject(c->in, e->status, "Agent Refused");
		else
			ua_hangup(c->in, "agent is gone");
	}
	maybe_free(c);
}

static void on_in(struct ua_leg *leg, const struct ua_event *e, void *arg)
{
	struct call *c = arg;

	print_event("in", leg, e);
	if (e->kind != UA_ENDED)
		return;
	c->in_over = true;
	if (!c->out_over)
		ua_hangup(c->out, "caller is gone");
	maybe_free(c);
}

static void answer_late(void *arg)
{
	struct call *c = arg;

	(void)ua_answer(c->in, &c->local, &c->media);
}

static void hang_up(void *arg)
{
	struct call *c = arg;

	ua_hangup(c->in, "enough");
}

static void call_agent(struct call *c, const struct ua_incoming *in)
{
	struct ua_target t = {.agent = config_find_agent(config, c->called + 6),
		.caller = in->caller,
		.caller_name = in->caller_name,
		.hidden = *in->privacy != '\0',
		.queue = "front desk",
		.call = "0123456789abcdef",
		.codec = CODEC_PCMU};

	addr_parse(agent_address, &t.local);
	int rc = t.agent ? ua_invite(ua, &t, on_out, c, &c->out) : -1;
	if (rc == 0) {
		printf("calls %s %s\n", t.agent->name, ua_call_id(c->out));
		out_leg = c->out;
		c->out_over = false;
		return;
	}
	printf("invite %d\n", rc);
	ua_reject(c->in, 480, "Not Registered");
}

static void on_incoming(struct ua_leg *leg, const struct ua_incoming *in, void *arg)
{
	struct call *c = calloc(1, sizeof(*c));
	uint64_t ms;

	printf("incoming %s from=%s name=%s called=%s via=%s late=%d\n", in->call_id, in->caller,
		in->caller_name, in->called, in->trunk ? in->trunk->name : in->agent->name,
		in->late_offer);
	c->in = leg;
	c->out_over = true;
	(void)str_copy(c->called, sizeof(c->called), in->called);
	addr_parse(in->source.family == ADDR_IP6 ? "[::1]:40000" : "127.0.0.1:40000", &c->local);
	ua_accept(leg, on_in, c);
	if (masking)
		ua_mask(leg, true);
	if (str_starts(c->called, "busy")) {
		ua_reject(leg, 486, "Busy Here");
	} else if (str_starts(c->called, "ring")) {
		ua_ring(leg);
	} else if (str_starts(c->called, "late")) {
		ua_ring(leg);
		timer_start(&timers, &c->timer, 300, answer_late, c);
	} else if (str_starts(c->called, "agent-")) {
		call_agent(c, in);
	} else {
		(void)ua_answer(leg, &c->local, &c->media);
		if (str_starts(c->called, "hangup-") && str_u64(c->called + 7, &ms) == 0)
			timer_start(&timers, &c->timer, ms, hang_up, c);
	}
}

static void on_registered(const struct config_agent *agent, bool registered, void *arg)
{
	printf("%s %s\n", registered ? "registered" : "unregistered", agent->name);
}

static void on_binding(const struct ua_registration *r, const char *gone, void *arg)
{
	printf("binding %s %s %s\n", r->agent, r->contact, gone ? gone : "stands");
}

static void print_counts(void)
{
	struct ua_counts c;

	ua_counts(ua, &c);
	printf("counts unknown=%llu limited=%llu auth=%llu locked=%llu malformed=%llu loops=%llu "
	       "redirects=%llu late=%llu forks=%llu again=%llu refused=%llu legs=%u\n",
		(unsigned long long)c.unknown_source, (unsigned long long)c.rate_limited,
		(unsigned long long)c.auth_failed, (unsigned long long)c.locked_out,
		(unsigned long long)c.malformed, (unsigned long long)c.loops,
		(unsigned long long)c.redirects_refused, (unsigned long long)c.late_200,
		(unsigned long long)c.forks_ended, (unsigned long long)c.retransmitted,
		(unsigned long long)c.dialog_refused, ua_legs(ua));
}

static void print_registration(const struct ua_registration *r, void *arg)
{
	char source[ADDR_TEXT_MAX];

	printf("registration %s %s %s %s\n", r->agent, r->contact, addr_text(&r->source, source),
		r->user_agent);
}

static void print_trunk(const struct ua_trunk_status *t, void *arg)
{
	printf("trunk %s calls=%llu rejected=%llu now=%u\n", t->name, (unsigned long long)t->calls,
		(unsigned long long)t->rejected, t->in_progress);
}

static void print_trace(const struct ua_trace_entry *e, void *arg)
{
	printf("trace %s %s\n", e->sent ? "->" : "<-", e->text);
}

static void set_timers(const char *seconds)
{
	uint64_t s = 0;

	(void)str_u64(seconds, &s);
	config->sip.session_expires_s = config->sip.min_se_s = (unsigned)s;
}

static void on_command(int flags, void *arg)
{
	char line[256];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (n <= 0 || str_equal(line, "quit"))
		loop_stop();
	else if (str_equal(line, "counts"))
		print_counts();
	else if (str_equal(line, "registrations"))
		ua_registrations(ua, print_registration, NULL);
	else if (str_equal(line, "trunks"))
		ua_trunks(ua, print_trunk, NULL);
	else if (str_equal(line, "drain"))
		ua_drain(ua, true);
	else if (str_equal(line, "probe") && out_leg)
		ua_probe(out_leg);
	else if (str_equal(line, "mask"))
		masking = true;
	else if (str_starts(line, "timers "))
		set_timers(line + 7);
	else if (str_starts(line, "trace "))
		ua_trace(ua, line + 6, print_trace, NULL);
	printf("done %s\n", line);
}

// The clients' media are on loopback, and so is ours, which no configuration may say.
static void move_to_loopback(void)
{
	for (unsigned i = 0; i < config->engine.media_count; i++) {
		struct addr *net = &config->engine.media[i].address.net;
		(void)addr_parse(net->family == ADDR_IP6 ? "::1" : "127.0.0.1", net);
	}
}

int main(int argc, char **argv)
{
	static const struct ua_handlers handlers = {
		.incoming = on_incoming, .registered = on_registered, .binding = on_binding};
	struct config_problems problems = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2)
		agent_address = argv[2];
	if (argc < 2 || config_load(&control_modules, argv[1], NULL, &config, &problems)) {
		for (unsigned i = 0; i < problems.count; i++)
			fprintf(stderr, "%s\n", problems.list[i].text);
		return 2;
	}
	move_to_loopback();
	ua = ua_new();
	timers_init(&timers, NULL);
	if (!ua || loop_init(&loop, &timers, 4096) ||
		ua_start(ua, &(struct ua_env){&timers, NULL, config, &handlers}))
		return 1;
	(void)loop_watch(STDIN_FILENO, LOOP_READ, on_command, NULL);
	printf("ready\n");
	(void)loop_run();
	ua_free(ua);
	loop_close(&loop);
	config_release(config);
	printf("bye\n");
	return 0;
}
