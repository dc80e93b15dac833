// Judged from outside: each call and each agent as the news tell it, beside what phones see.
#include "tests/flow/centre/judge.h"

#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"
#include "tests/flow/centre/hears.h"
#include "tests/flow/centre/last.h"
#include "tests/flow/centre/news.h"
#include "tests/flow/centre/own.h"
#include "tests/flow/centre/plan.h"
#include "tests/flow/centre/reach.h"
#include "tests/flow/centre/sums.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/sim.h"

#define BUCKETS	   256
#define QUICK_MS   2
#define SLOW_MS	   50
#define SETTLED_MS 1000
#define OFFER_MOST 70000 // the longest ring, its lease
#define TIMED_MOST 6000	 // the longest pause or after-call work

struct stay { // a call
	struct dlist link, waits;
	struct callid id;
	unsigned caller, step;
	uint32_t queue;	  // NEWS_NONE: does not wait
	uint32_t counted; // the queue of its place, until the place is given up
	uint64_t order, since_ms, connected_ms;
	uint64_t joined_ms, due_in_ms; // and when its time is up from then
	uint32_t rings, refused;       // bits of agents
	uint32_t agent;		       // talks to it; NEWS_NONE
	struct reach reach;
	uint32_t own; // is this agent's own call; NEWS_NONE
	bool ended;
};

struct seen { // an agent
	struct phone *phone;
	struct stay *with;
	enum agent_state state;
	unsigned team; // as last told; 0: none
	uint64_t since_ms, with_ms;
	uint64_t bare_ms; // when it was first seen without the leg of its state; 0: it has it
};

static struct {
	const struct plan *plan;
	struct sim_caller *const *callers;
	struct dlist buckets[BUCKETS], waits;
	struct seen agent[PLAN_AGENTS];
	uint64_t order, changed_ms, grace_ms;
	struct judge_counts counts;
} judge;

const struct judge_counts *judge_counts(void)
{
	return &judge.counts;
}

static unsigned team_of(const struct event *e)
{
	uint32_t team = news_number(e, "team");
	return team == NEWS_NONE ? 0 : team;
}

// --- calls ---

static bool fresh(uint64_t since_ms)
{
	return sim_now_ms() - since_ms < judge.grace_ms;
}

static struct stay *stay_of(const struct callid *id)
{
	struct dlist *bucket = &judge.buckets[id->counter % BUCKETS];
	dlist_for_each (it, bucket) {
		struct stay *s = container_of(it, struct stay, link);
		if (callid_equal(&s->id, id))
			return s;
	}
	struct stay *s = sim_calloc(sizeof(*s));
	s->id = *id;
	s->queue = s->agent = s->own = s->counted = NEWS_NONE;
	dlist_push_back(bucket, &s->link);
	return s;
}

static void widens(struct stay *s)
{
	reach_widens(&s->reach, judge.plan, sim_now_ms() - s->joined_ms, judge.grace_ms);
}

static void waits_no_more(struct stay *s)
{
	if (s->queue != NEWS_NONE) {
		widens(s);
		dlist_remove(&s->waits);
	}
	s->queue = NEWS_NONE;
}

static void let_go(struct stay *s, uint32_t a)
{
	s->rings &= ~(1u << a);
	judge.agent[a].with = NULL;
	judge.agent[a].with_ms = sim_now_ms();
}

static void on_queued(struct stay *s, const struct event *e)
{
	bool again = strstr(e->body, "\"dropped_by\"") != NULL;
	waits_no_more(s);
	s->queue = news_number(e, "queue");
	if (s->queue >= judge.plan->queues || judge.plan->step[s->step].queue != s->queue) {
		sim_violation("c%u waits in a queue that its step does not name", s->caller);
		s->queue = judge.plan->step[s->step].queue;
	}
	const struct plan_queue *q = &judge.plan->queue[s->queue];
	if (!again) { // else it keeps its place
		s->order = ++judge.order;
		s->joined_ms = sim_now_ms();
		s->due_in_ms = q->serve_within_s * 1000ull / q->weight; // a reload leaves it
		s->refused = 0;
		reach_joins(&s->reach, judge.plan, s->step);
		s->counted = s->queue;
		sums_joined(s->queue);
	}
	reach_reloads(&s->reach); // one may have come since
	judge.counts.dropped += again;
	s->agent = NEWS_NONE;
	s->since_ms = sim_now_ms();
	dlist_push_back(&judge.waits, &s->waits);
}

