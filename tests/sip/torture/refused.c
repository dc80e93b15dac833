// INVITEs that are refused, over sockets: which of them the owner of calls hears of, with whose
// numbers, once each; and that nobody is answered before the owner says so.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/ua.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"

static const char configuration[] =
	"sip: {listen: [\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\"], unknown_rate: 10000, "
	"calls_rate: 40, health_peers: [127.0.8.0/24]}\n"
	"engine:\n"
	"  ports: {media0: {host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.2/24}}\n"
	"tenants: {city: {trunks: {carrier: {peers: [127.0.0.2], media: main, calls_max: 1}}}}\n";

static struct {
	struct ua *ua;
	struct config *config;
	struct ua_leg *leg;
	enum ua_refused_how how;
	struct ua_refused *held;
	unsigned count; // refusals heard of
	unsigned told;	// that some trunk has counted
	struct ua_incoming in;
	struct ua_refusal what;
} our;

static void on_event(struct ua_leg *l, const struct ua_event *event, void *arg)
{
	if (event->kind == UA_ENDED)
		our.leg = NULL;
}

static void on_incoming(struct ua_leg *l, const struct ua_incoming *in, void *arg)
{
	our.leg = l;
	ua_accept(l, on_event, NULL);
}

static enum ua_refused_how on_refused(const struct ua_incoming *in, const struct ua_refusal *what,
	struct ua_refused *held, void *arg)
{
	our.count++;
	our.in = *in;
	our.what = *what;
	our.held = our.how == UA_REFUSED_HELD ? held : NULL;
	return held ? our.how : UA_REFUSED_TOLD;
}

static void on_counted(void *arg)
{
	our.told++;
}

static void begin(enum ua_refused_how how)
{
	static const struct ua_handlers handlers = {
		.incoming = on_incoming, .refused = on_refused, .trunk_counted = on_counted};
	struct config_problems problems = {0};
	struct config_text t = {"/etc/refused.yaml", configuration, strlen(configuration)};

	memset(&our, 0, sizeof(our));
	our.how = how;
	int rc = config_load_text(&control_modules, &t, NULL, &our.config, &problems);
	ck_assert_msg(rc == 0, "%s", problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	timers_init(&wire_timers, NULL);
	ck_assert_int_eq(loop_init(&wire_loop, &wire_timers, 1024), 0);
	our.ua = ua_new();
	ck_assert_ptr_nonnull(our.ua);
	ck_assert_int_eq(
		ua_start(our.ua, &(struct ua_env){&wire_timers, NULL, our.config, &handlers}), 0);
}

static void end(void)
{
	ua_free(our.ua);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
	config_release(our.config);
}

static void count_trunk(const struct ua_trunk_status *t, void *arg)
{
	*(struct ua_trunk_status *)arg = *t;
}

static struct ua_trunk_status trunk(void)
{
	struct ua_trunk_status status = {0};

	ua_trunks(our.ua, count_trunk, &status);
	return status;
}

#define SDP                                                                \
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n" \
	"t=0 0\r\nm=audio 4000 RTP/AVP "

struct invite {
	const char *uri, *lines, *type, *body; // NULL: as usual
};

static size_t invite(char out[2048], unsigned branch, const struct invite *v)
{
	const char *body = v->body ? v->body : SDP "0\r\n";
	int n = snprintf(out, 2048,
		"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK%u\r\n"
		"From: \"Ann\" <sip:030999@x>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: c%u\r\n"
		"CSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.2>\r\n%s%s%s\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		v->uri ? v->uri : "sip:9000@127.0.0.1", branch, branch, v->lines ? v->lines : "",
		"Content-Type: ", v->type ? v->type : "application/sdp", strlen(body), body);

	ck_assert_int_lt(n, 2048);
	return (size_t)n;
}

static unsigned ask(struct wire *w, unsigned branch, const struct invite *v)
{
	struct wire_answers a;
	char text[2048];

	wire_ask(w, text, invite(text, branch, v), false, &a);
	unsigned status = stand_final(&a);
	wire_forget(&a);
	return status;
}

static const struct {
	struct invite invite;
	unsigned status;
	const char *why;
} table[] = {
	{{.body = SDP "18\r\n"}, 488, "offer-not-met"},
	{{.body = "v=0\r\nnonsense\r\n"}, 400, "bad-sdp"},
	{{.type = "text/plain"}, 415, "bad-body"},
	{{.lines = "Content-Encoding: gzip\r\n"}, 415, "bad-body"},
	{{.uri = "http:9000"}, 416, "bad-scheme"},
	{{.lines = "Require: 100rel\r\n"}, 420, "bad-extension"},
	{{.lines = "Accept: text/plain\r\n"}, 406, "takes-no-sdp"},
	{{.lines = "X-Ringhall-Call: 1\r\n"}, 482, "loop"},
	{{.lines = "Max-Forwards: 0\r\n"}, 483, "too-many-hops"},
	{{.lines = "CSeq: 1 INVITE\r\n"}, 400, "malformed"},
};

#define CASES (sizeof(table) / sizeof(table[0]))

// Each is told with its number, its caller and its trunk, which counts it; and when it comes again,
// it is the same one.
START_TEST(each_is_told_once)
{
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, TRUNK, false);
	for (unsigned i = 0; i < CASES; i++) {
		for (unsigned n = 0; n < 3; n++)
			ck_assert_msg(ask(&w, 100 + i, &table[i].invite) == table[i].status, "%s",
				table[i].why);
		ck_assert_msg(our.count == i + 1, "%s: %u, not %u", table[i].why, our.count, i + 1);
		ck_assert_str_eq(our.what.why, table[i].why);
		ck_assert_uint_eq(our.what.status, table[i].status);
		ck_assert_str_eq(our.in.trunk->name, "carrier");
		if (table[i].status != 416)
			ck_assert_str_eq(our.in.called, "9000");
		ck_assert_str_eq(our.in.caller, "030999");
		ck_assert_str_eq(our.in.caller_name, "Ann");
		ck_assert_int_eq(our.in.call_id[0], 'c');
		ck_assert_uint_eq(trunk().calls, i + 1);
		ck_assert_uint_eq(trunk().rejected, i + 1);
	}
	ck_assert_uint_eq(trunk().in_progress, 0);
	wire_close(&w);
	end();
}
END_TEST

