// Sentences.
#include "control/ops/why/why.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/config/config.h"
#include "control/ops/why/sentence.h"
#include "control/queue/floor_why.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

struct said {
	const struct why *w;
	struct why_said is;
	char text[SENTENCE_MAX];
	struct str_buf b;
};

static void begin(struct said *s, const struct why *w, const char *why)
{
	s->w = w;
	s->is = (struct why_said){.why = why, .text = s->text};
	s->text[0] = '\0';
	str_buf_init(&s->b, s->text, sizeof(s->text));
}

static void end(struct said *s)
{
	s->w->say(&s->is, s->w->arg);
}

static uint64_t now_ms(const struct why *w)
{
	return timers_now_ms(w->timers);
}

static struct floor *floor_in(const struct why *w)
{
	return calls_floor(w->calls);
}

// "10:03:12", of a moment of the clock that nobody sets.
static const char *clock_at(const struct why *w, uint64_t ms, char out[SENTENCE_TIME_MAX])
{
	uint64_t wall_ns = timers_wall_ns(w->timers);
	int64_t off_ns = ((int64_t)ms - (int64_t)now_ms(w)) * (int64_t)NS_PER_MS;
	return sentence_time(wall_ns + (uint64_t)off_ns, wall_ns, out);
}

static void add_since(struct said *s, uint64_t since_ms)
{
	char at[SENTENCE_TIME_MAX], span[SENTENCE_TIME_MAX];
	str_buf_add(&s->b, " since %s (%s)", clock_at(s->w, since_ms, at),
		sentence_span(now_ms(s->w) - since_ms, span));
}

// And that is when the sentence ends being true.
static void add_until(struct said *s, uint64_t left_ms)
{
	char at[SENTENCE_TIME_MAX], span[SENTENCE_TIME_MAX];
	uint64_t until_ms = now_ms(s->w) + left_ms;
	str_buf_add(&s->b, " until %s (%s left)", clock_at(s->w, until_ms, at),
		sentence_span(left_ms, span));
	if (s->is.until_ms == 0)
		s->is.until_ms = until_ms;
}

static void add_call(struct said *s, uint64_t key)
{
	char id[CALLID_TEXT_MAX];
	struct call_info i;
	s->is.call = key;
	if (call_by_key(s->w->calls, key, &i))
		str_buf_add(&s->b, " %s of %s", callid_text(&i.id, id),
			i.caller[0] ? i.caller : "a caller");
	else
		str_buf_add(&s->b, " that has ended");
}

// --- agents ---

// Once its state is over.
static const char *rest_of(const struct floor_agent_info *a)
{
	return !a->registered ? "signed out" : a->ready ? "ready" : "away";
}

static void add_lease(struct said *s, const struct floor_agent_info *a)
{
	char at[SENTENCE_TIME_MAX];
	if (a->lease_left_ms > 0)
		str_buf_add(&s->b, "; if nothing more were heard of that, until %s",
			clock_at(s->w, now_ms(s->w) + a->lease_left_ms, at));
}

static void say_offered(struct said *s, const struct floor_agent_info *a)
{
	str_buf_add(&s->b, "%s's phone is called", a->name);
	add_since(s, a->since_ms);
	str_buf_add(&s->b, " for call");
	add_call(s, a->call);
	if (a->ring_left_ms > 0) {
		str_buf_add(&s->b, ", and rings");
		add_until(s, a->ring_left_ms);
	} else if (a->prompt_left_ms > 0) {
		str_buf_add(&s->b, ", was answered, and plays the answer prompt");
		add_until(s, a->prompt_left_ms);
	}
	add_lease(s, a);
}

static void say_works(struct said *s, const struct floor_agent_info *a)
{
	if (a->state == AGENT_TALKING) {
		str_buf_add(&s->b, "%s talks", a->name);
		add_since(s, a->since_ms);
		str_buf_add(&s->b, " in call");
		add_call(s, a->call);
		str_buf_add(&s->b, ", until that ends");
	} else {
		str_buf_add(&s->b, "%s has a call of its own", a->name);
		add_since(s, a->since_ms);
		str_buf_add(&s->b, ", until that ends; then it is %s", rest_of(a));
	}
	add_lease(s, a);
}

