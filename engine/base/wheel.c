// The timing wheel. A timer lies on the level of the highest 6-bit digit in which its expiry
// differs from now, in the slot of its own digit there. So every slot in use is ahead of now's
// digit on its level (only the top level wraps), a lower level always expires before a higher
// one, and a slot is dealt out to lower levels just when now enters it: before anything newer
// can be started there, which keeps ties in the order of starting.
#include "engine/base/wheel.h"

#include "engine/base/check.h"

#define WHEEL_BITS	   6
#define WHEEL_TOP	   (WHEEL_LEVELS - 1)
#define WHEEL_DUE	   0xff // level of a timer that waits in the due list
#define SLOT_OF(level, ms) ((unsigned)((ms) >> ((level)*WHEEL_BITS)) % WHEEL_SLOTS)

void wheel_init(struct wheel *w, uint64_t now_ms)
{
	*w = (struct wheel){.now_ms = now_ms};
	for (unsigned level = 0; level < WHEEL_LEVELS; level++)
		for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
			dlist_init(&w->slots[level][slot]);
	dlist_init(&w->due);
}

// An expiry that is not ahead goes to now's own slot on level 0, which is otherwise empty: the
// next advance takes it from there, and never the round of wheel_take in progress.
static void wheel_place(struct wheel *w, struct wheel_timer *t)
{
	uint64_t at = t->expires_ms > w->now_ms ? t->expires_ms : w->now_ms;
	uint64_t differs = at ^ w->now_ms;
	unsigned level = differs ? (63 - (unsigned)__builtin_clzll(differs)) / WHEEL_BITS : 0;

	if (level >= WHEEL_TOP) {
		// Beyond the wheel's reach it waits in the last slot and is placed anew from there.
		uint64_t last = (w->now_ms >> (WHEEL_TOP * WHEEL_BITS)) + WHEEL_SLOTS - 1;
		level = WHEEL_TOP;
		if (at >> (WHEEL_TOP * WHEEL_BITS) > last)
			at = last << (WHEEL_TOP * WHEEL_BITS);
	}
	t->level = (uint8_t)level;
	t->slot = (uint8_t)SLOT_OF(level, at);
	dlist_push_back(&w->slots[level][t->slot], &t->link);
	w->occupied[level] |= 1ull << t->slot;
}

void wheel_start(struct wheel *w, struct wheel_timer *t, uint64_t expires_ms)
{
	wheel_cancel(w, t);
	t->expires_ms = expires_ms;
	t->alive = true;
	w->count++;
	wheel_place(w, t);
}

void wheel_cancel(struct wheel *w, struct wheel_timer *t)
{
	if (!t->alive)
		return;
	dlist_remove(&t->link);
	if (t->level != WHEEL_DUE && dlist_empty(&w->slots[t->level][t->slot]))
		w->occupied[t->level] &= ~(1ull << t->slot);
	t->alive = false;
	w->count--;
}

// Time at which the next slot ahead begins, and its level; UINT64_MAX when all are empty.
static uint64_t wheel_next_slot(const struct wheel *w, unsigned *level_out)
{
	*level_out = 0;
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		uint64_t occupied = w->occupied[level];
		unsigned shift = level * WHEEL_BITS;
		uint64_t next = (w->now_ms >> shift) + 1;
		unsigned turn = (unsigned)(next % WHEEL_SLOTS);

		if (!occupied)
			continue;
		if (turn)
			occupied = occupied >> turn | occupied << (WHEEL_SLOTS - turn);
		*level_out = level;
		return (next + (unsigned)__builtin_ctzll(occupied)) << shift;
	}
	return UINT64_MAX;
}

// Empties the slot of now on a level: to the due list what has expired, else to lower levels.
static void wheel_deal(struct wheel *w, unsigned level)
{
	unsigned slot = SLOT_OF(level, w->now_ms);
	struct dlist *head = &w->slots[level][slot];

	w->occupied[level] &= ~(1ull << slot);
	while (!dlist_empty(head)) {
		struct wheel_timer *t = container_of(head->next, struct wheel_timer, link);

		dlist_remove(&t->link);
		if (t->expires_ms <= w->now_ms) {
			t->level = WHEEL_DUE;
			dlist_push_back(&w->due, &t->link);
		} else {
			wheel_place(w, t);
		}
	}
}

void wheel_advance(struct wheel *w, uint64_t now_ms)
{
	unsigned level;

	wheel_deal(w, 0);
	while (w->now_ms < now_ms) {
		uint64_t next_ms = wheel_next_slot(w, &level);

		if (next_ms > now_ms) {
			w->now_ms = now_ms;
			return;
		}
		w->now_ms = next_ms;
		wheel_deal(w, level);
	}
}

struct wheel_timer *wheel_take(struct wheel *w)
{
	if (dlist_empty(&w->due))
		return NULL;
	struct wheel_timer *t = container_of(w->due.next, struct wheel_timer, link);

	wheel_cancel(w, t);
	return t;
}

uint64_t wheel_next_ms(const struct wheel *w)
{
	unsigned level;

	if (!dlist_empty(&w->due) || w->occupied[0] & 1ull << SLOT_OF(0, w->now_ms))
		return 0;
	uint64_t next_ms = wheel_next_slot(w, &level);
	return next_ms == UINT64_MAX ? UINT64_MAX : next_ms - w->now_ms;
}
