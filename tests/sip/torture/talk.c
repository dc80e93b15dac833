// Starts it, speaks and listens for its far ends.
#include "tests/sip/torture/talk.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "control/sip/shared.h"
#include "control/sip/ua.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/sip/torture/stand.h"

#define PHONE "127.0.0.3"

struct talk talk;

static const char configuration[] =
	"sip: {listen: [\"udp:127.0.0.1:5060\"], ring_timeout: 30s%s}\n"
	"engine:\n"
	"  ports: {media0: {host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.2/24}}\n"
	"tenants:\n"
	"  city:\n"
	"    trunks: {carrier: {peers: [127.0.0.2], media: main}}\n"
	"    agents: {alice: {password: a, media: main, redirects: [127.0.0.4]}}\n";

static struct {
	struct config *config;
	struct ua *ua;
	uint64_t begun_ms,
		ahead_ms;     // the clock stands still in between, however busy the machine is
	char invite[2][4096]; // that the phones got
} our;

// --- the world ---

static uint64_t mono_ms(void *arg)
{
	return our.begun_ms + our.ahead_ms;
}

static uint64_t wall_ns(void *arg)
{
	return mono_ms(arg) * NS_PER_MS;
}

static int socket_at(const char *ip, unsigned port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, ip, &at.sin_addr);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void on_event(struct ua_leg *l, const struct ua_event *e, void *arg)
{
	static const char *const names[] = {[UA_TRYING] = "trying",
		[UA_RINGING] = "ringing",
		[UA_ANSWERED] = "answered",
		[UA_MEDIA] = "media",
		[UA_KEPT] = "kept",
		[UA_ALIVE] = "alive",
		[UA_DIGIT] = "digit",
		[UA_ENDED] = "ended"};
	size_t len = strlen(talk.events);
	str_format(talk.events + len, sizeof(talk.events) - len, "%s%s", len ? " " : "",
		names[e->kind]);
	if (e->kind == UA_ENDED)
		talk.leg = NULL;
}

static void on_incoming(struct ua_leg *l, const struct ua_incoming *in, void *arg)
{
	talk.leg = l;
	ua_accept(l, on_event, NULL);
}

static void restore_phone(unsigned port)
{
	struct ua_registration r = {.agent = "alice", .transport = UA_UDP, .cseq = 1};
	char source[32];
	str_format(r.contact, sizeof(r.contact), "sip:alice@" PHONE ":%u", port);
	str_format(r.call_id, sizeof(r.call_id), "phone-%u", port);
	str_format(source, sizeof(source), PHONE ":%u", port);
	addr_parse(source, &r.source);
	r.expires_wall_ns = wall_ns(NULL) + 3600 * NS_PER_S;
	ck_assert_int_eq(ua_registration_restore(our.ua, &r), 0);
}

void talk_begin_with(const char *keys)
{
	char text[1024];
	static const struct ua_handlers handlers = {.incoming = on_incoming};
	static const struct timers_clock clock = {mono_ms, wall_ns, NULL};
	struct config_problems problems = {0};
	ck_assert_int_eq(str_format(text, sizeof(text), configuration, keys), 0);
	struct config_text t = {"/etc/dialog.yaml", text, strlen(text)};
	memset(&our, 0, sizeof(our));
	memset(&talk, 0, sizeof(talk));
	our.begun_ms = clock_wall_ns() / NS_PER_MS;
	int rc = config_load_text(&control_modules, &t, NULL, &our.config, &problems);
	ck_assert_msg(rc == 0, "%s", problems.count ? problems.list[0].text : "?");
	config_problems_free(&problems);
	timers_init(&wire_timers, &clock);
	ck_assert_int_eq(loop_init(&wire_loop, &wire_timers, 1024), 0);
	our.ua = ua_new();
	ck_assert_ptr_nonnull(our.ua);
	ck_assert_int_eq(
		ua_start(our.ua, &(struct ua_env){&wire_timers, NULL, our.config, &handlers}), 0);
	talk.trunk = socket_at(TRUNK, 5060);
	talk.elsewhere = socket_at(ELSEWHERE, 5060);
	talk.phone[0] = socket_at(PHONE, 5060);
	talk.phone[1] = socket_at(PHONE, 5070);
}

