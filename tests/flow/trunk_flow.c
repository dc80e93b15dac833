// A trunk's limit: of this trunk of this tenant, whatever others are named, and over reloads.
#include "tests/unit/unit.h"

#include "tests/flow/sim/sim.h"

#define REST                                        \
	"  numbers: {'500': talk}\n"                \
	"  flows: {talk: {wait: {queue: sales}}}\n" \
	"  queues: {sales: {agents: [alice]}}\n"    \
	"  agents: {alice: {password: a}}\n"        \
	" bert:\n"                                  \
	"  numbers: {'500': talk}\n"                \
	"  flows: {talk: {wait: {queue: sales}}}\n" \
	"  queues: {sales: {agents: [bob]}}\n"      \
	"  agents: {bob: {password: b}}\n"

static const char two[] = "  trunks: {carrier: {peers: [10.9.0.0/24], calls_max: 2}}\n" REST
			  "  trunks: {carrier: {peers: [10.9.1.0/24], calls_max: 2}}\n";
static const char renamed[] = "  trunks: {other: {peers: [10.9.0.0/24], calls_max: 2}}\n" REST
			      "  trunks: {carrier: {peers: [10.9.1.0/24], calls_max: 2}}\n";

static struct sim_caller *dial_of(const char *tenant)
{
	struct sim_caller *c =
		caller_dials(&(struct caller_setup){.from = "ann", .to = "500", .tenant = tenant});
	sim_run(100);
	return c;
}

static void ck_takes(const char *tenant, bool takes)
{
	struct sim_caller *c = dial_of(tenant);
	ck_assert_uint_eq(caller_status(c), takes ? 200 : 503);
	if (takes)
		caller_hangs_up(c);
	sim_run(100);
}

START_TEST(tenants_with_one_name_share_no_limit)
{
	struct sim_caller *acme[2], *bert[2];
	sim_begin(&(struct sim_setup){.yaml = two});
	for (unsigned i = 0; i < 2; i++) {
		acme[i] = dial_of("acme");
		bert[i] = dial_of("bert");
		ck_assert(caller_alive(acme[i]));
		ck_assert(caller_alive(bert[i]));
	}
	ck_takes("acme", false);
	ck_takes("bert", false);
	caller_hangs_up(acme[0]);
	sim_run(100);
	ck_takes("bert", false);
	ck_takes("acme", true);
	caller_hangs_up(acme[1]);
	caller_hangs_up(bert[0]);
	caller_hangs_up(bert[1]);
	sim_run(1000);
	sim_end();
}
END_TEST

START_TEST(calls_count_over_reloads)
{
	struct sim_caller *acme[2];
	sim_begin(&(struct sim_setup){.yaml = two});
	for (unsigned i = 0; i < 2; i++)
		acme[i] = dial_of("acme");
	sim_reload(renamed); // its calls are the old one's
	ck_takes("acme", true);
	sim_reload(two);
	ck_takes("acme", false);
	ck_takes("bert", true);
	caller_hangs_up(acme[0]);
	caller_hangs_up(acme[1]);
	sim_run(1000);
	sim_reload(renamed);
	sim_reload(two);
	ck_takes("acme", true);
	sim_run(1000);
	sim_end();
}
END_TEST

UNIT_MAIN("trunk", tenants_with_one_name_share_no_limit, calls_count_over_reloads)
