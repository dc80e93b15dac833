// The node's last sign of life: what a start believes of it, and who may read the database.
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "control/eventlog/alive.h"
#include "control/rebuild/rebuild.h"
#include "tests/unit/control/store/store_node.h"
#include "tests/unit/unit.h"

#define S 1000000000ull

static uint64_t now_ns, boot_ns;

static void test_clock(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = now_ns;
	*mono_ns = now_ns - boot_ns;
}

static struct eventlog *log_open(const char *dir)
{
	struct eventlog_options options = {.directory = dir, .clock = test_clock};
	struct eventlog_report report;
	struct eventlog *l;

	ck_assert_int_eq(eventlog_open(&options, &l, &report), 0);
	return l;
}

static uint64_t said; // sequence of what was appended last

static void put(struct eventlog *l, uint64_t at_s, enum event_type type, const char *body)
{
	struct callid id = {.start = 1, .counter = 1};

	now_ns = at_s * S;
	said = eventlog_append(l, type, "acme", &id, body);
}

static void turn(struct eventlog *l)
{
	struct pollfd p = {.fd = eventlog_fd(l), .events = POLLIN};

	if (poll(&p, 1, 20) == 1)
		eventlog_poll(l);
}

// What was appended is in the file, however long the machine takes for it.
static void settle(struct eventlog *l)
{
	while (eventlog_written(l) < said)
		turn(l);
}

// A sign of life at that time is in the folder's file.
static void lives(struct eventlog *l, const char *dir, uint64_t at_s)
{
	struct alive_mark mark = {.wall_ns = 0};
	const struct event none = {.sequence = 0};

	settle(l);
	now_ns = at_s * S;
	while (alive_read(dir, &none, &mark) != 0 || mark.wall_ns != now_ns) {
		eventlog_alive(l);
		turn(l);
	}
}

static void talk(struct eventlog *l, uint64_t at_s)
{
	put(l, at_s, EVENT_NODE_STARTED, "{}");
	put(l, at_s, EVENT_CALL_STARTED, "{\"caller\":\"1\"}");
	put(l, at_s, EVENT_CALL_ANSWERED, "{}");
	put(l, at_s, EVENT_CALL_QUEUED, "{\"queue\":\"sales\"}");
	put(l, at_s + 5, EVENT_CALL_CONNECTED,
		"{\"queue\":\"sales\",\"agent\":\"1001\",\"waited_ms\":5000}");
}

static uint64_t talked_ms(const char *dir)
{
	struct rebuild r;

	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.call_count, 1);
	json_t *body = json_loads(r.calls[0].record, 0, NULL);
	uint64_t ms = json_integer_value(json_object_get(body, "talked_ms"));
	ck_assert_uint_eq(json_integer_value(json_object_get(body, "ended")), r.last_ns);
	json_decref(body);
	rebuild_free(&r);
	return ms;
}

START_TEST(a_killed_talk_lasts_to_the_last_sign_of_life)
{
	char dir[64];
	struct eventlog *l = log_open(folder_new(dir));

	boot_ns = 0;
	talk(l, 100);
	settle(l);
	ck_assert_uint_eq(talked_ms(dir), 0); // nothing is known of it but its beginning
	lives(l, dir, 700);
	lives(l, dir, 1305);
	ck_assert_uint_eq(talked_ms(dir), 1200000);
	put(l, 1400, EVENT_CONFIG_LOADED, "{}"); // later than the last sign
	settle(l);
	ck_assert_uint_eq(talked_ms(dir), 1295000);
	eventlog_close(l);
	folder_remove(dir);
}
END_TEST

// Of the process before, or of another boot with a clock that was further on.
START_TEST(an_older_ones_sign_is_not_believed)
{
	char dir[64];
	struct eventlog *l = log_open(folder_new(dir));

	boot_ns = 0;
	now_ns = 90 * S;
	said = eventlog_append(l, EVENT_NODE_STARTED, "", NULL, "{}");
	lives(l, dir, 5000);
	eventlog_close(l);
	boot_ns = 5900 * S;
	l = log_open(dir);
	talk(l, 6000);
	settle(l);
	ck_assert_uint_eq(talked_ms(dir), 0);
	lives(l, dir, 6065);
	ck_assert_uint_eq(talked_ms(dir), 60000);
	eventlog_close(l);
	folder_remove(dir);
}
END_TEST

START_TEST(another_file_of_that_name_is_none)
{
	char dir[64], path[100];
	struct eventlog *l = log_open(folder_new(dir));

	boot_ns = 0;
	talk(l, 100);
	lives(l, dir, 700);
	str_format(path, sizeof(path), "%s/" ALIVE_NAME, dir);
	ck_assert_int_eq(truncate(path, 8), 0);
	ck_assert_uint_eq(talked_ms(dir), 0);
	ck_assert_int_eq(truncate(path, sizeof(struct alive_mark)), 0);
	FILE *f = fopen(path, "w");
	fputs("something else, of more than thirty-two octets", f);
	fclose(f);
	ck_assert_uint_eq(talked_ms(dir), 0);
	eventlog_close(l);
	folder_remove(dir);
}
END_TEST

