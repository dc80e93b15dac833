// Figures in hand, in turns.
#include "control/store/reading.h"

#include <errno.h>

#include "control/store/state.h"
#include "control/store/stats.h"

struct reading_place { // what `left` looks at
	const struct store *store;
	const struct store_question *question;
};

void readings_init(struct readings *r, struct store *s)
{
	*r = (struct readings){.store = s};
}

static void readings_push(struct readings *r, struct store_question *q)
{
	q->next = NULL;
	if (r->last)
		r->last->next = q;
	else
		r->first = q;
	r->last = q;
}

static struct store_question *readings_pop(struct readings *r)
{
	struct store_question *q = r->first;

	if (!q)
		return NULL;
	r->first = q->next;
	if (!r->first)
		r->last = NULL;
	return q;
}

int readings_add(struct readings *r, struct store_question *q)
{
	int rc = db_stats_begin(r->store->db, &q->stats, &q->reading);

	if (!rc)
		readings_push(r, q);
	return rc;
}

static void reading_end(struct store_question *q, int error)
{
	db_stats_end(q->reading);
	q->reading = NULL;
	q->error = error;
	if (error)
		db_rows_free(&q->rows);
}

static bool reading_left(void *arg)
{
	const struct reading_place *p = arg;

	return atomic_load_explicit(&p->question->forgotten, memory_order_relaxed) ||
		atomic_load_explicit(&p->store->stopping, memory_order_relaxed);
}

bool readings_wait(const struct readings *r, uint64_t read)
{
	for (const struct store_question *q = r->first; q; q = q->next)
		if (q->written > read)
			return true;
	return false;
}

bool readings_step(struct readings *r, uint64_t read, bool more)
{
	struct store_question *q = readings_pop(r);

	if (!q)
		return false;
	struct reading_place place = {r->store, q};
	int rc = reading_left(&place) ? -ECANCELED : 1;
	if (rc == 1 && !(more && q->written > read))
		rc = db_stats_next(q->reading, reading_left, &place, &q->rows);
	if (rc == 1) {
		readings_push(r, q);
		return true;
	}
	reading_end(q, rc);
	r->over = q;
	return true;
}

struct store_question *readings_drop(struct readings *r, int error)
{
	struct store_question *q = readings_pop(r);

	if (q)
		reading_end(q, error);
	return q;
}
