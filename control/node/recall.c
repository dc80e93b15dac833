// The store's rows are a queue's calls, the newest first, a page at a time.
#include "control/node/recall.h"

#include <jansson.h>
#include <string.h>

#include "control/store/store.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("recall");

#define PAGE	     500
#define ROWS_MAX     (2 * FLOOR_LAST_MAX) // of one queue
#define AGAIN_MS     5000
#define FAILURES_MAX 12

static void ask(struct recall *r);

static void queue_done(struct recall *r)
{
	log_debug("recalled: tenant=%s queue=%s calls=%u", r->queue.tenant, r->queue.name, r->rows);
	floor_recalled(r->env.floor, &r->queue);
	r->rows = 0;
	r->until_ns = 0;
	r->asks = false;
	recall_more(r);
}

static void on_again(void *arg)
{
	ask(arg);
}

static void failed(struct recall *r, int error)
{
	if (++r->failures < FAILURES_MAX) {
		timer_start(r->env.timers, &r->again, AGAIN_MS, on_again, r);
		return;
	}
	log_warn("last agents are not known of before the start: tenant=%s queue=%s error=%s",
		r->queue.tenant, r->queue.name, strerror(-error));
	queue_done(r);
}

static void on_row(const char *json, void *arg)
{
	struct recall *r = arg;
	json_t *row = json_loads(json, 0, NULL);
	struct floor_talk t;

	r->page++;
	r->oldest_ns = (uint64_t)json_integer_value(json_object_get(row, "started"));
	if (floor_talk_read(row, r->queue.tenant, &t))
		floor_talked_before(r->env.floor, &t);
	json_decref(row);
}

static void on_end(int error, void *arg)
{
	struct recall *r = arg;

	if (error) {
		failed(r, error);
		return;
	}
	r->failures = 0;
	r->rows += r->page;
	r->until_ns = r->oldest_ns;
	if (r->page < PAGE || r->rows >= ROWS_MAX)
		queue_done(r);
	else
		ask(r);
}

static void ask(struct recall *r)
{
	const struct store_answer answer = {on_row, on_end, r, NULL};
	uint64_t now_ns = timers_wall_ns(r->env.timers);
	uint64_t within_ns = r->queue.within_s * NS_PER_S;
	struct store_filter filter = {.limit = PAGE,
		.since_ns = now_ns > within_ns ? now_ns - within_ns : 0,
		.until_ns = r->until_ns};

	r->page = 0;
	int err = str_copy(filter.tenant, sizeof(filter.tenant), r->queue.tenant);
	if (!err)
		err = str_copy(filter.queue, sizeof(filter.queue), r->queue.name);
	if (!err)
		err = store_query_calls(r->env.store, &filter, &answer);
	if (err)
		failed(r, err);
}

void recall_more(struct recall *r)
{
	if (!r->ready || r->asks || !floor_recall_next(r->env.floor, &r->queue))
		return;
	r->asks = true;
	r->failures = 0;
	ask(r);
}

void recall_start(struct recall *r, const struct recall_env *env)
{
	struct store_status status;

	r->env = *env;
	store_status(r->env.store, &status);
	recall_passed(r, status.passed);
}

void recall_passed(struct recall *r, uint64_t sequence)
{
	if (r->ready || r->env.store == NULL || sequence < r->env.log_end)
		return;
	r->ready = true;
	recall_more(r);
}

void recall_stop(struct recall *r)
{
	if (r->env.store == NULL)
		return; // was not started
	timer_cancel(&r->again);
	store_forget(r->env.store, r);
	r->env.store = NULL; // whatever it still says
}
