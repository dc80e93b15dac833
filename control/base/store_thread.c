// The store's thread: the log's records into the database, questions answered between batches.
#include "control/base/store_thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "control/base/eventlog.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

LOG_TOPIC("store");

#define BATCH	 2000 // records a transaction: a few ms
#define RETRY_MS 1000 // after an error of the database

struct intake { // the thread's place in the log
	struct store *s;
	struct eventlog_reader *reader; // NULL: to be opened behind what is committed
	uint64_t read;			// last sequence taken into the batch
};

static void intake_close(struct intake *in)
{
	eventlog_reader_close(in->reader);
	in->reader = NULL;
}

static uint64_t store_log_end(const struct store *s)
{
	return atomic_load_explicit(&s->written, memory_order_acquire);
}

// A log that ends before what is committed is another log: its records are new. Known with the
// first word of how far it is written.
static void intake_compare(struct intake *in)
{
	struct store *s = in->s;
	uint64_t committed = db_sequence(s->db), end = store_log_end(s);

	if (s->seen_written || !end)
		return;
	s->seen_written = true;
	if (end >= committed)
		return;
	log_warn("the event log ends before what the store has, it was replaced: taken in from "
		 "its beginning log=%llu store=%llu",
		(unsigned long long)end, (unsigned long long)committed);
	if (db_begin(s->db) || db_commit(s->db, 0))
		return;
	atomic_store_explicit(&s->passed, 0, memory_order_release);
	intake_close(in);
}

static void store_failed(struct store *s, int error)
{
	int before = atomic_exchange_explicit(&s->error, error, memory_order_relaxed);

	if (error && !before)
		log_error("the store cannot commit, it is tried again every second: %s",
			strerror(-error));
	if (!error && before)
		log_warn("the store commits again");
}

static void store_committed(struct store *s)
{
	uint64_t calls, recordings;

	db_counts(s->db, &calls, &recordings);
	atomic_store_explicit(&s->calls, calls, memory_order_relaxed);
	atomic_store_explicit(&s->recordings, recordings, memory_order_relaxed);
	atomic_store_explicit(&s->passed, db_sequence(s->db), memory_order_release);
	store_failed(s, 0);
	ring_wake_reader(&s->control_wake);
}

// Reads up to a batch into an open transaction. Records read, or -errno.
static int intake_fill(struct intake *in)
{
	struct store *s = in->s;
	struct event e;
	int count = 0;

	while (count < BATCH && in->read < store_log_end(s)) {
		int rc = eventlog_reader_next(in->reader, &e);

		if (rc == 0)
			break;
		if (rc == -EBADMSG) {
			log_error("event log: %s", eventlog_reader_damage(in->reader));
			atomic_fetch_add_explicit(&s->damaged, 1, memory_order_relaxed);
			continue;
		}
		if (rc == 1)
			rc = db_put(s->db, &e);
		if (rc)
			return rc;
		in->read = e.sequence;
		count++;
	}
	return count;
}

// One batch. True: there may be more.
static bool intake_batch(struct intake *in)
{
	struct store *s = in->s;
	int rc = 0;

	intake_compare(in);
	if (!in->reader) {
		in->read = db_sequence(s->db);
		rc = eventlog_reader_open(s->directory, in->read + 1, &in->reader);
	}
	if (!rc && in->read >= store_log_end(s))
		return false;
	if (!rc)
		rc = db_begin(s->db);
	if (!rc) {
		rc = intake_fill(in);
		if (rc <= 0)
			db_rollback(s->db);
		else
			rc = db_commit(s->db, in->read) ?: rc;
	}
	if (rc > 0) {
		store_committed(s);
		return true;
	}
	if (rc < 0) {
		store_failed(s, rc);
		intake_close(in); // again from what is committed
	}
	return false;
}

static bool store_answer(struct store *s)
{
	struct store_question *q;

	if (!ring_pop(s->questions, &q))
		return false;
	if (q->kind == STORE_CALLS)
		q->error = db_query_calls(s->db, &q->filter, &q->rows);
	else
		q->error = db_query_recordings(s->db, &q->filter, &q->rows);
	check(ring_push(s->answers, &q)); // it has room for every open question
	ring_wake_reader(&s->control_wake);
	return true;
}

static void store_sleep(struct store *s)
{
	struct pollfd p = {.fd = s->store_wake.efd, .events = POLLIN};
	bool failed = atomic_load_explicit(&s->error, memory_order_relaxed);

	if (poll(&p, 1, failed ? RETRY_MS : -1) > 0)
		ring_wake_drain(&s->store_wake);
}

void *store_thread(void *arg)
{
	struct store *s = arg;
	struct intake in = {.s = s};
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "store");
	for (;;) {
		bool stopping = atomic_load_explicit(&s->stopping, memory_order_acquire);
		bool more = intake_batch(&in);

		more |= store_answer(s);
		if (more)
			continue;
		if (stopping)
			break;
		ring_wake_arm(&s->store_wake);
		if (!intake_batch(&in) && !store_answer(s) &&
			!atomic_load_explicit(&s->stopping, memory_order_acquire))
			store_sleep(s);
	}
	intake_close(&in);
	return NULL;
}
