// Refused calls in the record: one event each, whatever refused them, with the numbers of normal
// calls; a flood is counted, and told by the second.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/store/store.h"
#include "control/call/call_private.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/control/record/folder.h"

#define PLAN                                                                                      \
	"  country_code: 49\n"                                                                    \
	"  trunks: {carrier: {peers: [10.9.0.0/24], calls_max: 2}}\n"                             \
	"  numbers: {'030123456': direct, '600': closed}\n"                                       \
	"  flows: {direct: {sales: {queue: sales}}, closed: {closed: {hangup: , status: 486}}}\n" \
	"  queues: {sales: {agents: [alice]}}\n"                                                  \
	"  agents: {alice: {password: a}}\n"

static void ck_is(const struct sim_caller *c, const char *member, const char *value)
{
	const char *is = caller_record(c, member);
	ck_assert_msg(
		is && str_equal(is, value), "%s is %s, not %s", member, is ? is : "none", value);
}

static uint64_t refused(void)
{
	struct calls_counts counts;
	calls_counts(sim_calls(), &counts);
	return counts.refused;
}

// Those that the user agent refuses, before anybody hears of a call.
START_TEST(each_cause_is_told)
{
	static const struct {
		const char *why;
		uint16_t status;
	} t[] = {{"draining", 503}, {"overload", 503}, {"calls-rate", 503}, {"trunk-full", 503},
		{"offer-not-met", 488}, {"bad-sdp", 400}, {"bad-body", 415}, {"bad-scheme", 416},
		{"bad-extension", 420}, {"takes-no-sdp", 406}, {"loop", 482},
		{"too-many-hops", 483}, {"bad-contact", 400}, {"other-name", 403},
		{"no-memory", 500}, {"malformed", 400}};
	const unsigned count = sizeof(t) / sizeof(t[0]);
	char story[64];
	sim_begin(&(struct sim_setup){.yaml = PLAN});
	for (unsigned i = 0; i < count; i++) {
		struct caller_setup from = {.from = "030999", .to = "030 123456", .name = "Ann"};
		struct sim_caller *c = caller_is_refused(&from, t[i].why, t[i].status);
		ck_assert_uint_eq(caller_status(c), 0); // not before it is in the log
		sim_run(1);
		ck_assert_uint_eq(caller_status(c), t[i].status);
		str_format(story, sizeof(story), "refused:%s/%u", t[i].why, t[i].status);
		ck_story(c, story);
		ck_is(c, "called", "+4930123456");
		ck_is(c, "called_sent", "030 123456");
		ck_is(c, "caller", "+4930999");
		ck_is(c, "caller_name", "Ann");
		ck_is(c, "trunk", "carrier");
		ck_is(c, "number", "030123456");
		ck_is(c, "where", "refused");
		ck_is(c, "by", "system");
		ck_is(c, "total_ms", "0");
	}
	ck_assert_uint_eq(refused(), count);
	sim_end();
}
END_TEST

// Those that the calls refuse.
START_TEST(so_is_what_the_calls_refuse)
{
	struct sim_caller *some[2], *c;
	sim_begin(&(struct sim_setup){.yaml = PLAN});
	c = caller_dials(&(struct caller_setup){.from = "030999", .to = "030777", .privacy = "id"});
	ck_assert_uint_eq(caller_status(c), 0);
	sim_run(5);
	ck_story(c, "refused:no-such-number/404");
	ck_assert_uint_eq(caller_status(c), 404);
	ck_is(c, "called", "+4930777");
	ck_is(c, "privacy", "id"); // and lists hide it as any other
	c = caller_dials(&(struct caller_setup){.from = "1", .to = "600", .agent = "alice"});
	sim_run(5);
	ck_story(c, "refused:flow-refused/486");
	ck_is(c, "trunk", "");
	sim_media_full(true);
	c = dial("1", "030123456");
	sim_run(5);
	ck_story(c, "refused:no-media/503");
	sim_media_full(false);
	some[0] = dial("1", "030123456");
	some[1] = dial("2", "030123456");
	c = dial("3", "030123456");
	sim_run(5);
	ck_story(c, "refused:trunk-full/503");
	calls_drain(sim_calls(), (void (*)(void *))abort, NULL);
	c = dial("3", "030123456");
	sim_run(5);
	ck_story(c, "refused:draining/503");
	calls_drain(sim_calls(), NULL, NULL);
	ck_assert_uint_eq(refused(), 5);
	sim_run(100);
	caller_hangs_up(some[0]);
	caller_hangs_up(some[1]);
	sim_end();
}
END_TEST

