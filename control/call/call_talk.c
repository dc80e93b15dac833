// The conversation as a call's owner: bridge, hold, recording.
#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"

// Of a conversation on hold: the queue's music for who waits, nothing for who holds.
static void hear_hold(struct call *c, struct hearer *e, bool waits)
{
	struct hearing h = {0};
	if (waits && c->queue->music != UINT32_MAX) {
		h.sound = SOUND_MUSIC;
		h.music = call_prompt_id(c, c->queue->music);
	}
	hear(e, &h);
}

// Beside a supervisor caller and agent are parties of a mixing bridge.
static void hear_mixed(struct call *c, struct hearer *caller, struct hearer *agent)
{
	struct hearing h = {
		.mixer = c->mixer, .party = {TALK_CALLER, TALK_AGENT | TALK_BARGE, MEDIA_GAIN_ONE}};
	hear(caller, &h);
	h.party = (struct media_party){
		TALK_AGENT, TALK_CALLER | TALK_WHISPER | TALK_BARGE, MEDIA_GAIN_ONE};
	hear(agent, &h);
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
	} else if (c->mixer != NULL) {
		hear_mixed(c, caller, agent);
	} else {
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
