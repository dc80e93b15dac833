// A helper of libre's on each connection, which holds back what is not whole.
#include "control/sip/transport/stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/base/timer.h"
#include "control/sip/message/head.h"
#include "control/sip/message/strict.h"
#include "control/sip/transport/door.h"
#include "control/sip/transport/refuse.h"

// How long an answer may take to be read before what is still being sent closes the connection.
#define LINGER_MS 2000

struct stream {
	struct timers *timers;
	struct refusals *refusals;
	struct tcp_conn *tc;
	struct sa peer, local;
	struct mbuf *held;  // what came of the next message; position: its first octet
	size_t looked;	    // octets of it in which its head does not end
	size_t whole;	    // its octets, once its head is here
	struct timer timer; // of closing
	struct mbuf *last;  // the answer before it
	bool closing;
	int err; // of memory
};

// --- closing ---

static void hang_up(void *arg)
{
	struct stream *s = arg;

	// Libre reads the end in the loop's next turn, and closes.
	shutdown(tcp_conn_fd(s->tc), SHUT_RDWR);
}

static void say_why(void *arg)
{
	struct stream *s = arg;

	if (!s->last || tcp_send(s->tc, s->last)) {
		hang_up(s);
		return;
	}
	s->last = mem_deref(s->last);
	// What is unread at a close would reset the connection, and the answer be lost.
	shutdown(tcp_conn_fd(s->tc), SHUT_WR);
	timer_start(s->timers, &s->timer, LINGER_MS, hang_up, s);
}

// Not at once: what was read before is libre's to answer first.
static void close_after(struct stream *s, struct mbuf *last)
{
	s->closing = true;
	s->last = last;
	s->held = mem_deref(s->held);
	timer_start(s->timers, &s->timer, 0, say_why, s);
}

// --- reading ---

static const char *held_text(const struct stream *s)
{
	return (const char *)mbuf_buf(s->held);
}

static void trace(const struct stream *s, bool sent, const char *text, size_t size)
{
	struct refuse_way way = {
		SIP_TRANSP_TCP, sent ? &s->local : &s->peer, sent ? &s->peer : &s->local};
	struct pl pl = {text, size};

	refuse_trace(s->refusals, sent, &way, &pl);
}

static void refuse(struct stream *s, size_t head, size_t size, const struct strict_fault *why)
{
	struct refuse_request r = {held_text(s), head, &s->peer, true};

	trace(s, false, r.text, size);
	struct mbuf *answer = refuse_answer(s->refusals, &r, why);
	if (answer)
		trace(s, true, (const char *)mbuf_buf(answer), mbuf_get_left(answer));
	// What has no Via is no SIP.
	if (why->framing || !head_find(r.text, head, HEAD_VIA).p) {
		close_after(s, answer);
		return;
	}
	if (answer)
		(void)tcp_send(s->tc, answer);
	mem_deref(answer);
}

// More than there may be without the end of a head.
static void refuse_endless(struct stream *s, size_t len)
{
	struct strict_fault why = strict_too_large();
	size_t lines = len;

	while (lines && held_text(s)[lines - 1] != '\n')
		lines--;
	refuse(s, lines, len, &why);
}

// Line ends between messages are signs of life, which libre answers.
static size_t blank_lines(const struct stream *s, size_t len)
{
	size_t n = 0;

	while (n + 1 < len && memcmp(held_text(s) + n, "\r\n", 2) == 0)
		n += 2;
	return n;
}

static void take(struct stream *s, size_t size, struct mbuf *out)
{
	if (out)
		s->err |= mbuf_write_mem(out, mbuf_buf(s->held), size);
	mbuf_advance(s->held, (ssize_t)size);
	s->looked = s->whole = 0;
}

// A message whose head is here. False: nothing is to be had before more comes.
static bool take_message(struct stream *s, size_t len, size_t size, struct mbuf *out)
{
	struct strict_head head;

	head_tame((char *)mbuf_buf(s->held), size);
	struct strict_fault why = strict_check(held_text(s), size, &head);
	if (!why.framing && !head.has_length)
		why = strict_no_length();
	if (!why.framing && size + head.body > STRICT_MESSAGE_MAX)
		why = strict_too_large();
	if (why.framing) {
		refuse(s, size, size, &why);
		return false;
	}
	s->whole = size + head.body;
	if (s->whole > len)
		return false;
	if (!why.status)
		why = door_try(held_text(s), s->whole);
	if (why.status)
		refuse(s, size, s->whole, &why);
	if (!s->closing)
		take(s, s->whole, why.status ? NULL : out);
	return true;
}

static bool take_next(struct stream *s, struct mbuf *out)
{
	size_t len = mbuf_get_left(s->held), blank = blank_lines(s, len);
	const char *text = held_text(s);

	if (blank) {
		take(s, blank, out);
		return true;
	}
	if (len < s->whole || (len == 1 && *text == '\r'))
		return false;
	if ((unsigned char)*text <= ' ') { // another protocol
		struct strict_fault why = strict_unreadable(text, 0);
		refuse(s, 0, len, &why);
		return false;
	}
	size_t size = head_size(text, len, s->looked);
	if (size && size <= STRICT_MESSAGE_MAX)
		return take_message(s, len, size, out);
	if (len > STRICT_MESSAGE_MAX) {
		refuse_endless(s, size ? size : len); // nothing is held any more
		return false;
	}
	for (s->looked = len; s->looked > 0 && text[s->looked - 1] == '\r';)
		s->looked--; // between the two line ends there may be any number of them
	s->looked -= s->looked > 0;
	return false;
}

// What is left of it comes to the front.
static void settle(struct stream *s)
{
	size_t left = s->held ? mbuf_get_left(s->held) : 0;

	if (left == 0) {
		s->held = mem_deref(s->held);
	} else if (s->held->pos) {
		memmove(s->held->buf, mbuf_buf(s->held), left);
		s->held->pos = 0;
		s->held->end = left;
	}
}

static bool on_piece(int *err, struct mbuf *mb, bool *established, void *arg)
{
	struct stream *s = arg;

	if (s->closing)
		return true;
	if (!s->held)
		s->held = mbuf_alloc(mbuf_get_left(mb));
	if (!s->held) {
		*err = ENOMEM;
		return true;
	}
	s->held->pos = s->held->end;
	s->err = mbuf_write_mem(s->held, mbuf_buf(mb), mbuf_get_left(mb));
	s->held->pos = 0;
	mbuf_rewind(mb);
	while (!s->err && !s->closing && mbuf_get_left(s->held) && take_next(s, mb))
		;
	settle(s);
	mb->pos = 0;
	*err = s->err;
	return mb->end == 0;
}

struct stream *stream_new(
	struct timers *timers, struct refusals *rs, struct tcp_conn *tc, const struct sa *peer)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->timers = timers;
	s->refusals = rs;
	s->tc = tc;
	s->peer = *peer;
	(void)tcp_conn_local_get(tc, &s->local);
	if (tcp_register_helper(NULL, tc, 0, NULL, NULL, on_piece, s) == 0)
		return s;
	free(s);
	return NULL;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	timer_cancel(&s->timer);
	mem_deref(s->held);
	mem_deref(s->last);
	free(s);
}
