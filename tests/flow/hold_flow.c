// Direction of the media, what the far end sends, and whether it is there: the right outcome of
// each, of callers and of agents (docs/sip.md). That reports are life is the engine's to know.
#include "tests/unit/unit.h"

#include "control/media/media.h"
#include "tests/flow/sim/sim.h"

enum {
	SENDRECV = MEDIA_SEND | MEDIA_RECV,
	SENDONLY = MEDIA_RECV,
	RECVONLY = MEDIA_SEND,
	INACTIVE = 0
};

// RTP or reports reset the engine's time-out, so that it never tells of a loss.
enum sends { SOMETHING, NOTHING };
enum outcome { STAYS, LOST, SILENT };

static const struct cell {
	uint8_t direction;
	enum sends sends;
	bool alive;
	enum outcome outcome;
} cells[] = {
	{SENDRECV, SOMETHING, true, STAYS},
	{SENDRECV, SOMETHING, false, STAYS},
	{SENDRECV, NOTHING, true, LOST},
	{SENDRECV, NOTHING, false, LOST},
	{SENDONLY, SOMETHING, true, STAYS},
	{SENDONLY, SOMETHING, false, STAYS},
	{SENDONLY, NOTHING, true, STAYS},
	{SENDONLY, NOTHING, false, SILENT},
	{RECVONLY, SOMETHING, true, STAYS},
	{RECVONLY, SOMETHING, false, STAYS},
	{RECVONLY, NOTHING, true, STAYS},
	{RECVONLY, NOTHING, false, SILENT},
	{INACTIVE, SOMETHING, true, STAYS},
	{INACTIVE, SOMETHING, false, STAYS},
	{INACTIVE, NOTHING, true, STAYS},
	{INACTIVE, NOTHING, false, SILENT},
};

static void act(struct sim_caller *c, bool agent, const struct cell *cell)
{
	if (agent) {
		phone_directs("alice", cell->direction);
		if (!cell->alive)
			phone_dies("alice");
		if (cell->sends == NOTHING)
			phone_rtp_lost("alice");
	} else {
		caller_directs(c, cell->direction);
		if (!cell->alive)
			caller_dies(c);
		if (cell->sends == NOTHING)
			caller_rtp_lost(c);
	}
}

static void ck_cell(bool agent, const struct cell *cell)
{
	static const char *const whys[2][3] = {
		{"", "caller-rtp-lost", "caller-silent"}, {"", "agent-rtp-lost", "agent-silent"}};
	bool asked = cell->sends == NOTHING && cell->direction != SENDRECV;
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	sim_run(2000);
	act(c, agent, cell);
	sim_run(33000);
	ck_assert_msg(caller_alive(c) == (cell->outcome == STAYS), "%s, direction %u, %s, %s",
		agent ? "agent" : "caller", cell->direction,
		cell->sends == NOTHING ? "nothing" : "something", cell->alive ? "alive" : "dead");
	ck_assert_msg((sim_probes() > 0) == asked, "probes: %u", sim_probes());
	if (cell->outcome == STAYS) {
		sim_run(3600000);
		ck_assert(caller_alive(c) && phone_busy("alice"));
		if (asked)
			ck_assert_uint_ge(sim_probes(), 100); // each 30 s
		caller_hangs_up(c);
	} else {
		ck_assert_str_eq(caller_record(c, "why"), whys[agent][cell->outcome]);
		ck_assert_str_ne(caller_record(c, "answered"), "0");
		ck_assert_str_eq(caller_record(c, "status"), "200");
	}
	sim_run(10000);
	ck_assert(!phone_busy("alice"));
	sim_end();
}

START_TEST(callers)
{
	for (unsigned i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		ck_cell(false, &cells[i]);
}
END_TEST

START_TEST(agents)
{
	for (unsigned i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		ck_cell(true, &cells[i]);
}
END_TEST

START_TEST(who_waits_on_hold)
{
	for (unsigned alive = 0; alive < 2; alive++) {
		sim_begin(&(struct sim_setup){0});
		struct sim_caller *c = dial("ann", "500");
		sim_run(100);
		caller_directs(c, INACTIVE);
		if (!alive)
			caller_dies(c);
		caller_rtp_lost(c);
		sim_run(40000);
		ck_assert(caller_alive(c) == alive);
		if (alive)
			caller_hangs_up(c);
		else
			ck_assert_str_eq(caller_record(c, "where"), "queue");
		sim_end();
	}
}
END_TEST

// What it was asked is of no interest any more; silence that is not right then ends the call.
START_TEST(resumed)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	sim_run(2000);
	phone_directs("alice", INACTIVE);
	phone_rtp_lost("alice");
	sim_run(100);
	phone_directs("alice", SENDRECV);
	unsigned probes = sim_probes();
	sim_run(600000);
	ck_assert_uint_eq(sim_probes(), probes);
	ck_assert_str_eq(caller_hears(c), "alice");
	phone_rtp_lost("alice");
	ck_assert_str_eq(caller_record(c, "why"), "agent-rtp-lost");
	sim_end();
}
END_TEST

// A phone that answers no question, and takes the call up again before our patience is over.
START_TEST(resumed_while_asked)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	sim_run(2000);
	phone_directs("alice", SENDONLY);
	phone_dies("alice");
	phone_rtp_lost("alice");
	sim_run(10000);
	ck_assert_uint_eq(sim_probes(), 1);
	phone_directs("alice", SENDRECV);
	sim_run(60000);
	ck_assert_str_eq(caller_hears(c), "alice");
	caller_hangs_up(c);
	sim_run(10000);
	sim_end();
}
END_TEST

// The engine told of a silence on hold just when the hold ended.
START_TEST(resumed_when_told)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = ann_talks_to_alice();
	sim_run(2000);
	phone_directs("alice", SENDONLY);
	sim_run(30000);
	phone_directs("alice", SENDRECV);
	phone_rtp_lost("alice");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "alice");
	sim_run(30000);
	phone_rtp_lost("alice");
	ck_assert_str_eq(caller_record(c, "why"), "agent-rtp-lost");
	sim_end();
}
END_TEST

UNIT_MAIN(
	"hold", callers, agents, who_waits_on_hold, resumed, resumed_while_asked, resumed_when_told)
