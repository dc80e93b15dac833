// Messages that came do not take the heap to pieces; libre really shortens its buffers by ours.
#include "tests/unit/unit.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/transport/buffers.h"
#include "control/sip/transport/door.h"
#include "control/base/re.h"
#include "engine/base/rng.h"

// A sanitizer has a heap of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_HEAP false
#else
#define OWN_HEAP true
#endif

#define RECEIVE_BYTES DOOR_DATAGRAM_MAX
#define KEPT	      UNIT_ROUNDS(20000)
#define PARTS	      8 // of a message: headers, transaction, keys

struct message {
	struct mbuf *mb;
	void *parts[PARTS];
};

static struct timers timers;
static struct loop loop;

static void forget(struct message *m)
{
	mem_deref(m->mb);
	for (unsigned i = 0; i < PARTS; i++)
		mem_deref(m->parts[i]);
}

// As libre's socket does: read, shorten, parse.
static void receive(struct message *m, struct rng *r)
{
	m->mb = mbuf_alloc(RECEIVE_BYTES);
	ck_assert_ptr_nonnull(m->mb);
	m->mb->end = 300 + rng_below(r, 1000);
	memset(m->mb->buf, 'x', m->mb->end);
	mbuf_trim(m->mb);
	ck_assert_uint_eq(m->mb->size, m->mb->end);
	for (unsigned i = 0; i < PARTS; i++) {
		m->parts[i] = mem_zalloc(16 + rng_below(r, i == 0 ? 1500 : 250), NULL);
		ck_assert_ptr_nonnull(m->parts[i]);
	}
}

// As many messages as ever are kept, each for about as long as the others: after those that were
// there first the heap grows no more.
START_TEST(messages_leave_the_heap_whole)
{
	static struct message kept[KEPT];
	struct rng r;
	size_t first = 0;

	rng_seed(&r, 1);
	ck_assert_int_eq(door_init(), 0);
	for (unsigned i = 0; i < KEPT; i++)
		receive(&kept[i], &r);
	for (unsigned i = 0; i < 20 * KEPT; i++) {
		unsigned oldest = (i + rng_below(&r, KEPT / 8)) % KEPT;
		forget(&kept[oldest]);
		receive(&kept[oldest], &r);
		if (i == 2 * KEPT)
			first = mallinfo2().arena;
	}
	struct mallinfo2 last = mallinfo2();
	printf("heap %zu KiB, later %zu KiB, of it in use %zu KiB\n", first / 1024,
		last.arena / 1024, last.uordblks / 1024);
	for (unsigned i = 0; i < KEPT; i++)
		forget(&kept[i]);
	if (OWN_HEAP)
		ck_assert_uint_le(last.arena, first + first / 50);
}
END_TEST

START_TEST(a_buffer_keeps_what_it_has)
{
	struct mbuf *mb = mbuf_alloc(1000);
	uint64_t before = buffers_moved();

	ck_assert_int_eq(mbuf_write_str(mb, "what came"), 0);
	ck_assert_int_eq(mbuf_resize(mb, 600), 0); // in place, but on a sanitizer's heap
	ck_assert_uint_eq(buffers_moved(), before);
	struct mbuf *other = mbuf_alloc_ref(mb);
	mbuf_trim(mb);
	ck_assert_uint_eq(buffers_moved(), before + 1);
	ck_assert_uint_eq(mb->size, 9);
	ck_assert_mem_eq(mb->buf, "what came", 9);
	ck_assert_ptr_ne(mb->buf, other->buf);
	ck_assert_mem_eq(other->buf, "what came", 9);
	ck_assert_int_eq(mbuf_write_str(mb, ", and more"), 0);
	ck_assert_mem_eq(mb->buf, "what came, and more", 19);
	mem_deref(other);
	mem_deref(mb);
	ck_assert_int_eq(mbuf_resize(NULL, 1), EINVAL);
}
END_TEST

static struct mbuf *came;
static struct timer given_up;

static void on_datagram(const struct sa *from, struct mbuf *mb, void *arg)
{
	(void)from;
	(void)arg;
	came = mem_ref(mb);
	loop_stop();
}

static void give_up(void *arg)
{
	(void)arg;
	loop_stop();
}

// From a socket of libre's (control/sip/transport/udp), which has nothing to shorten.
START_TEST(a_datagram_lies_in_a_block_of_its_size)
{
	static const char text[] =
		"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nTo: <sip:a@b>\r\n"
		"From: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
	struct mbuf *mb = mbuf_alloc(sizeof(text));
	struct udp_sock *socket = NULL;
	struct sa here;

	timers_init(&timers, NULL);
	ck_assert_int_eq(loop_init(&loop, &timers, 1024), 0);
	uint64_t before = buffers_moved();
	sa_set_str(&here, "127.0.0.1", 0);
	ck_assert_int_eq(udp_listen(&socket, &here, on_datagram, NULL), 0);
	ck_assert_int_eq(udp_local_get(socket, &here), 0);
	ck_assert_int_eq(mbuf_write_str(mb, text), 0);
	mb->pos = 0;
	ck_assert_int_eq(udp_send(socket, &here, mb), 0);
	timer_start(&timers, &given_up, 30000, give_up, NULL);
	ck_assert_int_eq(loop_run(), 0);
	timer_cancel(&given_up);
	ck_assert_ptr_nonnull(came);
	ck_assert_uint_eq(buffers_moved(), before); // made of its size
	ck_assert_uint_eq(came->size, came->end);
	ck_assert_mem_eq(came->buf, text, sizeof(text) - 1);
	came = mem_deref(came);
	mem_deref(mb);
	mem_deref(socket);
	loop_close(&loop);
}
END_TEST

UNIT_MAIN("buffers", messages_leave_the_heap_whole, a_buffer_keeps_what_it_has,
	a_datagram_lies_in_a_block_of_its_size)
