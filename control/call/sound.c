// What a party hears is one value (hearing.h), out of the call's state, the party's role, who
// holds, and whether a supervisor is there: one function computes it, and one puts it in force. The
// machine calls that after each input. Whoever changes what the value is made of between two inputs
// (a mute, a mode) calls it, too; nothing else makes anybody hear anything.
#include <math.h>

#include "control/call/call_private.h"

// --- the value, by state ---

static void prompted(const struct call_party *p, struct hearing *h)
{
	h->turn = p->turn;
	h->prompt = p->prompt;
	h->flags = p->flags;
}

static void music(const struct call *c, uint32_t index, struct hearing *h)
{
	if (index == UINT32_MAX)
		return;
	h->sound = SOUND_MUSIC;
	h->music = call_prompt_id(c, index);
}

// An agent whom we have called for somebody who is called now. Who dialled hears its own phone.
static void calling_hears(const struct call *c, const struct call_party *p, struct hearing *h)
{
	if (p == &c->first || p->stage != PARTY_UP || c->first.stage != PARTY_RINGING)
		return;
	h->sound = SOUND_TONE;
	h->tone = TONE_E180_RINGBACK;
}

static void flow_hears(const struct call *c, const struct call_party *p, struct hearing *h)
{
	if (p == &c->first)
		prompted(p, h);
}

static void queue_hears(const struct call *c, const struct call_party *p, struct hearing *h)
{
	static const enum tone_id tones[] = {
		[RINGBACK_E180] = TONE_E180_RINGBACK,
		[RINGBACK_CN] = TONE_CN_RINGBACK,
		[RINGBACK_US] = TONE_US_RINGBACK,
	};
	if (p != &c->first) {
		prompted(p, h); // who comes
		return;
	}
	music(c, c->queue->music, h);
	if (h->sound == SOUND_NONE && c->queue->ringback != RINGBACK_NONE) {
		h->sound = SOUND_TONE;
		h->tone = tones[c->queue->ringback];
	}
}

static bool talks(const struct call_party *p)
{
	return p->stage == PARTY_THERE && p->role != PARTY_SUPERVISOR && party_hears(p);
}

// Into which groups of the mixing bridge a party speaks, and which it hears.
static struct media_party talk_party(const struct call *c, const struct call_party *p)
{
	struct media_party m = {.gain_256 = MEDIA_GAIN_ONE};
	if (p->role == PARTY_SUPERVISOR) {
		m.says = p->says;
		m.hears = TALK_CALLER | TALK_AGENT | TALK_OTHERS;
	} else if (p == &c->first) {
		m.says = TALK_CALLER;
		m.hears = TALK_AGENT | TALK_OTHERS | TALK_BARGE;
	} else if (p->role == PARTY_AGENT) {
		m.says = TALK_AGENT;
		m.hears = TALK_CALLER | TALK_AGENT | TALK_OTHERS | TALK_WHISPER | TALK_BARGE;
	} else {
		m.says = TALK_OTHERS;
		m.hears = TALK_CALLER | TALK_AGENT | TALK_OTHERS | TALK_BARGE;
	}
	return m;
}

static void mixed(const struct call *c, const struct call_party *p, struct hearing *h)
{
	h->mixer = c->mixer;
	h->party = talk_party(c, p);
}

// Two are bridged; in a mixing bridge are more, or two and a supervisor. Who holds is not with the
// others and hears nothing, for its phone may play music; who is left alone by that hears music.
static void talk_hears(const struct call *c, const struct call_party *p, struct hearing *h)
{
	const struct call_party *other = NULL;
	unsigned there = 0, hold = 0;
	dlist_for_each (it, &c->parties.list) {
		const struct call_party *q = container_of(it, const struct call_party, link);
		if (!talks(q))
			continue;
		there++;
		if (party_holds(q))
			hold++;
		else if (q != p)
			other = q;
	}
	if (p->role == PARTY_SUPERVISOR && p->stage == PARTY_THERE)
		mixed(c, p, h);
	else if (!talks(p) || party_holds(p))
		return;
	else if (there - hold == 1 && there > 1)
		music(c, c->queue ? c->queue->music : UINT32_MAX, h);
	else if (other != NULL && c->mixer != NULL)
		mixed(c, p, h);
	else if (other != NULL)
		h->peer = leg_ear(other->leg);
}

// Who holds is not in the mix. A prompt, if there is one, comes first; who is alone hears music.
static void conference_hears(const struct call *c, const struct call_party *p, struct hearing *h)
{
	const struct call_seat *s = &c->seat;
	if (s->conference == NULL || p->stage != PARTY_THERE)
		return;
	if (p->role == PARTY_SUPERVISOR) {
		h->mixer = s->conference->mixer;
		h->party = (struct media_party){p->says, CONFERENCE_ALL, MEDIA_GAIN_ONE};
		return;
	}
	if (party_holds(p))
		return;
	h->mixer = s->conference->mixer;
	h->party.hears = CONFERENCE_ALL | s->whisper;
	h->party.says = s->muted ? 0 : CONFERENCE_ALL;
	h->party.gain_256 = (uint16_t)lround(MEDIA_GAIN_ONE * pow(10, s->gain_db / 20.0));
	prompted(p, h);
	if (s->conference->count == 1)
		music(c, s->config->music, h);
}

typedef void sound_fn(const struct call *c, const struct call_party *p, struct hearing *h);

static sound_fn *const sounds[CALL_STATES] = {
	// the others: nothing
	[CALL_CALLING] = calling_hears,
	[CALL_FLOW] = flow_hears,
	[CALL_WAITING] = queue_hears,
	[CALL_TALKING] = talk_hears,
	[CALL_CONFERENCE] = conference_hears,
};

struct hearing call_sound(const struct call *c, const struct call_party *p)
{
	struct hearing h = {0};
	if (sounds[c->state] != NULL && party_hears(p))
		sounds[c->state](c, p, &h);
	return h;
}

// --- in force ---

static void hear_all(struct call *c, bool supervisors)
{
	dlist_for_each (it, &c->parties.list) {
		struct call_party *p = container_of(it, struct call_party, link);
		if (p->leg == NULL || (p->role == PARTY_SUPERVISOR) != supervisors)
			continue;
		struct hearing h = call_sound(c, p);
		hear(leg_ear(p->leg), &h);
	}
}

// Who talks goes from the bridge to the mixing bridge when the supervisor is there already.
void call_hear(struct call *c)
{
	hear_all(c, true);
	hear_all(c, false);
}

void call_hush(struct call *c)
{
	dlist_for_each (it, &c->parties.list)
		container_of(it, struct call_party, link)->turn = 0;
}
