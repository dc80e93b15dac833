// Numbers from the wire to the record: the hotline is found in each of its forms, by the plan of
// the trunk that the call comes from; the record has the one form, and what was sent.
#include "tests/unit/unit.h"

#include "tests/flow/sim/sim.h"

static const char yaml[] = "  country_code: 86\n"
			   "  trunks: {carrier: {peers: [10.9.0.0/24]},\n"
			   "           abroad: {peers: [10.9.1.0/24], bare_numbers: e164}}\n"
			   "  numbers: {400-1234-5678: direct, '9000': direct}\n"
			   "  flows: {direct: {sales: {queue: sales}}}\n"
			   "  queues: {sales: {agents: [alice], wrap_up: 0s}}\n"
			   "  agents: {alice: {password: a}, bob: {password: b}}\n";

struct dialled {
	const char *to, *from;
	unsigned trunk;
	const char *agent;
	const char *called, *called_sent, *caller, *caller_sent; // called NULL: 404
};

static void ck_dialled(const struct dialled *d)
{
	struct sim_caller *c = caller_dials(&(struct caller_setup){.from = d->from,
		.to = d->to,
		.trunk = d->trunk,
		.agent = d->agent,
		.original_called = "01065551234"});
	sim_run(1000);
	ck_assert_int_eq(caller_alive(c), d->called != NULL);
	if (d->called == NULL) {
		ck_assert_uint_eq(caller_status(c), 404);
		return;
	}
	ck_assert_str_eq(phone_hears("alice"), d->from);
	ck_assert_str_eq(phone_sees("alice"), d->caller);
	caller_hangs_up(c);
	sim_run(100);
	ck_assert_str_eq(caller_record(c, "called"), d->called);
	ck_assert_str_eq(caller_record(c, "called_sent"), d->called_sent);
	ck_assert_str_eq(caller_record(c, "caller_sent"), d->caller_sent);
	ck_assert_str_eq(caller_record(c, "original_called"), "+861065551234");
}

START_TEST(each_form_of_the_hotline)
{
	static const char hotline[] = "+8640012345678";
	static const struct dialled t[] = {
		{"+8640012345678", "13800138000", .called = hotline, .called_sent = "",
			.caller = "<+8613800138000>", .caller_sent = "13800138000"},
		{"008640012345678", "+493012345", .called = hotline,
			.called_sent = "008640012345678", .caller = "<+493012345>",
			.caller_sent = ""},
		{"040012345678", "00493012345", .called = hotline, .called_sent = "040012345678",
			.caller = "<+493012345>", .caller_sent = "00493012345"},
		{"40012345678", "10086", .called = hotline, .called_sent = "40012345678",
			.caller = "<10086>", .caller_sent = ""},
		{"40012345678;phone-context=+86", "anonymous", .called = hotline,
			.called_sent = "40012345678;phone-context=+86", .caller = "<anonymous>",
			.caller_sent = ""},
		{"8640012345678", "493012345", .trunk = 1, .called = hotline,
			.called_sent = "8640012345678", .caller = "<+493012345>",
			.caller_sent = "493012345"},
		{"9000", "13800138000", .called = "9000", .called_sent = "",
			.caller = "<+8613800138000>", .caller_sent = "13800138000"},
		{"40012345678", "bob", .agent = "bob", .called = hotline,
			.called_sent = "40012345678", .caller = "<bob>", .caller_sent = ""},
		{"8640012345678", "1"},
		{"40012345678;phone-context=+49", "1"},
		{"40012345678", "1", .trunk = 1},
	};

	sim_begin(&(struct sim_setup){.yaml = yaml});
	phone_register("alice");
	phone_answers("alice", 100);
	phone_register("bob");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ck_dialled(&t[i]);
	sim_end();
}
END_TEST

UNIT_MAIN("number", each_form_of_the_hotline)