// By the configuration these could take it, of the queues whose reserve is called those, too.
static uint32_t takes(struct stay *s, uint32_t called)
{
	uint64_t surely_ms = sim_now_ms() - s->since_ms - judge.grace_ms;
	widens(s);
	if (s->reach.vague || last_may_keep(s->caller, s->queue, surely_ms))
		return 0;
	return called >> s->queue & 1 ? s->reach.surely.may_take : s->reach.surely.takes;
}

// By priority, then by whose time is up first; of equal times, as in one queue, by who came first.
// Times of two queues so near to each other that it took the message so long tell nothing.
static bool goes_first(const struct stay *a, const struct stay *b)
{
	unsigned p = a->reach.surely.at.priority, q = b->reach.at_most.at.priority;
	if (p != q)
		return p < q;
	if (a->due_in_ms == b->due_in_ms)
		return a->order < b->order;
	return a->joined_ms + a->due_in_ms + judge.grace_ms < b->joined_ms + b->due_in_ms;
}

// Somebody was offered to another agent, who was set away meanwhile: nobody hears of that.
static bool is_taken_back(uint32_t but)
{
	bool any = false;
	for (uint32_t a = 0; a < judge.plan->agents; a++)
		any |= a != but && judge.agent[a].state == AGENT_OFFERED && !judge.agent[a].with;
	return any;
}

// Of those whom the agent could take it has the one that goes first.
static void judge_order(struct stay *s, uint32_t a)
{
	widens(s);
	if (fresh(judge.changed_ms) || s->reach.vague || is_taken_back(a))
		return;
	if (!(s->reach.at_most.may_take >> a & 1))
		sim_violation("c%u is offered to a%u, who cannot take it", s->caller, a);
	dlist_for_each (it, &judge.waits) {
		struct stay *o = container_of(it, struct stay, waits);
		if (o == s || o->rings || fresh(o->since_ms) || (o->refused >> a & 1))
			continue;
		if ((takes(o, 0) >> a & 1) && goes_first(o, s))
			sim_violation("c%u was offered to a%u before c%u", s->caller, a, o->caller);
	}
}

static void on_offered(struct stay *s, uint32_t a)
{
	struct seen *agent = &judge.agent[a];
	judge.counts.offers++;
	if (s->queue == NEWS_NONE)
		sim_violation("c%u is offered, and does not wait", s->caller);
	else if (s->rings && !judge.plan->queue[s->queue].ring_all && !fresh(judge.changed_ms))
		sim_violation("c%u is offered to two", s->caller);
	if (agent->with != NULL)
		sim_violation("a%u has c%u, and is offered c%u", a, agent->with->caller, s->caller);
	if (own_settled(a, judge.grace_ms))
		sim_violation("a%u has a call of its own, and is offered c%u", a, s->caller);
	judge_order(s, a);
	s->rings |= 1u << a;
	agent->with = s;
	agent->with_ms = sim_now_ms();
}

static void on_offer_ended(struct stay *s, uint32_t a, const struct event *e)
{
	char why[32];
	news_text(e, "why", why);
	if (!(s->rings >> a & 1))
		sim_violation("an offer of c%u to a%u ends that was none", s->caller, a);
	if (str_equal(why, "rejected") || str_equal(why, "no-answer") || str_equal(why, "lapsed"))
		s->refused |= 1u << a;
	judge.counts.elsewhere += str_equal(why, "elsewhere");
	s->since_ms = sim_now_ms();
	let_go(s, a);
}

static void on_connected(struct stay *s, uint32_t a, unsigned team)
{
	judge.counts.connected++;
	if (s->agent != NEWS_NONE)
		sim_violation("c%u has a%u, and then a%u", s->caller, s->agent, a);
	if (judge.agent[a].with != s)
		sim_violation("c%u has a%u, who was not offered it", s->caller, a);
	if (s->rings & ~(1u << a))
		sim_violation("c%u has a%u, and others ring on", s->caller, a);
	if (judge.agent[a].team != team)
		sim_violation("c%u has a%u, who is not in t%u", s->caller, a, team);
	s->agent = a;
	s->connected_ms = sim_now_ms();
	last_talked(s->caller);
}

static void count_out(struct stay *s)
{
	if (s->counted == NEWS_NONE)
		return;
	sums_out(s->counted, s->agent != NEWS_NONE);
	s->counted = NEWS_NONE;
}

static void on_ended(struct stay *s)
{
	waits_no_more(s);
	for (uint32_t a = 0; a < judge.plan->agents; a++)
		if (judge.agent[a].with == s)
			let_go(s, a);
	count_out(s);
	s->agent = NEWS_NONE;
	s->ended = true;
}

