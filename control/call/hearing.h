// What a party hears, as one value: whom (a peer, or those of a mixing bridge) and what is played
// over that. A new value ends whatever was before; nobody who talks to a peer is left with music.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/media/media.h"

struct hearer;

enum sound { SOUND_NONE, SOUND_MUSIC, SOUND_TONE };

struct hearing {		   // zeroed: silence
	struct hearer *peer;	   // both hear each other once both say so
	struct media_mixer *mixer; // or a party of it, as this one:
	struct media_party party;
	// Heard once, before all else; of a peer there is none. turn: counted up by the party with
	// each prompt that it is to hear, 0: none. One that was heard before is not heard again.
	uint32_t turn, prompt;
	unsigned flags;	  // MEDIA_BARGE; MEDIA_APPEND: behind the prompt that is heard now
	enum sound sound; // then this without an end: of a peer there is none
	uint32_t music;
	enum tone_id tone;
};

struct hearer { // embedded in a leg
	struct media_voice *voice;
	struct hearing now;
	uint32_t turn; // of the latest prompt
	bool bridged;  // to now.peer
	bool sounds;   // something was played, and its end has not been told
	bool over;
};

// The only function that plays, stops, bridges and mixes; for call_hear (sound.c) alone, which says
// what each party hears. The same value again changes nothing.
void hear(struct hearer *e, const struct hearing *want);
void hear_played(struct hearer *e); // what was played is over
void hear_end(struct hearer *e);    // its voice is about to be closed: it hears no more
