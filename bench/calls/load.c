// Callers with a state each, phones with none: what they answer stands in the request.
#include "bench/calls/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/ringload/message.h"
#include "control/base/re.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define HOST	  "127.0.0.1"
#define PORT	  5070
#define BURST	  64
#define MESSAGE	  2048
#define SOCKET	  (4 << 20)
#define RESEND_MS 1000
#define RESENDS	  3
#define DRAIN_MS  6000
#define MENU_MS	  20 // from the answer to the digit
#define CALLS	  (1u << 18)
#define SDP                                                                         \
	"v=0\r\no=- 1 1 IN IP4 10.98.0.9\r\ns=-\r\nc=IN IP4 10.98.0.9\r\nt=0 0\r\n" \
	"m=audio 20000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 "      \
	"telephone-event/8000\r\n"

enum state { NOT_YET, INVITED, ANSWERED, PRESSED, LEAVING, OVER };

struct call {
	uint64_t began_ns, due_ns; // due: of the next thing that this caller does
	uint8_t state, resends;
	uint8_t tag_len;
	bool through; // the agent's phone has its ACK
	char tag[45]; // the daemon's
};

struct run {
	const struct call_load *load;
	struct call_load_result *out;
	struct call *calls;
	uint32_t first, open; // the oldest that is not over; how many are not
	uint32_t id;	      // of this run, in Call-IDs
	int fd;
	struct mmsghdr out_head[BURST];
	struct iovec out_part[BURST];
	char out_text[BURST][MESSAGE];
	unsigned waiting; // to be sent
};

static struct sockaddr_in address(const struct call_load *l)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(l->target.port)};

	memcpy(&to.sin_addr, l->target.ip, 4);
	return to;
}

static void flush(struct run *r)
{
	for (unsigned sent = 0; sent < r->waiting;) {
		int n = sendmmsg(r->fd, r->out_head + sent, r->waiting - sent, 0);
		sent += n > 0 ? (unsigned)n : 1;
		r->out->sent += n > 0 ? (unsigned)n : 0;
	}
	r->waiting = 0;
}

static void say(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct run *r, const char *fmt, ...)
{
	struct iovec *part = &r->out_part[r->waiting];
	char *text = r->out_text[r->waiting];
	va_list ap;

	va_start(ap, fmt);
	int len = vsnprintf(text, MESSAGE, fmt, ap);
	va_end(ap);
	check(len > 0 && len < MESSAGE);
	*part = (struct iovec){text, (size_t)len};
	r->out_head[r->waiting++].msg_hdr = (struct msghdr){.msg_iov = part, .msg_iovlen = 1};
	if (r->waiting == BURST)
		flush(r);
}

// --- callers ---

static void ask(struct run *r, const struct call *c, const char *method, unsigned cseq)
{
	unsigned n = (unsigned)(c - r->calls);
	const char *type = "", *body = "";

	if (cseq == 1 && method[0] == 'I') {
		type = "Contact: <sip:caller@" HOST ":5070>\r\nContent-Type: application/sdp\r\n";
		body = SDP;
	} else if (method[0] == 'I') {
		type = "Content-Type: application/dtmf-relay\r\n";
		body = "Signal=1\r\nDuration=100\r\n";
	}
	say(r,
		"%s sip:900%u@" HOST " SIP/2.0\r\n"
		"Via: SIP/2.0/UDP " HOST ":5070;rport;branch=z9hG4bK%x-%u-%u-%c\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:%u@" HOST ">;tag=c%u\r\nTo: <sip:900%u@" HOST
		">%s%.*s\r\nCall-ID: %u-%x@callers\r\nCSeq: %u %s\r\n%sContent-Length: "
		"%zu\r\n\r\n%s",
		method, r->load->kind, r->id, n, cseq, method[0], n + 1000, n, r->load->kind,
		c->tag_len ? ";tag=" : "", c->tag_len, c->tag, n, r->id, cseq, method, type,
		strlen(body), body);
}

