// Appending to the event log, and who waits for what is written.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/format.h"
#include "control/eventlog/private.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("eventlog");

struct waiter {
	struct dlist link;
	uint64_t sequence;
	eventlog_written_h *h;
	void *arg;
};

static void clock_system(uint64_t *wall_ns, uint64_t *mono_ns, void *arg)
{
	*wall_ns = clock_wall_ns();
	*mono_ns = clock_mono_ns();
}

static void eventlog_serve_waiters(struct eventlog *l)
{
	while (!dlist_empty(&l->waiters)) {
		struct waiter *w = container_of(l->waiters.next, struct waiter, link);

		if (w->sequence > eventlog_written(l))
			return;
		dlist_remove(&w->link);
		w->h(w->sequence, w->arg);
		free(w);
	}
}

// Told in the log itself too: when it is written again, it says what happened meanwhile.
static void eventlog_tell_trouble(struct eventlog *l)
{
	char body[200];
	int error = l->file.error ? l->file.error : l->file.sync_error;

	if (!error == !l->told_error)
		return;
	l->told_error = error;
	if (!error && l->dropped != l->told_dropped) {
		// What was lost is missing in every replay: a new snapshot makes it right.
		l->told_dropped = l->dropped;
		l->turn = true;
	}
	if (error)
		str_format(body, sizeof(body),
			"{\"topic\":\"eventlog\",\"text\":\"cannot be written: "
			"%s\",\"over\":false}",
			strerror(-error));
	else
		str_format(body, sizeof(body),
			"{\"topic\":\"eventlog\",\"text\":\"written again\",\"over\":true,"
			"\"dropped\":%llu}",
			(unsigned long long)l->dropped);
	eventlog_append(l, EVENT_TROUBLE, "", NULL, body);
}

static void eventlog_moved(void *arg)
{
	struct eventlog *l = arg;

	eventlog_tell_trouble(l);
	eventlog_serve_waiters(l);
}

int eventlog_open(const struct eventlog_options *options, struct eventlog **out,
	struct eventlog_report *report)
{
	struct eventlog *l = calloc(1, sizeof(*l));

	*out = NULL;
	*report = (struct eventlog_report){};
	if (!l)
		return -ENOMEM;
	dlist_init(&l->waiters);
	l->clock = options->clock ? options->clock : clock_system;
	l->clock_arg = options->clock_arg;
	l->in_memory = !options->directory;
	l->segment_max = options->segment_bytes ? options->segment_bytes : EVENTLOG_SEGMENT;
	l->piece_max = options->piece_records ? options->piece_records : EVENTLOG_PIECE;
	l->file.efd = -1;
	if (!l->in_memory) {
		int rc = eventlog_file_open(&l->file, options, report);
		if (rc) {
			free(l);
			return rc;
		}
		l->last = report->last_sequence;
		l->news_bytes = l->file.news_bytes;
		l->turn = !l->file.segment_count;
		l->snapshot.state = l->file.snapshot_lacks ? SNAPSHOT_WANTED : SNAPSHOT_NONE;
		l->file.moved = eventlog_moved;
		l->file.arg = l;
	}
	*out = l;
	return 0;
}

void eventlog_configure(struct eventlog *l, const struct eventlog_options *options)
{
	l->segment_max = options->segment_bytes ? options->segment_bytes : EVENTLOG_SEGMENT;
	l->piece_max = options->piece_records ? options->piece_records : EVENTLOG_PIECE;
	l->file.sync = options->sync;
	l->file.retention_bytes = options->retention_bytes;
	l->file.retention_ns = options->retention_ns;
}

uint64_t eventlog_close(struct eventlog *l)
{
	if (!l)
		return 0;
	if (l->told_error) // as far as it can be written: with its begin, or neither
		eventlog_append(l, EVENT_TROUBLE, "", NULL,
			"{\"topic\":\"eventlog\",\"text\":\"the node stops\",\"over\":true}");
	eventlog_quiet_end(l);
	if (!l->in_memory)
		eventlog_file_close(&l->file);
	dlist_for_each_safe (it, &l->waiters)
		free(container_of(it, struct waiter, link));
	uint64_t written = eventlog_written(l);
	free(l);
	return written;
}