// Ten tries are ten records, and none of them is a call in progress.
START_TEST(ten_tries_are_ten_records)
{
	struct callid seen[10];
	sim_begin(&(struct sim_setup){.yaml = PLAN});
	for (unsigned i = 0; i < 10; i++) {
		struct sim_caller *c = dial("030999", "030777");
		sim_run(5);
		ck_story(c, "refused:no-such-number/404");
		seen[i] = caller_id(c);
		for (unsigned k = 0; k < i; k++)
			ck_assert(!callid_equal(&seen[i], &seen[k]));
		ck_assert_uint_eq(calls_count(sim_calls()), 0);
	}
	sim_end();
}
END_TEST

// The caller is faster than the log.
START_TEST(cancelled_while_its_refusal_is_written)
{
	sim_begin(&(struct sim_setup){.yaml = PLAN});
	struct sim_caller *c = dial("030999", "030777");
	caller_cancels(c);
	sim_run(5);
	ck_story(c, "refused:no-such-number/404");
	ck_assert_uint_eq(caller_status(c), 487);
	ck_assert(caller_refused(c)); // on its trunk, as in its record
	struct sim_caller *d = dial("030999", "030777");
	sim_stop();
	ck_assert_uint_eq(caller_status(d), 404);
	sim_end();
}
END_TEST

// --- a flood ---

struct told {
	unsigned events;
	uint64_t calls;
	unsigned mixed; // rests without one number
};

static void tell(const struct event *e, void *arg)
{
	struct told *t = arg;
	if (e->type != EVENT_CALL_REFUSED)
		return;
	json_t *body = json_loads(e->body, 0, NULL);
	const json_t *count = json_object_get(body, "count");
	t->events++;
	t->calls += count ? (uint64_t)json_integer_value(count) : 1;
	t->mixed += count && str_equal(json_string_value(json_object_get(body, "called")), "");
	json_decref(body);
}

static void flood(unsigned count, const char *tenant)
{
	char number[16];
	for (unsigned i = 0; i < count; i++) {
		struct caller_setup from = {.from = "030999", .to = number, .tenant = tenant};
		str_format(number, sizeof(number), "%u", 30000 + i % 7);
		(void)caller_is_refused(&from, "overload", 503);
		(void)caller_is_refused(&from, "trunk-full", 503);
	}
}

START_TEST(a_flood_is_counted_and_bounded)
{
	struct told t = {0};
	sim_begin(&(struct sim_setup){.yaml = PLAN, .log_in_memory = true});
	eventlog_set_feed(sim_log(), tell, &t);
	for (unsigned s = 0; s < 5; s++) {
		flood(1000, NULL);
		sim_run(1000);
	}
	sim_run(2000);
	ck_assert_uint_eq(refused(), 10000);
	ck_assert_uint_eq(t.calls, 10000); // nothing is lost
	ck_assert_uint_ge(t.events, 1000);
	ck_assert_uint_le(t.events, 1000 + 6 * 20 + 6 * 2);
	ck_assert_uint_ge(t.mixed, 8);
	// What has calmed down is told one by one again.
	sim_run(60000);
	t = (struct told){0};
	flood(300, NULL);
	ck_assert_uint_eq(t.events, 600);
	sim_end();
}
END_TEST

// What one peer's flood has counted is told at the end in order, too.
START_TEST(a_stop_tells_the_rest)
{
	struct told t = {0};
	sim_begin(&(struct sim_setup){.yaml = PLAN, .log_in_memory = true});
	eventlog_set_feed(sim_log(), tell, &t);
	flood(2000, NULL);
	ck_assert_uint_eq(t.calls, 1000);
	sim_stop();
	ck_assert_uint_eq(t.calls, 4000);
	sim_end();
}
END_TEST

