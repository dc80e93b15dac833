// The step that asks what is known of a caller, over the daemon's own store: SQLite, fed by the
// event log of the calls before.
#include "tests/unit/unit.h"

#include <poll.h>

#include "control/eventlog/eventlog.h"
#include "control/node/history.h"
#include "control/store/store.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

static const char yaml[] = "  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
			   "  numbers: {'1': known, '2': waited}\n"
			   "  prompts: {back: b.wav, new: n.wav, late: l.wav}\n"
			   "  flows:\n"
			   "    known:\n"
			   "      ask: {lookup: last_agent, into: who, timeout: 2s, then: which}\n"
			   "      which: {branch: who, is: alice, then: back, else: new}\n"
			   "      back: {play: back, then: sales}\n"
			   "      new: {play: new, then: sales}\n"
			   "      sales: {queue: sales}\n"
			   "    waited:\n"
			   "      ask: {lookup: last_queue, into: where, then: which}\n"
			   "      which: {branch: where, is: sales, then: back, else: new}\n"
			   "      back: {play: back, then: end}\n"
			   "      new: {play: new, then: end}\n"
			   "      end: {hangup}\n"
			   "  queues: {sales: {agents: [alice], wrap_up: 0s, short_call: 0s}}\n"
			   "  agents: {alice: {password: a}}\n";

static char folder[64];
static struct store *store;
static struct node_history history;

static void begin(bool faults)
{
	char error[512];

	sim_begin(&(struct sim_setup){.yaml = yaml,
		.log_folder = folder_new(folder),
		.faults = faults,
		.history = {history_ask, &history}});
	ck_assert_int_eq(
		store_start(&(struct store_options){.directory = folder}, &store, error), 0);
	history_start(&history, store);
	history.calls = sim_calls();
	phone_register("alice");
	phone_answers("alice", 50);
}

static void end(void)
{
	history_stop(&history);
	sim_end();
	store_stop(store);
	folder_remove(folder);
}

static void turn(void)
{
	struct pollfd p = {.fd = store_fd(store), .events = POLLIN};

	(void)poll(&p, 1, 100);
	store_poll(store);
}

// All that the log has is in the store.
static void taken_in(void)
{
	struct store_status status;

	sim_log_settle();
	store_written(store, eventlog_written(sim_log()));
	do {
		turn();
		store_status(store, &status);
	} while (status.passed < eventlog_written(sim_log()));
}

// Real time for the store, of which the calls have none.
static void answered(void)
{
	for (unsigned i = 0; i < 100 && !dlist_empty(&history.open); i++)
		turn();
	ck_assert(dlist_empty(&history.open));
}

static struct sim_caller *asks(const char *from, const char *number)
{
	struct sim_caller *c = dial(from, number);

	sim_log_settle();
	sim_run(100);
	ck_assert(!dlist_empty(&history.open));
	return c;
}

static void talked_to_alice(const char *from)
{
	struct sim_caller *c = asks(from, "1");

	answered();
	sim_run(3000);
	ck_assert_str_eq(caller_hears(c), "alice");
	phone_hang_up("alice");
	sim_run(500);
	taken_in();
}

START_TEST(who_was_here_before_is_known)
{
	begin(false);
	struct sim_caller *c = asks("100", "1");
	answered();
	ck_assert_str_eq(caller_hears(c), "new");
	caller_hangs_up(c);
	sim_run(100);
	taken_in();
	talked_to_alice("100"); // who was never answered by an agent is new
	c = asks("100", "1");
	answered();
	ck_assert_str_eq(caller_hears(c), "back");
	caller_hangs_up(c);
	c = asks("10", "1"); // with whose number another begins
	answered();
	ck_assert_str_eq(caller_hears(c), "new");
	caller_hangs_up(c);
	c = asks("100", "2");
	answered();
	ck_assert_str_eq(caller_hears(c), "back");
	caller_hangs_up(c);
	sim_run(1000);
	end();
}
END_TEST

// The flow goes on without it, and what comes at last changes nothing.
START_TEST(a_store_that_is_late)
{
	struct calls_counts counts;

	begin(true); // a guard that fires is told
	talked_to_alice("100");
	struct sim_caller *c = asks("100", "1");
	sim_run(2000);
	ck_assert_str_eq(caller_hears(c), "new");
	answered();
	ck_assert_str_eq(caller_hears(c), "new");
	calls_counts(sim_calls(), &counts);
	ck_assert_uint_eq(counts.late_answers, 1);
	caller_hangs_up(c);
	sim_run(100);
	c = asks("100", "1"); // gone before it comes
	caller_hangs_up(c);
	sim_run(100);
	answered();
	end();
}
END_TEST

UNIT_MAIN("lookup", who_was_here_before_is_known, a_store_that_is_late)