void talk_begin(void)
{
	talk_begin_with("");
}

void talk_forget(void)
{
	while (talk.count > 0)
		free(talk.heard[--talk.count]);
}

void talk_end(void)
{
	ua_free(our.ua);
	ck_assert_uint_eq(timers_count(&wire_timers), 0);
	loop_close(&wire_loop);
	config_release(our.config);
	close(talk.trunk);
	close(talk.elsewhere);
	close(talk.phone[0]);
	close(talk.phone[1]);
	talk_forget();
}

static void hear(int fd)
{
	static char text[65536];
	ssize_t n;
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) > 0) {
		ck_assert_uint_lt(talk.count, sizeof(talk.heard) / sizeof(talk.heard[0]));
		text[n] = '\0';
		talk.heard[talk.count++] = strdup(text);
	}
}

void talk_turn(void)
{
	for (unsigned i = 0; i < 3; i++)
		wire_turn();
	hear(talk.trunk);
	hear(talk.elsewhere);
	hear(talk.phone[0]);
	hear(talk.phone[1]);
}

void talk_pass(uint64_t ms)
{
	our.ahead_ms += ms;
	talk_turn();
}

// The last message that began so.
const char *talk_heard(const char *start)
{
	for (unsigned i = talk.count; i > 0; i--)
		if (strncmp(talk.heard[i - 1], start, strlen(start)) == 0)
			return talk.heard[i - 1];
	return NULL;
}

static void send_to_us(int fd, const char *text)
{
	struct sockaddr_in us = {.sin_family = AF_INET, .sin_port = htons(5060)};
	inet_pton(AF_INET, "127.0.0.1", &us.sin_addr);
	ck_assert_int_eq(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&us, sizeof(us)),
		strlen(text));
	talk_turn();
}

enum ua_leg_state talk_state(void)
{
	if (dlist_empty(&our.ua->all))
		return GONE;
	return container_of(our.ua->all.next, struct ua_leg, link)->state;
}

static struct ua_leg *any_leg(void)
{
	return container_of(our.ua->all.next, struct ua_leg, link);
}

// --- a caller ---

void talk_say(int fd, const char *ip, const struct said *s)
{
	static unsigned branches;
	const struct ua_leg *l =
		s->cseq == 1 && strcmp(s->method, "INVITE") == 0 ? NULL : any_leg();
	bool ours = l != NULL && l->incoming;
	char text[4096], tag[64] = "";
	unsigned branch = strcmp(s->method, "CANCEL") ? ++branches : branches;
	const char *body = s->body ? s->body : "";
	if (l != NULL && strcmp(s->method, "CANCEL") != 0)
		str_format(tag, sizeof(tag), ";tag=%s", l->dialog.local_tag);
	int n = snprintf(text, sizeof(text),
		"%s sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKd%u\r\n"
		"From: <sip:b@x>;tag=%s\r\nTo: <sip:a@c>%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
		"Contact: <sip:b@127.0.0.2:5060>\r\nMax-Forwards: 70\r\n%s%sContent-Length: "
		"%zu\r\n\r\n%s",
		s->method, ip, branch, l && !ours ? l->dialog.remote_tag : "1", tag,
		l ? l->dialog.call_id : "call", s->cseq, s->method, s->headers ? s->headers : "",
		*body && !s->headers ? "Content-Type: application/sdp\r\n" : "", strlen(body),
		body);
	ck_assert_int_lt(n, sizeof(text));
	send_to_us(fd, text);
}

int talk_answer(void)
{
	struct media_params media;
	struct addr local;
	addr_parse("10.99.0.2:4000", &local);
	int rc = ua_answer(talk.leg, &local, &media);
	talk_turn();
	return rc;
}