static void on_dequeued(struct stay *s, const struct event *e)
{
	char why[32];
	news_text(e, "why", why);
	waits_no_more(s);
	if (!str_equal(why, "connected"))
		count_out(s);
}

static void on_call(const struct event *e)
{
	struct stay *s = stay_of(&e->call);
	uint32_t a = news_number(e, "agent"), n;
	if (s->ended)
		sim_violation("%s of c%u behind its end", event_type_name(e->type), s->caller);
	if (e->type == EVENT_CALL_STARTED)
		s->own = news_number(e, "by_agent");
	if (s->own != NEWS_NONE) {
		own_news(s->own, e);
		s->ended = e->type == EVENT_CALL_ENDED;
		return;
	}
	if ((e->type == EVENT_CALL_OFFERED || e->type == EVENT_CALL_OFFER_ENDED ||
		    e->type == EVENT_CALL_CONNECTED) &&
		a >= judge.plan->agents)
		sim_violation("%s of an unknown agent: %s", event_type_name(e->type), e->body);
	else if (e->type == EVENT_CALL_STARTED)
		s->caller = news_number(e, "caller");
	else if (e->type == EVENT_CALL_STEP && (n = news_number(e, "step")) < PLAN_STEPS)
		s->step = n;
	else if (e->type == EVENT_CALL_QUEUED)
		on_queued(s, e);
	else if (e->type == EVENT_CALL_DEQUEUED)
		on_dequeued(s, e);
	else if (e->type == EVENT_CALL_OFFERED)
		on_offered(s, a);
	else if (e->type == EVENT_CALL_OFFER_ENDED)
		on_offer_ended(s, a, e);
	else if (e->type == EVENT_CALL_CONNECTED)
		on_connected(s, a, team_of(e));
	else if (e->type == EVENT_CALL_ENDED)
		on_ended(s);
}

// --- agents ---

// Whoever is there changes it by being moved, and nothing else is changed by that.
static bool in_its_team(const struct seen *agent, enum agent_state to, const struct event *e)
{
	char from[32];
	news_text(e, "from", from);
	return agent->state == AGENT_SIGNED_OUT || agent->team == team_of(e) ||
		(agent->state == to && str_equal(from, agent_state_name(to)));
}

static void on_state(const struct event *e)
{
	char to[32];
	uint32_t a = news_number(e, "agent");
	enum agent_state state;
	news_text(e, "to", to);
	if (a >= judge.plan->agents || agent_state_parse(to, &state) != 0) {
		sim_violation("a state of nobody: %s", e->body);
		return;
	}
	if (!in_its_team(&judge.agent[a], state, e))
		sim_violation("a%u is not in t%u: %s", a, judge.agent[a].team, e->body);
	if (judge.agent[a].state != state || judge.agent[a].team == team_of(e))
		judge.agent[a].since_ms = sim_now_ms();
	judge.agent[a].team = team_of(e);
	judge.agent[a].state = state;
	judge.agent[a].bare_ms = 0;
}

static void on_news(const struct event *e, void *arg)
{
	if (e->type == EVENT_AGENT_STATE && !e->snapshot)
		on_state(e);
	else if (!callid_is_none(&e->call) && !e->snapshot)
		on_call(e);
}

static bool has_leg(const struct seen *agent)
{
	const struct ua_leg *l = agent->phone->leg;
	return l != NULL && l->queue && l->state != LEG_ENDING;
}

static void look_at_agent(uint32_t a)
{
	struct seen *agent = &judge.agent[a];
	uint64_t for_ms = sim_now_ms() - agent->since_ms;
	bool held = agent->state == AGENT_OFFERED || agent->state == AGENT_TALKING;
	bool timed = agent->state == AGENT_PAUSED || agent->state == AGENT_WRAP_UP;
	bool bare = held && agent->phone->leg == NULL; // the router is told of its end by and by
	if (!bare)
		agent->bare_ms = 0;
	else if (agent->bare_ms == 0)
		agent->bare_ms = sim_now_ms();
	if (bare && sim_now_ms() - agent->bare_ms > SETTLED_MS)
		sim_violation(
			"a%u is %s, and its phone has no call", a, agent_state_name(agent->state));
	if (agent->state == AGENT_OFFERED && for_ms > OFFER_MOST)
		sim_violation("a%u is offered for ever", a);
	if (timed && for_ms > TIMED_MOST)
		sim_violation("a%u is %s for ever", a, agent_state_name(agent->state));
	if (agent->state != AGENT_SIGNED_OUT && agent->team != judge.plan->agent[a].team)
		sim_violation(
			"a%u was put into another team than t%u, and is there", a, agent->team);
	own_look(a, agent->state, agent->since_ms);
	if (fresh(agent->with_ms))
		return;
	if (has_leg(agent) && agent->with == NULL)
		sim_violation("a%u has a call, and nobody is offered", a);
	if (agent->state == AGENT_READY && agent->with != NULL && !fresh(agent->since_ms))
		sim_violation("a%u is ready, and has c%u", a, agent->with->caller);
}