// Of what was before a restart the end is known, not the cause.
static void say_rests(struct said *s, const struct floor_agent_info *a)
{
	bool known = strcmp(a->why, router_why_name(WHY_RESTORED)) != 0;
	if (a->state == AGENT_WRAP_UP)
		str_buf_add(&s->b, "%s is in after-call work", a->name);
	else
		str_buf_add(&s->b, "%s did not take a call%s%s%s and is left alone", a->name,
			known ? " (" : "", known ? a->why : "", known ? ")" : "");
	add_until(s, a->left_ms);
	str_buf_add(&s->b, ", then it is %s",
		floor_own_calls(floor_in(s->w), a->name) > 0 ? "busy with a call of its own"
							     : rest_of(a));
}

static void say_away(struct said *s, const struct floor_agent_info *a)
{
	if (a->state == AGENT_SIGNED_OUT) {
		str_buf_add(&s->b, "%s is signed out", a->name);
		add_since(s, a->since_ms);
		str_buf_add(&s->b, ": until its phone registers");
		return;
	}
	str_buf_add(&s->b, "%s is away", a->name);
	if (a->pause[0] != '\0')
		str_buf_add(&s->b, " (%s)", a->pause);
	add_since(s, a->since_ms);
	str_buf_add(&s->b, ": until it is set ready");
}

void why_agent(const struct why *w, const struct floor_agent_info *a)
{
	const struct floor *f = floor_in(w);
	struct said s;
	unsigned from = 0;
	begin(&s, w, agent_state_name(a->state));
	s.is.agent = a->name;
	if (a->state == AGENT_OFFERED) {
		say_offered(&s, a);
	} else if (a->state == AGENT_TALKING || a->state == AGENT_BUSY) {
		say_works(&s, a);
	} else if (a->state == AGENT_WRAP_UP || a->state == AGENT_PAUSED) {
		say_rests(&s, a);
	} else if (a->state != AGENT_READY) {
		say_away(&s, a);
	} else {
		str_buf_add(&s.b, "%s is ready", a->name);
		add_since(&s, a->since_ms);
	}
	end(&s);
	begin(&s, w, a->leaving ? "leaving" : "no-queue");
	s.is.agent = a->name;
	str_buf_add(
		&s.b, a->leaving ? "%s is not configured any more" : "%s serves no queue", a->name);
	if (a->leaving || floor_agent_queue(f, a->id, &from) == NULL)
		end(&s);
}

// "2 ask for skills that 1001 lacks, 1 has not come to ring 2, in which it helps".
static void add_misfits(
	struct said *s, const struct floor_agent_info *a, const struct floor_why_agent *y)
{
	if (y->lacks > 0)
		str_buf_add(&s->b, " %u of them ask%s for skills that %s lacks", y->lacks,
			y->lacks == 1 ? "s" : "", a->name);
	if (y->later > 0)
		str_buf_add(&s->b, "%s %u of them %s not come to ring %u, in which %s helps",
			y->lacks ? "," : "", y->later, y->later == 1 ? "has" : "have", y->ring,
			a->name);
	if (y->fits > 0)
		str_buf_add(&s->b, "%s %u of them may be offered to it",
			y->lacks || y->later ? "," : "", y->fits);
}

void why_agent_queue(
	const struct why *w, const struct floor_agent_info *a, const struct floor_why_agent *y)
{
	struct said s;
	begin(&s, w,
		y->waiting == 0	   ? "nobody-waits"
			: y->held  ? "reserve"
			: y->fits  ? "offered-next"
			: y->lacks ? "skills"
				   : "ring");
	s.is.agent = a->name;
	s.is.queue = y->queue;
	s.is.how_many = y->waiting;
	if (y->waiting == 0) {
		str_buf_add(&s.b, "in %s nobody waits", y->queue);
	} else if (y->held) {
		str_buf_add(&s.b, "in %s %s is of the reserve, which is not called: %u of %u wait",
			y->queue, a->name, y->waiting, y->from);
	} else {
		str_buf_add(
			&s.b, "in %s %u wait%s:", y->queue, y->waiting, y->waiting == 1 ? "s" : "");
		add_misfits(&s, a, y);
	}
	end(&s);
}

// --- callers ---

