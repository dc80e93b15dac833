// The queues of the fake daemon.
#include <string.h>

#include "control/queue/floor.h"
#include "engine/base/str.h"

bool floor_queues_page(struct floor *f, struct floor_place *at,
	void (*each)(const struct floor_queue_info *q, void *arg), void *arg)
{
	struct floor_queue_info q = {.name = "service",
		.tenant = "acme",
		.policy = "longest-idle",
		.waiting = 1,
		.longest_wait_ms = 15200,
		.agents = 3,
		.ready = 1,
		.talking = 1,
		.joined = 700,
		.offered = 650,
		.answered = 640,
		.abandoned = 58,
		.timed_out = 1,
		.service_level_s = 20,
		.service_level_permille = 914,
		.waited_ms = 640 * 8000,
		.weight = 2,
		.due_ms = 10000,
		.rings = 2,
		.reserve = true,
		.reserve_from = 12,
		.reserve_to = 4,
		.reserve_wait_ms = 60000,
		.reserve_called = true};
	each(&q, arg);
	return false;
}

void floor_reserve_text(const struct floor *f, uint32_t queue, struct str_buf *b)
{
	str_buf_add(b, "many wait, until no more than 4 do");
}

void floor_queue_ring(
	const struct floor *f, uint32_t queue, unsigned ring, struct floor_ring_info *out)
{
	*out = (struct floor_ring_info){.after_ms = ring * 30000,
		.priority = ring == 1 ? 7 : 3,
		.agents = 2,
		.skills = "german 3, billing 0"};
}

static void floor_queue_copy(const struct floor_queue_info *q, void *arg)
{
	*(struct floor_queue_info *)arg = *q;
}

unsigned floor_queue_find(
	struct floor *f, const char *tenant, const char *name, struct floor_queue_info *out)
{
	floor_queues_page(f, NULL, floor_queue_copy, out);
	return strcmp(out->name, name) == 0;
}
