// The store's thread: the log's records into the database, questions answered between batches.
#include "control/store/thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "control/store/found.h"
#include "control/store/intake.h"
#include "control/store/opened.h"
#include "control/store/reading.h"
#include "control/store/rescue.h"
#include "control/store/retain.h"
#include "control/store/state.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"

#define RETRY_MS       1000	       // after an error of the database
#define ASIDE_NS       (60 * NS_PER_S) // a damaged one that lies aside is looked for so often
#define GATHER_MOST    1000	       // records that wait for no more
#define RETAIN_NS      (10 * NS_PER_S)
#define RETAIN_MORE_NS (20 * NS_PER_MS) // between two steps: for records and questions
#define RESCUE_NS      (60 * NS_PER_S)	// a disk that damages each new one is not fed faster

struct work { // the thread's own
	struct intake in;
	struct retain retain;
	struct found found;
	struct readings readings;
	uint64_t retain_ns; // when its next step is due, monotonic
	uint64_t taken_ns;  // of the last commit; 0: there was none
};

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

static void store_answered(struct store *s, struct store_question *q)
{
	check(ring_push(s->answers, &q)); // it has room for every open question
	ring_wake_reader(&s->control_wake);
}

// Their statements are of a database that goes away.
static void store_drop_readings(struct work *w)
{
	struct store_question *q;

	while ((q = readings_drop(&w->readings, -EAGAIN)))
		store_answered(w->in.s, q);
}

// A new database in place of a damaged one, or of none. 0 or -errno.
static int store_mend(struct work *w, const char *why)
{
	struct store *s = w->in.s;
	char error[512];
	int rc;

	if (s->db && s->rescued_ns && clock_mono_ns() - s->rescued_ns < RESCUE_NS)
		return -EBADMSG;
	store_drop_readings(w);
	if (!s->db) {
		rc = db_open(s->directory, &s->db, error);
		if (rc == -EBADMSG)
			rc = store_rescue(s, error);
	} else {
		rc = store_rescue(s, why);
	}
	if (!rc) {
		intake_restart(&w->in);
		retain_restart(&w->retain);
		found_restart(&w->found);
	}
	return rc;
}

// One batch, or a database that is mended for the next one. True: there may be more.
static bool store_take(struct work *w)
{
	struct store *s = w->in.s;
	int rc = s->db ? intake_batch(&w->in) : -EBADMSG;

	if (rc == -EBADMSG) {
		intake_close(&w->in);
		rc = store_mend(w, "met while it was used");
		if (!rc)
			return true;
	}
	if (rc < 0) {
		store_failed(s, rc);
		return false;
	}
	store_failed(s, 0);
	if (rc) {
		w->taken_ns = clock_mono_ns();
		store_committed(s);
	}
	return rc;
}

// How long records may wait for more of them. 0: they are taken in now.
static uint64_t store_gathers_ns(const struct work *w)
{
	const struct store *s = w->in.s;
	uint64_t since = clock_mono_ns() - w->taken_ns;
	uint64_t waiting = atomic_load_explicit(&s->written, memory_order_acquire) - w->in.read;

	if (!w->taken_ns || since >= s->gather_ns || waiting >= GATHER_MOST ||
		ring_count(s->questions) ||
		atomic_load_explicit(&s->stopping, memory_order_acquire))
		return 0;
	return s->gather_ns - since;
}

static struct store_bounds store_bounds(const struct store *s)
{
	return (struct store_bounds){
		.history_days = atomic_load_explicit(&s->history_days, memory_order_relaxed),
		.history_bytes = atomic_load_explicit(&s->history_bytes, memory_order_relaxed),
		.recording_days = atomic_load_explicit(&s->recording_days, memory_order_relaxed),
		.recording_bytes = atomic_load_explicit(&s->recording_bytes, memory_order_relaxed),
	};
}

// A step of forgetting, when its time has come. Not while the log is read again: a recording's
// beginning may have been read, and its end not yet.
static void store_forget_old(struct work *w)
{
	struct store *s = w->in.s;
	struct store_bounds bounds = store_bounds(s);
	uint64_t now = clock_mono_ns();

	if (now < w->retain_ns || !s->db || w->in.again || !w->in.compared)
		return;
	int rc = retain_step(&w->retain, s->db, &bounds, clock_wall_ns(), now);
	if (!rc)
		rc = found_step(&w->found, s->db, clock_wall_ns(), now);
	if (rc == -EBADMSG)
		rc = store_mend(w, "met while old rows were removed");
	else if (rc < 0)
		store_alarm(&s->alarms, STORE_RETENTION, true,
			"old rows cannot be removed, it is tried again: %s", strerror(-rc));
	w->retain_ns = clock_mono_ns() + (rc > 0 ? RETAIN_MORE_NS : RETAIN_NS);
}

