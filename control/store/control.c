// Control's half of the store: start and stop, questions out, answers in.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/store/rescue.h"
#include "control/store/state.h"
#include "control/store/thread.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("store");

// Given out before control's loop has its turn again: some 2 ms, as each is read and written anew.
#define ROWS_PER_POLL 50

static void store_free(struct store *s)
{
	db_close(s->db);
	ring_free(s->questions);
	ring_free(s->answers);
	store_alarms_fini(&s->alarms);
	ring_wake_fini(&s->store_wake);
	ring_wake_fini(&s->control_wake);
	free(s);
}

static int start_all(struct store *s, char error[512])
{
	int rc = ring_wake_init(&s->store_wake);

	if (!rc)
		rc = ring_wake_init(&s->control_wake);
	if (rc)
		return rc;
	s->questions = ring_new(RING_MPSC, STORE_QUERIES_MAX, sizeof(struct store_question *));
	s->answers = ring_new(RING_SPSC, STORE_QUERIES_MAX, sizeof(struct store_question *));
	if (!s->questions || !s->answers || store_alarms_init(&s->alarms, &s->control_wake))
		return -ENOMEM;
	rc = db_open(s->directory, &s->db, error);
	if (rc == -EBADMSG) {
		rc = store_rescue(s, error);
		if (rc)
			str_format(error, 512,
				"the database in %s is damaged and cannot be set aside: %s; give "
				"the folder to the user of the service, or move %s away: it is "
				"made again from the event log",
				s->directory, strerror(-rc), DB_NAME);
	}
	if (rc)
		return rc;
	s->passed = s->passed_told = db_sequence(s->db);
	ring_wake_arm(&s->control_wake);
	return -pthread_create(&s->thread, NULL, store_thread, s);
}

void store_bound(struct store *s, const struct store_bounds *b)
{
	atomic_store_explicit(&s->history_days, b->history_days, memory_order_relaxed);
	atomic_store_explicit(&s->history_bytes, b->history_bytes, memory_order_relaxed);
	atomic_store_explicit(&s->recording_days, b->recording_days, memory_order_relaxed);
	atomic_store_explicit(&s->recording_bytes, b->recording_bytes, memory_order_relaxed);
}

