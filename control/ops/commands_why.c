// why agent, why call, why queue: sentences of why.h as rows, in pages.
#include <errno.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/names.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/ops/why/why.h"
#include "control/queue/floor_why.h"
#include "engine/base/clock.h"

static struct floor *floor_of(const struct request *r)
{
	return calls_floor(request_env(r)->calls);
}

static json_t *time_row(const struct request *r, uint64_t at_ms)
{
	struct timers *t = request_env(r)->timers;
	uint64_t now_ms = timers_now_ms(t);
	return at_ms > now_ms ? row_time(timers_wall_ns(t) + (at_ms - now_ms) * NS_PER_MS)
			      : json_null();
}

static json_t *state_rows(const struct request *r, const struct floor_why_class *c)
{
	json_t *rows = json_array();
	for (unsigned i = 0; c != NULL && i < AGENT_STATES; i++)
		if (c->can[i].agents > 0)
			json_array_append_new(rows,
				json_pack("{s:s,s:i,s:s,s:o}", "state", agent_state_name(i),
					"how_many", (int)c->can[i].agents, "agent",
					floor_agent_name(floor_of(r), c->can[i].agent), "until",
					time_row(r, c->can[i].ends_ms)));
	return rows;
}

static void say(const struct why_said *s, void *arg)
{
	struct request *r = arg;
	char id[CALLID_TEXT_MAX] = "";
	struct call_info i;
	if (s->call != 0 && call_by_key(request_env(r)->calls, s->call, &i))
		callid_text(&i.id, id);
	request_row(r,
		json_pack("{s:s,s:s,s:o,s:o,s:o,s:s,s:o,s:o}", "why", s->why, "text", s->text,
			"until", time_row(r, s->until_ms), "agent", row_text(s->agent), "queue",
			row_text(s->queue), "call", id, "how_many", row_count(s->how_many),
			"states", state_rows(r, s->agents)));
}

static struct why why_of(struct request *r)
{
	return (struct why){request_env(r)->calls, request_env(r)->timers, say, r};
}

// --- an agent ---

static bool agent_page(struct request *r)
{
	struct floor_why_agent *y = r->place;
	const struct why w = why_of(r);
	struct floor_agent_info a;
	if (!floor_agent_find(floor_of(r), r->args[0], &a) || a.state != AGENT_READY)
		return false; // it was, a moment ago
	if (!floor_why_agent_page(floor_of(r), y))
		return false;
	if (y->done) {
		why_agent_queue(&w, &a, y);
		*y = (struct floor_why_agent){.agent = y->agent, .index = y->index + 1};
	}
	return true;
}

void command_run_WHY_AGENT(struct request *r)
{
	const struct why w = why_of(r);
	struct floor_agent_info a;
	struct near n = {.wanted = r->args[0]};
	if (!floor_agent_find(floor_of(r), r->args[0], &a)) {
		names_live(request_env(r), NAME_AGENT, &n);
		request_no(r, "agent", &n);
		return;
	}
	struct floor_why_agent *y = request_pages(r, agent_page, sizeof(*y), NULL);
	if (y == NULL)
		return;
	y->agent = a.id;
	why_agent(&w, &a);
}

// --- a call, a queue ---

static void queue_match(const struct floor_queue_info *q, void *arg)
{
	struct floor_queue_info *wanted = arg;
	if (q->id == wanted->id)
		*wanted = *q;
}

struct callers_place {
	struct floor_queue_info queue; // as it was when it was asked
	struct floor_why why;
};

static bool callers_page(struct request *r)
{
	struct callers_place *p = r->place;
	const struct why w = why_of(r);
	if (floor_why_page(floor_of(r), &p->why))
		return true;
	why_callers(&w, &p->queue, &p->why);
	return false;
}

void command_run_WHY_CALL(struct request *r)
{
	const struct why w = why_of(r);
	struct call_info i;
	struct floor_why of;
	if (!request_call(r, &i))
		return;
	if (!why_call(&w, &i, &of)) {
		request_done(r);
		return;
	}
	struct callers_place *p = request_pages(r, callers_page, sizeof(*p), NULL);
	if (p == NULL)
		return;
	struct floor_place at = {.next = of.queue, .most = 1};
	p->queue.id = of.queue;
	floor_queues_page(floor_of(r), &at, queue_match, &p->queue);
	p->why = of;
}

void command_run_WHY_QUEUE(struct request *r)
{
	const struct why w = why_of(r);
	struct floor_queue_info q;
	if (!request_queue(r, &q))
		return;
	struct callers_place *p = request_pages(r, callers_page, sizeof(*p), NULL);
	if (p == NULL)
		return;
	p->queue = q;
	p->why.queue = q.id;
	why_queue(&w, &q);
}