// What is counted alone is remembered all the same, and answered the same, without a transaction.
START_TEST(each_is_counted_once)
{
	struct wire w;

	begin(UA_REFUSED_COUNTED);
	wire_open(&w, TRUNK, false);
	for (unsigned i = 0; i < CASES; i++) {
		for (unsigned n = 0; n < 3; n++)
			ck_assert_msg(ask(&w, 200 + i, &table[i].invite) == table[i].status, "%s",
				table[i].why);
		ck_assert_uint_eq(our.count, i + 1);
		ck_assert_uint_eq(trunk().rejected, i + 1);
	}
	wire_close(&w);
	end();
}
END_TEST

START_TEST(full_draining_and_too_many)
{
	struct ua_counts counts;
	struct invite usual = {0};
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, TRUNK, false);
	ck_assert_uint_eq(ask(&w, 1, &usual), 0);
	ck_assert_ptr_nonnull(our.leg);
	ck_assert_uint_eq(ask(&w, 2, &usual), 503);
	ck_assert_str_eq(our.what.why, "trunk-full");
	ua_drain(our.ua, true);
	ck_assert_uint_eq(ask(&w, 3, &usual), 503);
	ck_assert_str_eq(our.what.why, "draining");
	ua_drain(our.ua, false);
	ua_overload(our.ua, 100);
	ck_assert_uint_eq(ask(&w, 4, &usual), 503);
	ck_assert_str_eq(our.what.why, "overload");
	ua_overload(our.ua, 0);
	for (unsigned i = 0; i < 50 && !str_equal(our.what.why, "calls-rate"); i++)
		ck_assert_uint_eq(ask(&w, 10 + i, &usual), 503);
	ck_assert_str_eq(our.what.why, "calls-rate");
	ua_counts(our.ua, &counts);
	ck_assert_uint_eq(counts.overload, 1);
	ck_assert_uint_eq(counts.over_rate, 1);
	ck_assert_uint_eq(trunk().rejected, our.count);
	ck_assert_uint_eq(trunk().calls, our.count + 1);
	ck_assert_uint_eq(trunk().in_progress, 1);
	ua_reject(our.leg, 486, "Busy");
	wire_turn();
	ck_assert_uint_eq(trunk().rejected, our.count + 1);
	ck_assert_uint_eq(trunk().in_progress, 0);
	wire_close(&w);
	end();
}
END_TEST

// A refusal that waits for its record is the trunk's at once, and once: the caller may be faster.
START_TEST(cancelled_while_its_refusal_waits)
{
	static const char cancel[] =
		"CANCEL sip:9000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK1"
		"\r\nFrom: \"Ann\" <sip:030999@x>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: c1\r\n"
		"CSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n";
	struct invite usual = {0};
	struct wire_answers a;
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, TRUNK, false);
	ck_assert_uint_eq(ask(&w, 1, &usual), 0);
	ua_refusing(our.leg);
	ck_assert_uint_eq(trunk().rejected, 1);
	wire_ask(&w, cancel, strlen(cancel), false, &a);
	wire_forget(&a);
	ck_assert_ptr_null(our.leg);
	ck_assert_uint_eq(trunk().rejected, 1);
	ck_assert_uint_eq(ask(&w, 2, &usual), 0);
	ua_refusing(our.leg);
	ua_reject(our.leg, 404, "Not Found");
	wire_turn();
	ck_assert_uint_eq(trunk().rejected, 2);
	ck_assert_uint_eq(trunk().in_progress, 0);
	wire_close(&w);
	end();
}
END_TEST

