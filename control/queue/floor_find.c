// Queues and agents by name, and by their places in the latest configuration.
#include "control/queue/floor_private.h"
#include "engine/base/str.h"

uint64_t floor_queue_hash(const char *tenant, const char *name)
{
	return hash_str(name, hash_str(tenant, 0));
}

struct floor_agent *floor_agent_named(const struct floor *f, const char *name)
{
	struct hash_node *n = hash_first(&f->agent_names, hash_str(name, 0));
	for (; n != NULL; n = hash_next(n)) {
		struct floor_agent *a = container_of(n, struct floor_agent, node);
		if (str_equal(a->name, name))
			return a;
	}
	return NULL;
}

struct floor_queue *floor_queue_named(const struct floor *f, const char *tenant, const char *name)
{
	struct hash_node *n = hash_first(&f->queue_names, floor_queue_hash(tenant, name));
	for (; n != NULL; n = hash_next(n)) {
		struct floor_queue *q = container_of(n, struct floor_queue, node);
		if (str_equal(q->name, name) && str_equal(q->tenant, tenant))
			return q;
	}
	return NULL;
}

// By its place where it is of the latest configuration: a reload asks for every queue's members.
struct floor_agent *floor_agent_of(const struct floor *f, const struct config_agent *c)
{
	uintptr_t from = (uintptr_t)f->known_from, at = (uintptr_t)c;
	size_t place = (at - from) / sizeof(*c);
	if (f->known != NULL && at >= from && place < f->known_count)
		return f->known[place];
	return floor_agent_named(f, c->name);
}
