// Refuses unreadable and incomplete messages, and counts them.
#include "control/sip/transport/door.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "control/sip/message/head.h"
#include "control/sip/transport/branch.h"
#include "control/sip/transport/buffers.h"
#include "control/sip/transport/libre.h"
#include "control/sip/transport/pattern.h"
#include "control/sip/transport/refuse.h"
#include "engine/base/log.h"

LOG_TOPIC("libre");

int door_init(void)
{
	// Links them: libre finds its patterns and shortens its buffers by ours from here on.
	(void)(pattern_given_up() + buffers_moved());
	return libre_found() ? 0 : -ENOSYS;
}

// --- one message ---

static int decode(struct sip_msg **msgp, struct mbuf *mb)
{
	struct sip_msg *msg = NULL;
	int err = libre.sip_msg_decode(&msg, mb);

	if (!err)
		err = branch_complete(msg);
	if (!err && (!pl_isset(&msg->via.sentby) || !msg->from.auri.p || !msg->to.auri.p))
		err = EBADMSG;
	if (err)
		msg = mem_deref(msg);
	*msgp = msg;
	return err;
}

static int decode_checked(struct sip_msg **msgp, struct mbuf *mb)
{
	const char *text = (const char *)mbuf_buf(mb);
	size_t left = mbuf_get_left(mb), size = head_size(text, left, 0);
	struct strict_head head;

	if (!size)
		return left > STRICT_MESSAGE_MAX ? EBADMSG : ENODATA;
	if (strict_check(text, size, &head).status)
		return EBADMSG;
	// On a connection what is left may be more messages.
	size += head.has_length ? head.body : left - size;
	return size > STRICT_MESSAGE_MAX ? EBADMSG : decode(msgp, mb);
}

LIBRE_OVERRIDE int sip_msg_decode(struct sip_msg **msgp, struct mbuf *mb)
{
	if (libre.ready.msg && libre.ready.msg->mb == mb) {
		*msgp = libre.ready.msg;
		libre.ready.msg = NULL;
		mb->pos = libre.ready.pos;
		return 0;
	}
	int err = libre_found() ? decode_checked(msgp, mb) : ENOSYS;
	if (err && libre.reading)
		refusals_unread(libre.reading);
	return err;
}

struct strict_fault door_try(const char *text, size_t len)
{
	struct mbuf *mb = mbuf_alloc(len);
	struct sip_msg *msg = NULL;
	int err = mb ? mbuf_write_mem(mb, (const uint8_t *)text, len) : ENOMEM;

	if (mb)
		mb->pos = 0;
	if (!err)
		err = decode(&msg, mb);
	mem_deref(msg);
	mem_deref(mb);
	return err ? strict_unreadable(text, len) : (struct strict_fault){0};
}

// --- datagrams ---

// A datagram may hold more than its Content-Length says, which is noise, or less, which was cut
// (RFC 3261 18.3).
static struct strict_fault check_body(struct mbuf *mb, size_t size, const struct strict_head *head)
{
	size_t left = mbuf_get_left(mb) - size;

	if (head->has_length && head->body > left)
		return (struct strict_fault){400, "Body Cut Short", false};
	if (head->has_length)
		mb->end = mb->pos + size + head->body;
	return (struct strict_fault){0};
}

static struct strict_fault read_datagram(struct mbuf *mb, size_t size)
{
	char *text = (char *)mbuf_buf(mb);
	struct strict_head head;
	size_t begin = mb->pos;

	if (mbuf_get_left(mb) > STRICT_MESSAGE_MAX)
		return strict_too_large();
	head_tame(text, size);
	struct strict_fault why = strict_check(text, size, &head);
	if (!why.status)
		why = check_body(mb, size, &head);
	if (why.status)
		return why;
	libre.ready.msg = mem_deref(libre.ready.msg);
	if (decode(&libre.ready.msg, mb))
		return strict_unreadable(text, size);
	libre.ready.pos = mb->pos;
	mb->pos = begin; // libre looks for STUN first
	return why;
}

static void refuse(struct libre_end *e, const struct sa *source, const struct mbuf *mb, size_t size,
	const struct strict_fault *why)
{
	struct refuse_request r = {(const char *)mbuf_buf(mb), size, source, false};
	struct pl text = {r.text, mbuf_get_left(mb)};
	struct sa local, to;

	if (udp_local_get(e->socket, &local))
		sa_init(&local, sa_af(source));
	struct refuse_way in = {SIP_TRANSP_UDP, source, &local},
			  out = {SIP_TRANSP_UDP, &local, &to};
	refuse_trace(e->refusals, false, &in, &text);
	struct mbuf *answer = refuse_answer(e->refusals, &r, why);
	if (!answer)
		return;
	refuse_destination(&r, &to);
	text = (struct pl){(const char *)mbuf_buf(answer), mbuf_get_left(answer)};
	refuse_trace(e->refusals, true, &out, &text);
	(void)udp_send(e->socket, &to, answer);
	mem_deref(answer);
}

// STUN begins with two bits that no letter has (RFC 5389 6).
static bool is_stun(const struct mbuf *mb)
{
	return mbuf_get_left(mb) && *mbuf_buf(mb) < 4;
}

// True: libre hears nothing of it.
static bool on_datagram(struct sa *source, struct mbuf *mb, void *arg)
{
	struct libre_end *e = arg;
	size_t begin = mb->pos;

	libre.reading = e->refusals;
	if (is_stun(mb))
		return false;
	while (mbuf_get_left(mb) && (*mbuf_buf(mb) == '\r' || *mbuf_buf(mb) == '\n'))
		mb->pos++;
	if (mb->end - begin <= 4 || mbuf_get_left(mb) == 0)
		return true; // a sign of life
	size_t len = mbuf_get_left(mb), size = head_size((const char *)mbuf_buf(mb), len, 0);
	size = size ? size : len;
	struct strict_fault why = read_datagram(mb, size);
	if (why.status)
		refuse(e, source, mb, size, &why);
	return why.status != 0;
}

int door_opened(struct udp_sock *socket)
{
	struct libre_end *e = libre.opening;

	if (!e)
		return 0;
	udp_rxsz_set(socket, DOOR_DATAGRAM_MAX);
	int err = udp_register_helper(NULL, socket, 0, NULL, on_datagram, e);
	if (!err)
		e->socket = socket;
	return err;
}

// --- complaints ---

LIBRE_OVERRIDE int re_fprintf(FILE *stream, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	int n = re_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_debug("%s", text);
	return n;
}
