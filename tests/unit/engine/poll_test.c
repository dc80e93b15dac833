// Turns by the clock, which is the test's: sub-slots, stalls, gaps of the host, commands.
#include "tests/unit/unit.h"

#include "engine/base/clock.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "tests/unit/engine/frames.h"
#include "tests/unit/engine/session_double.h"

#define START_NS (1000 * NS_PER_S)

struct rig {
	struct engine *e;
	unsigned workers;
	uint64_t now_ns;
};

static struct rig rig;

static void begin(unsigned workers)
{
	static struct engine_config c = {
		.sessions = 100, .ports = 1, .media = 1, .cores = {-1, -1}};
	char error[ENGINE_ERROR_MAX];

	c.workers = workers;
	c.port[0].kind = PORT_RING;
	c.medium[0] = medium_of("192.0.2.1", 24, 0);
	ck_assert_msg(engine_open(&c, &rig.e, error) == 0, "%s", error);
	rig.workers = workers;
	rig.now_ns = START_NS;
}

static void turn(uint64_t pass_ns)
{
	rig.now_ns += pass_ns;
	for (unsigned i = 0; i < rig.workers; i++)
		worker_poll(engine_worker(rig.e, i), rig.now_ns);
}

START_TEST(sub_slots_come_by_the_clock)
{
	begin(1);
	turn(0);
	ck_assert_uint_eq(double_seen.ticks, 1); // the first at once
	double_seen.ticks = 0;
	for (unsigned i = 0; i < 2000; i++)
		turn(100000);
	ck_assert_uint_eq(double_seen.ticks, 200);
	ck_assert_uint_eq(double_seen.tick_sum, 10 * 190);
	ck_assert_uint_eq(engine_worker(rig.e, 0)->stats->ticks_skipped, 0);
	engine_stop(rig.e);
}
END_TEST

START_TEST(after_a_stall_ticks_are_skipped_not_replayed)
{
	struct worker *w;
	uint64_t tick;

	begin(1);
	w = engine_worker(rig.e, 0);
	turn(0);
	for (unsigned i = 0; i < 50; i++) { // 50 ms late: all is made up for
		turn(i ? 0 : 50 * NS_PER_MS);
	}
	ck_assert_uint_eq(w->tick, 51);
	ck_assert_uint_eq(double_seen.ticks, 51);
	double_seen.ticks = 0;
	tick = w->tick;
	turn(6 * NS_PER_S); // stopped for six seconds
	for (unsigned i = 0; i < 100; i++)
		turn(0);
	ck_assert_uint_eq(w->tick - tick, 6000);
	ck_assert_uint_le(double_seen.ticks, SUBSLOTS);
	ck_assert_uint_eq(w->stats->ticks_skipped + double_seen.ticks, 6000);
	engine_stop(rig.e);
}
END_TEST

START_TEST(standing_still_is_told_apart_from_work_and_naps)
{
	struct worker *w;

	begin(1);
	w = engine_worker(rig.e, 0);
	worker_poll(w, rig.now_ns); // the first sub-slot
	worker_poll(w, rig.now_ns += 1000);
	ck_assert(w->idle);
	worker_poll(w, rig.now_ns += 150000); // short
	w->napped_ns = 500000;
	worker_poll(w, rig.now_ns += 600000); // meant
	ck_assert_uint_eq(w->stats->host_gaps, 0);
	worker_poll(w, rig.now_ns += 240000);
	ck_assert_uint_eq(w->stats->host_gaps, 1);
	ck_assert_uint_eq(w->stats->host_gap_ns, 240000);
	while (!w->idle)
		worker_poll(w, rig.now_ns);
	w->napped_ns = 1000000;
	worker_poll(w, rig.now_ns += 9000000);
	ck_assert_uint_eq(w->stats->host_gap_max_ns, 8000000);
	engine_stop(rig.e);
}
END_TEST

START_TEST(commands_are_answered_and_control_is_woken)
{
	struct gate_msg m = {.head = {.kind = GATE_COLLECT, .ticket = 77}};
	struct ring_wake *wake;

	begin(2);
	wake = gate_control_wake(engine_gate(rig.e));
	ck_assert_int_eq(gate_post(engine_gate(rig.e), 1, &m), 0);
	ring_wake_arm(wake);
	turn(0);
	ck_assert_uint_eq(atomic_load(&wake->writes), 1);
	ck_assert(gate_take(engine_gate(rig.e), 1, &m));
	ck_assert(m.head.kind == GATE_DONE && m.head.ticket == 77);
	ck_assert(!gate_take(engine_gate(rig.e), 0, &m));
	engine_stop(rig.e);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {sub_slots_come_by_the_clock,
		after_a_stall_ticks_are_skipped_not_replayed,
		standing_still_is_told_apart_from_work_and_naps,
		commands_are_answered_and_control_is_woken};

	setenv("CK_FORK", "yes", 1); // DPDK starts once in a process
	return unit_run("poll", tests, sizeof(tests) / sizeof(tests[0]));
}