static void say_place(const struct why *w, const struct call_info *i, const struct call_why *y,
	const struct floor_why_wait *wait)
{
	struct said s;
	struct call_wants wants = {.lacks = NULL};
	begin(&s, w, "waits");
	s.is.call = i->key;
	s.is.queue = i->queue;
	call_waits_for(w->calls, i->key, &wants);
	str_buf_add(&s.b, "%s waits in %s", i->caller[0] ? i->caller : "a caller", i->queue);
	add_since(&s, wait->joined_ms);
	str_buf_add(&s.b, ", place %u of %u", i->position, wait->waiting);
	if (wants.priority != CONFIG_PRIORITY_MIDDLE)
		str_buf_add(&s.b, ", priority %u", wants.priority);
	if (y->leaves_ms > now_ms(w)) {
		str_buf_add(&s.b, "; the queue keeps it");
		add_until(&s, y->leaves_ms - now_ms(w));
	}
	end(&s);
	if (wants.lacks == NULL)
		return;
	begin(&s, w, "lacks");
	s.is.call = i->key;
	s.is.queue = i->queue;
	str_buf_add(&s.b, "what it asks for: %s", wants.lacks);
	end(&s);
}

static void say_rings(const struct why *w, const struct call_info *i, const struct call_why *y)
{
	struct said s;
	if (y->rings == 0)
		return;
	begin(&s, w, "rings");
	s.is.call = i->key;
	s.is.how_many = y->rings;
	s.is.agent = floor_agent_name(floor_in(w), y->agent);
	if (y->rings == 1)
		str_buf_add(&s.b, "%s's phone is called for it", s.is.agent);
	else
		str_buf_add(
			&s.b, "%u phones are called for it, %s's among them", y->rings, s.is.agent);
	end(&s);
}

static void say_next_ring(const struct why *w, const struct call_info *i,
	const struct floor_why_wait *wait, const struct floor_why *of)
{
	char at[SENTENCE_TIME_MAX], span[SENTENCE_TIME_MAX], count[STR_COUNT_MAX];
	struct floor_ring_info g;
	struct said s;
	unsigned ring = of->class[0].ring + 1u;
	if (wait->next_ring_ms <= now_ms(w))
		return;
	floor_queue_ring(floor_in(w), of->queue, ring, &g);
	begin(&s, w, "next-ring");
	s.is.call = i->key;
	s.is.queue = i->queue;
	s.is.until_ms = wait->next_ring_ms;
	str_buf_add(&s.b, "at %s (in %s) it comes to ring %u", clock_at(w, wait->next_ring_ms, at),
		sentence_span(wait->next_ring_ms - now_ms(w), span), ring);
	if (g.skills[0] != '\0')
		str_buf_add(&s.b, ", which asks for no more than %s", g.skills);
	if (g.agents > 0)
		str_buf_add(&s.b, ", in which %s", str_count(count, g.agents, "more agent"));
	str_buf_add(&s.b, "%s", g.agents == 0 ? "" : g.agents == 1 ? " helps" : " help");
	if (g.priority < CONFIG_PRIORITY_MAX)
		str_buf_add(&s.b, ", with priority %u", g.priority);
	end(&s);
}

static void say_refused(
	const struct why *w, const struct call_info *i, const struct floor_why_wait *wait)
{
	struct said s;
	if (wait->refusals == 0)
		return;
	begin(&s, w, "refused");
	s.is.call = i->key;
	s.is.how_many = wait->refusals;
	for (unsigned n = 0; n < wait->refusals; n++)
		str_buf_add(&s.b, "%s%s", n ? ", " : "",
			floor_agent_name(floor_in(w), wait->refused_by[n]));
	str_buf_add(&s.b, " did not take it: others who can are asked first");
	end(&s);
}

static void say_elsewhere(const struct why *w, const struct call_info *i)
{
	struct said s;
	begin(&s, w, i->where);
	s.is.call = i->key;
	str_buf_add(&s.b, "%s waits in no queue: it is %s", i->caller[0] ? i->caller : "the call",
		i->where);
	if (i->state == CALL_TALKING && i->agent[0] != '\0')
		str_buf_add(&s.b, " with %s, until one of them hangs up", i->agent);
	else if (i->state == CALL_FLOW)
		str_buf_add(&s.b, " in flow %s, at step %s", i->flow, i->step);
	end(&s);
}

bool why_call(const struct why *w, const struct call_info *i, struct floor_why *of)
{
	struct floor_why_wait wait;
	struct call_why y;
	if (!call_why(w->calls, i->key, &y, &wait, of)) {
		say_elsewhere(w, i);
		return false;
	}
	say_place(w, i, &y, &wait);
	say_rings(w, i, &y);
	say_refused(w, i, &wait);
	say_next_ring(w, i, &wait, of);
	return true;
}