// --- at rest ---

static void look_at_talk(const struct seen *agent, uint32_t a)
{
	const struct stay *s = agent->with;
	if (s != NULL && s->agent == a && !fresh(s->connected_ms))
		hears_judge(judge.callers[s->caller]->leg, agent->phone->leg, s->caller, a);
}

// The queues, as bits, whose reserve is surely called.
static uint32_t reserves_called(void)
{
	unsigned callers[PLAN_QUEUES] = {0};
	uint32_t called = 0;
	dlist_for_each (it, &judge.waits) {
		const struct stay *s = container_of(it, struct stay, waits);
		const struct plan_queue *q = &judge.plan->queue[s->queue];
		uint64_t wait_ms = q->reserve_wait_s * 1000ull + judge.grace_ms;
		if (fresh(s->since_ms))
			continue;
		if (++callers[s->queue] >= q->reserve_from ||
			(q->reserve_wait_s && sim_now_ms() - s->joined_ms > wait_ms))
			called |= 1u << s->queue;
	}
	return called;
}

void judge_look(void)
{
	uint32_t idle = 0, called = reserves_called();
	judge.counts.looks++;
	for (uint32_t a = 0; a < judge.plan->agents; a++) {
		const struct seen *agent = &judge.agent[a];
		look_at_agent(a);
		look_at_talk(agent, a);
		if (agent->state == AGENT_READY && agent->with == NULL && !fresh(agent->since_ms))
			idle |= 1u << a;
	}
	if (idle == 0 || fresh(judge.changed_ms))
		return;
	dlist_for_each (it, &judge.waits) {
		struct stay *s = container_of(it, struct stay, waits);
		uint32_t could = takes(s, called);
		if (s->rings == 0 && !fresh(s->since_ms) && (could & idle))
			sim_violation("c%u waits, and a%d is ready for it", s->caller,
				__builtin_ctz(could & idle));
	}
}

bool judge_in_vain(unsigned caller)
{
	dlist_for_each (it, &judge.waits) {
		const struct stay *s = container_of(it, struct stay, waits);
		if (s->caller == caller)
			return reach_in_vain(&s->reach, judge.plan);
	}
	return false;
}

// --- a world ---

void judge_before_reload(void)
{
	dlist_for_each (it, &judge.waits) {
		struct stay *s = container_of(it, struct stay, waits);
		unsigned ring = s->reach.surely.at.ring;
		widens(s);
		reach_before_reload(
			&s->reach, fresh(judge.changed_ms) ? ring : s->reach.surely.at.ring);
	}
}

void judge_reloads(void)
{
	judge.changed_ms = sim_now_ms();
	last_reloads();
	dlist_for_each (it, &judge.waits) {
		struct stay *s = container_of(it, struct stay, waits);
		reach_reloads(&s->reach);
	}
}

void judge_killed(void)
{
	for (unsigned a = 0; a < judge.plan->agents; a++) {
		judge.agent[a].state = AGENT_SIGNED_OUT;
		judge.agent[a].since_ms = sim_now_ms();
	}
	own_killed();
}

void judge_begin(const struct plan *plan, struct sim_caller *const *callers, bool slow)
{
	judge.plan = plan;
	judge.callers = callers;
	judge.grace_ms = slow ? SLOW_MS : QUICK_MS;
	judge.order = 0;
	dlist_init(&judge.waits);
	for (unsigned i = 0; i < BUCKETS; i++)
		dlist_init(&judge.buckets[i]);
	memset(judge.agent, 0, sizeof(judge.agent));
	sums_begin();
	last_begin(plan);
	for (unsigned a = 0; a < plan->agents; a++) {
		char name[16];
		str_format(name, sizeof(name), "a%u", a);
		judge.agent[a].phone = far_phone(name);
	}
	judge_reloads();
	sim_also_tells(on_news, NULL);
}

void judge_end(bool killed)
{
	if (!killed)
		sums_judge();
	for (unsigned i = 0; i < BUCKETS; i++)
		dlist_for_each_safe (it, &judge.buckets[i])
			free(container_of(it, struct stay, link));
	sim_also_tells(NULL, NULL);
}
