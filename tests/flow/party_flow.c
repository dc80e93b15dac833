// Who calls, from the wire to the record: shown to the agent, the supervisor and in lists, or
// hidden from them where the caller asked for that; the record keeps it.
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/flow/sim/sim.h"

static struct call_info listed;

static void list_each(const struct call_info *i, void *arg)
{
	listed = *i;
}

static void ck_seen(const char *caller, const char *name, const char *by_alice)
{
	call_each(sim_calls(), list_each, NULL);
	ck_assert_str_eq(listed.caller, caller);
	ck_assert_str_eq(listed.caller_name, name);
	ck_assert_str_eq(phone_sees("alice"), by_alice);
}

static void ck_record(
	const struct sim_caller *c, const char *caller, const char *name, const char *privacy)
{
	ck_assert_str_eq(caller_record(c, "caller"), caller);
	ck_assert_str_eq(caller_record(c, "caller_name"), name);
	ck_assert_str_eq(caller_record(c, "privacy"), privacy);
	ck_assert_str_eq(caller_record(c, "original_called"), "+4940");
}

START_TEST(shown_or_hidden)
{
	static const struct {
		const char *privacy, *caller, *name, *seen;
	} t[] = {
		{NULL, "+4930", "Anna Maria", "Anna Maria <+4930>"},
		{"id", "anonymous", "", "hidden"},
		{"anonymous,history", "anonymous", "", "hidden"},
		{"history", "+4930", "Anna Maria", "Anna Maria <+4930>"},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		sim_begin(&(struct sim_setup){.record = true});
		phone_register("alice");
		phone_register("carol");
		phone_answers("alice", 100);
		phone_answers("carol", 100);
		struct sim_caller *c = caller_dials(&(struct caller_setup){.from = "+4930",
			.to = "800",
			.name = "Anna Maria",
			.privacy = t[i].privacy,
			.original_called = "+4940"});
		sim_run(1000);
		caller_presses(c, "1");
		sim_run(1000);
		ck_seen(t[i].caller, t[i].name, t[i].seen);
		ck_assert_uint_ge(listed.total_ms, 2000);
		ck_assert_str_eq(listed.record->caller, "+4930");
		bool named = strstr(listed.recording, "4930") != NULL; // of the file
		ck_assert_int_eq(named, strcmp(t[i].caller, "+4930") == 0);
		caller_hangs_up(c);
		ck_record(c, "+4930", "Anna Maria", t[i].privacy ? t[i].privacy : "");
		ck_assert(sim_recordings_wait(1));
		sim_end();
	}
}
END_TEST

START_TEST(hidden_from_a_supervisor_too)
{
	sim_begin(&(struct sim_setup){0});
	phone_register("bob");
	phone_register("alice");
	phone_answers("alice", 100);
	phone_answers("bob", 100);
	ck_assert_int_eq(floor_agent_set(calls_floor(sim_calls()), "bob", false), 0);
	sim_run(1);
	struct sim_caller *c = caller_dials(
		&(struct caller_setup){.from = "+4930", .to = "500", .privacy = "user"});
	sim_run(1000);
	struct callid id = caller_id(c);
	ck_assert_int_eq(call_monitor(sim_calls(), &id, "bob", MONITOR_LISTEN), 0);
	sim_run(1000);
	ck_assert_str_eq(phone_sees("bob"), "hidden");
	caller_hangs_up(c);
	sim_run(100);
	sim_end();
}
END_TEST

UNIT_MAIN("party", shown_or_hidden, hidden_from_a_supervisor_too)