bool eventlog_may_restate(const struct eventlog *l)
{
	return !l->file.error; // else the bound on held bytes is for news
}

void eventlog_restate(
	struct eventlog *l, enum event_type type, const char *tenant, const char *body)
{
	struct event e = {.type = type, .tenant = tenant, .body = body, .body_len = strlen(body)};
	bool restates = l->restates; // within a piece of a snapshot

	check(e.body_len <= EVENTLOG_BODY_MAX && strlen(tenant) <= EVENT_TENANT_MAX);
	if (l->turn && !l->in_memory && !l->file.segment_count)
		return; // an empty log begins with news
	l->clock(&e.wall_ns, &e.mono_ns, l->clock_arg);
	l->restates = true;
	(void)eventlog_record(l, &e, false);
	l->restates = restates;
	if (!l->in_memory && !restates)
		eventlog_soon(l);
}

uint64_t eventlog_append(struct eventlog *l, enum event_type type, const char *tenant,
	const struct callid *call, const char *body)
{
	struct event e = {.type = type, .tenant = tenant, .body = body};

	check(tenant && body && strlen(tenant) <= EVENT_TENANT_MAX);
	e.body_len = strlen(body);
	if (e.body_len > EVENTLOG_BODY_MAX) {
		log_error("event body too long, left out type=%s bytes=%zu", event_type_name(type),
			e.body_len);
		e.body = "{\"left_out\":\"body too long\"}";
		e.body_len = strlen(e.body);
	}
	if (call)
		e.call = *call;
	l->clock(&e.wall_ns, &e.mono_ns, l->clock_arg);
	bool opens = eventlog_turn(l, &e);
	if (eventlog_record(l, &e, opens) && opens)
		eventlog_opened(l, e.sequence);
	if (!l->in_memory && !l->restates)
		eventlog_soon(l);
	return l->last ? l->last : 1;
}

int eventlog_when_written(struct eventlog *l, uint64_t sequence, eventlog_written_h *h, void *arg)
{
	struct waiter *w;

	if (sequence <= eventlog_written(l)) {
		h(sequence, arg);
		return 0;
	}
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct waiter){.sequence = sequence, .h = h, .arg = arg};
	// Nearly always the latest: walk from the end.
	struct dlist *at = &l->waiters;
	while (at->prev != &l->waiters &&
		container_of(at->prev, struct waiter, link)->sequence > sequence)
		at = at->prev;
	dlist_insert_before(at, &w->link);
	eventlog_heed(l);
	return 0;
}

void eventlog_forget(struct eventlog *l, void *arg)
{
	dlist_for_each_safe (it, &l->waiters) {
		struct waiter *w = container_of(it, struct waiter, link);

		if (w->arg == arg) {
			dlist_remove(it);
			free(w);
		}
	}
}

void eventlog_alive(struct eventlog *l)
{
	struct alive_mark mark = {.magic = ALIVE_MAGIC, .sequence = l->last};

	if (l->in_memory)
		return;
	l->clock(&mark.wall_ns, &mark.mono_ns, l->clock_arg);
	eventlog_file_alive(&l->file, &mark);
}

uint64_t eventlog_written(const struct eventlog *l)
{
	return l->file.written;
}

void eventlog_status(const struct eventlog *l, struct eventlog_status *out)
{
	*out = (struct eventlog_status){
		.appended = l->last,
		.written = l->file.written,
		.passed = l->file.passed,
		.synced = l->file.synced,
		.held_bytes = l->file.held,
		.dropped = l->dropped,
		.error = l->file.error ? l->file.error : l->file.sync_error,
	};
}

void eventlog_set_feed(
	struct eventlog *l, void (*each)(const struct event *e, void *arg), void *arg)
{
	l->feed = each;
	l->feed_arg = arg;
}

void eventlog_passed(struct eventlog *l, uint64_t sequence)
{
	l->file.passed = sequence;
	if (!l->in_memory)
		eventlog_file_retain(&l->file);
}

int eventlog_fd(const struct eventlog *l)
{
	return l->file.efd;
}

void eventlog_poll(struct eventlog *l)
{
	if (l->in_memory)
		return;
	(void)eventlog_loud(l);
	eventlog_file_poll(&l->file);
	eventlog_snapshot_step(l);
}
