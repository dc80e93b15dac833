// A store in simulated time, without a log: days of calls, states of agents and recordings.
#pragma once

#include <check.h>
#include <stdio.h>
#include <sys/stat.h>

#include "control/eventlog/eventlog.h"
#include "control/store/alarm.h"
#include "control/store/db.h"
#include "control/store/private.h"
#include "control/store/retain.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/store/store_node.h"

#define DAY_NS	      (86400 * NS_PER_S)
#define START_NS      (1700000000 * NS_PER_S)
#define CALLS_A_DAY   24u
#define STATES_A_DAY  96u
#define RECORDS_A_DAY 6u
#define FILE_BYTES    6000 // two blocks of 4 KiB

struct year { // a database in simulated time, without a log
	char dir[64], recordings[80];
	struct db *db;
	struct ring_wake wake;
	struct store_alarms alarms;
	struct retain retain;
	struct store_bounds bounds;
	uint64_t now_ns, sequence;
	unsigned steps;
};

static inline void year_begin(struct year *y)
{
	char error[512];

	*y = (struct year){.now_ns = START_NS};
	folder_new(y->dir);
	str_format(y->recordings, sizeof(y->recordings), "%s/rec", y->dir);
	ck_assert_int_eq(mkdir(y->recordings, 0750), 0);
	ck_assert_int_eq(db_open(y->dir, &y->db, error), 0);
	ck_assert_int_eq(db_run(y->db, "PRAGMA synchronous=OFF"), 0); // a year is long enough
	ck_assert_int_eq(ring_wake_init(&y->wake), 0);
	ck_assert_int_eq(store_alarms_init(&y->alarms, &y->wake), 0);
	retain_init(&y->retain, &y->alarms, y->recordings);
}

static inline void year_end(struct year *y)
{
	db_close(y->db);
	store_alarms_fini(&y->alarms);
	ring_wake_fini(&y->wake);
	folder_remove(y->dir);
}

static inline void put(
	struct year *y, enum event_type type, const struct callid *call, const char *body)
{
	struct event e = {
		.type = type,
		.sequence = ++y->sequence,
		.wall_ns = y->now_ns,
		.tenant = y->sequence % 2 ? "acme" : "zeta",
		.body = body,
		.body_len = strlen(body),
	};

	if (call)
		e.call = *call;
	ck_assert_int_eq(db_put(y->db, &e), 0);
}

static inline void put_call(struct year *y)
{
	struct callid id = {.node = 1, .counter = (uint32_t)y->sequence, .start = y->now_ns};
	char body[400];

	str_format(body, sizeof(body),
		"{\"started\":%llu,\"ended\":%llu,\"why\":\"caller-hangup\",\"agent\":\"sue\","
		"\"queue\":\"sales\",\"caller\":\"+8613%09llu\",\"called\":\"10086\","
		"\"sip_call_id\":\"%llu@192.0.2.1\",\"waited_ms\":5}",
		(unsigned long long)y->now_ns, (unsigned long long)y->now_ns + NS_PER_S,
		(unsigned long long)y->sequence * 7919 % 1000000000,
		(unsigned long long)y->sequence);
	put(y, EVENT_CALL_ENDED, &id, body);
}

// A recording of that day, its file with it; where file is NULL, in its own place.
static inline void put_recording(struct year *y, const char *tenant, const char *file, bool ended)
{
	struct callid id = {.node = 1, .counter = (uint32_t)y->sequence, .start = y->now_ns};
	uint64_t day = (y->now_ns - START_NS) / DAY_NS;
	char path[300], body[400], folder[200];
	static const char sound[FILE_BYTES];

	str_format(folder, sizeof(folder), "%s/%s", y->recordings, tenant);
	mkdir(folder, 0750);
	str_format(folder, sizeof(folder), "%s/%s/2024-%03llu", y->recordings, tenant,
		(unsigned long long)day);
	mkdir(folder, 0750);
	str_format(path, sizeof(path), "%s/r%llu.wav", folder, (unsigned long long)y->sequence);
	if (!file) {
		FILE *f = fopen(path, "w");
		ck_assert(f && fwrite(sound, 1, FILE_BYTES, f) == FILE_BYTES && !fclose(f));
	}
	str_format(body, sizeof(body), "{\"id\":\"%s-%llu\",\"file\":\"%s\",\"start\":%llu}",
		tenant, (unsigned long long)y->sequence, file ? file : path,
		(unsigned long long)y->now_ns);
	put(y, ended ? EVENT_RECORDING_ENDED : EVENT_RECORDING_STARTED, &id, body);
}

// Until nothing is left to do for now.
static inline void retain_all(struct year *y)
{
	int rc;

	do {
		rc = retain_step(&y->retain, y->db, &y->bounds, y->now_ns, y->now_ns - START_NS);
		ck_assert_int_ge(rc, 0);
		y->steps++;
	} while (rc);
}

static inline void live_a_day(struct year *y)
{
	uint64_t day_ns = y->now_ns;

	ck_assert_int_eq(db_begin(y->db), 0);
	for (unsigned i = 0; i < STATES_A_DAY; i++) {
		y->now_ns = day_ns + i * (DAY_NS / STATES_A_DAY);
		put(y, EVENT_AGENT_STATE, NULL,
			"{\"agent\":\"sue\",\"from\":\"ready\",\"to\":\"talking\",\"why\":"
			"\"call\"}");
		if (i % (STATES_A_DAY / CALLS_A_DAY) == 0)
			put_call(y);
		if (i % (STATES_A_DAY / RECORDS_A_DAY) == 0)
			put_recording(y, i % 32 ? "acme" : "zeta", NULL, true);
	}
	ck_assert_int_eq(db_commit(y->db, y->sequence, y->now_ns), 0);
	y->now_ns = day_ns + DAY_NS;
	retain_all(y);
}

static inline int64_t file_bytes(const struct year *y)
{
	char path[100];
	struct stat s;

	str_format(path, sizeof(path), "%s/ringhall.db", y->dir);
	ck_assert_int_eq(stat(path, &s), 0);
	return s.st_size;
}

static inline unsigned long shell_number(const char *fmt, const char *a)
{
	char command[300], line[64] = "";

	str_format(command, sizeof(command), fmt, a);
	FILE *p = popen(command, "r");
	ck_assert(p && fgets(line, sizeof(line), p));
	pclose(p);
	return strtoul(line, NULL, 10);
}
