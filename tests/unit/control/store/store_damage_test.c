// Log or database damaged, cut, lost or swapped between two starts, and the database while it is
// used: no row twice, none missing that log or database still have, and what is lost is said.
#include <errno.h>
#include <fcntl.h>

#include "engine/base/log.h"
#include "tests/unit/control/store/store_damages.h"
#include "tests/unit/unit.h"

#define CALLS 400u

static char golden[64]; // what a killed node left: two segments, database with its WAL

// A state's "why" is its own, so that a row too many shows whatever its key is.
static uint64_t put_state(struct node *n, unsigned mark)
{
	char body[120];

	str_format(body, sizeof(body),
		"{\"agent\":\"1001\",\"from\":\"ready\",\"to\":\"talking\",\"why\":\"m%u\"}", mark);
	return eventlog_append(n->log, EVENT_AGENT_STATE, "acme", NULL, body);
}

static uint64_t put_recording(struct node *n, unsigned number)
{
	struct callid id = {.node = 1, .counter = number, .start = 1000 + number};
	char body[200];

	if (number % 7 == 0) // never begun: it has no id
		return eventlog_append(n->log, EVENT_RECORDING_FAILED, "acme", &id,
			"{\"id\":\"\",\"why\":\"disk full\"}");
	str_format(body, sizeof(body), "{\"id\":\"r%u\",\"file\":\"/r/r%u.wav\"}", number, number);
	eventlog_append(n->log, EVENT_RECORDING_STARTED, "acme", &id, body);
	str_format(body, sizeof(body), "{\"id\":\"r%u\",\"law\":\"alaw\",\"samples\":160}", number);
	return eventlog_append(n->log, EVENT_RECORDING_ENDED, "acme", &id, body);
}

static uint64_t put_all(struct node *n, unsigned number)
{
	put_state(n, 2 * number);
	put_recording(n, number);
	put_ended(n, number, "1001");
	return put_state(n, 2 * number + 1);
}

static void golden_make(void)
{
	struct node n;
	uint64_t last = 0;

	log_set_level(NULL, LOG_ERROR);
	folder_new(n.dir);
	node_start(&n);
	for (unsigned i = 1; i <= CALLS; i++)
		last = put_all(&n, i);
	node_wait_passed(&n, last);
	folder_new(golden);
	shell("cp %s/* %s/", n.dir, golden);
	node_stop(&n);
	folder_remove(n.dir);
	split_log(golden);
}

static void golden_remove(void)
{
	folder_remove(golden);
}

// The log lost its end, and was written again while there was no store to see it.
static void log_reused(const char *dir)
{
	struct eventlog_options options = {.directory = dir};
	struct eventlog_report report;
	struct node n;
	char path[120];

	last_path(path, dir);
	cut(path, .9, 0);
	ck_assert_int_eq(eventlog_open(&options, &n.log, &report), 0);
	for (unsigned i = 1; i <= CALLS; i++)
		put_all(&n, 5000 + i);
	eventlog_close(n.log);
}

#define LOG	(1u << STORE_LOG)
#define DAMAGED (1u << STORE_DAMAGED)

static const struct damage {
	const char *name;
	void (*do_it)(const char *dir);
	bool db_lost;	// its rows are those that the log still has
	unsigned told;	// troubles that begin
	unsigned stays; // of them, still at the next start
} damages[] = {
	{"unchanged", nothing},
	{"last record torn", log_torn, .told = LOG},
	{"last segment cut in half", log_halved, .told = LOG},
	{"last segment empty", log_empty, .told = LOG},
	{"last segment lost", log_end_gone, .told = LOG},
	{"log lost wholly", log_gone, .told = LOG},
	{"first segment lost", log_head_gone},
	{"three bytes flipped", log_flipped},
	{"4 KiB flipped", log_flipped_4k},
	{"garbage behind the end", log_garbage},
	{"zeros behind the end", log_zeros},
	{"end lost and written again", log_reused, .told = LOG},
	{"database lost", db_gone, .db_lost = true},
	{"database empty", db_empty, .db_lost = true},
	{"database's head flipped", db_head, true, DAMAGED, DAMAGED},
	{"database's middle flipped", db_middle, true, DAMAGED, DAMAGED},
	{"database's schema flipped", db_schema, true, DAMAGED, DAMAGED},
	{"database cut in half", db_halved, true, DAMAGED, DAMAGED},
	{"a database of another program", db_foreign, true, DAMAGED, DAMAGED},
	{"database ahead of the log", db_ahead, .told = LOG},
	{"database behind the log", db_behind},
	{"WAL is garbage", wal_garbage, .db_lost = true},
	{"WAL lost", wal_gone, .db_lost = true},
	{"database and first segment lost", both_lost, true, LOG},
};

struct counts {
	uint64_t calls, recordings, states;
};

// What the log has to say, each thing once.
static struct counts log_counts(const char *dir, bool *seen)
{
	struct eventlog_reader *r;
	struct counts c = {};
	struct event e;
	int rc;

