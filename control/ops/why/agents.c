// Who could take callers: sentences about what was counted.
#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/ops/why/sentence.h"
#include "control/ops/why/why.h"
#include "control/queue/floor_why.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static const struct {
	enum agent_state state;
	const char *one, *many;
} words[] = {
	{AGENT_READY, "is ready", "are ready"},
	{AGENT_OFFERED, "is called for a caller", "are called for callers"},
	{AGENT_TALKING, "talks", "talk"},
	{AGENT_WRAP_UP, "is in after-call work", "are in after-call work"},
	{AGENT_PAUSED, "is left alone after a call not taken",
		"are left alone after calls not taken"},
	{AGENT_BUSY, "has a call of its own", "have calls of their own"},
	{AGENT_AWAY, "is away", "are away"},
	{AGENT_SIGNED_OUT, "is signed out", "are signed out"},
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static struct floor *floor_in(const struct why *w)
{
	return calls_floor(w->calls);
}

static void say(const struct why *w, struct why_said *s, const char *text)
{
	s->text = text;
	w->say(s, w->arg);
}

// " until 10:03:12 (1001)": the first of them.
static void add_end(const struct why *w, const struct floor_why_state *s, struct str_buf *b)
{
	char at[SENTENCE_TIME_MAX];
	uint64_t now_ms = timers_now_ms(w->timers), wall_ns = timers_wall_ns(w->timers);
	if (s->ends_ms <= now_ms)
		return;
	str_buf_add(b, "%s until %s", s->agents > 1 ? ", the first" : "",
		sentence_time(wall_ns + (s->ends_ms - now_ms) * NS_PER_MS, wall_ns, at));
	if (s->agents > 1)
		str_buf_add(b, " (%s)", floor_agent_name(floor_in(w), s->agent));
}

// ": 2 talk, 1001 is in after-call work until 10:03:12". How many these are.
static unsigned add_states(const struct why *w, const struct floor_why_class *c, struct str_buf *b)
{
	unsigned all = 0;
	for (unsigned i = 0; i < WORDS; i++) {
		const struct floor_why_state *s = &c->can[words[i].state];
		if (s->agents == 0)
			continue;
		str_buf_add(b, "%s", all ? ", " : ": ");
		if (s->agents == 1)
			str_buf_add(
				b, "%s %s", floor_agent_name(floor_in(w), s->agent), words[i].one);
		else
			str_buf_add(b, "%u %s", s->agents, words[i].many);
		add_end(w, s, b);
		all += s->agents;
	}
	return all;
}

static unsigned can(const struct floor_why_class *c)
{
	unsigned all = 0;
	for (unsigned i = 0; i < AGENT_STATES; i++)
		all += c->can[i].agents;
	return all;
}

static void add_others(
	const struct floor_queue_info *q, const struct floor_why_class *c, struct str_buf *b)
{
	if (c->lacking > 0)
		str_buf_add(b, "; %u %s what is asked for", c->lacking,
			c->lacking == 1 ? "lacks" : "lack");
	if (c->later > 0)
		str_buf_add(
			b, "; %u %s in a later ring", c->later, c->later == 1 ? "helps" : "help");
	if (c->reserved > 0)
		str_buf_add(b, "; %u %s of the reserve, which is not called: %u of %u wait",
			c->reserved, c->reserved == 1 ? "is" : "are", q->waiting, q->reserve_from);
}

static void add_who(const struct why *w, const struct floor_queue_info *q,
	const struct floor_why_class *c, struct str_buf *b)
{
	char skills[FLOOR_SKILLS_TEXT_MAX], span[SENTENCE_TIME_MAX], count[STR_COUNT_MAX];
	struct str_buf text;
	struct call_info first;
	str_buf_init(&text, skills, sizeof(skills));
	floor_skills_text(floor_in(w), &c->wants, &text);
	str_buf_add(b, "%s ", str_count(count, c->callers, "caller"));
	str_buf_add(b, "in %s %s for %s", q->name, c->callers == 1 ? "asks" : "ask",
		skills[0] ? skills : "no skill");
	if (c->ring > 0)
		str_buf_add(b, " in ring %u", c->ring);
	if (call_by_key(w->calls, c->first, &first))
		str_buf_add(b, ", %s%s waits %s", c->callers > 1 ? "of whom the first, " : "",
			first.caller[0] ? first.caller : "a caller",
			sentence_span(first.waited_ms, span));
}

static void say_class(const struct why *w, const struct floor_queue_info *q,
	const struct floor_why *y, const struct floor_why_class *c)
{
	char text[SENTENCE_MAX];
	struct str_buf b;
	struct why_said s = {.why = "agents",
		.queue = q->name,
		.call = c->first,
		.how_many = c->callers,
		.agents = c};
	str_buf_init(&b, text, sizeof(text));
	add_who(w, q, c, &b);
	str_buf_add(&b, "; of %u agents %u could take %s", y->agents, can(c),
		c->callers == 1 ? "it" : "one");
	add_states(w, c, &b);
	add_others(q, c, &b);
	say(w, &s, text);
}

void why_callers(const struct why *w, const struct floor_queue_info *q, const struct floor_why *y)
{
	char text[128];
	struct why_said s = {.why = "others", .queue = q->name, .how_many = y->others};
	for (unsigned i = 0; i < y->classes; i++)
		say_class(w, q, y, &y->class[i]);
	if (y->others == 0)
		return;
	str_format(text, sizeof(text), "%u callers ask for something else", y->others);
	say(w, &s, text);
}

static void say_reserve(const struct why *w, const struct floor_queue_info *q)
{
	char text[256];
	struct why_said s = {.why = "reserve", .queue = q->name, .how_many = q->waiting};
	if (q->reserve_from == 0)
		return;
	str_format(text, sizeof(text),
		q->reserve_called
			? "the reserve of %s is called, until no more than %u wait (now %u)"
			: "the reserve of %s is not called before %u wait (now %u)",
		q->name, q->reserve_called ? q->reserve_to : q->reserve_from, q->waiting);
	say(w, &s, text);
}

void why_queue(const struct why *w, const struct floor_queue_info *q)
{
	char text[256], span[SENTENCE_TIME_MAX];
	struct why_said s = {.why = q->waiting ? "waiting" : "nobody-waits",
		.queue = q->name,
		.how_many = q->waiting};
	if (q->waiting == 0)
		str_format(text, sizeof(text),
			"in %s nobody waits; of %u agents %u ready, %u in "
			"conversation",
			q->name, q->agents, q->ready, q->talking);
	else
		str_format(text, sizeof(text),
			"in %s %u wait%s, the longest %s; of %u agents %u ready, %u in "
			"conversation",
			q->name, q->waiting, q->waiting == 1 ? "s" : "",
			sentence_span(q->longest_wait_ms, span), q->agents, q->ready, q->talking);
	say(w, &s, text);
	say_reserve(w, q);
	s = (struct why_said){.why = "leaving", .queue = q->name};
	str_format(text, sizeof(text), "%s is not configured any more", q->name);
	if (q->leaving)
		say(w, &s, text);
	s = (struct why_said){.why = "full", .queue = q->name, .how_many = q->waiting_max};
	str_format(text, sizeof(text), "%s is full: who comes goes on with the flow", q->name);
	if (q->waiting_max > 0 && q->waiting >= q->waiting_max)
		say(w, &s, text);
}
