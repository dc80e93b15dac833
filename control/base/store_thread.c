// The store's thread: the log's records into the database, questions answered between batches.
#include "control/base/store_thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "control/base/store_intake.h"
#include "control/base/store_rescue.h"
#include "control/base/store_state.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"

#define RETRY_MS  1000		  // after an error of the database
#define ASIDE_NS  (60 * NS_PER_S) // a damaged one that lies aside is looked for so often
#define RESCUE_NS (60 * NS_PER_S) // a disk that damages each new one is not fed faster

static void store_failed(struct store *s, int error)
{
	atomic_store_explicit(&s->error, error, memory_order_relaxed);
	if (error)
		store_alarm(&s->alarms, STORE_COMMIT, true,
			"the store cannot take the event log in, it is tried again every second: "
			"%s",
			strerror(-error));
	else
		store_alarm(
			&s->alarms, STORE_COMMIT, false, "the store takes the event log in again");
}

static void store_committed(struct store *s)
{
	uint64_t calls, recordings;

	db_counts(s->db, &calls, &recordings);
	atomic_store_explicit(&s->calls, calls, memory_order_relaxed);
	atomic_store_explicit(&s->recordings, recordings, memory_order_relaxed);
	atomic_store_explicit(&s->passed, db_sequence(s->db), memory_order_release);
	ring_wake_reader(&s->control_wake);
}

// A new database in place of a damaged one, or of none. 0 or -errno.
static int store_mend(struct intake *in, const char *why)
{
	struct store *s = in->s;
	char error[512];
	int rc;

	if (s->db && s->rescued_ns && clock_mono_ns() - s->rescued_ns < RESCUE_NS)
		return -EBADMSG;
	if (!s->db) {
		rc = db_open(s->directory, &s->db, error);
		if (rc == -EBADMSG)
			rc = store_rescue(s, error);
	} else {
		rc = store_rescue(s, why);
	}
	if (!rc)
		intake_restart(in);
	return rc;
}

// One batch, or a database that is mended for the next one. True: there may be more.
static bool store_take(struct intake *in)
{
	struct store *s = in->s;
	int rc = s->db ? intake_batch(in) : -EBADMSG;

	if (rc == -EBADMSG) {
		intake_close(in);
		rc = store_mend(in, "met while it was used");
		if (!rc)
			return true;
	}
	if (rc < 0) {
		store_failed(s, rc);
		return false;
	}
	store_failed(s, 0);
	if (rc)
		store_committed(s);
	return rc;
}

static bool store_answer(struct intake *in)
{
	struct store *s = in->s;
	struct store_question *q;

	if (!ring_pop(s->questions, &q))
		return false;
	if (q->kind == STORE_CALLS)
		q->error = db_query_calls(s->db, &q->filter, &q->rows);
	else
		q->error = db_query_recordings(s->db, &q->filter, &q->rows);
	if (q->error == -EBADMSG) {
		store_mend(in, "met by a question");
		q->error = -EAGAIN; // in a moment, of what the log still has
	}
	check(ring_push(s->answers, &q)); // it has room for every open question
	ring_wake_reader(&s->control_wake);
	return true;
}

static void store_sleep(struct store *s)
{
	struct pollfd p = {.fd = s->store_wake.efd, .events = POLLIN};
	bool failed = atomic_load_explicit(&s->error, memory_order_relaxed);

	if (poll(&p, 1, failed ? RETRY_MS : (int)(ASIDE_NS / NS_PER_MS)) > 0)
		ring_wake_drain(&s->store_wake);
}

// What no record asks for: is there a damaged database aside, has control heard everything?
static void store_look(struct store *s)
{
	uint64_t now = clock_mono_ns();

	if (!s->aside_ns || now - s->aside_ns >= ASIDE_NS) {
		s->aside_ns = now;
		store_watch_aside(s);
	}
	store_alarms_tell(&s->alarms);
}

// Pages that were damaged while the node was down are better found now than in a month, when the
// log does not have their records any more.
static void store_check(struct intake *in)
{
	char why[256];

	if (db_check(in->s->db, why) != -EBADMSG)
		return;
	int rc = store_mend(in, why[0] ? why : "found by the check at the start");
	if (rc)
		store_failed(in->s, rc);
}

void *store_thread(void *arg)
{
	struct store *s = arg;
	struct intake in = {.s = s};
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "store");
	store_check(&in);
	for (;;) {
		bool stopping = atomic_load_explicit(&s->stopping, memory_order_acquire);
		bool more = store_take(&in);

		more |= store_answer(&in);
		store_look(s);
		if (more)
			continue;
		if (stopping)
			break;
		ring_wake_arm(&s->store_wake);
		if (!store_take(&in) && !store_answer(&in) &&
			!atomic_load_explicit(&s->stopping, memory_order_acquire))
			store_sleep(s);
	}
	intake_close(&in);
	return NULL;
}
