// What the parts of a load ask of it: the time, whether a far end may be sent to, and the places of
// streams in time.
#include "bench/ringload/load.h"

#include <stdlib.h>

#include "bench/ringload/wire/guard.h"
#include "engine/base/clock.h"

uint64_t load_now_ms(void)
{
	return clock_mono_ns() / NS_PER_MS;
}

bool load_allows(struct load *l, const struct addr *media)
{
	const char *why;

	if (l->profile->owned || addr_same_ip(media, &l->allowed))
		return true;
	if (!guard_allows(media, &why))
		return false;
	l->allowed = *media;
	return true;
}

// Into the millisecond of the packet time that has the fewest.
int load_listen(struct load *l, struct call *c)
{
	unsigned best = 0;

	if (l->profile->mute)
		return 0;
	for (unsigned i = 1; i < l->profile->ptime_ms; i++)
		if (l->slot[i].count < l->slot[best].count)
			best = i;
	if (l->slot[best].count == l->slot[best].room) {
		uint32_t room = l->slot[best].room ? 2 * l->slot[best].room : 64;
		struct stream **grown = realloc(l->slot[best].item, room * sizeof(*grown));

		if (!grown)
			return -1;
		l->slot[best].item = grown;
		l->slot[best].room = room;
	}
	c->stream.slot = best;
	c->stream.slot_place = l->slot[best].count;
	l->slot[best].item[l->slot[best].count++] = &c->stream;
	stream_open(&l->desk, &c->stream);
	l->streams++;
	return 0;
}

// The last one takes its place. In the slot that is being sent those that were sent stay in front.
static void slot_remove(struct load *l, struct stream *s)
{
	struct stream **item = l->slot[s->slot].item;
	uint32_t place = s->slot_place, last = --l->slot[s->slot].count;

	if (s->slot == l->next_slot_ms % l->profile->ptime_ms && place < l->slot_sent) {
		item[place] = item[--l->slot_sent];
		item[place]->slot_place = place;
		place = l->slot_sent;
	}
	item[place] = item[last];
	item[place]->slot_place = place;
}

void load_hush(struct load *l, struct call *c)
{
	struct stream *s = &c->stream;

	if (!s->open)
		return;
	slot_remove(l, s);
	stream_close(&l->desk, s);
	l->streams--;
	l->counts.silent += s->received == 0;
	if (s->prompt && s->received > 0) {
		l->counts.prompts++;
		l->counts.prompts_whole += stream_prompt_whole(&l->desk, s);
		l->counts.prompts_wrong += s->prompt_wrong > 0;
	}
	l->counts.pressed += stream_pressed(&l->desk, s);
	if (c->incoming || c->count >= l->profile->calls_total)
		return;
	struct call_note *note = &l->notes[c->count];
	bool pressed = s->count * l->profile->ptime_ms > l->profile->digits_at_ms;

	note->digits = pressed ? s->digits : DIGITS_NONE;
	note->digit_way = s->digits;
	note->speech = s->speech;
	note->at = s->began_at;
	note->packets = s->count;
}