void talk_invite(void)
{
	struct ua_target target = {.agent = config_find_agent(our.config, "alice"),
		.caller = "100",
		.caller_name = "Ann",
		.call = "1"};
	addr_parse("10.99.0.2:4000", &target.local);
	restore_phone(5060);
	restore_phone(5070);
	ck_assert_int_eq(ua_invite(our.ua, &target, on_event, NULL, &talk.leg), 0);
	talk_turn();
	for (unsigned i = 0, n = 0; i < talk.count; i++)
		if (strncmp(talk.heard[i], "INVITE ", 7) == 0 && n < 2)
			str_copy(our.invite[n++], sizeof(our.invite[0]), talk.heard[i]);
	ck_assert_int_eq(talk_state(), LEG_CALLING);
}

// --- a phone ---

static void copy_line(struct str_buf *b, const char *text, const char *name, const char *more)
{
	const char *line = strstr(text, "\r\n");
	while (line != NULL && !str_starts(line + 2, name))
		line = strstr(line + 2, "\r\n");
	ck_assert_ptr_nonnull(line);
	str_buf_add(b, "%.*s%s\r\n", (int)strcspn(line + 2, "\r"), line + 2, more);
}

void talk_reply(int fd, const char *request, const struct reply *r)
{
	static const char *const lines[] = {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "};
	const char *text = talk_heard(request), *body = r->body ? r->body : "";
	char out[4096];
	struct str_buf b;
	ck_assert_msg(text != NULL, "no %s was heard", request);
	str_buf_init(&b, out, sizeof(out));
	str_buf_add(&b, "SIP/2.0 %s\r\n", r->status);
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		copy_line(&b, text, lines[i], "");
	str_buf_add(&b, "%s%sContent-Length: %zu\r\n\r\n%s", r->headers ? r->headers : "",
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	ck_assert(!b.cut);
	send_to_us(fd, out);
}

// Phone n answers the INVITE that it got; forged: as of another transaction.
void talk_phone_says(unsigned n, const char *status, const char *body, bool forged)
{
	char text[4096], tag[32];
	struct str_buf b;
	str_format(tag, sizeof(tag), ";tag=phone%u", n);
	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "SIP/2.0 %s\r\n", status);
	if (forged)
		str_buf_add(&b, "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKnone\r\n");
	else
		copy_line(&b, our.invite[n], "Via: ", "");
	copy_line(&b, our.invite[n], "From: ", "");
	copy_line(&b, our.invite[n], "To: ", tag);
	copy_line(&b, our.invite[n], "Call-ID: ", "");
	copy_line(&b, our.invite[n], "CSeq: ", "");
	str_buf_add(&b, "Contact: <sip:alice@%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		str_starts(status, "3") ? "127.0.0.9:5060"
			: n		? PHONE ":5070"
					: PHONE ":5060",
		talk.phone_headers ? talk.phone_headers : "",
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
	ck_assert(!b.cut);
	send_to_us(talk.phone[n], text);
}

// --- in fewer words ---

static uint32_t last_cseq(const struct ua_leg *l)
{
	return l ? l->dialog.cseq_remote : 0;
}

void talk_tells(const char *method, const char *headers, const char *body)
{
	char all[512];
	uint32_t last = last_cseq(dlist_empty(&our.ua->all) ? NULL : any_leg());
	str_format(all, sizeof(all), "%s%s", headers, *body ? TYPE_SDP : "");
	uint32_t cseq = strcmp(method, "ACK") ? last + 1 : last;
	talk_say(talk.trunk, TRUNK, &(struct said){method, all, body, cseq});
}

void talk_answers(const char *request, const char *status, const char *headers, const char *body)
{
	talk_reply(talk.trunk, request, &(struct reply){status, headers, body});
}

void talk_call(const char *keys, const char *headers)
{
	talk_begin_with(keys);
	talk_tells("INVITE", headers, SDP);
	ck_assert_int_eq(talk_answer(), 0);
	talk_tells("ACK", "", "");
	ck_assert_int_eq(talk_state(), LEG_UP);
}

const char *talk_must_hear(const char *start)
{
	const char *text = talk_heard(start);
	ck_assert_msg(text != NULL, "no %s", start);
	return text;
}

void talk_must_say(const char *start, const char *line)
{
	const char *text = talk_must_hear(start);
	ck_assert_msg(strstr(text, line) != NULL, "no %s in %s", line, text);
}
