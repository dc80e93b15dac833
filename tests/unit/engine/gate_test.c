// The gate alone and between two threads: answers always fit, blocks are never torn, prompts
// are freed only when nobody uses them.
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/gate.h"
#include "engine/path.h"

#define ROUNDS 20000u

static struct gate *gate_of(unsigned workers, uint32_t sessions)
{
	struct gate_shape shape = {
		.workers = workers, .ports = 2, .media = 3, .sessions = sessions};
	struct gate *g;

	ck_assert_int_eq(gate_new(&shape, &g), 0);
	return g;
}

static struct gate_msg msg(uint16_t kind, uint32_t ticket)
{
	struct gate_msg m = {.head = {.kind = kind, .ticket = ticket}};

	return m;
}

static void answer(struct gate *g, uint16_t command, uint32_t ticket, int error)
{
	struct gate_msg m = msg(GATE_DONE, ticket);

	m.done.command = command;
	m.done.error = error;
	ck_assert(gate_emit(g, 0, &m));
}

START_TEST(commands_and_answers_keep_their_order)
{
	struct gate *g = gate_of(2, 4);
	struct gate_msg m;

	for (uint32_t i = 1; i <= 100; i++) {
		m = msg(GATE_PLAY, i);
		m.play.prompt = i * 3;
		ck_assert_int_eq(gate_post(g, i & 1, &m), 0);
	}
	for (uint32_t i = 1; i <= 100; i++) {
		ck_assert(gate_command(g, i & 1, &m));
		ck_assert_uint_eq(m.head.ticket, i);
		ck_assert_uint_eq(m.play.prompt, i * 3);
	}
	ck_assert(!gate_command(g, 0, &m));
	gate_free(g);
}
END_TEST

START_TEST(every_open_ticket_has_room_for_its_answers)
{
	struct gate *g = gate_of(1, 4);
	struct gate_msg m, notice = msg(GATE_PLAYED, 0), digit = msg(GATE_DIGIT, 0);
	uint32_t posted = 0, notices = 0, digits = 0;

	for (;;) { // a worker that takes every command and a control that takes no answer
		m = msg(GATE_CLOSE, posted + 1);
		if (gate_post(g, 0, &m) == -EAGAIN)
			break;
		posted++;
		ck_assert(gate_command(g, 0, &m));
	}
	ck_assert_uint_eq(posted, GATE_RESERVED / 2);
	while (gate_emit(g, 0, &notice))
		notices++;
	while (gate_emit(g, 0, &digit))
		digits++;
	ck_assert_uint_eq(notices, GATE_EVENT_SLOTS - GATE_RESERVED - GATE_DIGITS);
	ck_assert_uint_eq(digits, GATE_DIGITS);
	for (uint32_t i = 1; i <= posted; i++) {
		answer(g, GATE_CLOSE, i, 0);
		m = msg(GATE_CLOSED, 0);
		ck_assert(gate_emit(g, 0, &m));
	}
	for (uint32_t i = 0; i < GATE_EVENT_SLOTS; i++)
		ck_assert(gate_take(g, 0, &m));
	ck_assert(!gate_take(g, 0, &m));
	m = msg(GATE_CLOSE, 1);
	ck_assert_int_eq(gate_post(g, 0, &m), 0);
	gate_free(g);
}
END_TEST

START_TEST(a_close_that_fails_owes_nothing_more)
{
	struct gate *g = gate_of(1, 4);
	struct gate_msg m;

	for (uint32_t i = 1; i <= 3 * GATE_RESERVED; i++) {
		m = msg(GATE_CLOSE, i);
		ck_assert_int_eq(gate_post(g, 0, &m), 0);
		ck_assert(gate_command(g, 0, &m));
		answer(g, GATE_CLOSE, i, -ENOENT);
		ck_assert(gate_take(g, 0, &m));
		ck_assert_int_eq(m.done.error, -ENOENT);
	}
	gate_free(g);
}
END_TEST

START_TEST(live_blocks_belong_to_one_session)
{
	struct gate *g = gate_of(3, 5);
	gate_session first = 2ull << 56 | 7ull << 32 | 4, next = 2ull << 56 | 9ull << 32 | 4;
	struct gate_live in = {.session = first, .rx_packets = 11, .digits = 12}, out;

	ck_assert(!gate_live_at(g, 2, 4, &out));
	gate_live_write(g, 2, 4, &in);
	ck_assert(gate_live_read(g, first, &out));
	ck_assert_mem_eq(&in, &out, sizeof(in));
	ck_assert(!gate_live_read(g, next, &out));
	ck_assert(gate_live_at(g, 2, 4, &out));
	ck_assert(!gate_live_at(g, 2, 3, &out));
	ck_assert(!gate_live_at(g, 2, 5, &out) && !gate_live_at(g, 3, 0, &out));
	in.session = next;
	gate_live_write(g, 2, 4, &in);
	ck_assert(!gate_live_read(g, first, &out));
	gate_free(g);
}
END_TEST

static struct gate_prompts *prompts_of(uint32_t count, uint8_t byte)
{
	struct gate_prompts *p;
	uint8_t payload[8000];

	memset(payload, byte, sizeof(payload));
	ck_assert_int_eq(gate_prompts_new(count, &p), 0);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_int_eq(gate_prompts_set(p, i, CODEC_PCMA, payload, 8000 - i), 0);
	return p;
}

