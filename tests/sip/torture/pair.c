// Two user agents in one process, on one loop, who call each other over loopback: each hears what
// is its own alone, and one goes on when the other is freed.
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/modules.h"
#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/config/load.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"

#define TURNS_MAX 2000

static const char configuration[] =
	"sip: {listen: [\"udp:127.0.0.%u:5060\", \"tcp:127.0.0.%u:5060\"], unknown_rate: 10000}\n"
	"engine:\n"
	"  ports: {media0: {host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.%u/24}}\n"
	"tenants: {city: {agents: {anna: {password: a}},\n"
	"  trunks: {other: {peers: [127.0.0.1, 127.0.0.2], media: main}}}}\n";

static struct side { // and what it heard last
	struct ua *ua;
	struct config *config;
	unsigned host; // 127.0.0.host, and for sound 10.99.0.1host
	struct ua_leg *out, *in;
	unsigned heard, ends;
	struct ua_event last;
	enum ua_transport transport;
	bool answers;
} sides[2];

static void on_event(struct ua_leg *leg, const struct ua_event *e, void *arg)
{
	struct side *s = arg;

	s->heard |= 1u << e->kind;
	s->last = *e;
	if (e->kind != UA_ENDED)
		return;
	s->ends++;
	if (leg == s->out)
		s->out = NULL;
	if (leg == s->in)
		s->in = NULL;
}

static struct addr address_of(const struct side *s, const char *net, unsigned port)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	(void)str_format(text, sizeof(text), "%s%u:%u", net, s->host, port);
	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static void on_incoming(struct ua_leg *leg, const struct ua_incoming *in, void *arg)
{
	struct side *s = arg;
	struct addr local = address_of(s, "10.99.0.1", 4000);
	struct media_params media;

	ck_assert_ptr_nonnull(in->trunk);
	ck_assert_ptr_null(s->in);
	s->in = leg;
	s->transport = in->transport;
	ua_accept(leg, on_event, s);
	if (s->answers)
		ck_assert_int_eq(ua_answer(leg, &local, &media), 0);
	else
		ua_ring(leg);
}

static void start(struct side *s, unsigned host)
{
	const struct ua_handlers handlers = {.incoming = on_incoming, .arg = s};
	struct config_problems problems = {0};
	char text[1024];

	*s = (struct side){.host = host, .answers = true};
	(void)str_format(text, sizeof(text), configuration, host, host, 10 + host);
	struct config_text t = {"/etc/pair.yaml", text, strlen(text)};
	int rc = config_load_text(&control_modules, &t, NULL, &s->config, &problems);
	ck_assert_msg(rc == 0, "%s", problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	s->ua = ua_new();
	ck_assert_ptr_nonnull(s->ua);
	ck_assert_int_eq(
		ua_start(s->ua, &(struct ua_env){&wire_timers, NULL, s->config, &handlers}), 0);
}

static void stop(struct side *s)
{
	ua_free(s->ua);
	config_release(s->config);
	s->ua = NULL;
}

static void begin(void)
{
	timers_init(&wire_timers, NULL);
	ck_assert_int_eq(loop_init(&wire_loop, &wire_timers, 1024), 0);
	start(&sides[0], 1);
	start(&sides[1], 2);
}

static void end(void)
{
	for (unsigned i = 0; i < 2; i++)
		if (sides[i].ua)
			stop(&sides[i]);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
}

// The other side's anna is at ours, by this transport.
static void sign_in(struct side *s, const struct side *at, enum ua_transport transport)
{
	struct ua_registration r = {.agent = "anna",
		.tenant = "city",
		.call_id = "pair",
		.source = address_of(at, "127.0.0.", 5060),
		.transport = transport,
		.expires_wall_ns = timers_wall_ns(&wire_timers) + 3600000000000ull,
		.cseq = 1};

	// Over TCP the way is by the Contact alone: the connection of its REGISTER is gone.
	if (transport == UA_TCP)
		r.source.port = 40000;
	(void)str_format(r.contact, sizeof(r.contact), "sip:9000@127.0.0.%u:5060%s", at->host,
		transport_of(transport)->contact);
	ck_assert_int_eq(ua_registration_restore(s->ua, &r), 0);
}

static void call(struct side *s)
{
	struct ua_target target = {.agent = config_find_agent(s->config, "anna"),
		.caller = "100",
		.caller_name = "",
		.local = address_of(s, "10.99.0.1", 4002)};

	s->heard = 0;
	ck_assert_int_eq(ua_invite(s->ua, &target, on_event, s, &s->out), 0);
}

static void until(const unsigned *flags, unsigned flag)
{
	for (unsigned i = 0; i < TURNS_MAX && !(*flags & flag); i++)
		wire_turn();
	ck_assert_uint_eq(*flags & flag, flag);
}

static void until_ended(const struct side *s, unsigned ends)
{
	for (unsigned i = 0; i < TURNS_MAX && s->ends < ends; i++)
		wire_turn();
	ck_assert_uint_eq(s->ends, ends);
}

static void count_one(const struct ua_registration *r, void *arg)
{
	++*(unsigned *)arg;
}

static unsigned registrations(const struct side *s)
{
	unsigned n = 0;

	ua_registrations(s->ua, count_one, &n);
	return n;
}

static struct ua_connections connections(const struct side *s)
{
	struct ua_connections c;

	ua_connections(s->ua, &c);
	return c;
}

static struct ua_counts counts(const struct side *s)
{
	struct ua_counts c;

	ua_counts(s->ua, &c);
	return c;
}

START_TEST(one_calls_the_other)
{
	struct side *a = &sides[0], *b = &sides[1];

	for (unsigned tcp = 0; tcp < 2; tcp++) {
		begin();
		sign_in(a, b, tcp ? UA_TCP : UA_UDP);
		ck_assert_uint_eq(registrations(a), 1);
		ck_assert_uint_eq(registrations(b), 0);
		call(a);
		until(&a->heard, 1u << UA_ANSWERED);
		until(&b->heard, 1u << UA_ANSWERED);
		ck_assert_int_eq(b->transport, tcp ? UA_TCP : UA_UDP);
		ck_assert_uint_eq(a->last.media.rtp.port, 4000);
		ck_assert_uint_eq(b->last.media.rtp.port, 4002);
		ck_assert_uint_eq(ua_legs(a->ua), 1);
		ck_assert_uint_eq(ua_legs(b->ua), 1);
		// The one began the connection, the other took it from its trunk.
		ck_assert_uint_eq(connections(a).known, tcp);
		ck_assert_uint_eq(connections(b).known, tcp);
		ua_hangup(a->out, "enough");
		until_ended(b, 1);
		ck_assert_int_eq(b->last.end, UA_END_BYE);
		end();
	}
}
END_TEST

START_TEST(a_cancel_is_the_other_s)
{
	struct side *a = &sides[0], *b = &sides[1];

	begin();
	b->answers = false;
	sign_in(a, b, UA_UDP);
	call(a);
	until(&a->heard, 1u << UA_RINGING);
	ua_hangup(a->out, "enough");
	until_ended(b, 1);
	ck_assert_int_eq(b->last.end, UA_END_CANCEL);
	end();
}
END_TEST

static int stranger(const struct side *to, int type, const char *text, size_t len)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, at = from;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	char ip[20];

	ck_assert_int_ge(fd, 0);
	(void)str_format(ip, sizeof(ip), "127.0.0.%u", to->host);
	ck_assert_int_eq(inet_pton(AF_INET, "127.0.9.9", &from.sin_addr), 1);
	ck_assert_int_eq(inet_pton(AF_INET, ip, &at.sin_addr), 1);
	at.sin_port = htons(5060);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
	return fd;
}

