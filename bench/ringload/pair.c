// Callers and their agents: who has whom, how soon, and whether each heard the other.
#include "bench/ringload/pair.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"

#define HEARD_SHARE 0.8 // of a talk of known length; its ends lie apart on both sides
#define HEARD_BOTH  3u	// bits: the caller, the agent

static struct call_note *pair_note(const struct load *l, const struct call *c)
{
	return c->count < l->profile->calls_total ? &l->notes[c->count] : NULL;
}

// The caller's count follows the number that all callers share.
static uint32_t pair_count(const struct load *l, struct text from)
{
	const char *name = l->profile->from;
	struct text uri = text_uri(from);
	size_t len = strlen(name);
	char *end;

	if (uri.len < len + 6 || strncmp(uri.p, "sip:", 4) || strncmp(uri.p + 4, name, len))
		return UINT32_MAX;
	unsigned long count = strtoul(uri.p + 4 + len, &end, 10);
	return end > uri.p + 4 + len && *end == '@' && count < l->counts.tried ? (uint32_t)count
									       : UINT32_MAX;
}

void pair_offered(struct load *l, struct call *c, const struct message *m, uint64_t at_ns)
{
	struct agent *a = &l->agents[c->agent];

	if (a->free_ns) {
		histogram_record(
			&l->counts.free_to_agent, at_ns > a->free_ns ? at_ns - a->free_ns : 0);
		histogram_record(&l->counts.bye_to_agent, at_ns - a->bye_ns);
		a->free_ns = 0;
	}
	c->count = pair_count(l, m->from);
	struct call_note *note = pair_note(l, c);
	if (!note || note->offers++)
		return;
	const struct call *caller = &l->calls[note->place];
	if (caller->count != c->count || !caller->answered_ns || at_ns < caller->answered_ns)
		return;
	if (!caller->stream.press_ns)
		histogram_record(&l->counts.answer_to_agent, at_ns - caller->answered_ns);
	else if (at_ns >= caller->stream.press_ns)
		histogram_record(&l->counts.digit_to_agent, at_ns - caller->stream.press_ns);
}

void pair_waits(struct load *l, const struct call *c)
{
	struct call_note *note = pair_note(l, c);

	note->place = c->index;
	note->waits = true;
	l->waiting++;
}

static void pair_waits_no_more(struct load *l, struct call_note *note)
{
	if (!note || !note->waits)
		return;
	note->waits = false;
	l->waiting--;
}

void pair_answered(struct load *l, const struct call *c)
{
	struct call_note *note = pair_note(l, c);

	if (!note)
		return;
	note->agents++;
	pair_waits_no_more(l, note);
}

void pair_ended(struct load *l, const struct call *c)
{
	pair_waits_no_more(l, pair_note(l, c));
}

void pair_hushed(struct load *l, const struct call *c)
{
	const struct profile *p = l->profile;
	struct call_note *note = pair_note(l, c);
	bool known = p->agent_talk.kind != HOLD_EXPONENTIAL;
	double least = known ? HEARD_SHARE * p->agent_talk.low_ms / p->ptime_ms : 0;

	if (!note)
		return;
	l->counts.misheard += c->stream.peer_wrong;
	if (c->stream.peer_heard > 0 && c->stream.peer_heard >= least && !c->stream.peer_wrong)
		note->heard |= c->incoming ? 2 : 1;
}

void pair_freed(struct load *l, struct agent *a, uint64_t at_ns)
{
	// Callers enough that one is there for whatever this agent can do.
	bool measured = at_ns >= l->start_ns + l->profile->ramp_ms * NS_PER_MS;

	a->free_ns = measured && l->waiting > l->profile->agents ? at_ns : 0;
}

struct pair_report pair_report(const struct load *l)
{
	struct pair_report r = {0};

	for (uint32_t i = 0; i < l->counts.tried && i < l->profile->calls_total; i++) {
		const struct call_note *note = &l->notes[i];

		r.alone += note->answered && note->agents == 0;
		r.twice += note->agents > 1;
		r.one_way += note->answered && note->agents > 0 && note->heard != HEARD_BOTH;
	}
	return r;
}
