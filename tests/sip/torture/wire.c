// Sockets, and what comes over them.
#include "tests/sip/torture/wire.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/message/head.h"

#define WAIT_MS	 100   // for an answer that never comes
#define GIVEN_UP 30000 // ms: nobody answers a fence

struct timers wire_timers;
struct loop wire_loop;
static struct wire_answers *answers;
static unsigned fences;
static bool fenced;

bool wire_enter(void)
{
	struct ifreq lo = {.ifr_name = "lo"};

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	lo.ifr_flags = IFF_UP | IFF_RUNNING;
	bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return up;
}

static struct sockaddr_in at(const char *ip, unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	ck_assert_int_eq(inet_pton(AF_INET, ip, &a.sin_addr), 1);
	return a;
}

// --- what came ---

static void take_answer(const char *text, size_t len)
{
	size_t size = head_size(text, len, 0);
	struct head_start start = head_start(text, size);
	struct pl call = head_find(text, size, HEAD_CALL_ID);
	char fence[32];

	if (!size || !start.response)
		return; // a BYE of ours
	int n = snprintf(fence, sizeof(fence), "fence-%u", fences);
	if (call.l == (size_t)n && memcmp(call.p, fence, call.l) == 0) {
		fenced = true;
		loop_stop();
		return;
	}
	if (!answers || (call.l > 6 && memcmp(call.p, "fence-", 6) == 0))
		return;
	ck_assert_uint_lt(answers->count, WIRE_ANSWERS_MAX);
	answers->status[answers->count] = pl_u32(&start.word[1]);
	answers->text[answers->count] = strndup(text, len);
	answers->count++;
}

static void take_stream(struct wire *w)
{
	for (;;) {
		size_t blank = strspn(w->in, "\r\n"); // the answer to a sign of life
		blank = blank < w->in_len ? blank : w->in_len;
		memmove(w->in, w->in + blank, w->in_len -= blank);
		size_t size = head_size(w->in, w->in_len, 0);
		struct pl length = head_find(w->in, size, HEAD_CONTENT_LENGTH);
		size_t whole = size + (length.l ? pl_u32(&length) : 0);
		if (size == 0 || whole > w->in_len)
			return;
		take_answer(w->in, whole);
		memmove(w->in, w->in + whole, w->in_len - whole);
		w->in_len -= whole;
	}
}

static void read_fd(struct wire *w, int fd)
{
	char *to = w->in + (w->tcp ? w->in_len : 0);
	ssize_t n;

	while ((n = recv(fd, to, sizeof(w->in) - 1 - (size_t)(to - w->in), MSG_DONTWAIT)) > 0) {
		if (!w->tcp) {
			take_answer(w->in, (size_t)n);
			continue;
		}
		w->in_len += (size_t)n;
		take_stream(w);
		to = w->in + w->in_len;
	}
	if (!w->tcp || (n < 0 && errno == EAGAIN))
		return;
	w->closed = true;
	loop_unwatch(fd);
	loop_stop();
}

static void on_readable(int flags, void *arg)
{
	struct wire *w = arg;

	for (unsigned i = 0; i < w->count && !w->closed; i++)
		read_fd(w, w->fds[i]);
}

// --- sockets ---

// UDP: the ports that Vias of the messages name, and the one that they mean by none.
static const unsigned ports[WIRE_PORTS] = {5060, 5050, 6050, 19823};

void wire_open(struct wire *w, const char *source, bool tcp)
{
	struct sockaddr_in to = at("127.0.0.1", 5060);

	*w = (struct wire){.tcp = tcp, .count = tcp ? 1 : WIRE_PORTS};
	for (unsigned i = 0; i < w->count; i++) {
		struct sockaddr_in from = at(source, tcp ? 0 : ports[i]);
		int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
		ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
		if (tcp) // what is sent in pieces arrives in pieces
			ck_assert_int_eq(
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)),
				0);
		ck_assert_int_eq(loop_watch(fd, LOOP_READ, on_readable, w), 0);
		w->fds[i] = fd;
	}
}

void wire_close(struct wire *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		if (!w->closed)
			loop_unwatch(w->fds[i]);
		close(w->fds[i]);
	}
}

void wire_send(struct wire *w, const char *text, size_t len)
{
	// A connection that is closed meanwhile says so when it is read.
	ssize_t n = send(w->fds[0], text, len, MSG_NOSIGNAL);

	ck_assert(n == (ssize_t)len || w->tcp);
}

static void on_enough(void *arg)
{
	loop_stop();
}

void wire_turn(void)
{
	struct timer enough = {0};

	timer_start(&wire_timers, &enough, 0, on_enough, NULL);
	ck_assert_int_eq(loop_run(), 0);
}

void wire_heard(struct wire *w, struct wire_answers *out)
{
	*out = (struct wire_answers){0};
	answers = out;
	on_readable(0, w);
	answers = NULL;
}

static void send_fence(struct wire *w)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
		"OPTIONS sip:127.0.0.1 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bKfence%u\r\n"
		"From: <sip:fence@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"
		"Call-ID: fence-%u\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		fences + 1, fences + 1);

	fences++;
	wire_send(w, text, (size_t)n);
}

void wire_ask(struct wire *w, const char *text, size_t len, bool waits, struct wire_answers *out)
{
	struct timer enough = {0};

	*out = (struct wire_answers){0};
	answers = out;
	fenced = false;
	if (len)
		wire_send(w, text, len);
	send_fence(w);
	timer_start(&wire_timers, &enough, waits ? WAIT_MS : GIVEN_UP, on_enough, NULL);
	ck_assert_int_eq(loop_run(), 0);
	timer_cancel(&enough);
	on_readable(0, w);
	out->closed = w->closed;
	ck_assert(fenced || w->closed || waits);
	answers = NULL;
}

void wire_forget(struct wire_answers *a)
{
	for (unsigned i = 0; i < a->count; i++)
		free(a->text[i]);
	*a = (struct wire_answers){0};
}
