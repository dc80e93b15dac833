// Taking the log's records in: does it fit what is committed, batches, what cannot be read.
#include "control/store/intake.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "control/eventlog/eventlog.h"
#include "control/store/state.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

#define BATCH 2000 // records a transaction: a few ms

void intake_close(struct intake *in)
{
	eventlog_reader_close(in->reader);
	in->reader = NULL;
}

void intake_restart(struct intake *in)
{
	intake_close(in);
	in->compared = false;
}

static uint64_t intake_log_end(const struct intake *in)
{
	return atomic_load_explicit(&in->s->written, memory_order_acquire);
}

// The oldest record that the log still has. 0: it has none; else 1, or -errno.
static int log_first(const char *directory, struct event *first)
{
	struct eventlog_reader *r;
	int rc = eventlog_reader_open(directory, 1, &r);

	if (rc)
		return rc;
	do
		rc = eventlog_reader_next(r, first);
	while (rc == -EBADMSG);
	eventlog_reader_close(r); // texts of *first are gone with it
	return rc;
}

// From the beginning: rows that are there stay as they are.
static int intake_again(struct intake *in)
{
	int rc = db_begin(in->s->db);

	if (!rc)
		rc = db_commit(in->s->db, 0, 0);
	if (!rc)
		atomic_store_explicit(&in->s->passed, 0, memory_order_release);
	intake_close(in);
	in->again = !rc;
	return rc;
}

// The record committed last, as the log has it: another one there means another log.
static int intake_compare_record(struct intake *in, uint64_t committed)
{
	struct event e;
	uint64_t time_ns = db_time(in->s->db);
	int rc = eventlog_reader_open(in->s->directory, committed, &in->reader);

	// Damage before it is of records that were taken in.
	while (!rc && (rc = eventlog_reader_next(in->reader, &e)) == -EBADMSG)
		rc = 0;
	if (rc == 1 && e.sequence == committed && (e.wall_ns == time_ns || !time_ns)) {
		in->read = committed;
		in->read_ns = time_ns;
		return 0; // and the reader stands behind it
	}
	if (rc != 1 || e.sequence != committed) {
		// Gone or damaged: there is nothing to compare. It is told when it is read past.
		intake_close(in);
		return rc == 1 ? 0 : rc;
	}
	store_alarm(&in->s->alarms, STORE_LOG, true,
		"record %llu of the event log is not the one that the store has taken in: it is "
		"another log, or its end was lost and written again; it is read from its "
		"beginning, rows of before stay",
		(unsigned long long)committed);
	return intake_again(in);
}

static int intake_compare_new(struct intake *in)
{
	struct event first = {};
	char day[32] = "";
	struct tm tm;
	int rc = in->s->log_end ? log_first(in->s->directory, &first) : 0;

	if (rc <= 0)
		return rc;
	in->again = true;
	if (first.sequence == 1) {
		log_info("the database is new: it is made from the event log's records up to %llu",
			(unsigned long long)in->s->log_end);
		return 0;
	}
	if (localtime_r(&(time_t){(time_t)(first.wall_ns / NS_PER_S)}, &tm))
		strftime(day, sizeof(day), "%F %T", &tm);
	store_alarm(&in->s->alarms, STORE_LOG, true,
		"the database is new and the event log begins with record %llu of %s: calls, "
		"recordings and states of agents of before are not in it",
		(unsigned long long)first.sequence, day);
	return 0;
}

// Once, before the first record is taken in: docs/events.md has the cells.
static int intake_compare(struct intake *in)
{
	uint64_t committed = db_sequence(in->s->db), end = in->s->log_end;
	int rc = 0;

	if (in->compared)
		return 0;
	if (!committed) {
		rc = intake_compare_new(in);
	} else if (end < committed) {
		store_alarm(&in->s->alarms, STORE_LOG, true,
			"the event log ends with record %llu, the store has %llu: the log's last "
			"records are lost (torn, cut or removed); their rows stay, and the log is "
			"read again from its beginning",
			(unsigned long long)end, (unsigned long long)committed);
		rc = intake_again(in);
	} else {
		rc = intake_compare_record(in, committed);
	}
	in->compared = !rc;
	return rc;
}

// What was to be read again has been: all that the log had at the start.
static void intake_through(struct intake *in)
{
	if (!in->again || intake_log_end(in) < in->s->log_end)
		return;
	in->again = false;
	store_alarm(&in->s->alarms, STORE_LOG, false, "the event log is taken in up to record %llu",
		(unsigned long long)db_sequence(in->s->db));
}

static void intake_damage(struct intake *in, const char *text, unsigned places)
{
	atomic_fetch_add_explicit(&in->s->damaged, places, memory_order_relaxed);
	store_say(&in->s->alarms, STORE_LOG,
		"records of the event log cannot be read, the store goes on without them: %s%s",
		text, places > 1 ? "; and further places" : "");
}

// Reads up to a batch into an open transaction. Records read, or -errno.
static int intake_fill(struct intake *in)
{
	struct store *s = in->s;
	char text[STORE_TEXT_MAX];
	unsigned damaged = 0;
	struct event e;
	int rc = 0, count = 0;

	while (count < BATCH && in->read < intake_log_end(in)) {
		rc = eventlog_reader_next(in->reader, &e);
		if (rc == 0)
			break;
		if (rc == -EBADMSG) {
			if (!damaged++)
				str_copy(text, sizeof(text), eventlog_reader_damage(in->reader));
			continue;
		}
		if (rc == 1)
			rc = db_put(s->db, &e);
		if (rc == -EINVAL && !damaged++)
			str_format(text, sizeof(text), "record %llu is no JSON object",
				(unsigned long long)e.sequence);
		if (rc && rc != -EINVAL)
			break;
		rc = 0;
		in->read = e.sequence;
		in->read_ns = e.wall_ns;
		count++;
	}
	if (damaged)
		intake_damage(in, text, damaged);
	return rc < 0 ? rc : count;
}

static int intake_commit(struct intake *in)
{
	int rc = db_begin(in->s->db);

	if (rc)
		return rc;
	rc = intake_fill(in);
	if (rc <= 0) {
		db_rollback(in->s->db);
		return rc;
	}
	rc = db_commit(in->s->db, in->read, in->read_ns);
	return rc ? rc : 1;
}

int intake_batch(struct intake *in)
{
	int rc = intake_compare(in);

	if (!rc && !in->reader) {
		in->read = db_sequence(in->s->db);
		in->read_ns = db_time(in->s->db);
		rc = eventlog_reader_open(in->s->directory, in->read + 1, &in->reader);
	}
	if (!rc && in->read < intake_log_end(in))
		rc = intake_commit(in);
	if (rc < 0)
		intake_close(in); // again from what is committed
	if (!rc)
		intake_through(in);
	return rc;
}