static void over(struct run *r, struct call *c, uint32_t *count)
{
	c->state = OVER;
	(*count)++;
	r->open--;
}

static void due(struct run *r, struct call *c, enum state state, unsigned after_ms)
{
	c->state = (uint8_t)state;
	c->resends = 0;
	c->due_ns = clock_mono_ns() + after_ms * NS_PER_MS;
	(void)r;
}

static void leave(struct run *r, struct call *c)
{
	due(r, c, LEAVING, RESEND_MS);
	ask(r, c, "BYE", 3);
}

static void through(struct run *r, struct call *c)
{
	struct call_load_result *out = r->out;

	if (c->through)
		return;
	c->through = true;
	if (out->setups < CALL_LOAD_SETUPS)
		out->setup_us[out->setups++] = (uint32_t)((clock_mono_ns() - c->began_ns) / 1000);
	if (c->state == ANSWERED || c->state == PRESSED)
		leave(r, c);
}

static void answered(struct run *r, struct call *c, const struct message *m)
{
	struct text tag = text_parameter(m->to, "tag");
	bool again = c->state != INVITED;

	c->tag_len = (uint8_t)(tag.len < sizeof(c->tag) ? tag.len : 0);
	memcpy(c->tag, tag.p, c->tag_len);
	ask(r, c, "ACK", 1);
	if (again)
		return;
	if (r->load->kind == CALL_LOAD_ANSWER)
		leave(r, c);
	else
		due(r, c, ANSWERED, MENU_MS);
}

static void responded(struct run *r, struct call *c, const struct message *m)
{
	if (m->status < 200 || c->state == OVER)
		return;
	if (text_is(m->cseq_method, "INVITE") && m->status < 300)
		answered(r, c, m);
	else if (text_is(m->cseq_method, "INVITE"))
		over(r, c, &r->out->refused);
	else if (text_is(m->cseq_method, "BYE"))
		over(r, c,
			c->through || r->load->kind != CALL_LOAD_AGENT ? &r->out->done
								       : &r->out->lost);
	else if (r->load->kind == CALL_LOAD_MENU && c->state == PRESSED)
		leave(r, c);
	else if (c->state == PRESSED) // the digit is taken: the agent comes
		c->due_ns = clock_mono_ns() + DRAIN_MS * NS_PER_MS;
}

// Its time has come: the digit, or what was not answered once more.
static void act(struct run *r, struct call *c)
{
	static const char *const methods[] = {
		[INVITED] = "INVITE", [ANSWERED] = "INFO", [PRESSED] = "INFO", [LEAVING] = "BYE"};
	static const uint8_t cseqs[] = {
		[INVITED] = 1, [ANSWERED] = 2, [PRESSED] = 2, [LEAVING] = 3};

	if (c->state != ANSWERED) {
		if (c->resends++ == RESENDS) {
			over(r, c, &r->out->lost);
			return;
		}
		r->out->resent++;
	} else {
		c->state = PRESSED;
	}
	c->due_ns = clock_mono_ns() + RESEND_MS * NS_PER_MS;
	ask(r, c, methods[c->state], cseqs[c->state]);
}

// --- phones ---

static void reply(struct run *r, const struct message *m, bool sdp)
{
	say(r,
		"SIP/2.0 200 OK\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\nCall-ID: %.*s\r\n"
		"CSeq: %u %.*s\r\n%sContent-Length: %zu\r\n\r\n%s",
		(int)m->via.len, m->via.p, (int)m->from.len, m->from.p, (int)m->to.len, m->to.p,
		text_parameter(m->to, "tag").len ? "" : ";tag=phone", (int)m->call_id.len,
		m->call_id.p, m->cseq, (int)m->cseq_method.len, m->cseq_method.p,
		sdp ? "Contact: <sip:phone@" HOST ":5070>\r\nContent-Type: application/sdp\r\n"
		    : "",
		sdp ? strlen(SDP) : 0, sdp ? SDP : "");
}

