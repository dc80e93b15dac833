// Starts it, and speaks for the targets.
#include "tests/carrier/stand.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/sip/torture/wire.h"
#include "tests/unit/unit.h"

struct stand stand;

static const char configuration[] =
	"sip: {listen: [\"udp:127.0.0.1:5060\"], ring_timeout: 60s}\n"
	"engine:\n"
	"  ports: {media0: {host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.2/24}}\n"
	"tenants:\n"
	"  city:\n"
	"    country_code: \"86\"\n"
	"    numbers: {\"+864001234567\": main}\n"
	"    flows: {main: {end: hangup}}\n"
	"    trunks:\n"
	"      carrier:\n"
	"        peers: [127.0.0.2, 127.0.0.3]\n"
	"        targets: [\"udp:127.0.0.2:5060\", \"udp:127.0.0.3:5060\"]\n"
	"        failover: second\n"
	"        user: acme\n"
	"        password: open-sesame\n"
	"        rewrite: [\"+86:0\", \"+:00\"]\n"
	"        calls_out_max: 2\n"
	"      second: {peers: 127.0.0.4, targets: \"udp:127.0.0.4:5060\", calls_out_rate: 2,\n"
	"        domain: sip.second.example}\n"
	"      club: {peers: 127.0.0.5, targets: \"udp:127.0.0.5:5060\", register: yes,\n"
	"        user: acme, password: open-sesame, domain: club.example}\n";

static struct {
	struct config *config;
	uint64_t ahead_ms;
	int fds[TARGETS];
} our;

static uint64_t mono_ms(void *arg)
{
	return clock_mono_ns() / NS_PER_MS + our.ahead_ms;
}

static uint64_t wall_ns(void *arg)
{
	return clock_wall_ns() + our.ahead_ms * NS_PER_MS;
}

static int target_at(unsigned n)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(5060)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	at.sin_addr.s_addr = htonl(0x7f000002 + n);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void on_event(struct ua_leg *l, const struct ua_event *e, void *arg)
{
	static const char *const names[] = {[UA_TRYING] = "trying",
		[UA_RINGING] = "ringing",
		[UA_ANSWERED] = "answered",
		[UA_MEDIA] = "media",
		[UA_ALIVE] = "alive",
		[UA_DIGIT] = "digit",
		[UA_ENDED] = "ended"};
	size_t len = strlen(stand.events);
	str_format(stand.events + len, sizeof(stand.events) - len, "%s%s", len ? " " : "",
		names[e->kind]);
	if (e->kind == UA_ENDED) {
		stand.leg = NULL;
		stand.ended = *e;
	}
}