int store_start(const struct store_options *options, struct store **out, char error[512])
{
	struct store *s = aligned_alloc(_Alignof(struct store), sizeof(*s));

	*out = NULL;
	error[0] = 0;
	if (!s)
		return -ENOMEM;
	*s = (struct store){.store_wake.efd = -1, .control_wake.efd = -1};
	dlist_init(&s->open);
	dlist_init(&s->answered);
	s->log_end = options->log_end;
	s->gather_ns = options->gather_ms * NS_PER_MS;
	store_bound(s, &options->bounds);
	int rc = str_copy(s->directory, sizeof(s->directory), options->directory);
	if (!rc && options->recordings)
		rc = str_copy(
			s->recordings_folder, sizeof(s->recordings_folder), options->recordings);
	if (!rc)
		rc = start_all(s, error);
	if (rc) {
		if (!error[0])
			str_format(error, 512, "the store does not start: %s", strerror(-rc));
		store_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

static void question_free(struct store *s, struct store_question *q)
{
	dlist_remove(&q->link);
	s->open_count--;
	s->open_files -= q->kind == STORE_FILE;
	if (q->fd >= 0)
		close(q->fd);
	db_rows_free(&q->rows);
	free(q);
}

// What the thread had to say: each trouble to its handler, or where there is none to the log.
static void notice_give(struct store *s, enum store_trouble kind, const char *text, bool over)
{
	if (s->trouble_h)
		s->trouble_h(kind, text, over, s->trouble_arg);
	else
		log_warn("%s", text);
}

// What is said once is past, and so over at once; while a trouble of its kind stands it is news
// of that one.
static void notices_give(struct store *s)
{
	struct store_notice n;

	while (ring_pop(s->alarms.notices, &n)) {
		if (n.what != NOTICE_ONCE)
			str_copy(s->standing[n.kind], STORE_TEXT_MAX,
				n.what == NOTICE_BEGINS ? n.text : "");
		if (n.what == NOTICE_ONCE && s->standing[n.kind][0]) {
			log_warn("%s", n.text);
			continue;
		}
		notice_give(s, n.kind, n.text, n.what == NOTICE_OVER);
		if (n.what == NOTICE_ONCE && s->trouble_h)
			notice_give(s, n.kind, "the store goes on; what was lost stays lost", true);
	}
}

void store_stop(struct store *s)
{
	if (!s)
		return;
	atomic_store_explicit(&s->stopping, true, memory_order_release);
	ring_wake_reader(&s->store_wake);
	pthread_join(s->thread, NULL);
	s->trouble_h = NULL; // whom it would tell is on its way out
	notices_give(s);
	dlist_for_each_safe (it, &s->open)
		question_free(s, container_of(it, struct store_question, link));
	dlist_for_each_safe (other, &s->answered)
		question_free(s, container_of(other, struct store_question, link));
	store_free(s);
}

int store_fd(const struct store *s)
{
	return s->control_wake.efd;
}

void store_written(struct store *s, uint64_t sequence)
{
	if (sequence == atomic_load_explicit(&s->written, memory_order_relaxed))
		return;
	// In one order with store_sleep: one of the two sees what the other wrote.
	atomic_store(&s->written, sequence);
	if (!atomic_load(&s->gathering))
		ring_wake_reader(&s->store_wake);
}

void store_set_passed(struct store *s, void (*passed)(uint64_t sequence, void *arg), void *arg)
{
	s->passed_h = passed;
	s->passed_arg = arg;
}

void store_set_trouble(struct store *s, store_trouble_h *h, void *arg)
{
	s->trouble_h = h;
	s->trouble_arg = arg;
}

void store_status(const struct store *s, struct store_status *out)
{
	*out = (struct store_status){
		.passed = atomic_load_explicit(&s->passed, memory_order_acquire),
		.calls = atomic_load_explicit(&s->calls, memory_order_relaxed),
		.recordings = atomic_load_explicit(&s->recordings, memory_order_relaxed),
		.damaged = atomic_load_explicit(&s->damaged, memory_order_relaxed),
		.error = atomic_load_explicit(&s->error, memory_order_relaxed),
	};
	for (unsigned i = 0; i < STORE_TROUBLES; i++)
		out->trouble[i] = s->standing[i][0] ? s->standing[i] : NULL;
}

static int store_put(struct store *s, const struct store_question *asked)
{
	bool file = asked->kind == STORE_FILE;
	struct store_question *q;

	if (s->open_count == STORE_QUERIES_MAX || (file && s->open_files == STORE_OPENED_MAX))
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = *asked;
	q->written = atomic_load_explicit(&s->written, memory_order_relaxed);
	q->fd = -ENODATA;
	dlist_push_back(&s->open, &q->link);
	s->open_count++;
	s->open_files += file;
	check(ring_push_shared(s->questions, &q));
	ring_wake_reader(&s->store_wake);
	return 0;
}

static int store_ask(struct store *s, enum store_question_kind kind,
	const struct store_filter *filter, const struct store_answer *answer,
	store_opened_h *opened)
{
	const struct store_question asked = {
		.kind = kind, .filter = *filter, .answer = *answer, .opened = opened};

	return store_put(s, &asked);
}

int store_query_stats(
	struct store *s, const struct store_stats *stats, const struct store_answer *answer)
{
	const struct store_question asked = {
		.kind = STORE_STATS, .stats = *stats, .answer = *answer};

	return store_put(s, &asked);
}

int store_query_calls(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer)
{
	return store_ask(s, STORE_CALLS, filter, answer, NULL);
}

int store_query_recordings(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer)
{
	return store_ask(s, STORE_RECORDINGS, filter, answer, NULL);
}

int store_query_names(struct store *s, const char *column, const struct store_answer *answer)
{
	struct store_filter filter = {};

	str_copy(filter.why, sizeof(filter.why), column);
	return store_ask(s, STORE_NAMES, &filter, answer, NULL);
}

// Longer than an id is no id: it finds nothing.
static void filter_call(struct store_filter *filter, const char *call)
{
	if (str_copy(filter->call, sizeof(filter->call), call))
		str_copy(filter->call, sizeof(filter->call), "-");
}

int store_query_call(struct store *s, const char *call, const struct store_answer *answer)
{
	struct store_filter filter = {};

	filter_call(&filter, call);
	return store_ask(s, STORE_CALLS, &filter, answer, NULL);
}

int store_query_offers(struct store *s, const char *call, const struct store_answer *answer)
{
	struct store_filter filter = {};

	filter_call(&filter, call);
	return store_ask(s, STORE_OFFERS, &filter, answer, NULL);
}

int store_query_file(struct store *s, const char *call, store_opened_h *opened,
	const struct store_answer *answer)
{
	struct store_filter filter = {.limit = 2};

	filter_call(&filter, call);
	return store_ask(s, STORE_FILE, &filter, answer, opened);
}

void store_resume(struct store *s)
{
	ring_wake_reader(&s->control_wake);
}

void store_forget(struct store *s, const void *arg)
{
	struct dlist *const lists[] = {&s->open, &s->answered};

	for (unsigned i = 0; i < 2; i++)
		dlist_for_each (it, lists[i]) {
			struct store_question *q = container_of(it, struct store_question, link);

			if (q->answer.arg == arg)
				q->forgotten = true;
		}
	store_resume(s); // what waited for its room is let go
}

static bool question_has_room(const struct store_question *q)
{
	return q->forgotten || !q->answer.room || q->answer.room(q->answer.arg);
}

static void question_give_file(struct store_question *q)
{
	store_opened_h *opened = q->opened;
	int fd = q->fd;

	if (!opened || q->forgotten)
		return;
	q->opened = NULL;
	q->fd = -ENODATA;
	opened(fd, q->answer.arg);
}

// Gives out rows until the budget or the room is used up. True: the question is done.
static bool question_give(struct store_question *q, unsigned *budget)
{
	const char *row = q->rows.text + q->given;

	question_give_file(q);
	while (!q->forgotten && q->given < q->rows.len && *budget && question_has_room(q)) {
		const char *next = db_rows_next(row);

		q->given += next - row;
		q->answer.row(row, q->answer.arg);
		row = next;
		--*budget;
	}
	if (!q->forgotten && q->given < q->rows.len)
		return false;
	if (!q->forgotten)
		q->answer.end(q->error, q->answer.arg);
	return true;
}

void store_poll(struct store *s)
{
	struct store_question *q;
	unsigned budget = ROWS_PER_POLL;

	ring_wake_drain(&s->control_wake);
	ring_wake_arm(&s->control_wake);
	notices_give(s);
	while (ring_pop(s->answers, &q)) {
		dlist_remove(&q->link);
		dlist_push_back(&s->answered, &q->link);
	}
	dlist_for_each_safe (it, &s->answered) {
		q = container_of(it, struct store_question, link);
		if (question_give(q, &budget))
			question_free(s, q);
		else if (budget == 0)
			break;
	}
	if (budget == 0) // the rest after the loop's next turn
		ring_wake_reader(&s->control_wake);
	uint64_t passed = atomic_load_explicit(&s->passed, memory_order_acquire);
	if (passed != s->passed_told) {
		s->passed_told = passed;
		if (s->passed_h)
			s->passed_h(passed, s->passed_arg);
	}
}