	ck_assert_int_eq(eventlog_reader_open(dir, 1, &r), 0);
	while ((rc = eventlog_reader_next(r, &e)) == 1 || rc == -EBADMSG) {
		if (rc == -EBADMSG)
			continue;
		c.calls += e.type == EVENT_CALL_ENDED;
		c.states += e.type == EVENT_AGENT_STATE;
		if (e.type < EVENT_RECORDING_STARTED || e.type > EVENT_RECORDING_FAILED)
			continue;
		c.recordings += !seen[e.call.counter];
		seen[e.call.counter] = true;
	}
	eventlog_reader_close(r);
	return c;
}

static struct counts db_counts_of(const char *dir)
{
	return (struct counts){
		.calls = db_value(dir, "SELECT count(*) FROM calls"),
		.recordings = db_value(dir, "SELECT count(*) FROM recordings"),
		.states = db_value(dir, "SELECT count(*) FROM agent_states"),
	};
}

static void check_single(const char *dir, const char *name)
{
	ck_assert_msg(!db_value(dir, "SELECT count(*)-count(DISTINCT why) FROM agent_states"),
		"%s: states of agents twice", name);
	ck_assert_msg(!db_value(dir, "SELECT count(*)-count(DISTINCT call) FROM recordings"),
		"%s: recordings twice", name);
	ck_assert_msg(!db_value(dir,
			      "SELECT count(*) FROM recordings WHERE state='open' AND "
			      "samples IS NOT NULL"),
		"%s: a recording that had ended is open again", name);
}

// Until it was told so: a hang is the test's end.
static void node_wait_told(struct node *n, unsigned begun, unsigned stays)
{
	node_poll(n, 0);
	while ((n->begun & begun) != begun || (n->begun & ~n->over) != stays)
		node_poll(n, 1000);
}

// Takes in what there is and one call more.
static struct counts node_go_on(struct node *n, unsigned number, unsigned told, unsigned stays)
{
	node_start(n);
	node_wait_passed(n, put_all(n, number));
	node_wait_told(n, told, stays);
	struct counts c = db_counts_of(n->dir);
	node_stop(n);
	return c;
}

START_TEST(damage_between_two_starts)
{
	const struct damage *d = &damages[_i];
	static bool seen[7000];
	struct node n;

	memset(seen, 0, sizeof(seen));
	folder_new(n.dir);
	shell("cp %s/* %s/", golden, n.dir);
	d->do_it(n.dir);
	struct counts want = {CALLS, CALLS, 2 * CALLS};
	if (d->db_lost)
		want = log_counts(n.dir, seen);
	else if (d->do_it == log_reused)
		want = (struct counts){2 * CALLS, 2 * CALLS, 4 * CALLS};
	struct counts got = node_go_on(&n, 6000, d->told, d->stays);
	check_single(n.dir, d->name);
	ck_assert_msg(got.calls == want.calls + 1 && got.recordings == want.recordings + 1 &&
			got.states == want.states + 2,
		"%s: %llu calls, %llu recordings, %llu states; expected %llu, %llu, %llu", d->name,
		(unsigned long long)got.calls, (unsigned long long)got.recordings,
		(unsigned long long)got.states, (unsigned long long)want.calls + 1,
		(unsigned long long)want.recordings + 1, (unsigned long long)want.states + 2);
	ck_assert_msg(n.begun == d->told, "%s: told %x", d->name, n.begun);
	struct counts next = node_go_on(&n, 6001, d->stays, d->stays);
	check_single(n.dir, d->name);
	ck_assert_msg(next.calls == got.calls + 1 && next.states == got.states + 2,
		"%s: at the second start", d->name);
	ck_assert_msg(n.begun == d->stays, "%s: told again %x", d->name, n.begun);
	folder_remove(n.dir);
}
END_TEST

// A page of the database goes bad under the running store: found by the next record or question.
static void page_damage(struct node *n, const char *table)
{
	char path[120], sql[200];
	uint8_t garbage[4096];

	memset(garbage, 0x5a, sizeof(garbage));
	// A write of another process: the store's cache is not believed any more.
	db_run_sql(n->dir, "INSERT OR REPLACE INTO meta VALUES('other', 1);" CHECKPOINT);
	str_format(sql, sizeof(sql), "SELECT rootpage FROM sqlite_master WHERE name='%s'", table);
	int64_t page = db_value(n->dir, sql);
	db_path(path, n->dir);
	int fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, garbage, sizeof(garbage), (page - 1) * 4096), sizeof(garbage));
	close(fd);
}

static void end_of_answer(int error, void *arg)
{
	*(int *)arg = error;
}

static void no_row(const char *json, void *arg)
{
	(void)json, (void)arg;
}