static struct config *load(const char *text, const struct config *previous)
{
	struct config_text t = {"/etc/carrier.yaml", text, strlen(text)};
	struct config_problems problems = {0};
	struct config *c;
	int rc = config_load_text(&control_modules, &t, previous, &c, &problems);
	ck_assert_msg(rc == 0, "%s", problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	return c;
}

void stand_up(void)
{
	static const struct ua_handlers handlers;
	static const struct timers_clock clock = {mono_ms, wall_ns, NULL};
	memset(&our, 0, sizeof(our));
	memset(&stand, 0, sizeof(stand));
	our.config = load(configuration, NULL);
	timers_init(&wire_timers, &clock);
	ck_assert_int_eq(loop_init(&wire_loop, &wire_timers, 1024), 0);
	stand.ua = ua_new();
	ck_assert_ptr_nonnull(stand.ua);
	ck_assert_int_eq(
		ua_start(stand.ua, &(struct ua_env){&wire_timers, NULL, our.config, &handlers}), 0);
	for (unsigned i = 0; i < TARGETS; i++)
		our.fds[i] = target_at(i);
}

void stand_reload(const char *was, const char *is)
{
	const char *at = strstr(configuration, was);
	struct config *before = our.config;
	char text[2048];
	ck_assert_ptr_nonnull(at);
	str_format(text, sizeof(text), "%.*s%s%s", (int)(at - configuration), configuration, is,
		at + strlen(was));
	our.config = load(text, before);
	ck_assert_int_eq(ua_prepare(stand.ua, our.config), 0);
	ua_configure(stand.ua, our.config);
	config_release(before);
	stand_turn();
}

void stand_forget(void)
{
	while (stand.count > 0)
		free(stand.heard[--stand.count]);
}

void stand_down(void)
{
	ua_free(stand.ua);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
	config_release(our.config);
	for (unsigned i = 0; i < TARGETS; i++)
		close(our.fds[i]);
	stand_forget();
}

void stand_turn(void)
{
	static char text[65536];
	ssize_t n;
	for (unsigned i = 0; i < 3; i++)
		wire_turn();
	for (unsigned i = 0; i < TARGETS; i++)
		while ((n = recv(our.fds[i], text, sizeof(text) - 1, 0)) > 0) {
			ck_assert_uint_lt(stand.count, 64);
			text[n] = '\0';
			stand.at[stand.count] = i;
			stand.heard[stand.count++] = strdup(text);
		}
}

void stand_pass(uint64_t ms)
{
	our.ahead_ms += ms;
	stand_turn();
}

int stand_call(void)
{
	struct ua_target target = {.trunk = config_find_trunk(our.config, "city", "carrier"),
		.number = "+862155501234",
		.caller = "+864001234567",
		.call = "1"};
	addr_parse("10.99.0.2:4000", &target.local);
	int rc = ua_invite(stand.ua, &target, on_event, NULL, &stand.leg);
	stand_turn();
	return rc;
}

const char *stand_heard(unsigned target, const char *start)
{
	for (unsigned i = stand.count; i > 0; i--)
		if (stand.at[i - 1] == target && str_starts(stand.heard[i - 1], start))
			return stand.heard[i - 1];
	return NULL;
}

bool stand_says(const char *message, const char *part)
{
	return message != NULL && strstr(message, part) != NULL;
}

void stand_sends(unsigned target, const char *text)
{
	struct sockaddr_in us = {.sin_family = AF_INET, .sin_port = htons(5060)};
	us.sin_addr.s_addr = htonl(0x7f000001);
	ck_assert_int_eq(
		sendto(our.fds[target], text, strlen(text), 0, (struct sockaddr *)&us, sizeof(us)),
		strlen(text));
	stand_turn();
}

static void copy_line(struct str_buf *b, const char *text, const char *name, const char *more)
{
	const char *line = strstr(text, "\r\n");
	while (line != NULL && !str_starts(line + 2, name))
		line = strstr(line + 2, "\r\n");
	ck_assert_ptr_nonnull(line);
	str_buf_add(b, "%.*s%s\r\n", (int)strcspn(line + 2, "\r"), line + 2, more);
}

struct saying {
	const char *status, *tag, *headers, *body;
	const char *request; // NULL: that with which it all begins
};

static void say(unsigned target, const struct saying *s)
{
	const char *first = target == CLUB ? "REGISTER " : "INVITE ";
	const char *invite = stand_heard(target, s->request ? s->request : first);
	const char *headers = s->headers, *body = s->body;
	char text[4096];
	struct str_buf b;
	ck_assert_msg(invite != NULL, "no INVITE at target %u", target);
	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "SIP/2.0 %s\r\n", s->status);
	copy_line(&b, invite, "Via: ", "");
	copy_line(&b, invite, "From: ", "");
	copy_line(&b, invite, "To: ", s->tag);
	copy_line(&b, invite, "Call-ID: ", "");
	copy_line(&b, invite, "CSeq: ", "");
	str_buf_add(&b, "%s", headers);
	if (strstr(headers, "Contact:") == NULL)
		str_buf_add(&b, "Contact: <sip:there@127.0.0.%u:5060>\r\n", target + 2);
	str_buf_add(&b, "%sContent-Length: %zu\r\n\r\n%s",
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	ck_assert(!b.cut);
	stand_sends(target, text);
}

void stand_answers(unsigned target, const char *status, const char *headers, const char *body)
{
	char tag[32];
	str_format(tag, sizeof(tag), ";tag=target%u", target);
	say(target, &(struct saying){status, str_starts(status, "100") ? "" : tag, headers, body});
}

void stand_answers_to(unsigned target, const char *request, const char *status, const char *headers)
{
	say(target, &(struct saying){status, "", headers, "", request});
}

void stand_answers_as(unsigned target, const char *status, const char *tag)
{
	say(target, &(struct saying){status, tag, "", SDP_ANSWER});
}

struct named_trunk {
	const char *name;
	struct ua_trunk_status status;
};

static void find(const struct ua_trunk_status *t, void *arg)
{
	struct named_trunk *n = arg;
	if (str_equal(t->name, n->name))
		n->status = *t;
}

struct ua_trunk_status stand_trunk(const char *name)
{
	struct named_trunk n = {.name = name};
	ua_trunks(stand.ua, find, &n);
	return n.status;
}

// --- the program ---

// Check hands a test nothing but its own number.
static const struct stand_row *played;
static size_t played_count;

START_TEST(each_row_holds)
{
	for (size_t i = 0; i < played_count; i++) {
		printf("%s\n", played[i].name);
		stand_up();
		played[i].plays();
		stand_down();
	}
}
END_TEST

int stand_main(const char *name, const struct stand_row *rows, size_t count)
{
	const TTest *tests[] = {each_row_holds};

	if (!wire_enter()) {
		puts("skipped: no network namespace of its own");
		return 77;
	}
	played = rows;
	played_count = count;
	return unit_run(name, tests, sizeof(tests) / sizeof(tests[0]));
}
