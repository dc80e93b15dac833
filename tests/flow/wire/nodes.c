// Two nodes and a proxy in one process: a call to a queue of the one rings at the other, behind the
// proxy, where it is a call too, and is answered there.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"
#include "control/sip/ua.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/wire/proxy.h"
#include "tests/flow/wire/text.h"
#include "tests/flow/wire/world.h"

#define PROXY	"10.9.2.9:5060"
#define FAR_SIP "10.9.8.1:5060"

static const char far_head[] = "sip: {listen: [udp:10.9.8.1:5060]}\n"
			       "engine:\n"
			       "  ports: {p: {host: 10.9.8.1/24}}\n"
			       "  media: {m: {port: p, address: 10.9.8.2/24}}\n";
static const char far_tenant[] =
	"  trunks: {other: {peers: [10.9.2.9]}}\n"
	"  numbers: {'anna': desk}\n"
	"  flows: {desk: {q: {queue: desk}}}\n"
	"  queues: {desk: {agents: [alice], wrap_up: 0s, short_call: 0s}}\n"
	"  agents: {alice: {password: a}}\n";
static const char near_tenant[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'500': sales}\n"
	"  flows: {sales: {q: {queue: sales}}}\n"
	"  queues: {sales: {agents: [anna], wrap_up: 0s, short_call: 0s}}\n"
	"  agents: {anna: {password: a}}\n";

static struct sim *near, *far;
static struct proxy proxy;

static void run(unsigned ms)
{
	for (unsigned i = 0; i < ms; i++) {
		wire_enter(far);
		sim_run(1);
		wire_enter(near);
		sim_run(1);
	}
}

// Whose voice it is that SDP tells of: anna's at the near node, ann's at the far one.
static void seen(const char *text, const struct addr *to, void *arg)
{
	struct text_media media;
	struct sim *was = sim_here();
	struct media_voice *v;
	struct text m;

	if (!strstr(text, "application/sdp") || !text_read(&m, text, strlen(text)))
		return;
	bool asks = m.request;
	if (!text_sdp_read(m.body, &media))
		ck_abort_msg("no SDP: %s", text);
	text_free(&m);
	wire_enter(asks ? near : far);
	v = sim_voice_at(media.rtp.port);
	if (v)
		sim_voice_name(v, asks ? "anna" : "ann");
	wire_enter(was);
}

// The near node's anna is reached by way of the proxy.
static void sign_in(void)
{
	struct ua_registration r = {.agent = "anna",
		.tenant = "acme",
		.call_id = "nodes",
		.contact = "sip:anna@" PROXY,
		.expires_wall_ns = UINT64_MAX / 4,
		.cseq = 1};

	ck_assert_int_eq(addr_parse(PROXY, &r.source), 0);
	ck_assert_int_eq(ua_registration_restore(far_ua(), &r), 0);
}

static void begin(uint64_t seed, unsigned lost)
{
	struct addr at, to;

	wire_setup(&(struct wire_setup){.seed = seed,
		.faults = {.lost = lost, .doubled = lost, .delay_ms = lost ? 15 : 0}});
	near = sim_begin(&(struct sim_setup){.yaml = near_tenant, .log_in_memory = true});
	far = sim_begin(&(struct sim_setup){
		.node = "far", .yaml = far_tenant, .head = far_head, .log_in_memory = true});
	phone_register("alice");
	phone_answers("alice", 50);
	wire_enter(near);
	ck_assert_int_eq(addr_parse(PROXY, &at) | addr_parse(FAR_SIP, &to), 0);
	proxy = (struct proxy){.seen = seen};
	proxy_open(&proxy, &at, &to);
	sign_in();
	run(4000); // alice has registered
}

static void end(void)
{
	run(40000);
	net_close(&proxy.port);
	wire_enter(far);
	sim_end();
	wire_enter(near);
	sim_end();
}

START_TEST(a_call_of_one_is_a_call_of_the_other)
{
	begin(1, 0);
	struct sim_caller *ann = dial("ann", "500");
	run(500);
	ck_assert_str_eq(caller_hears(ann), "anna");
	wire_enter(far);
	ck_assert_str_eq(phone_hears("alice"), "ann");
	ck_assert_str_eq(phone_sees("alice"), "<ann>");
	phone_hang_up("alice");
	wire_enter(near);
	run(500);
	ck_story(ann,
		"started answered step:q queued:sales offered:anna dequeued:connected "
		"connected:anna ended:agent-hangup/agent/talking");
	ck_assert_uint_gt(proxy.requests, 2);
	ck_assert_uint_gt(proxy.answers, 2);
	end();
}
END_TEST

// The caller hangs up at any moment of it, on a network that loses and doubles; nothing is left at
// either node.
START_TEST(hung_up_at_any_moment)
{
	for (unsigned i = 0; i < 12; i++) {
		begin(2 + i, 100);
		struct sim_caller *ann = dial("ann", "500");
		run(20 + 37 * i);
		caller_cancels(ann);
		run(40000);
		ck_assert(!caller_alive(ann));
		end();
	}
}
END_TEST

UNIT_MAIN("nodes", a_call_of_one_is_a_call_of_the_other, hung_up_at_any_moment)
