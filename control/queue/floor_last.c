// Who talked last with which caller: of the queues that have last_agent, by tenant and number, as
// many as fit. The one that lies back furthest goes first.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "control/queue/floor_private.h"
#include "control/rebuild/rebuild.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define HIDDEN "anonymous" // as lists and SIP have who does not want to be seen

struct floor_last {
	struct hash_node node;
	struct tree_node place;
	uint64_t wall_ns; // when they talked
	uint32_t agent;
	char text[]; // tenant and number, each with its end
};

static int order(const struct tree_node *a, const struct tree_node *b)
{
	uint64_t x = container_of(a, const struct floor_last, place)->wall_ns;
	uint64_t y = container_of(b, const struct floor_last, place)->wall_ns;
	return x < y ? -1 : x > y;
}

int floor_last_start(struct floor *f)
{
	tree_init(&f->last.order, order);
	return hash_init(&f->last.by_number, 64);
}

static void drop(struct floor *f, struct floor_last *l)
{
	hash_remove(&f->last.by_number, &l->node);
	tree_remove(&f->last.order, &l->place);
	free(l);
}

static void clear(struct floor *f)
{
	struct tree_node *n;
	while (f->last.order.order != NULL && (n = tree_first(&f->last.order)) != NULL)
		drop(f, container_of(n, struct floor_last, place));
}

void floor_last_stop(struct floor *f)
{
	clear(f);
	hash_fini(&f->last.by_number);
}

// Nobody asks any more: all goes, and is asked for anew should a queue want it again.
void floor_last_configure(struct floor *f)
{
	for (uint32_t i = 0; i < f->queue_count; i++)
		if (f->queues[i]->config != NULL && f->queues[i]->config->last_agent_s > 0)
			return;
	clear(f);
	for (uint32_t i = 0; i < f->queue_count; i++)
		f->queues[i]->recalled_s = 0;
}

// Numbers are the callers' choice: by the seed nobody knows which of them meet.
static uint64_t number_hash(const struct floor *f, const char *tenant, const char *number)
{
	return hash_str(number, hash_str(tenant, f->seed));
}

static struct floor_last *find(const struct floor *f, const char *tenant, const char *number)
{
	struct hash_node *n = hash_first(&f->last.by_number, number_hash(f, tenant, number));
	for (; n != NULL; n = hash_next(n)) {
		struct floor_last *l = container_of(n, struct floor_last, node);
		if (str_equal(l->text, tenant) && str_equal(l->text + strlen(tenant) + 1, number))
			return l;
	}
	return NULL;
}

static bool is_number(const char *number)
{
	return number != NULL && *number != '\0' && !str_equal(number, HIDDEN);
}

// False: there is no room for one that lies back so far, or no memory.
static bool make_room(struct floor *f, uint64_t wall_ns)
{
	if (tree_count(&f->last.order) < FLOOR_LAST_MAX)
		return true;
	struct floor_last *oldest =
		container_of(tree_first(&f->last.order), struct floor_last, place);
	if (oldest->wall_ns >= wall_ns)
		return false;
	drop(f, oldest);
	return true;
}

static void add(struct floor *f, const char *tenant, const char *number,
	const struct floor_agent *a, uint64_t wall_ns)
{
	size_t tenant_len = strlen(tenant) + 1, len = strlen(number) + 1;
	struct floor_last *l = make_room(f, wall_ns) ? malloc(sizeof(*l) + tenant_len + len) : NULL;
	if (l == NULL)
		return;
	*l = (struct floor_last){.wall_ns = wall_ns, .agent = a->id};
	memcpy(l->text, tenant, tenant_len);
	memcpy(l->text + tenant_len, number, len);
	hash_insert(&f->last.by_number, &l->node, number_hash(f, tenant, number));
	tree_insert(&f->last.order, &l->place);
}

void floor_talked(
	struct floor *f, const struct config_queue *queue, const char *number, uint32_t agent)
{
	if (queue->last_agent_s == 0 || !is_number(number))
		return;
	const char *tenant = queue->tenant ? queue->tenant->name : "";
	struct floor_last *l = find(f, tenant, number);
	if (l != NULL)
		drop(f, l);
	add(f, tenant, number, f->agents[agent], timers_wall_ns(f->options.timers));
}

