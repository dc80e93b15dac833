// The store: rows from the event log, answers to questions, resuming after kill -9.
#include "control/store/store.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/unit/control/store/store_node.h"
#include "tests/unit/unit.h"

struct answer {
	json_t *rows;
	int error;
	unsigned ends;
};

static void answer_row(const char *json, void *arg)
{
	struct answer *a = arg;
	json_t *row = json_loads(json, 0, NULL);

	ck_assert_ptr_nonnull(row);
	json_array_append_new(a->rows, row);
}

static void answer_end(int error, void *arg)
{
	struct answer *a = arg;

	a->error = error;
	a->ends++;
}

typedef int ask_h(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer);

static json_t *node_ask(struct node *n, ask_h *ask, const struct store_filter *filter)
{
	struct answer a = {.rows = json_array()};
	struct store_answer answer = {answer_row, answer_end, &a};

	ck_assert_int_eq(ask(n->store, filter, &answer), 0);
	while (!a.ends)
		node_poll(n, 10000);
	ck_assert_int_eq(a.error, 0);
	return a.rows;
}

static const json_t *member(const json_t *rows, size_t row, const char *name)
{
	return json_object_get(json_array_get(rows, row), name);
}

START_TEST(calls_are_found)
{
	struct node n;
	uint64_t last = 0;

	folder_new(n.dir);
	node_start(&n);
	for (unsigned i = 1; i <= 3000; i++)
		last = put_ended(&n, i, i % 3 ? "1001" : "1002");
	node_wait_passed(&n, last);
	json_t *rows = node_ask(&n, store_query_calls, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 3000);
	ck_assert_int_eq(json_integer_value(member(rows, 0, "started")), 4000); // newest first
	ck_assert_str_eq(json_string_value(member(rows, 0, "tenant")), "acme");
	ck_assert_str_eq(json_string_value(member(rows, 0, "why")), "caller-hangup");
	ck_assert_str_eq(
		json_string_value(member(rows, 0, "call")), "0000000000000fa00000000100000bb8");
	ck_assert_ptr_null(member(rows, 0, "digits"));
	ck_assert(json_is_integer(member(rows, 0, "total_ms")));
	json_decref(rows);
	rows = node_ask(&n, store_query_calls, &(struct store_filter){.agent = "1002", .limit = 7});
	ck_assert_uint_eq(json_array_size(rows), 7);
	ck_assert_str_eq(json_string_value(member(rows, 6, "agent")), "1002");
	json_decref(rows);
	rows = node_ask(&n, store_query_calls,
		&(struct store_filter){.party = {"+867"}, .since_ns = 1100, .until_ns = 1200});
	ck_assert_uint_eq(json_array_size(rows), 10);
	json_decref(rows);
	rows = node_ask(&n, store_query_calls, &(struct store_filter){.call = "00000000000003e9"});
	ck_assert_uint_eq(json_array_size(rows), 1);
	json_decref(rows);
	rows = node_ask(&n, store_query_calls, &(struct store_filter){.tenant = "x' OR '1'='1"});
	ck_assert_uint_eq(json_array_size(rows), 0);
	json_decref(rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

static uint64_t node_passed_now(const struct node *n)
{
	struct store_status status;

	store_status(n->store, &status);
	return status.passed;
}

// The first record after a pause is taken in at once, those behind it when their time has come,
// somebody asks, they are many, or the store stops.
START_TEST(records_wait_for_more_of_them)
{
	char error[512];
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	store_stop(n.store);
	const struct store_options slow = {.directory = n.dir, .gather_ms = 3600000};
	ck_assert_int_eq(store_start(&slow, &n.store, error), 0);
	uint64_t first = put_ended(&n, 1, "1001");
	node_wait_passed(&n, first);
	for (unsigned i = 2; i <= 100; i++) {
		put_ended(&n, i, "1001");
		node_poll(&n, 1);
	}
	ck_assert_uint_eq(node_passed_now(&n), first);
	while (eventlog_written(n.log) < first + 99)
		node_poll(&n, 10);
	json_t *rows = node_ask(&n, store_query_calls, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 100);
	json_decref(rows);
	for (unsigned i = 101; i <= 1200; i++)
		put_ended(&n, i, "1001");
	while (node_passed_now(&n) <= first + 99)
		node_poll(&n, 10);
	put_ended(&n, 1201, "1001");
	while (eventlog_written(n.log) < first + 1200)
		node_poll(&n, 10);
	node_stop(&n);
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM calls"), 1201);
	folder_remove(n.dir);
}
END_TEST

START_TEST(a_recording_is_one_row)
{
	struct node n;
	struct callid id = {.node = 1, .counter = 1, .start = 1};

	folder_new(n.dir);
	node_start(&n);
	eventlog_append(n.log, EVENT_RECORDING_STARTED, "acme", &id,
		"{\"id\":\"r1\",\"file\":\"/r/r1.wav\"}");
	eventlog_append(n.log, EVENT_RECORDING_STARTED, "acme", &id,
		"{\"id\":\"r2\",\"file\":\"/r/r2.wav\"}");
	uint64_t last = eventlog_append(n.log, EVENT_RECORDING_ENDED, "acme", &id,
		"{\"id\":\"r1\",\"file\":\"/r/r1.wav\",\"recovered\":true,\"law\":\"alaw\","
		"\"start\":77,\"samples\":160,\"crc32c\":4000000000,\"left_written\":1}");
	node_wait_passed(&n, last);
	json_t *rows = node_ask(&n, store_query_recordings, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 2);
	ck_assert_str_eq(json_string_value(member(rows, 1, "id")), "r1");
	ck_assert_str_eq(json_string_value(member(rows, 1, "state")), "whole");
	ck_assert_int_eq(json_integer_value(member(rows, 1, "crc32c")), 4000000000);
	ck_assert_int_eq(json_integer_value(member(rows, 1, "started")), 77);
	ck_assert_int_eq(json_integer_value(member(rows, 1, "samples")), 160);
	ck_assert(json_is_true(member(rows, 1, "recovered")));
	ck_assert_str_eq(json_string_value(member(rows, 0, "state")), "open");
	json_decref(rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// One whose file was never begun has no id, and each of them is a row.
START_TEST(recordings_without_an_id_stay_apart)
{
	struct node n;
	struct callid id = {.node = 1, .counter = 1, .start = 1};
	uint64_t last = 0;

	folder_new(n.dir);
	node_start(&n);
	for (; id.counter <= 3; id.counter++)
		last = eventlog_append(n.log, EVENT_RECORDING_FAILED, "acme", &id,
			"{\"id\":\"\",\"why\":\"disk full\"}");
	node_wait_passed(&n, last);
	json_t *rows = node_ask(&n, store_query_recordings, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(json_string_value(member(rows, i, "state")), "failed");
		ck_assert_str_eq(json_string_value(member(rows, i, "why")), "disk full");
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(json_string_value(member(rows, i, "call")),
				json_string_value(member(rows, k, "call")));
	}
	json_decref(rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

struct roomy {
	struct answer a;
	unsigned room;
};

static void roomy_row(const char *json, void *arg)
{
	struct roomy *r = arg;

	ck_assert_uint_gt(r->room, 0);
	r->room--;
	answer_row(json, &r->a);
}

static void roomy_end(int error, void *arg)
{
	answer_end(error, &((struct roomy *)arg)->a);
}

static bool roomy_has(void *arg)
{
	return ((struct roomy *)arg)->room > 0;
}

// An answer without room waits, and holds up no other.
START_TEST(an_answer_waits_for_room)
{
	struct roomy r = {.a.rows = json_array(), .room = 2};
	struct store_answer answer = {roomy_row, roomy_end, &r, roomy_has};
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	for (unsigned i = 1; i <= 5; i++)
		node_wait_passed(&n, put_ended(&n, i, "1001"));
	ck_assert_int_eq(store_query_calls(n.store, &(struct store_filter){}, &answer), 0);
	json_t *rows = node_ask(&n, store_query_calls, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 5);
	ck_assert_uint_eq(json_array_size(r.a.rows), 2);
	ck_assert_uint_eq(r.a.ends, 0);
	node_poll(&n, 1);
	struct pollfd p = {.fd = store_fd(n.store), .events = POLLIN};
	ck_assert_int_eq(poll(&p, 1, 20), 0); // it costs no turn
	r.room = 10;
	store_resume(n.store);
	while (!r.a.ends)
		node_poll(&n, 10000);
	ck_assert_uint_eq(json_array_size(r.a.rows), 5);
	json_decref(rows);
	json_decref(r.a.rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

START_TEST(who_forgets_hears_nothing)
{
	struct node n;
	struct answer a = {.rows = json_array()};
	struct store_answer answer = {answer_row, answer_end, &a};

	folder_new(n.dir);
	node_start(&n);
	node_wait_passed(&n, put_ended(&n, 1, "1001"));
	for (unsigned i = 0; i < STORE_QUERIES_MAX; i++)
		ck_assert_int_eq(store_query_calls(n.store, &(struct store_filter){}, &answer), 0);
	ck_assert_int_eq(store_query_calls(n.store, &(struct store_filter){}, &answer), -EBUSY);
	store_forget(n.store, &a);
	json_t *rows = NULL;
	while (!rows) { // once there is room again, the forgotten ones are through
		struct answer other = {.rows = json_array()};
		struct store_answer ask = {answer_row, answer_end, &other};

		node_poll(&n, 10);
		if (store_query_calls(n.store, &(struct store_filter){}, &ask)) {
			json_decref(other.rows);
			continue;
		}
		while (!other.ends)
			node_poll(&n, 10000);
		rows = other.rows;
	}
	ck_assert_uint_eq(json_array_size(rows), 1);
	ck_assert_uint_eq(a.ends, 0);
	ck_assert_uint_eq(json_array_size(a.rows), 0);
	json_decref(rows);
	json_decref(a.rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

START_TEST(a_new_log_is_taken_in_from_its_beginning)
{
	struct node n;
	char command[200];

	folder_new(n.dir);
	node_start(&n);
	uint64_t last = 0;
	for (unsigned i = 0; i < 10; i++)
		last = put_ended(&n, 100 + i, "1001");
	node_wait_passed(&n, last);
	node_stop(&n);
	str_format(command, sizeof(command), "rm %s/events-*.log", n.dir);
	ck_assert_int_eq(system(command), 0);
	log_set_level("store", LOG_ERROR);
	node_start(&n);
	last = put_ended(&n, 500, "1001");
	node_wait_passed(&n, last);
	json_t *rows = node_ask(&n, store_query_calls, &(struct store_filter){});
	ck_assert_uint_eq(json_array_size(rows), 11);
	json_decref(rows);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// Writes calls and agents' states until it is killed; says so when it does.
static void child_run(const char *dir, unsigned round, int said)
{
	struct node n;

	str_copy(n.dir, sizeof(n.dir), dir);
	node_start(&n);
	for (unsigned i = 1;; i++) {
		put_ended(&n, round * 1000000 + i, "1001");
		eventlog_append(n.log, EVENT_AGENT_STATE, "acme", NULL,
			"{\"agent\":\"1001\",\"from\":\"ready\",\"to\":\"talking\"}");
		if (i % 8 == 0)
			node_poll(&n, 1);
		if (i == 64)
			ck_assert_int_eq(write(said, "", 1), 1);
	}
}

static uint64_t log_count(const char *dir, enum event_type type, uint64_t *last)
{
	struct eventlog_reader *r;
	struct event e;
	uint64_t count = 0;
	int rc;

	*last = 0;
	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1) {
		ck_assert_uint_eq(e.sequence, *last + 1);
		*last = e.sequence;
		count += e.type == type;
	}
	ck_assert_msg(rc == 0, "%s", eventlog_reader_damage(r));
	eventlog_reader_close(r);
	return count;
}

START_TEST(killed_at_random_moments_no_gap_no_double)
{
	struct node n;
	struct rng rng;
	uint64_t last, seed = rng_seed_os();

	rng_seed(&rng, seed);
	log_set_level("eventlog", LOG_ERROR);
	folder_new(n.dir);
	for (unsigned round = 0; round < 40; round++) {
		int said[2], status;
		char byte;

		ck_assert_int_eq(pipe(said), 0);
		pid_t child = fork();
		if (!child)
			child_run(n.dir, round + 1, said[1]);
		// Every other one while it starts, for which a loaded machine takes any time.
		if (round % 2)
			ck_assert_int_eq(read(said[0], &byte, 1), 1);
		close(said[0]);
		close(said[1]);
		usleep(1000 + rng_below(&rng, 40000));
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	node_start(&n);
	node_stop(&n); // takes in what the log has
	uint64_t calls = log_count(n.dir, EVENT_CALL_ENDED, &last);
	uint64_t states = log_count(n.dir, EVENT_AGENT_STATE, &last);
	printf("40 kills (seed %llu): %llu records\n", (unsigned long long)seed,
		(unsigned long long)last);
	ck_assert_uint_gt(calls, 0);
	ck_assert_uint_eq(db_value(n.dir, "SELECT count(*) FROM calls"), calls);
	// This table has no key: a record taken in twice would show.
	ck_assert_uint_eq(db_value(n.dir, "SELECT count(*) FROM agent_states"), states);
	ck_assert_uint_eq(
		db_value(n.dir, "SELECT count(DISTINCT sequence) FROM agent_states"), states);
	ck_assert_uint_eq(db_value(n.dir, "SELECT value FROM meta WHERE key='sequence'"), last);
	folder_remove(n.dir);
}
END_TEST

UNIT_MAIN("store", calls_are_found, records_wait_for_more_of_them, a_recording_is_one_row,
	recordings_without_an_id_stay_apart, an_answer_waits_for_room, who_forgets_hears_nothing,
	a_new_log_is_taken_in_from_its_beginning, killed_at_random_moments_no_gap_no_double)