static void turns(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		wire_turn();
}

// A binding request (RFC 5389).
static const char stun[20] = {0, 1, 0, 0, 0x21, 0x12, (char)0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9};
// Begins as STUN does, and is none: libre reads it, and cannot.
static const char junk[20] = {1, 1, 127, 127};

START_TEST(each_counts_its_own)
{
	struct side *a = &sides[0], *b = &sides[1];
	char answer[256];

	begin();
	log_set_level("sip", LOG_ERROR);
	int fds[3] = {stranger(b, SOCK_DGRAM, stun, sizeof(stun)),
		stranger(b, SOCK_DGRAM, junk, sizeof(junk)), stranger(b, SOCK_STREAM, "\r\n", 2)};
	turns(100);
	ck_assert_int_gt(recv(fds[0], answer, sizeof(answer), MSG_DONTWAIT), 0);
	ck_assert_uint_eq(counts(b).malformed, 1);
	ck_assert_uint_eq(counts(a).malformed, 0);
	ck_assert_uint_eq(counts(b).unknown_source, 1);
	ck_assert_uint_eq(counts(a).unknown_source, 0);
	ck_assert_uint_eq(connections(b).strangers, 1);
	ck_assert_uint_eq(connections(a).strangers, 0);
	for (unsigned i = 0; i < 3; i++)
		close(fds[i]);
	end();
}
END_TEST

// Its calls end, its connections close, and the other one's do not.
START_TEST(one_goes_and_the_other_stays)
{
	struct side *a = &sides[0], *b = &sides[1];
	char answer[256];

	for (unsigned tcp = 0; tcp < 2; tcp++) {
		begin();
		sign_in(a, b, tcp ? UA_TCP : UA_UDP);
		call(a);
		until(&b->heard, 1u << UA_ANSWERED);
		stop(a);
		until_ended(b, 1);
		ck_assert_int_eq(b->last.end, UA_END_BYE);
		ck_assert_uint_eq(ua_legs(b->ua), 0);
		int fd = stranger(b, SOCK_DGRAM, stun, sizeof(stun));
		turns(100);
		ck_assert_int_gt(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), 0);
		close(fd);
		// Another one takes its place, and is called.
		start(a, 1);
		sign_in(b, a, tcp ? UA_TCP : UA_UDP);
		call(b);
		until(&b->heard, 1u << UA_ANSWERED);
		until(&a->heard, 1u << UA_ANSWERED);
		ua_hangup(b->out, "enough");
		until_ended(a, 1);
		end();
	}
}
END_TEST

int main(void)
{
	const TTest *tests[] = {one_calls_the_other, a_cancel_is_the_other_s, each_counts_its_own,
		one_goes_and_the_other_stays};

	if (!wire_enter()) {
		printf("skipped: no network namespace is to be had\n");
		return 77;
	}
	return unit_run("pair", tests, sizeof(tests) / sizeof(tests[0]));
}
