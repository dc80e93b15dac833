// The conversation as a call's owner: bridge, hold, recording.
#include "control/base/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

static void music_set(struct call *c, struct media_voice *v, bool on, bool *playing)
{
	if (on == *playing)
		return;
	*playing = on;
	if (!on)
		media_stop_playing(v);
	else if (c->queue->music != UINT32_MAX)
		media_play(v, c->config->prompts[c->queue->music].id, MEDIA_LOOP, 0);
}

// Who holds parts the two; whoever does not hold hears music meanwhile.
void call_talk_update(struct call *c, const struct call_fact *f)
{
	struct media_voice *caller = leg_voice(c->caller), *agent = offer_voice(c->offer);
	bool caller_holds = leg_holds(c->caller), agent_holds = offer_holds(c->offer);
	bool bridge = !caller_holds && !agent_holds;
	if (c->bridged && !bridge)
		call_voices_part(c);
	music_set(c, caller, agent_holds && !caller_holds, &c->music_caller);
	music_set(c, agent, caller_holds && !agent_holds, &c->music_agent);
	if (!c->bridged && bridge)
		call_voices_join(c);
	c->bridged = bridge;
}

void call_talk_begin(struct call *c)
{
	// The queue's music or tone, if there is any, is what the caller hears now.
	c->music_caller = c->queue->music != UINT32_MAX || c->queue->ringback != RINGBACK_NONE;
	c->music_agent = false;
	c->bridged = false;
	if (c->queue->record && c->recording == NULL)
		recording_start(c);
	recording_join(c);
	call_mask_talk(c);
	call_talk_update(c, NULL);
}

void call_talk_part(struct call *c)
{
	struct media_voice *caller = leg_voice(c->caller), *agent = offer_voice(c->offer);
	if (c->bridged && caller != NULL && agent != NULL)
		call_voices_part(c);
	c->bridged = false;
	call_monitor_over(c, "call-ended");
}

void call_talk_agent_held(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_HELD, "agent");
	call_talk_update(c, f);
}

void call_talk_agent_resumed(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_RESUMED, "agent");
	call_talk_update(c, f);
}

void call_talk_agent_over(struct call *c, const struct call_fact *f)
{
	struct call_end end = {.why = "agent-hangup", .by = "agent"};
	if (offer_why(c->offer) != WHY_TALKED) // its phone fell silent in the middle of a request
		end.why = router_why_name(offer_why(c->offer));
	call_end(c, &end);
	call_buried_offer(c, f);
}

void call_talk_agent_lost(struct call *c, const struct call_fact *f)
{
	story_side(c, EVENT_CALL_MEDIA_LOST, "agent");
	call_end(c, &(struct call_end){.why = "agent-rtp-lost", .by = "agent"});
}

// Cannot be while the lease is renewed: the agent is no longer this call's.
void call_talk_lapsed(struct call *c, const struct call_fact *f)
{
	if (offer_number(c->offer) != f->message->offer)
		return;
	log_error("conversation lost its agent: call=%s", c->id_text);
	floor_forget(c->calls->floor, c->key);
	call_end(c, &(struct call_end){.why = "lease-lapsed", .by = "system"});
}