static void store_question(struct work *w, struct store_question *q)
{
	struct store *s = w->in.s;

	if (q->kind == STORE_CALLS)
		q->error = db_query_calls(s->db, &q->filter, &q->rows);
	else if (q->kind == STORE_NAMES)
		q->error = db_query_names(s->db, q->filter.why, &q->rows);
	else if (q->kind == STORE_OFFERS)
		q->error = db_query_offers(s->db, &q->filter, &q->rows);
	else if (q->kind == STORE_STATS)
		q->error = readings_add(&w->readings, q);
	else
		q->error = db_query_recordings(s->db, &q->filter, &q->rows);
	if (q->kind == STORE_FILE && !q->error)
		store_open_file(s, q);
}

static void store_tell(struct work *w, struct store_question *q)
{
	if (q->error == -EBADMSG) {
		store_mend(w, "met by a question");
		q->error = -EAGAIN; // in a moment, of what the log still has
	}
	store_answered(w->in.s, q);
}

static bool store_answer(struct work *w)
{
	struct store_question *q;

	if (!ring_pop(w->in.s->questions, &q))
		return false;
	store_question(w, q);
	if (q->kind != STORE_STATS || q->error)
		store_tell(w, q);
	return true;
}

// False: no figures are asked for.
static bool store_read(struct work *w, bool taken)
{
	bool more = readings_step(&w->readings, w->in.read, taken);

	if (w->readings.over)
		store_tell(w, w->readings.over);
	w->readings.over = NULL;
	return more;
}

// Who asks is told all that was written before: a question that comes in the midst waits a turn.
static bool store_turn(struct work *w)
{
	bool asked = ring_count(w->in.s->questions);
	bool now = asked || readings_wait(&w->readings, w->in.read) || !store_gathers_ns(w);
	bool taken = now && store_take(w);
	bool more = (asked && store_answer(w)) || taken;

	return store_read(w, taken) || more;
}

static void store_sleep(struct work *w)
{
	struct store *s = w->in.s;
	struct pollfd p = {.fd = s->store_wake.efd, .events = POLLIN};
	uint64_t now = clock_mono_ns(), gathers_ns = store_gathers_ns(w);
	int wait_ms = w->retain_ns > now ? (int)((w->retain_ns - now) / NS_PER_MS) + 1 : RETRY_MS;

	if (atomic_load_explicit(&s->error, memory_order_relaxed) && wait_ms > RETRY_MS)
		wait_ms = RETRY_MS;
	if (gathers_ns && (uint64_t)wait_ms > gathers_ns / NS_PER_MS)
		wait_ms = (int)(gathers_ns / NS_PER_MS) + 1;
	atomic_store(&s->gathering, gathers_ns > 0);
	if (poll(&p, 1, wait_ms) > 0)
		ring_wake_drain(&s->store_wake);
	atomic_store(&s->gathering, false);
	atomic_thread_fence(memory_order_seq_cst); // what was written without waking us is seen
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
static void store_check(struct work *w)
{
	char why[256];

	if (db_check(w->in.s->db, why) != -EBADMSG)
		return;
	int rc = store_mend(w, why[0] ? why : "found by the check at the start");
	if (rc)
		store_failed(w->in.s, rc);
}

void *store_thread(void *arg)
{
	struct store *s = arg;
	struct work w = {.in = {.s = s}};
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "store");
	retain_init(&w.retain, &s->alarms, s->recordings_folder);
	found_init(&w.found, s->recordings_folder, clock_mono_ns());
	readings_init(&w.readings, s);
	store_check(&w);
	for (;;) {
		bool stopping = atomic_load_explicit(&s->stopping, memory_order_acquire);
		bool more = store_turn(&w);

		store_look(s);
		store_forget_old(&w);
		if (more)
			continue;
		if (stopping)
			break;
		ring_wake_arm(&s->store_wake);
		if (!store_turn(&w) && !atomic_load_explicit(&s->stopping, memory_order_acquire))
			store_sleep(&w);
	}
	intake_close(&w.in);
	found_fini(&w.found);
	return NULL;
}
