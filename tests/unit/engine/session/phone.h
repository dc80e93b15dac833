// Far ends with a codec of their own on the rig: they encode a voice, and decode what is sent to
// them by themselves. For the tests of sessions whose codec has state.
#pragma once

#include <string.h>

#include "dsp/codec.h"
#include "dsp/opus.h"
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"
#include "tests/unit/dsp/coded.h"
#include "tests/unit/engine/session/rig.h"

#define CALLER	"10.0.0.9:4000"
#define AGENT	"10.0.0.8:6000"
#define SECONDS 3
#define SAMPLES (SECONDS * 8000)

struct phone { // a phone
	const char *address;
	const struct codec *codec;
	struct gate_remote remote;
	gate_session session;
	struct rig_stream stream;
	uint32_t said; // samples of its phones_voice
	_Alignas(64) uint8_t tx[65536], rx[65536];
	int16_t heard[SAMPLES + 4000];
	uint32_t heard_samples;
	uint32_t packets;
};

extern struct phone caller, agent;
extern int16_t phones_voice[SAMPLES];

// Both with a session, the agent's on the last worker; not bridged yet.
void phones_start(enum codec_id caller_codec, enum codec_id agent_codec, unsigned workers);
void phones_bridge(void);
void phone_open(struct phone *f, const char *address, enum codec_id codec, unsigned worker);
uint32_t phone_encode(struct phone *f, uint8_t *payload, const int16_t *samples, uint32_t n);
void phone_send(struct phone *f, const int16_t *samples, unsigned ms, bool lost);
void phone_say(struct phone *f, unsigned ms, bool lost); // the next of the voice
void phone_hear(struct phone *f);			 // decodes all that was sent to it so far
void phones_talk(unsigned caller_ms, unsigned agent_ms); // both at once, packets of so many ms
// How alike what it heard is to what the other one said, some time before.
double phone_likeness(const struct phone *f, const struct phone *other);
