// Things alive by their keys, while the event log is replayed.
#include "control/rebuild/living.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

int living_init(struct kind *k)
{
	dlist_init(&k->list);
	return hash_init(&k->by_key, 64);
}

struct living *living_find(struct kind *k, const char *key)
{
	uint64_t hash = hash_str(key, 0);

	for (struct hash_node *n = hash_first(&k->by_key, hash); n; n = hash_next(n)) {
		struct living *l = container_of(n, struct living, node);

		if (!strcmp(l->key, key))
			return l;
	}
	return NULL;
}

struct living *living_get(struct kind *k, const char *key, int *error)
{
	struct living *l = living_find(k, key);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l) {
		*error = -ENOMEM;
		return NULL;
	}
	str_copy(l->key, sizeof(l->key), key);
	hash_insert(&k->by_key, &l->node, hash_str(key, 0));
	dlist_push_back(&k->list, &l->link);
	k->count++;
	return l;
}

void living_remove(struct kind *k, struct living *l)
{
	if (!l)
		return;
	hash_remove(&k->by_key, &l->node);
	dlist_remove(&l->link);
	k->count--;
	json_decref(l->body);
	free(l);
}

void living_fini(struct kind *k)
{
	dlist_for_each_safe (it, &k->list)
		living_remove(k, container_of(it, struct living, link));
	hash_fini(&k->by_key);
}

void living_last(struct kind *k, struct living *l)
{
	dlist_remove(&l->link);
	dlist_push_back(&k->list, &l->link);
}

void living_restate(struct living *l, const struct event *e, json_t *body)
{
	str_copy(l->tenant, sizeof(l->tenant), e->tenant);
	l->call = e->call;
	l->since_ns = e->wall_ns;
	json_decref(l->body);
	l->body = json_incref(body);
}

const char *body_text_of(const json_t *body, const char *member)
{
	const char *text = json_string_value(json_object_get(body, member));

	return text ? text : "";
}

uint64_t body_number_of(const json_t *body, const char *member)
{
	return json_integer_value(json_object_get(body, member));
}
