// The table of sources: who asked how often, who failed to say a password.
#include "control/sip/transport/guard.h"

#include <stdlib.h>
#include <string.h>

#include "control/base/rate.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"

struct source {
	struct hash_node node;
	struct dlist age; // least recently heard of first
	uint8_t key[9];	  // family and address, IPv6 by /64
	struct rate answers;
	unsigned failures;
	uint64_t first_failure_ms, locked_until_ms;
	bool used, challenged;
};

struct guard {
	struct guard_limits limits;
	struct hash table;
	struct dlist age;
	uint64_t seed;
	struct source *sources;
};

struct guard *guard_new(unsigned sources_max)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->sources = calloc(sources_max, sizeof(*g->sources));
	if (!g->sources || hash_init(&g->table, sources_max)) {
		free(g->sources);
		free(g);
		return NULL;
	}
	g->seed = rng_seed_os();
	dlist_init(&g->age);
	for (unsigned i = 0; i < sources_max; i++)
		dlist_push_back(&g->age, &g->sources[i].age);
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	hash_fini(&g->table);
	free(g->sources);
	free(g);
}

void guard_limit(struct guard *g, const struct guard_limits *limits)
{
	g->limits = *limits;
}

static void make_key(const struct addr *a, uint8_t key[9])
{
	key[0] = a->family;
	memcpy(key + 1, a->ip, 8); // all of IPv4 and its zeros, or an IPv6 /64
}

static struct source *find(struct guard *g, const struct addr *a)
{
	uint8_t key[9];

	make_key(a, key);
	uint64_t hash = hash_bytes(key, sizeof(key), g->seed);
	for (struct hash_node *n = hash_first(&g->table, hash); n; n = hash_next(n)) {
		struct source *s = container_of(n, struct source, node);
		if (memcmp(s->key, key, sizeof(key)) == 0)
			return s;
	}
	return NULL;
}

static struct source *touch(struct guard *g, const struct addr *a)
{
	struct source *s = find(g, a);

	if (!s) {
		s = container_of(g->age.next, struct source, age);
		if (s->used)
			hash_remove(&g->table, &s->node);
		*s = (struct source){.used = true, .age = s->age};
		make_key(a, s->key);
		hash_insert(&g->table, &s->node, hash_bytes(s->key, sizeof(s->key), g->seed));
	}
	dlist_remove(&s->age);
	dlist_push_back(&g->age, &s->age);
	return s;
}

bool guard_answer(struct guard *g, const struct addr *source, uint64_t now_ms)
{
	return rate_take(&touch(g, source)->answers, g->limits.answers_per_s, now_ms);
}

bool guard_failed(struct guard *g, const struct addr *source, uint64_t now_ms)
{
	struct source *s = touch(g, source);

	if (s->failures && now_ms - s->first_failure_ms > g->limits.lockout_s * 1000ull)
		s->failures = 0;
	if (s->failures++ == 0)
		s->first_failure_ms = now_ms;
	if (g->limits.auth_failures == 0 || s->failures < g->limits.auth_failures)
		return false;
	s->failures = 0;
	s->locked_until_ms = now_ms + g->limits.lockout_s * 1000ull;
	return true;
}

bool guard_challenged(struct guard *g, const struct addr *source)
{
	struct source *s = touch(g, source);
	bool before = s->challenged;

	s->challenged = true;
	return before;
}

void guard_passed(struct guard *g, const struct addr *source)
{
	struct source *s = find(g, source);

	if (!s)
		return;
	s->failures = 0;
	s->challenged = false;
}

bool guard_locked(struct guard *g, const struct addr *source, uint64_t now_ms)
{
	struct source *s = find(g, source);

	return s && now_ms < s->locked_until_ms;
}