static void phone(struct run *r, const struct message *m)
{
	struct text uri = text_uri(m->from); // sip:NUMBER@…, the caller's
	unsigned n = uri.len > 4 ? (unsigned)strtoul(uri.p + 4, NULL, 10) - 1000 : CALLS;

	if (!text_is(m->method, "ACK"))
		reply(r, m, text_is(m->method, "INVITE"));
	else if (n < r->out->tried)
		through(r, &r->calls[n]);
}

// --- the run ---

static void hear(struct run *r, char *text, size_t len)
{
	struct message m;
	char *end;

	text[len] = '\0';
	r->out->received++;
	if (message_parse(text, len, &m))
		return;
	if (m.status == 0 && !text_is(m.method, "BYE")) {
		phone(r, &m);
		return;
	}
	unsigned n = (unsigned)strtoul(m.call_id.p, &end, 10);
	bool caller = m.call_id.len > 8 && *end == '-' && n < r->out->tried &&
		memcmp(m.call_id.p + m.call_id.len - 8, "@callers", 8) == 0 &&
		strtoul(end + 1, NULL, 16) == r->id;
	if (m.status && caller)
		responded(r, &r->calls[n], &m);
	else if (m.status == 0)
		reply(r, &m, false); // a BYE, of either side
	if (m.status == 0 && caller && r->calls[n].state != OVER)
		over(r, &r->calls[n], &r->out->lost);
}

static void listen_all(struct run *r)
{
	static char text[BURST][MESSAGE];
	struct mmsghdr head[BURST] = {};
	struct iovec part[BURST];
	int n;

	do {
		for (unsigned i = 0; i < BURST; i++) {
			part[i] = (struct iovec){text[i], MESSAGE - 1};
			head[i].msg_hdr = (struct msghdr){.msg_iov = &part[i], .msg_iovlen = 1};
		}
		n = recvmmsg(r->fd, head, BURST, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			hear(r, text[i], head[i].msg_len);
	} while (n == BURST);
}

static void turn(struct run *r, bool arriving, uint64_t start_ns)
{
	uint64_t now_ns = clock_mono_ns();
	struct call_load_result *out = r->out;
	double due_calls = (double)(now_ns - start_ns) / NS_PER_S * r->load->rate;

	listen_all(r);
	while (arriving && out->tried < due_calls && out->tried < CALLS) {
		struct call *c = &r->calls[out->tried++];
		r->open++;
		c->began_ns = clock_mono_ns();
		due(r, c, INVITED, RESEND_MS);
		ask(r, c, "INVITE", 1);
	}
	while (r->first < out->tried && r->calls[r->first].state == OVER)
		r->first++;
	now_ns = clock_mono_ns();
	for (uint32_t i = r->first; i < out->tried; i++) {
		struct call *c = &r->calls[i];
		if (c->state != OVER && c->due_ns <= now_ns)
			act(r, c);
	}
	flush(r);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 500000}, NULL);
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void call_load_run(int fd, const struct call_load *l, struct call_load_result *out)
{
	struct run *r = calloc(1, sizeof(*r));

	*out = (struct call_load_result){};
	check(r);
	*r = (struct run){.load = l, .out = out, .fd = fd, .id = (uint32_t)clock_wall_ns()};
	r->calls = calloc(CALLS, sizeof(*r->calls));
	check(r->calls);
	uint64_t start_ns = clock_mono_ns(), end_ns = start_ns + l->seconds * NS_PER_S;
	while (clock_mono_ns() < end_ns)
		turn(r, true, start_ns);
	out->ran_s = (double)(clock_mono_ns() - start_ns) / NS_PER_S;
	end_ns = clock_mono_ns() + DRAIN_MS * NS_PER_MS;
	while (r->open && clock_mono_ns() < end_ns)
		turn(r, false, start_ns);
	out->lost += r->open;
	// The last BYEs to phones, and what is heard of calls given up.
	end_ns = clock_mono_ns() + 300 * NS_PER_MS;
	while (clock_mono_ns() < end_ns)
		turn(r, false, start_ns);
	qsort(out->setup_us, out->setups, sizeof(*out->setup_us), by_size);
	free(r->calls);
	free(r);
}

