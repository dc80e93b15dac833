// The floor's figures in the event log, and back from it.
#include <jansson.h>

#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/queue/floor_private.h"

// Places of a snapshot, above the agents' numbers.
#define PART_AGENTS (1ull << 32)
#define PART_QUEUES (2ull << 32)
#define PART_MASK   (3ull << 32)

static void write_queue(struct eventlog *log, const struct floor_queue *q)
{
	if (q->n.since)
		figures_write(log, FIGURES_QUEUE, q->tenant, q->name, &q->n);
}

static void write_agent(struct eventlog *log, const struct floor_agent *a)
{
	if (a->n.since)
		figures_write(log, FIGURES_AGENT, a->tenant, a->name, &a->n);
}

void floor_queue_counted(struct floor *f, struct floor_queue *q)
{
	if (q->n.since == 0)
		q->n.since = timers_wall_ns(f->options.timers);
	if (q->changed.next == NULL)
		dlist_push_back(&f->figures.queues, &q->changed);
	figures_counted(&f->figures.pace);
}

void floor_agent_counted(struct floor *f, struct floor_agent *a)
{
	if (a->n.since == 0)
		a->n.since = timers_wall_ns(f->options.timers);
	if (a->changed.next == NULL)
		dlist_push_back(&f->figures.agents, &a->changed);
	figures_counted(&f->figures.pace);
}

static void write_changed(void *arg)
{
	struct floor *f = arg;
	dlist_for_each_safe (it, &f->figures.queues) {
		struct floor_queue *q = container_of(it, struct floor_queue, changed);
		dlist_remove(it);
		q->changed = (struct dlist){0};
		write_queue(f->options.log, q);
	}
	dlist_for_each_safe (at, &f->figures.agents) {
		struct floor_agent *a = container_of(at, struct floor_agent, changed);
		dlist_remove(at);
		a->changed = (struct dlist){0};
		write_agent(f->options.log, a);
	}
}

void floor_figures_start(struct floor *f)
{
	dlist_init(&f->figures.queues);
	dlist_init(&f->figures.agents);
	f->figures.pace = (struct figures_pace){.timers = f->options.timers,
		.log = f->options.log,
		.write = write_changed,
		.arg = f};
}

bool floor_figures_snapshot(struct floor *f, struct eventlog *log, uint64_t *from)
{
	bool agents = !(*from & PART_QUEUES);
	uint64_t part = agents ? PART_AGENTS : PART_QUEUES;
	uint32_t count = agents ? f->agent_count : f->queue_count;
	uint32_t i = (uint32_t)(*from & ~PART_MASK);
	for (; i < count && eventlog_piece_goes_on(log); i++) {
		if (agents)
			write_agent(log, f->agents[i]);
		else
			write_queue(log, f->queues[i]);
	}
	*from = i < count ? part | i : PART_QUEUES | (agents ? 0 : i);
	return agents || i < count;
}

// Who waited when the process was killed has left without a word.
static void restore(struct floor *f, const struct rebuild_figures *r)
{
	struct floor_queue *q = NULL;
	struct floor_agent *a = NULL;
	if (r->of == FIGURES_QUEUE)
		q = floor_queue_named(f, r->tenant, r->name);
	else if (r->of == FIGURES_AGENT)
		a = floor_agent_named(f, r->name);
	if (a != NULL)
		a->n = r->n;
	if (q == NULL)
		return;
	q->n = r->n;
	uint64_t left = q->n.answered + q->n.abandoned + q->n.timed_out + q->n.removed;
	if (q->n.joined <= left)
		return;
	q->n.removed += q->n.joined - left;
	floor_queue_counted(f, q);
}

// What an agent has talked in a call that a kill cut off, as the call's record has it. A call of
// its own, which no queue gave it, is not counted when it ends either.
static void restore_talked(struct floor *f, const char *record)
{
	json_t *body = json_loads(record, 0, NULL);
	const char *name = json_string_value(json_object_get(body, "agent"));
	json_int_t ms = json_integer_value(json_object_get(body, "talked_ms"));
	const char *queue = json_string_value(json_object_get(body, "queue"));
	struct floor_agent *a = name ? floor_agent_named(f, name) : NULL;
	if (a != NULL && ms > 0 && queue != NULL && *queue != '\0') {
		a->n.talked_ms += (uint64_t)ms;
		floor_agent_counted(f, a);
	}
	json_decref(body);
}

void floor_figures_restore(struct floor *f, const struct rebuild *r)
{
	for (size_t i = 0; i < r->figures_count; i++)
		restore(f, &r->figures[i]);
	for (size_t i = 0; i < r->call_count; i++)
		restore_talked(f, r->calls[i].record);
}