START_TEST(prompts_are_found_by_id_and_codec)
{
	struct gate *g = gate_of(1, 1);
	struct gate_prompts *p = prompts_of(400, 0x55); // several times the first mapping
	uint32_t bytes;

	ck_assert_int_eq(gate_prompts_set(p, 400, CODEC_PCMA, (const uint8_t *)"x", 1), -EINVAL);
	ck_assert_int_eq(gate_prompts_set(p, 7, CODEC_NONE, (const uint8_t *)"x", 1), -EINVAL);
	ck_assert_ptr_null(gate_prompts_enter(g, 0));
	ck_assert_ptr_null(gate_prompt_payload(NULL, 1, CODEC_PCMA, &bytes));
	gate_prompts_publish(g, p);
	const struct gate_prompts *now = gate_prompts_enter(g, 0);

	for (uint32_t i = 0; i < 400; i++) {
		const uint8_t *payload = gate_prompt_payload(now, i, CODEC_PCMA, &bytes);

		ck_assert_uint_eq(bytes, 8000 - i);
		ck_assert_uint_eq(payload[0], 0x55);
		ck_assert_uint_eq(payload[bytes - 1], 0x55);
	}
	ck_assert_ptr_null(gate_prompt_payload(now, 3, CODEC_PCMU, &bytes));
	ck_assert_ptr_null(gate_prompt_payload(now, 400, CODEC_PCMA, &bytes));
	gate_free(g);
}
END_TEST

START_TEST(prompts_live_while_a_worker_may_use_them)
{
	struct gate *g = gate_of(2, 1);
	const struct gate_prompts *held;
	uint32_t bytes;

	gate_prompts_publish(g, prompts_of(1, 1));
	held = gate_prompts_enter(g, 0);
	gate_prompts_enter(g, 1);
	for (uint8_t i = 2; i < 6; i++) {
		gate_prompts_publish(g, prompts_of(1, i));
		gate_prompts_enter(g, 1);
		// Worker 0 has not passed a tick: a freed mapping would fault here.
		ck_assert_uint_eq(*gate_prompt_payload(held, 0, CODEC_PCMA, &bytes), 1);
	}
	held = gate_prompts_enter(g, 0);
	gate_prompts_reap(g);
	ck_assert_uint_eq(*gate_prompt_payload(held, 0, CODEC_PCMA, &bytes), 5);
	gate_free(g);
}
END_TEST

static _Atomic bool worker_ends;

static void *worker_run(void *arg)
{
	struct gate *g = arg;
	struct gate_worker block = {0};
	struct gate_live live = {.session = 1};
	struct gate_msg m;
	uint32_t bytes;

	while (!atomic_load(&worker_ends)) {
		const struct gate_prompts *p = gate_prompts_enter(g, 0);
		const uint8_t *payload = gate_prompt_payload(p, 0, CODEC_PCMA, &bytes);

		ck_assert(!p || (bytes == 8000 && payload[0] == payload[7999]));
		while (gate_command(g, 0, &m))
			answer(g, m.head.kind, m.head.ticket, 0);
		gate_wake_control(g);
		block.rx_packets += 3;
		block.delivered += 2;
		block.drops[DROP_HANDOVER]++;
		gate_worker_write(g, 0, &block);
		live.rx_packets++;
		live.tx_packets = ~live.rx_packets;
		gate_live_write(g, 0, 0, &live);
	}
	return NULL;
}

START_TEST(two_threads_see_whole_blocks_and_all_answers)
{
	struct gate *g = gate_of(1, 1);
	struct gate_worker block;
	struct gate_live live;
	struct gate_msg m;
	pthread_t thread;
	uint32_t asked = 0, answered = 0;

	atomic_store(&worker_ends, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, worker_run, g), 0);
	while (answered < ROUNDS) {
		m = msg(GATE_COLLECT, asked + 1);
		if (asked < ROUNDS && gate_post(g, 0, &m) == 0)
			asked++;
		if (asked % 1000 == 0)
			gate_prompts_publish(g, prompts_of(1, (uint8_t)asked));
		while (gate_take(g, 0, &m))
			ck_assert_uint_eq(m.head.ticket, ++answered);
		gate_worker_read(g, 0, &block);
		ck_assert_uint_eq(block.rx_packets, block.delivered + block.drops[DROP_HANDOVER]);
		if (gate_live_at(g, 0, 0, &live))
			ck_assert_uint_eq(live.tx_packets, ~live.rx_packets);
	}
	atomic_store(&worker_ends, true);
	pthread_join(thread, NULL);
	gate_free(g);
}
END_TEST

START_TEST(reasons_have_names)
{
	for (unsigned i = 0; i < DROP_COUNT; i++)
		ck_assert(gate_drop_name(i)[0] && gate_drop_help(i)[0]);
	ck_assert_ptr_null(gate_drop_name(DROP_COUNT));
	ck_assert_ptr_null(gate_drop_help(DROP_COUNT));
	ck_assert_str_eq(gate_drop_name(DROP_RTP_STRANGER), "rtp-stranger");
}
END_TEST

UNIT_MAIN("gate", commands_and_answers_keep_their_order, every_open_ticket_has_room_for_its_answers,
	a_close_that_fails_owes_nothing_more, live_blocks_belong_to_one_session,
	prompts_are_found_by_id_and_codec, prompts_live_while_a_worker_may_use_them,
	two_threads_see_whole_blocks_and_all_answers, reasons_have_names)