// Not before it is written down; and what comes again meanwhile is the same request.
START_TEST(an_answer_waits_for_its_record)
{
	struct invite no_codec = {.body = SDP "18\r\n"};
	struct wire_answers a;
	struct wire w;

	begin(UA_REFUSED_HELD);
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		wire_open(&w, TRUNK, tcp);
		our.count = 0;
		for (unsigned n = 0; n < 3; n++)
			ck_assert_uint_eq(ask(&w, 300 + tcp, &no_codec), 0);
		ck_assert_uint_eq(our.count, 1);
		ua_refuse(our.held);
		wire_ask(&w, "", 0, false, &a);
		ck_assert_uint_eq(stand_final(&a), 488);
		ck_assert_ptr_nonnull(strstr(a.text[0], "\r\nWarning: 305 "));
		wire_forget(&a);
		if (!tcp)
			ck_assert_uint_eq(ask(&w, 300 + tcp, &no_codec), 488);
		ck_assert_uint_eq(our.count, 1);
		wire_close(&w);
	}
	// Whoever still waits at the end is answered.
	wire_open(&w, TRUNK, false);
	ck_assert_uint_eq(ask(&w, 400, &no_codec), 0);
	ua_free(our.ua);
	wire_heard(&w, &a);
	ck_assert_uint_eq(stand_final(&a), 488);
	wire_forget(&a);
	wire_close(&w);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
	config_release(our.config);
}
END_TEST

// Over a restart, as the node does it: told once until it is asked, and given back at the start.
START_TEST(a_trunk_counts_on)
{
	struct ua_trunk_status before = {0};
	struct invite no_codec = {.body = SDP "18\r\n"};
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, TRUNK, false);
	ua_trunks_counted(our.ua, count_trunk, &before);
	ck_assert_ptr_null(before.trunk); // nothing yet
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(ask(&w, 600 + i, &no_codec), 488);
	ck_assert_uint_eq(our.told, 1);
	ua_trunks_counted(our.ua, count_trunk, &before);
	ck_assert_uint_eq(before.rejected, 3);
	ck_assert_uint_ne(before.since_wall_ns, 0);
	ck_assert_uint_eq(ask(&w, 610, &no_codec), 488);
	ck_assert_uint_eq(our.told, 2);
	wire_close(&w);
	end();
	begin(UA_REFUSED_TOLD);
	ua_trunk_restore(our.ua, "nobody", "carrier", &before);
	ck_assert_uint_eq(trunk().rejected, 0);
	ua_trunk_restore(our.ua, "city", "carrier", &before);
	wire_open(&w, TRUNK, false);
	ck_assert_uint_eq(ask(&w, 620, &no_codec), 488);
	ck_assert_uint_eq(trunk().rejected, 4);
	ck_assert_uint_eq(trunk().calls, 4);
	ck_assert_uint_eq(trunk().since_wall_ns, before.since_wall_ns);
	wire_close(&w);
	end();
}
END_TEST

// Whoever writes one balancer's address on packets takes nothing from another.
START_TEST(each_balancer_has_its_own_rate)
{
	static const char options[] =
		"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.8.1;branch=z9hG4bKo\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: o\r\n"
		"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct wire_answers a;
	struct ua_counts counts = {0};
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, "127.0.8.1", false);
	for (unsigned i = 0; i < 10000 && counts.rate_limited < 20; i++) {
		wire_send(&w, options, strlen(options));
		wire_turn();
		ua_counts(our.ua, &counts);
	}
	ck_assert_uint_eq(counts.rate_limited, 20);
	wire_close(&w);
	wire_open(&w, "127.0.8.2", false);
	wire_ask(&w, options, strlen(options), false, &a); // and so is its fence
	ua_counts(our.ua, &counts);
	ck_assert_uint_eq(counts.rate_limited, 20);
	wire_forget(&a);
	wire_close(&w);
	end();
}
END_TEST

// Of strangers nothing but counts is kept, whatever they send.
START_TEST(strangers_are_counted_alone)
{
	struct ua_counts before, after;
	struct wire w;

	begin(UA_REFUSED_TOLD);
	wire_open(&w, STRANGER, false);
	ua_counts(our.ua, &before);
	for (unsigned i = 0; i < CASES; i++)
		(void)ask(&w, 500 + i, &table[i].invite);
	ua_counts(our.ua, &after);
	ck_assert_uint_eq(our.count, 0);
	ck_assert_uint_ge(after.unknown_source, before.unknown_source + CASES);
	wire_close(&w);
	end();
}
END_TEST

int main(void)
{
	const TTest *tests[] = {each_is_told_once, each_is_counted_once, full_draining_and_too_many,
		cancelled_while_its_refusal_waits, an_answer_waits_for_its_record,
		a_trunk_counts_on, each_balancer_has_its_own_rate, strangers_are_counted_alone};

	if (!wire_enter()) {
		printf("skipped: no network namespace is to be had\n");
		return 77;
	}
	return unit_run("refused", tests, sizeof(tests) / sizeof(tests[0]));
}
