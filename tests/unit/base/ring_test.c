// Rings alone and between threads: order, completeness, full and empty, and the wake-up.
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "engine/base/ring.h"

#define MESSAGES 1000000u
#define WRITERS	 3u

// 20 bytes, so that the message is no multiple of the slot's alignment.
struct message {
	uint32_t writer, number, copy[3];
};

struct stage {
	struct ring *ring;
	struct ring_wake *wake; // NULL: the reader polls
	uint32_t writer, count;
};

static struct message message_make(uint32_t writer, uint32_t number)
{
	return (struct message){writer, number, {number, ~number, number * 3}};
}

static bool message_whole(const struct message *m)
{
	struct message want = message_make(m->writer, m->number);

	return memcmp(m, &want, sizeof(want)) == 0;
}

static bool push(struct ring *r, const struct message *m)
{
	return r->kind == RING_SPSC ? ring_push(r, m) : ring_push_shared(r, m);
}

static void *writer_run(void *arg)
{
	struct stage *s = arg;

	for (uint32_t i = 0; i < s->count; i++) {
		struct message m = message_make(s->writer, i);

		while (!push(s->ring, &m))
			sched_yield();
		if (s->wake)
			ring_wake_reader(s->wake);
	}
	return NULL;
}

static void fill_drain_and_wrap(enum ring_kind kind)
{
	struct ring *r = ring_new(kind, 3, sizeof(struct message));
	struct message m;

	ck_assert_uint_eq(r->slots, 4);
	for (uint32_t round = 0; round < 10; round++) {
		ck_assert(!ring_pop(r, &m));
		for (uint32_t i = 0; i < 4; i++) {
			m = message_make(round, i);
			ck_assert_uint_eq(ring_free_slots(r), 4 - i);
			ck_assert(push(r, &m));
			ck_assert_uint_eq(ring_count(r), i + 1);
		}
		ck_assert(!push(r, &m));
		for (uint32_t i = 0; i < 4; i++) {
			ck_assert(ring_pop(r, &m));
			ck_assert(message_whole(&m) && m.writer == round && m.number == i);
		}
		ck_assert_uint_eq(ring_count(r), 0);
		// One more each round, so that every slot is the first of some round.
		ck_assert(push(r, &m) && ring_pop(r, &m));
	}
	ring_free(r);
}

// Fewer than two slots could not tell full from free.
START_TEST(one_slot_becomes_two)
{
	struct ring *r = ring_new(RING_MPSC, 1, sizeof(struct message));
	struct message m = message_make(0, 1);

	ck_assert_uint_eq(r->slots, 2);
	ck_assert(push(r, &m) && push(r, &m) && !push(r, &m));
	ck_assert(ring_pop(r, &m) && ring_pop(r, &m) && !ring_pop(r, &m));
	ring_free(r);
}
END_TEST

START_TEST(spsc_fills_drains_and_wraps)
{
	fill_drain_and_wrap(RING_SPSC);
}
END_TEST

START_TEST(mpsc_fills_drains_and_wraps)
{
	fill_drain_and_wrap(RING_MPSC);
}
END_TEST

// The counters are 32 bits free-running: a ring must live on past their wrap.
START_TEST(counters_wrap_in_spsc)
{
	struct ring *r = ring_new(RING_SPSC, 4, sizeof(struct message));
	struct message m;

	r->tail_seen = r->head_seen = UINT32_MAX - 5;
	atomic_store(&r->head, UINT32_MAX - 5);
	atomic_store(&r->tail, UINT32_MAX - 5);
	for (uint32_t i = 0; i < 40; i++) {
		while (ring_free_slots(r)) {
			m = message_make(0, i);
			ck_assert(ring_push(r, &m));
		}
		ck_assert(!ring_push(r, &m));
		ck_assert_uint_eq(ring_count(r), 4);
		ck_assert(ring_pop(r, &m));
	}
	ring_free(r);
}
END_TEST

START_TEST(bytes_cover_all_slots)
{
	size_t bytes = ring_bytes(RING_MPSC, 7, 13);

	ck_assert_uint_eq(bytes % 64, 0);
	ck_assert_uint_ge(bytes, sizeof(struct ring) + 8 * (8 + 16));
	ck_assert_uint_ge(ring_bytes(RING_SPSC, 8, 13), sizeof(struct ring) + 8 * 16);
}
END_TEST

