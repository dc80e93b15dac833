// The last interval, sliding: asked of the store, kept by queue.
#include "control/live/live.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/figures/interval.h"
#include "control/store/store.h"
#include "engine/base/str.h"

struct live_row {
	char tenant[64], name[64];
	int64_t n[FIGURES_COUNTERS_ALL];
};

struct live_rows {
	struct live_row *list; // sorted once they are whole
	size_t count, size;
};

struct live {
	struct store *store;
	struct timers *timers;
	struct timer timer;
	struct live_rows now, next; // given out; being heard
	bool asking;
	uint64_t asked_ms, wanted_ms;
	uint64_t until_ms; // what there is is given out, unless it is renewed
};

static int row_compare(const void *a, const void *b)
{
	const struct live_row *x = a, *y = b;
	int tenant = strcmp(x->tenant, y->tenant);

	return tenant ? tenant : strcmp(x->name, y->name);
}

static struct live_row *rows_add(struct live_rows *r)
{
	if (r->count == r->size) {
		size_t size = r->size ? 2 * r->size : 64;
		struct live_row *list = realloc(r->list, size * sizeof(*list));

		if (!list)
			return NULL;
		r->list = list;
		r->size = size;
	}
	return &r->list[r->count++];
}

static void on_row(const char *json, void *arg)
{
	struct live *l = arg;
	json_t *row = json_loads(json, 0, NULL);
	struct live_row *to = row ? rows_add(&l->next) : NULL;

	if (to) {
		const char *tenant = json_string_value(json_object_get(row, "tenant"));
		const char *name = json_string_value(json_object_get(row, "name"));

		*to = (struct live_row){};
		str_copy(to->tenant, sizeof(to->tenant), tenant ? tenant : "");
		str_copy(to->name, sizeof(to->name), name ? name : "");
		for (unsigned i = 0; i < FIGURES_COUNTERS_ALL; i++)
			to->n[i] =
				json_integer_value(json_object_get(row, figures_counters[i].name));
	}
	json_decref(row);
}

static void live_ask(void *arg);

// What could not be had leaves what there was for a while: for ever it would seem to be of now.
static void on_end(int error, void *arg)
{
	struct live *l = arg;
	uint64_t now_ms = timers_now_ms(l->timers), rest_ms = (now_ms - l->asked_ms) * LIVE_SHARE;

	if (rest_ms < LIVE_EVERY_MS)
		rest_ms = LIVE_EVERY_MS;
	l->asking = false;
	if (!error) {
		struct live_rows old = l->now;

		qsort(l->next.list, l->next.count, sizeof(*l->next.list), row_compare);
		l->now = l->next;
		l->next = old;
		l->until_ms = now_ms + 2 * rest_ms + LIVE_IDLE_MS;
	}
	timer_start(l->timers, &l->timer, rest_ms, live_ask, l);
}

static void live_ask(void *arg)
{
	struct live *l = arg;
	uint64_t now_ms = timers_now_ms(l->timers), now_ns = timers_wall_ns(l->timers);
	const struct store_answer answer = {on_row, on_end, l, NULL};
	const struct store_stats stats = {.by = FIGURES_BY_QUEUE,
		.sources = 1u << FIGURES_WAITS,
		.every = FIGURES_WHOLE,
		.since_ns = now_ns - figures_every_ns(LIVE_WINDOW),
		.until_ns = now_ns,
		.within_s = FIGURES_WITHIN};

	if (now_ms - l->wanted_ms > LIVE_IDLE_MS) {
		l->now.count = 0; // they grow old
		return;
	}
	l->next.count = 0;
	l->asked_ms = now_ms;
	l->asking = true;
	if (store_query_stats(l->store, &stats, &answer) == 0)
		return;
	l->asking = false;
	timer_start(l->timers, &l->timer, LIVE_EVERY_MS, live_ask, l);
}

int live_start(struct store *s, struct timers *ts, struct live **out)
{
	struct live *l = calloc(1, sizeof(*l));

	*out = l;
	if (!l)
		return -ENOMEM;
	l->store = s;
	l->timers = ts;
	return 0;
}

void live_stop(struct live *l)
{
	if (!l)
		return;
	timer_cancel(&l->timer);
	store_forget(l->store, l);
	free(l->now.list);
	free(l->next.list);
	free(l);
}

bool live_figure(struct live *l, const char *tenant, const char *queue, enum figure f, int64_t *out)
{
	struct live_row key;

	if (!l)
		return false;
	l->wanted_ms = timers_now_ms(l->timers);
	if (!l->asking && !timer_alive(&l->timer))
		live_ask(l);
	if (l->now.count == 0 || l->wanted_ms > l->until_ms)
		return false;
	str_copy(key.tenant, sizeof(key.tenant), tenant);
	str_copy(key.name, sizeof(key.name), queue);
	const struct live_row *r =
		bsearch(&key, l->now.list, l->now.count, sizeof(key), row_compare);
	return r && figures[f].source == FIGURES_WAITS && figure_value(f, r->n, out);
}
