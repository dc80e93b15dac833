// The conversation as a call's owner: hold, recording.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"

void call_talk_begin(struct call *c, struct call_party *agent)
{
	if (c->queue->record && c->recording == NULL)
		recording_start(c);
	recording_join(c, agent);
	call_mask_talk(c);
}

struct call_verdict call_caller_held(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_HELD, "caller");
	return CALL_STAYS;
}

struct call_verdict call_caller_resumed(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_RESUMED, "caller");
	ivr_resumed(&c->ivr); // a flow that is not the owner has no wait
	return CALL_STAYS;
}

struct call_verdict call_agent_held(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_HELD, "agent");
	return CALL_STAYS;
}

struct call_verdict call_agent_resumed(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_RESUMED, "agent");
	return CALL_STAYS;
}