START_TEST(damage_while_it_is_used)
{
	static const char *const tables[] = {"calls", "agent_states", "calls_started"};
	struct store_status status;
	struct node n;
	char path[120];

	folder_new(n.dir);
	shell("cp %s/* %s/", golden, n.dir);
	node_start(&n);
	node_wait_passed(&n, put_all(&n, 6000));
	page_damage(&n, tables[_i]);
	node_wait_passed(&n, put_all(&n, 6001));
	node_wait_told(&n, DAMAGED, DAMAGED);
	store_status(n.store, &status);
	ck_assert_ptr_nonnull(strstr(status.trouble[STORE_DAMAGED], "ringhall.db.damaged-"));
	struct counts c = db_counts_of(n.dir);
	ck_assert_uint_eq(c.calls, CALLS + 2);
	ck_assert_uint_eq(c.states, 2 * CALLS + 4);
	node_stop(&n);
	check_single(n.dir, "while it is used");
	// The alarm stands as long as nobody has looked.
	node_start(&n);
	node_wait_passed(&n, put_all(&n, 6002));
	node_wait_told(&n, DAMAGED, DAMAGED);
	node_stop(&n);
	str_format(path, sizeof(path), "%s/ringhall.db.damaged-", n.dir);
	shell("rm %s%s", path, "*");
	node_start(&n);
	node_wait_passed(&n, put_all(&n, 6003));
	node_poll(&n, 0);
	ck_assert_uint_eq(n.begun, 0);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

START_TEST(damage_met_by_a_question)
{
	struct store_status status;
	int error = 1;
	struct store_answer answer = {no_row, end_of_answer, &error};
	struct node n;

	folder_new(n.dir);
	shell("cp %s/* %s/", golden, n.dir);
	node_start(&n);
	uint64_t last = put_all(&n, 6000);
	node_wait_passed(&n, last);
	page_damage(&n, "calls");
	ck_assert_int_eq(store_query_calls(n.store, &(struct store_filter){}, &answer), 0);
	while (error == 1)
		node_poll(&n, 1000);
	// 0 where the removal of old rows, which looks at the table now and then, met it before.
	ck_assert(error == -EAGAIN || !error);
	do {
		node_poll(&n, 1000);
		store_status(n.store, &status);
	} while (status.passed != last);
	ck_assert_uint_eq(db_counts_of(n.dir).calls, CALLS + 1);
	ck_assert_uint_eq(n.begun, DAMAGED);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// A record whose body is no JSON takes none of the others with it, and is not passed over silently.
START_TEST(a_body_that_cannot_be_read_is_said)
{
	struct store_status status;
	struct node n;

	folder_new(n.dir);
	node_start(&n);
	put_ended(&n, 1, "1001");
	eventlog_append(n.log, EVENT_CALL_ENDED, "acme", &(struct callid){.counter = 2},
		"\x01\xff not ours");
	node_wait_passed(&n, put_ended(&n, 3, "1001"));
	node_wait_told(&n, LOG, 0); // it is past, and so over
	store_status(n.store, &status);
	ck_assert_uint_eq(status.damaged, 1);
	ck_assert_uint_eq(n.begun, LOG);
	ck_assert_ptr_null(status.trouble[STORE_LOG]); // nothing stands: it is lost
	ck_assert_uint_eq(db_counts_of(n.dir).calls, 2);
	node_stop(&n);
	folder_remove(n.dir);
}
END_TEST

// Rows that the first version wrote twice are one again.
START_TEST(doubles_of_an_older_version_go)
{
	struct node n;

	folder_new(n.dir);
	shell("cp %s/* %s/", golden, n.dir);
	db_run_sql(n.dir,
		"DROP INDEX agent_states_once; DROP INDEX recordings_once;"
		"INSERT INTO agent_states SELECT * FROM agent_states;"
		"INSERT INTO recordings SELECT * FROM recordings WHERE id IS NULL;"
		"PRAGMA user_version=0");
	ck_assert_int_eq(db_value(n.dir, "SELECT count(*) FROM agent_states"), 4 * CALLS);
	struct counts c = node_go_on(&n, 6000, 0, 0);
	ck_assert_uint_eq(c.states, 2 * CALLS + 2);
	check_single(n.dir, "older version");
	folder_remove(n.dir);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_damage");
	TCase *tcase = tcase_create("store_damage");
	SRunner *runner = srunner_create(suite);

	tcase_add_unchecked_fixture(tcase, golden_make, golden_remove);
	tcase_add_loop_test(
		tcase, damage_between_two_starts, 0, sizeof(damages) / sizeof(damages[0]));
	tcase_add_loop_test(tcase, damage_while_it_is_used, 0, 3);
	tcase_add_test(tcase, damage_met_by_a_question);
	tcase_add_test(tcase, a_body_that_cannot_be_read_is_said);
	tcase_add_test(tcase, doubles_of_an_older_version_go);
	tcase_set_timeout(tcase, 600);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, getenv("CK_FORK") ? CK_FORK_GETENV : CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
