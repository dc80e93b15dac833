// Rows by tenant and name, each a sum.
#include "control/store/stats_sum.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"

// Where the row stands, or is to be put.
static size_t sum_place(
	const struct stats_sum *m, const char *tenant, const char *name, bool *there)
{
	size_t from = 0, to = m->count;

	*there = false;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct stats_row *r = m->rows[middle];
		int order = strcmp(r->tenant, tenant);

		if (!order)
			order = strcmp(r->name, name);
		*there |= !order;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static struct stats_row *row_new(const char *tenant, const char *name)
{
	size_t tenant_size = strlen(tenant) + 1, name_size = strlen(name) + 1;
	struct stats_row *r = calloc(1, sizeof(*r) + tenant_size + name_size);

	if (!r)
		return NULL;
	memcpy(r->tenant, tenant, tenant_size);
	memcpy(r->tenant + tenant_size, name, name_size);
	r->name = r->tenant + tenant_size;
	return r;
}

struct stats_row *stats_sum_row(struct stats_sum *m, const char *tenant, const char *name)
{
	bool there;
	size_t at = sum_place(m, tenant, name, &there);

	if (there)
		return m->rows[at];
	if (m->count == m->size) {
		size_t size = m->size ? 2 * m->size : 64;
		struct stats_row **rows = realloc(m->rows, size * sizeof(*rows));

		if (!rows)
			return NULL;
		m->rows = rows;
		m->size = size;
	}
	struct stats_row *r = row_new(tenant, name);
	if (!r)
		return NULL;
	memmove(m->rows + at + 1, m->rows + at, (m->count++ - at) * sizeof(*m->rows));
	m->rows[at] = r;
	return r;
}

void stats_sum_add(struct stats_row *r, enum figures_counter c, int64_t value)
{
	r->known[c] = true;
	if (figures_counters[c].unit != FIGURES_MS) {
		r->n[c] += value;
		return;
	}
	// In two, as a year of many agents is more ns than 63 bits have.
	r->rest[c] += value % (int64_t)NS_PER_MS;
	r->n[c] += value / (int64_t)NS_PER_MS + r->rest[c] / (int64_t)NS_PER_MS;
	r->rest[c] %= (int64_t)NS_PER_MS;
}

void stats_sum_clear(struct stats_sum *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->rows[i]);
	m->count = 0;
}

void stats_sum_free(struct stats_sum *m)
{
	stats_sum_clear(m);
	free(m->rows);
	*m = (struct stats_sum){};
}
