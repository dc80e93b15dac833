// What the fake daemon's callers and agents wait for.
#include "control/call/call.h"
#include "control/queue/floor_why.h"
#include "engine/base/str.h"

void floor_skills_text(const struct floor *f, const struct router_skills *wants, struct str_buf *b)
{
	if (wants->count > 0)
		str_buf_add(b, "german %u", wants->level[0]);
}

bool call_why(struct calls *c, uint64_t key, struct call_why *out, struct floor_why_wait *wait,
	struct floor_why *of)
{
	if (key != 2)
		return false;
	*out = (struct call_why){.leaves_ms = 100000000 + 600000, .rings = 1, .agent = 1};
	*wait = (struct floor_why_wait){.joined_ms = 100000000 - 15200,
		.next_ring_ms = 100000000 + 44800,
		.waiting = 5,
		.refusals = 2,
		.refused_by = {0, 2}};
	*of = (struct floor_why){.classes = 1,
		.counted = true,
		.class[0] = {
			.wants = {.count = 1, .level = {5}}, .ring = 1, .callers = 1, .first = 2}};
	return true;
}

// Two pages; of a queue three kinds of callers, and more.
bool floor_why_page(struct floor *f, struct floor_why *w)
{
	if (w->at.next++ == 0)
		return true;
	w->agents = 12;
	if (w->classes == 0) {
		w->classes = 2;
		w->others = 7;
		w->class[0] = (struct floor_why_class){
			.wants = {.count = 1, .level = {5}}, .callers = 3, .first = 2};
		w->class[1] = (struct floor_why_class){
			.callers = 1, .first = 3, .ring = 2, .reserved = 2};
	}
	w->class[0].lacking = 7;
	w->class[0].later = 1;
	w->class[0].can[AGENT_TALKING] = (struct floor_why_state){.agents = 2};
	w->class[0].can[AGENT_WRAP_UP] =
		(struct floor_why_state){.agents = 1, .agent = 1, .ends_ms = 100000000 + 14000};
	w->class[0].can[AGENT_PAUSED] =
		(struct floor_why_state){.agents = 2, .agent = 2, .ends_ms = 100000000 + 4000};
	return false;
}

bool floor_why_agent_page(struct floor *f, struct floor_why_agent *w)
{
	static const struct floor_why_agent queues[] = {
		{.queue = "service", .waiting = 5, .lacks = 3, .later = 1, .ring = 2, .fits = 1},
		{.queue = "sales"},
		{.queue = "night", .waiting = 4, .from = 10, .held = true},
	};
	unsigned index = w->index;
	if (index >= sizeof(queues) / sizeof(queues[0]))
		return false;
	bool second = w->at.next > 0;
	struct floor_place at = {.next = 1};
	*w = queues[index];
	w->index = index;
	w->at = at;
	w->done = second;
	return true;
}
