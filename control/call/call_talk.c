// The conversation as a call's owner: bridge, hold, recording.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/log.h"

LOG_TOPIC("call");

// Of a conversation on hold: the queue's music for who waits, nothing for who holds.
static void hear_hold(struct call *c, struct hearer *e, bool waits)
{
	struct hearing h = {0};
	if (waits && c->queue->music != UINT32_MAX) {
		h.sound = SOUND_MUSIC;
		h.music = c->config->prompts[c->queue->music].id;
	}
	hear(e, &h);
}

// Who holds parts the two.
void call_talk_update(struct call *c, const struct call_fact *f)
{
	struct hearer *caller = leg_ear(c->caller), *agent = offer_ear(c->offer);
	bool caller_holds = leg_holds(c->caller), agent_holds = offer_holds(c->offer);
	c->bridged = !caller_holds && !agent_holds;
	if (!c->bridged) {
		hear_hold(c, caller, agent_holds && !caller_holds);
		hear_hold(c, agent, caller_holds && !agent_holds);
	} else if (!call_monitor_hear(c, caller, agent)) {
		hear_each_other(caller, agent);
	}
}

void call_talk_begin(struct call *c)
{
	if (c->queue->record && c->recording == NULL)
		recording_start(c);
	recording_join(c);
	call_mask_talk(c);
	call_talk_update(c, NULL);
}

void call_talk_part(struct call *c)
{
	c->bridged = false;
	hear_nothing(leg_ear(c->caller));
	hear_nothing(offer_ear(c->offer));
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
	if (c->wait.keeps != NULL) {
		call_queue_back(c);
		return;
	}
	if (offer_leg_end(c->offer) == UA_END_TIMEOUT)
		end = (struct call_end){.why = "agent-silent", .by = "system"};
	else if (offer_why(c->offer) !=
		WHY_TALKED) // its phone fell silent in the middle of a request
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
