// Windows of values, held back until it is known whether the host stood still around them.
#include "bench/ringload/wire/tally.h"

#include <errno.h>
#include <stdlib.h>

#define NEAR_NS	     40000000ull
#define HOLD_WINDOWS 16u // 80 ms: a gap is known when it has ended

struct tally_item {
	uint32_t what;
	uint32_t value_ns;
};

struct tally_window {
	struct tally_item *item; // owned
	uint32_t items, room;
	uint64_t count[TALLY_COUNTS];
	bool noisy;
};

int tally_init(struct tally *t)
{
	*t = (struct tally){.until_ns = UINT64_MAX};
	t->window = calloc(TALLY_WINDOWS, sizeof(*t->window));
	return t->window ? 0 : -ENOMEM;
}

void tally_fini(struct tally *t)
{
	for (unsigned i = 0; t->window && i < TALLY_WINDOWS; i++)
		free(t->window[i].item);
	free(t->window);
}

void histogram_record(struct histogram *h, uint64_t value_ns)
{
	uint64_t slot = value_ns / 10000;

	if (slot >= HISTOGRAM_FINE)
		slot = HISTOGRAM_FINE + (value_ns - HISTOGRAM_FINE * 10000ull) / 1000000;
	h->slot[slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1]++;
	h->count++;
	h->max_ns = value_ns > h->max_ns ? value_ns : h->max_ns;
}

double histogram_ms(const struct histogram *h, double share)
{
	uint64_t wanted = (uint64_t)((double)h->count * share), seen = 0;

	if (h->count == 0)
		return 0;
	if (wanted >= h->count)
		return (double)h->max_ns / 1e6;
	for (unsigned i = 0; i < HISTOGRAM_SLOTS; i++) {
		seen += h->slot[i];
		if (seen > wanted)
			return i < HISTOGRAM_FINE ? (i + 1) / 100.0 : 101.0 + i - HISTOGRAM_FINE;
	}
	return 0;
}

static void part_fold(struct tally_part *part, const struct tally_window *w)
{
	for (uint32_t i = 0; i < w->items; i++)
		histogram_record(&part->value[w->item[i].what], w->item[i].value_ns);
	for (unsigned i = 0; i < TALLY_COUNTS; i++)
		part->count[i] += w->count[i];
	part->windows++;
}

static void window_fold(struct tally *t, struct tally_window *w, uint64_t index)
{
	uint64_t begin_ns = index * TALLY_WINDOW_NS;

	if (begin_ns >= t->from_ns && begin_ns < t->until_ns) {
		part_fold(&t->whole, w);
		if (!w->noisy)
			part_fold(&t->quiet, w);
	}
	w->items = 0;
	w->noisy = false;
	for (unsigned i = 0; i < TALLY_COUNTS; i++)
		w->count[i] = 0;
}

static void tally_fold_until(struct tally *t, uint64_t index)
{
	for (; t->first < index; t->first++)
		window_fold(t, &t->window[t->first % TALLY_WINDOWS], t->first);
}

// The window of a time; what comes too late for its own goes to the oldest one held.
static struct tally_window *tally_at(struct tally *t, uint64_t at_ns)
{
	uint64_t index = at_ns / TALLY_WINDOW_NS;

	if (t->next == 0)
		t->first = index;
	if (index < t->first)
		index = t->first;
	if (index >= t->first + TALLY_WINDOWS)
		tally_fold_until(t, index - TALLY_WINDOWS + 1);
	if (index >= t->next)
		t->next = index + 1;
	return &t->window[index % TALLY_WINDOWS];
}

void tally_begin(struct tally *t, uint64_t from_ns)
{
	t->from_ns = from_ns / TALLY_WINDOW_NS * TALLY_WINDOW_NS;
}

void tally_add(struct tally *t, uint64_t at_ns, enum tally_value what, uint64_t value_ns)
{
	struct tally_window *w = tally_at(t, at_ns);

	if (w->items == w->room) {
		uint32_t room = w->room ? 2 * w->room : 256;
		struct tally_item *grown = realloc(w->item, room * sizeof(*grown));

		if (!grown)
			return;
		w->item = grown;
		w->room = room;
	}
	w->item[w->items++] =
		(struct tally_item){what, value_ns < UINT32_MAX ? (uint32_t)value_ns : UINT32_MAX};
}

void tally_count(struct tally *t, uint64_t at_ns, enum tally_count what, int n)
{
	tally_at(t, at_ns)->count[what] += (uint64_t)(int64_t)n;
}

void tally_gap(struct tally *t, uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t from = begin_ns < NEAR_NS ? 0 : (begin_ns - NEAR_NS) / TALLY_WINDOW_NS;
	uint64_t to = (end_ns + NEAR_NS) / TALLY_WINDOW_NS;

	tally_at(t, end_ns);
	for (uint64_t i = from > t->first ? from : t->first;
		i <= to && i < t->first + TALLY_WINDOWS; i++)
		t->window[i % TALLY_WINDOWS].noisy = true;
	if (begin_ns < t->from_ns || begin_ns >= t->until_ns)
		return;
	t->gaps++;
	t->gap_ns += end_ns - begin_ns;
	if (end_ns - begin_ns > t->gap_max_ns)
		t->gap_max_ns = end_ns - begin_ns;
}

void tally_advance(struct tally *t, uint64_t now_ns)
{
	uint64_t index = now_ns / TALLY_WINDOW_NS;

	tally_at(t, now_ns);
	if (index > t->first + HOLD_WINDOWS)
		tally_fold_until(t, index - HOLD_WINDOWS);
}

void tally_finish(struct tally *t)
{
	tally_fold_until(t, t->next);
}
