// The conversation as a call's owner: hold, recording.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"

static void holds(struct call *c, bool agent, bool on)
{
	hold_set(&c->held[agent], on, call_time_ns(c));
	story_side(c, on ? EVENT_CALL_HELD : EVENT_CALL_RESUMED, agent ? "agent" : "caller");
}

// A caller may have been on hold already, and is so still.
void call_holds_begin(struct call *c)
{
	hold_restart(&c->held[0], c->segment_ns);
	c->held[1] = (struct hold){};
}

void call_talk_begin(struct call *c, struct call_party *agent)
{
	if (c->queue->record && c->recording == NULL)
		recording_start(c);
	recording_join(c, agent);
	call_mask_talk(c);
}

struct call_verdict call_caller_held(struct call *c, const struct call_fact *f)
{
	holds(c, false, true);
	return CALL_STAYS;
}

struct call_verdict call_caller_resumed(struct call *c, const struct call_fact *f)
{
	holds(c, false, false);
	ivr_resumed(&c->ivr); // a flow that is not the owner has no wait
	return CALL_STAYS;
}

struct call_verdict call_agent_held(struct call *c, const struct call_fact *f)
{
	holds(c, true, true);
	return CALL_STAYS;
}

struct call_verdict call_agent_resumed(struct call *c, const struct call_fact *f)
{
	holds(c, true, false);
	return CALL_STAYS;
}