// --- registration ---

static void hex_md5(char out[33], const char *text)
{
	uint8_t md[16];

	md5((const uint8_t *)text, strlen(text), md);
	for (unsigned i = 0; i < 16; i++)
		str_format(out + 2 * i, 33 - 2 * i, "%02x", md[i]);
}

static void digest(struct str_buf *out, unsigned agent, struct text challenge)
{
	char realm[128], nonce[256], first[33], second[33], answer[33], plain[512];

	text_copy(realm, sizeof(realm), text_parameter(challenge, "realm"));
	text_copy(nonce, sizeof(nonce), text_parameter(challenge, "nonce"));
	str_format(plain, sizeof(plain), "agent%u:%s:open-sesame", agent, realm);
	hex_md5(first, plain);
	hex_md5(second, "REGISTER:sip:" HOST);
	str_format(plain, sizeof(plain), "%s:%s:00000001:c:auth:%s", first, nonce, second);
	hex_md5(answer, plain);
	str_buf_add(out,
		"Authorization: Digest username=\"agent%u\", realm=\"%s\", nonce=\"%s\", "
		"uri=\"sip:" HOST "\", response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, "
		"cnonce=\"c\"\r\n",
		agent, realm, nonce, answer);
}

// 0, the status of the answer otherwise; -1: there was none.
static int ask_register(int fd, unsigned agent, unsigned cseq, struct message *m, char *text)
{
	char data[MESSAGE];
	struct str_buf t;

	str_buf_init(&t, data, sizeof(data));
	str_buf_add(&t,
		"REGISTER sip:" HOST " SIP/2.0\r\nVia: SIP/2.0/UDP " HOST
		":5070;rport;branch=z9hG4bKr%u-%u\r\nMax-Forwards: 70\r\nFrom: <sip:agent%u@" HOST
		">;tag=r\r\nTo: <sip:agent%u@" HOST ">\r\nCall-ID: r%u\r\nCSeq: %u REGISTER\r\n"
		"Contact: <sip:agent%u@" HOST ":5070>\r\nExpires: 3600\r\n",
		agent, cseq, agent, agent, agent, cseq, agent);
	if (cseq > 1)
		digest(&t, agent, m->challenge);
	str_buf_add(&t, "Content-Length: 0\r\n\r\n");
	if (send(fd, data, t.len, 0) < 0)
		return -1;
	do {
		ssize_t n = recv(fd, text, MESSAGE - 1, 0);
		if (n < 0)
			return -1;
		text[n] = '\0';
		if (message_parse(text, (size_t)n, m))
			m->status = 0;
	} while (m->status < 200 || m->cseq != cseq || !text_is(m->cseq_method, "REGISTER"));
	return m->status == 200 ? 0 : m->status;
}

static bool register_agent(int fd, unsigned agent)
{
	char text[MESSAGE];
	struct message m = {};

	for (unsigned i = 0; i < 150; i++) {
		int rc = ask_register(fd, agent, 1, &m, text);
		if (rc == 401)
			rc = ask_register(fd, agent, 2, &m, text);
		if (rc == 0)
			return true;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 100000000}, NULL);
	}
	return false;
}

int call_load_open(struct call_load *l)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in to = address(l);
	struct timeval patience = {.tv_usec = 500000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bytes = SOCKET;

	check(fd >= 0);
	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	check(bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0);
	check(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	for (unsigned agent = 1; agent <= l->agents; agent++)
		if (!register_agent(fd, agent)) {
			close(fd);
			return -1;
		}
	return fd;
}