void floor_talked_before(struct floor *f, const struct floor_talk *t)
{
	const struct floor_queue *q = floor_queue_named(f, t->tenant, t->queue);
	const struct floor_agent *a = floor_agent_named(f, t->agent);
	if (q == NULL || q->config == NULL || q->config->last_agent_s == 0 || a == NULL ||
		!is_number(t->number))
		return;
	struct floor_last *l = find(f, t->tenant, t->number);
	if (l != NULL && l->wall_ns >= t->wall_ns)
		return; // news
	if (l != NULL)
		drop(f, l);
	add(f, t->tenant, t->number, a, t->wall_ns);
}

const struct floor_agent *floor_last_agent(const struct floor *f, const struct config_queue *queue,
	const char *number, uint64_t *wall_ns)
{
	const char *tenant = queue->tenant ? queue->tenant->name : "";
	if (queue->last_agent_s == 0 || !is_number(number))
		return NULL;
	const struct floor_last *l = find(f, tenant, number);
	uint64_t now_ns = timers_wall_ns(f->options.timers);
	if (l == NULL || l->wall_ns + (uint64_t)queue->last_agent_s * NS_PER_S < now_ns)
		return NULL;
	const struct floor_agent *a = f->agents[l->agent];
	if (a->config == NULL || !str_equal(a->tenant, tenant))
		return NULL;
	*wall_ns = l->wall_ns;
	return a;
}

// It is at work, wants calls, and serves the queue.
static bool comes_back(const struct floor_agent *a, const struct floor_queue *q)
{
	unsigned i = 0;
	while (i < a->queue_count && a->queues[i].queue != q)
		i++;
	return i < a->queue_count && a->registered && a->ready && a->state != AGENT_READY;
}

uint32_t floor_last_hold(const struct floor *f, struct floor_wait *w, const struct floor_queue *q,
	const struct floor_agent *a)
{
	uint32_t for_ms = w->last_ns && q->config ? q->config->last_agent_wait_s * 1000 : 0;
	w->held_until_ms = 0;
	if (for_ms == 0 || a == NULL || !comes_back(a, q))
		return for_ms;
	w->held_until_ms = timers_now_ms(f->options.timers) + for_ms;
	w->held_by = a->id;
	return for_ms;
}

void floor_offered(struct floor_wait *w)
{
	w->held_until_ms = 0;
}

bool floor_last_holds(const struct floor *f, const struct floor_wait *w)
{
	if (w->queue == NULL || w->held_until_ms <= timers_now_ms(f->options.timers))
		return false; // by nobody: there may be no agents at all
	const struct floor_agent *a = f->agents[w->held_by];
	return a->out_ms < w->since_ms && comes_back(a, w->queue);
}

unsigned floor_last_count(const struct floor *f)
{
	return tree_count(&f->last.order);
}

// --- what a process before knew ---

bool floor_recall_next(const struct floor *f, struct floor_recall *out)
{
	for (uint32_t i = 0; i < f->queue_count; i++) {
		const struct floor_queue *q = f->queues[i];
		if (q->config == NULL || q->config->last_agent_s <= q->recalled_s)
			continue;
		*out = (struct floor_recall){i, q->tenant, q->name, q->config->last_agent_s};
		return true;
	}
	return false;
}

void floor_recalled(struct floor *f, const struct floor_recall *r)
{
	f->queues[r->queue]->recalled_s = r->within_s;
}

bool floor_talk_read(const struct json_t *record, const char *tenant, struct floor_talk *out)
{
	const char *direction = json_string_value(json_object_get(record, "direction"));
	const char *privacy = json_string_value(json_object_get(record, "privacy"));
	bool called = direction != NULL && str_equal(direction, "out");
	*out = (struct floor_talk){.tenant = tenant,
		.queue = json_string_value(json_object_get(record, "queue")),
		.agent = json_string_value(json_object_get(record, "agent")),
		.number = json_string_value(json_object_get(record, called ? "called" : "caller")),
		.wall_ns = (uint64_t)json_integer_value(json_object_get(record, "ended"))};
	return out->queue != NULL && out->agent != NULL && is_number(out->number) &&
		(privacy == NULL || *privacy == '\0' || str_equal(privacy, "history"));
}

void floor_last_restore(struct floor *f, const struct rebuild *r)
{
	for (size_t i = 0; i < r->call_count; i++) {
		json_t *record = json_loads(r->calls[i].record, 0, NULL);
		struct floor_talk t;
		if (floor_talk_read(record, r->calls[i].tenant, &t))
			floor_talked_before(f, &t);
		json_decref(record);
	}
}