// Figures that were not written yet: what the log has of a trunk's calls is counted all the same.
START_TEST(a_trunk_counts_what_the_log_has)
{
	char dir[64];
	struct rebuild r;
	struct figures n = {.since = 5 * S, .calls = 10, .rejected = 4};
	struct eventlog *l = log_open(folder_new(dir));

	boot_ns = 0;
	put(l, 100, EVENT_NODE_STARTED, "{}");
	put(l, 101, EVENT_CALL_STARTED, "{\"trunk\":\"east\",\"source\":\"192.0.2.1:5060\"}");
	figures_write(l, FIGURES_TRUNK, "acme", "east", &n); // has all before it
	put(l, 102, EVENT_CALL_REFUSED, "{\"trunk\":\"east\",\"source\":\"192.0.2.2:5060\"}");
	put(l, 103, EVENT_CALL_REFUSED, "{\"trunk\":\"east\",\"count\":7}");
	put(l, 104, EVENT_CALL_STARTED, "{\"trunk\":\"west\",\"source\":\"192.0.2.3:5060\"}");
	put(l, 105, EVENT_CALL_ENDED, "{\"trunk\":\"west\"}");
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.figures_count, 2);
	ck_assert_str_eq(r.figures[0].name, "east");
	ck_assert_uint_eq(r.figures[0].n.calls, 11);
	ck_assert_uint_eq(r.figures[0].n.rejected, 5);
	ck_assert_uint_eq(r.figures[0].n.since, 5 * S);
	ck_assert_uint_eq(r.figures[0].n.last, 102 * S);
	ck_assert_str_eq(r.figures[0].n.last_source, "192.0.2.2:5060");
	ck_assert_str_eq(r.figures[1].name, "west");
	ck_assert_str_eq(r.figures[1].tenant, "acme");
	ck_assert_uint_eq(r.figures[1].n.calls, 1);
	ck_assert_uint_eq(r.figures[1].n.since, 104 * S);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

// Agents have one name for all tenants: what counts is the last, whichever tenant it was of then.
START_TEST(an_agent_that_moved_has_its_last_figures)
{
	static const char *const tenants[] = {"acme", "city", "acme"};
	char dir[64];
	struct rebuild r;
	struct eventlog *l = log_open(folder_new(dir));

	boot_ns = 0;
	put(l, 100, EVENT_NODE_STARTED, "{}");
	for (unsigned i = 0; i < 3; i++) {
		struct figures n = {.since = 5 * S, .answered = i + 1};
		figures_write(l, FIGURES_AGENT, tenants[i], "1001", &n);
		figures_write(l, FIGURES_QUEUE, tenants[i], "sales", &n);
	}
	eventlog_close(l);
	ck_assert_int_eq(rebuild_load(dir, 0, &r), 0);
	ck_assert_uint_eq(r.figures_count, 3);
	ck_assert_str_eq(r.figures[0].tenant, "acme");
	ck_assert_uint_eq(r.figures[0].n.answered, 3);
	ck_assert_uint_eq(r.figures[1].n.answered, 3); // two queues of one name
	ck_assert_uint_eq(r.figures[2].n.answered, 2);
	rebuild_free(&r);
	folder_remove(dir);
}
END_TEST

static unsigned mode_of(const char *dir, const char *name)
{
	struct stat file;
	char path[100];

	str_format(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(stat(path, &file), 0);
	return file.st_mode & 07777;
}

static void ck_modes(const char *dir)
{
	ck_assert_uint_eq(mode_of(dir, "ringhall.db"), 0640);
	ck_assert_uint_eq(mode_of(dir, "ringhall.db-wal"), 0640);
	ck_assert_uint_eq(mode_of(dir, "ringhall.db-shm"), 0640);
}

// Whatever the mask of whoever starts us, and whatever an older version or another tool left.
START_TEST(the_group_reads_the_database_and_nobody_else)
{
	static const mode_t masks[] = {0, 0022, 0077}, left[] = {0600, 0644, 0666};
	mode_t before = umask(0);
	struct node n;
	char path[100];

	folder_new(n.dir);
	str_format(path, sizeof(path), "%s/ringhall.db", n.dir);
	for (unsigned i = 0; i < 3; i++) {
		umask(masks[i]);
		node_start(&n);
		node_wait_passed(&n, put_ended(&n, i + 1, "1001"));
		ck_modes(n.dir);
		node_stop(&n);
		ck_assert_int_eq(chmod(path, left[i]), 0);
		node_start(&n);
		node_wait_passed(&n, put_ended(&n, i + 11, "1001"));
		ck_modes(n.dir);
		node_stop(&n);
		ck_assert_int_eq(unlink(path), 0);
	}
	umask(before);
	folder_remove(n.dir);
}
END_TEST

UNIT_MAIN("alive", a_killed_talk_lasts_to_the_last_sign_of_life, an_older_ones_sign_is_not_believed,
	another_file_of_that_name_is_none, a_trunk_counts_what_the_log_has,
	an_agent_that_moved_has_its_last_figures, the_group_reads_the_database_and_nobody_else)