// Each reload may name a trunk anew: what has calmed down is forgotten, what has not is not.
START_TEST(trunks_of_old_are_forgotten)
{
	char yaml[512];
	unsigned peers = 0;
	sim_begin(&(struct sim_setup){.yaml = PLAN});
	for (unsigned i = 0; i < 50; i++) {
		str_format(yaml, sizeof(yaml),
			"  country_code: 49\n  trunks: {c%u: {peers: [10.9.0.0/24]}}\n", i);
		sim_reload(yaml);
		(void)dial("030999", "030777");
		sim_run(1000);
	}
	dlist_for_each (it, &sim_calls()->refused.peers)
		peers++;
	ck_assert_uint_le(peers, 2);
	sim_end();
}
END_TEST

// --- in the store ---

struct rows {
	unsigned count;
	json_t *first;
	bool ended;
};

static void row(const char *json, void *arg)
{
	struct rows *r = arg;
	if (r->count++ == 0)
		r->first = json_loads(json, 0, NULL);
}

static void rows_end(int error, void *arg)
{
	ck_assert_int_eq(error, 0);
	((struct rows *)arg)->ended = true;
}

static void ask(struct store *s, const struct store_filter *f, struct rows *r)
{
	struct store_answer answer = {.row = row, .end = rows_end, .arg = r};
	struct pollfd p = {.fd = store_fd(s), .events = POLLIN};
	*r = (struct rows){0};
	ck_assert_int_eq(store_query_calls(s, f, &answer), 0);
	while (!r->ended && poll(&p, 1, 10000) == 1)
		store_poll(s);
}

START_TEST(the_history_has_them)
{
	char folder[64], error[512];
	struct store_status status;
	struct store *s;
	struct rows r;
	sim_begin(&(struct sim_setup){.yaml = PLAN, .log_folder = folder_new(folder)});
	struct pollfd p = {.fd = eventlog_fd(sim_log()), .events = POLLIN};
	for (unsigned i = 0; i < 600; i++)
		(void)caller_is_refused(&(struct caller_setup){.from = "030999", .to = "030123456"},
			"overload", 503);
	flood(500, NULL);
	(void)dial("030999", "030123456");
	sim_run(1100);
	while (eventlog_written(sim_log()) < 1000 && poll(&p, 1, 10000) == 1)
		eventlog_poll(sim_log());
	sim_run(100);
	sim_stop();
	sim_end(); // all of it is in the files
	ck_assert_int_eq(store_start(&(struct store_options){.directory = folder}, &s, error), 0);
	store_written(s, 1u << 20);
	p = (struct pollfd){.fd = store_fd(s), .events = POLLIN};
	do {
		poll(&p, 1, 100);
		store_poll(s);
		store_status(s, &status);
	} while (status.calls < 1003);
	ask(s, &(struct store_filter){.why = "overload"}, &r);
	ck_assert_uint_eq(r.count, 801);
	ck_assert_int_eq(json_integer_value(json_object_get(r.first, "count")), 300);
	json_decref(r.first);
	ask(s, &(struct store_filter){.party = {"+4930123456"}, .why = "overload"}, &r);
	ck_assert_uint_eq(r.count, 600);
	ck_assert_ptr_null(json_object_get(r.first, "count"));
	ck_assert_str_eq(json_string_value(json_object_get(r.first, "caller")), "+4930999");
	ck_assert_int_eq(json_integer_value(json_object_get(r.first, "status")), 503);
	json_decref(r.first);
	ask(s, &(struct store_filter){.why = "trunk-full"}, &r);
	ck_assert_uint_eq(r.count, 201);
	json_decref(r.first);
	store_stop(s);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("refused", each_cause_is_told, so_is_what_the_calls_refuse, ten_tries_are_ten_records,
	cancelled_while_its_refusal_is_written, a_flood_is_counted_and_bounded,
	a_stop_tells_the_rest, trunks_of_old_are_forgotten, the_history_has_them)
