// A connection from any bytes, however they are cut: what goes on to libre is whole messages, each
// as libre reads it, and neither they nor the answers hang on where the pieces end. The first byte
// chooses the cuts.
#include "control/sip/transport/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/sip/transport/door.h"
#include "control/sip/transport/refuse.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#define PIECE_MAX 8192 // libre's

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	struct mbuf *passed;
	unsigned answers;
	bool closed;
};

static struct timers timers;
static struct refusals *refusals;
static struct { // the one connection
	tcp_helper_recv_h *recv;
	void *arg;
	unsigned sent;
} tcp;

// --- instead of libre's ---

int tcp_register_helper(struct tcp_helper **thp, struct tcp_conn *tc, int layer,
	tcp_helper_estab_h *eh, tcp_helper_send_h *sh, tcp_helper_recv_h *rh, void *arg)
{
	tcp.recv = rh;
	tcp.arg = arg;
	return 0;
}

int tcp_send(struct tcp_conn *tc, struct mbuf *mb)
{
	check(mbuf_get_left(mb) > 4);
	tcp.sent++;
	return 0;
}

int tcp_conn_fd(const struct tcp_conn *tc)
{
	return -1;
}

int tcp_conn_local_get(const struct tcp_conn *tc, struct sa *local)
{
	sa_set_in(local, 0x7f000001, 5060);
	return 0;
}

// --- one stream ---

static bool anybody(const struct sa *source, void *arg)
{
	return true;
}

// As libre goes through it.
static void read_all(const struct mbuf *passed)
{
	struct mbuf *mb = mbuf_alloc(mbuf_get_left(passed));
	struct sip_msg *msg;

	check(mb && !mbuf_write_mem(mb, mbuf_buf(passed), mbuf_get_left(passed)));
	mb->pos = 0;
	while (mbuf_get_left(mb)) {
		if (mbuf_get_left(mb) >= 2 && !memcmp(mbuf_buf(mb), "\r\n", 2)) {
			mb->pos += 2;
			continue;
		}
		check(sip_msg_decode(&msg, mb) == 0);
		check(msg->clen.p && pl_u32(&msg->clen) <= mbuf_get_left(mb));
		mb->pos += pl_u32(&msg->clen);
		mem_deref(msg);
	}
	mem_deref(mb);
}

static void feed(struct outcome *o, const uint8_t *data, size_t size)
{
	struct mbuf *mb = mbuf_alloc(size);
	int err = 0;
	bool estab = false;

	check(mb && !mbuf_write_mem(mb, data, size));
	mb->pos = 0;
	if (!tcp.recv(&err, mb, &estab, tcp.arg)) {
		check(mbuf_get_left(mb) > 0);
		read_all(mb);
		check(!mbuf_write_mem(o->passed, mbuf_buf(mb), mbuf_get_left(mb)));
	}
	check(err == 0);
	mem_deref(mb);
}

// The next piece's length; cuts 0: as long as can be, 1: octets.
static size_t piece(uint32_t *cuts, size_t left)
{
	size_t n = PIECE_MAX;

	if (*cuts == 1)
		n = 1;
	if (*cuts > 1) {
		*cuts = *cuts * 1664525 + 1013904223;
		n = 1 + (*cuts >> 8) % ((*cuts >> 28) ? 64 : PIECE_MAX);
		*cuts |= 2;
	}
	return n < left ? n : left;
}

static void run(struct outcome *o, const uint8_t *data, size_t size, uint32_t cuts)
{
	struct sa peer;

	sa_set_in(&peer, 0x7f000002, 5060);
	*o = (struct outcome){.passed = mbuf_alloc(size + 1)};
	tcp.sent = 0;
	struct stream *s = stream_new(&timers, refusals, NULL, &peer);
	check(s && o->passed);
	for (size_t at = 0, n; at < size; at += n) {
		n = piece(&cuts, size - at);
		feed(o, data + at, n);
	}
	o->closed = timers_count(&timers) > 0;
	if (o->closed)
		timers_run(&timers, timers_now_ms(&timers) + 1);
	o->answers = tcp.sent;
	stream_free(s);
	check(timers_count(&timers) == 0);
}

static void same(const struct outcome *a, const struct outcome *b)
{
	check(a->closed == b->closed && a->answers == b->answers);
	check(a->passed->end == b->passed->end);
	check(!a->passed->end || !memcmp(a->passed->buf, b->passed->buf, a->passed->end));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct outcome whole, other;

	if (!ready) {
		timers_init(&timers, NULL);
		check(door_init() == 0);
		(void)log_set_level("sip", LOG_ERROR);
		refusals = refusals_new(
			&timers, &(struct refuse_handlers){.may_answer = anybody}, "fuzz");
		check(refusals);
		ready = true;
	}
	if (size < 2)
		return 0;
	run(&whole, data + 1, size - 1, 0);
	for (uint32_t i = 1; i < 3; i++) {
		run(&other, data + 1, size - 1, i == 1 ? 1 : data[0] * 4u + 2);
		same(&whole, &other);
		mem_deref(other.passed);
	}
	mem_deref(whole.passed);
	return 0;
}