// Reads until every writer's messages have come; each writer's must come in order and whole.
static void read_all(struct ring *r, uint32_t writers, uint32_t count)
{
	uint32_t next[WRITERS] = {0}, wrong = 0;
	struct message m;

	for (uint64_t left = (uint64_t)writers * count; left; left--) {
		while (!ring_pop(r, &m))
			sched_yield();
		wrong += !message_whole(&m) || m.writer >= writers || m.number != next[m.writer];
		next[m.writer % WRITERS]++;
	}
	ck_assert_uint_eq(wrong, 0);
	ck_assert(!ring_pop(r, &m));
}

static void stress(enum ring_kind kind, uint32_t writers)
{
	struct ring *r = ring_new(kind, 256, sizeof(struct message));
	struct stage stages[WRITERS];
	pthread_t threads[WRITERS];
	uint32_t count = MESSAGES / writers;

	for (uint32_t i = 0; i < writers; i++) {
		stages[i] = (struct stage){.ring = r, .writer = i, .count = count};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, writer_run, &stages[i]), 0);
	}
	read_all(r, writers, count);
	for (uint32_t i = 0; i < writers; i++)
		pthread_join(threads[i], NULL);
	ring_free(r);
}

START_TEST(spsc_keeps_a_million_in_order)
{
	stress(RING_SPSC, 1);
}
END_TEST

START_TEST(mpsc_keeps_a_million_in_order_per_writer)
{
	stress(RING_MPSC, WRITERS);
}
END_TEST

START_TEST(nothing_stays_of_what_is_wiped)
{
	struct ring *r = ring_new(RING_SPSC, 4, sizeof(struct message));
	struct message m = message_make(0, 7), got;
	const unsigned char *all = (const unsigned char *)r->data;

	for (unsigned i = 0; i < 9; i++) { // around it
		ck_assert(ring_push(r, &m));
		ck_assert(ring_pop_wiped(r, &got));
		ck_assert_int_eq(memcmp(&got, &m, sizeof(m)), 0);
		for (size_t k = 0; i >= 3 && k < 4 * sizeof(m); k++)
			ck_assert_uint_eq(all[k / sizeof(m) * r->stride + k % sizeof(m)], 0);
	}
	ck_assert(!ring_pop_wiped(r, &got));
	ring_free(r);
}
END_TEST

START_TEST(only_an_armed_reader_costs_a_write)
{
	struct ring_wake w;
	struct pollfd pfd;

	ck_assert_int_eq(ring_wake_init(&w), 0);
	pfd = (struct pollfd){.fd = w.efd, .events = POLLIN};
	ring_wake_reader(&w);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	ring_wake_arm(&w);
	ring_wake_reader(&w);
	ring_wake_reader(&w);
	ck_assert_int_eq(poll(&pfd, 1, 0), 1);
	ck_assert_uint_eq(atomic_load(&w.writes), 1);
	ring_wake_drain(&w);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	ring_wake_arm(&w);
	ring_wake_drain(&w); // woken for another reason: disarms as well
	ring_wake_reader(&w);
	ck_assert_uint_eq(atomic_load(&w.writes), 1);
	ring_wake_fini(&w);
}
END_TEST

// A lost wake-up would leave the reader asleep for ever; poll's limit then turns the test red.
START_TEST(sleeping_reader_misses_nothing)
{
	struct ring *r = ring_new(RING_MPSC, 64, sizeof(struct message));
	struct ring_wake w;
	struct stage stages[2];
	pthread_t threads[2];
	uint32_t left = 200000, count = left / 2;
	struct message m;

	ck_assert_int_eq(ring_wake_init(&w), 0);
	for (uint32_t i = 0; i < 2; i++) {
		stages[i] = (struct stage){.ring = r, .wake = &w, .writer = i, .count = count};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, writer_run, &stages[i]), 0);
	}
	while (left) {
		struct pollfd pfd = {.fd = w.efd, .events = POLLIN};

		if (ring_pop(r, &m)) {
			left--;
			continue;
		}
		ring_wake_arm(&w);
		if (ring_count(r) == 0)
			ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		ring_wake_drain(&w);
	}
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_le(atomic_load(&w.writes), 200000);
	ring_wake_fini(&w);
	ring_free(r);
}
END_TEST

UNIT_MAIN("ring", nothing_stays_of_what_is_wiped, one_slot_becomes_two, spsc_fills_drains_and_wraps,
	mpsc_fills_drains_and_wraps, counters_wrap_in_spsc, bytes_cover_all_slots,
	spsc_keeps_a_million_in_order, mpsc_keeps_a_million_in_order_per_writer,
	only_an_armed_reader_costs_a_write, sleeping_reader_misses_nothing)
