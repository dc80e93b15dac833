// What a party hears, as one value.
#include "control/call/hearing.h"

static bool whom_equal(const struct hearing *a, const struct hearing *b)
{
	return a->peer == b->peer && a->mixer == b->mixer;
}

static bool party_equal(const struct media_party *a, const struct media_party *b)
{
	return a->says == b->says && a->hears == b->hears && a->gain_256 == b->gain_256;
}

static bool sound_equal(const struct hearing *a, const struct hearing *b)
{
	return a->sound == b->sound && (a->sound != SOUND_MUSIC || a->music == b->music) &&
		(a->sound != SOUND_TONE || a->tone == b->tone);
}

static void part(struct hearer *e)
{
	struct hearer *peer = e->now.peer;
	if (e->now.mixer != NULL)
		media_unmix(e->voice, e->now.mixer);
	if (e->bridged) { // a bridge has two ends
		media_unbridge(e->voice, peer->voice);
		e->bridged = peer->bridged = false;
		peer->now.peer = NULL;
	}
	e->now.mixer = NULL;
	e->now.peer = NULL;
}

static void play(struct hearer *e, const struct hearing *want, bool goes_on)
{
	bool prompts = want->turn != 0 && want->turn != e->turn;
	unsigned append = prompts ? MEDIA_APPEND : 0;
	if (prompts)
		media_play(e->voice, want->prompt, want->flags, 0);
	else if (goes_on)
		return;
	else if (want->sound == SOUND_NONE && e->sounds)
		media_stop_playing(e->voice);
	if (want->sound == SOUND_MUSIC)
		media_play(e->voice, want->music, MEDIA_LOOP | append, 0);
	else if (want->sound == SOUND_TONE)
		media_tone(e->voice, want->tone);
	e->sounds = prompts || want->sound != SOUND_NONE;
	if (prompts)
		e->turn = want->turn;
}

static void join(struct hearer *e)
{
	struct hearer *peer = e->now.peer;
	if (e->bridged || peer->over || peer->now.peer != e)
		return;
	media_bridge(e->voice, peer->voice);
	e->bridged = peer->bridged = true;
}

void hear(struct hearer *e, const struct hearing *want)
{
	if (e->over)
		return;
	struct hearing h = *want;
	if (h.peer != NULL) {
		h.turn = 0;
		h.sound = SOUND_NONE;
	}
	bool stays = whom_equal(&e->now, &h);
	bool tuned = stays && party_equal(&e->now.party, &h.party);
	bool goes_on = stays && sound_equal(&e->now, &h) && e->now.turn == h.turn;
	if (!stays)
		part(e);
	play(e, &h, goes_on);
	e->now = h;
	if (h.mixer != NULL && !tuned)
		media_mix(e->voice, h.mixer, &h.party);
	else if (h.peer != NULL)
		join(e);
}

void hear_end(struct hearer *e)
{
	part(e);
	e->over = true;
}

void hear_played(struct hearer *e)
{
	e->sounds = e->now.sound != SOUND_NONE;
}
