// Control's face of the engine: voices with callbacks instead of tickets and rings. The only files
// of control that know engine/gate.h lie in this folder; in whole-call tests in simulated time
// another implementation stands behind this header.
//
// Control thread only. Every operation is asynchronous and either succeeds or brings
// MEDIA_FAILED to the voice's handler, naming the operation; from the loop, never from within the
// call that asked. After media_close no event comes. A voice knows its media; a command to no voice
// (NULL) does nothing.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/media/profile.h"
#include "dsp/codec.h"
#include "dsp/tone.h"
#include "engine/base/addr.h"

struct media;
struct media_voice;

enum media_event_kind {
	MEDIA_OPENED = 1, // local is known: SDP can be written
	MEDIA_DIGIT,
	MEDIA_PLAYED, // the play queue of this voice is empty (or was stopped or barged)
	MEDIA_LOST,   // neither RTP nor RTCP for the time-out, whether any is due or not
	MEDIA_FOUND,
	MEDIA_FAILED,  // error and what failed
	MEDIA_SPEECH,  // watched: it speaks …
	MEDIA_SILENCE, // … and no longer
};

struct media_event {
	enum media_event_kind kind;
	struct addr local;  // OPENED: RTP as the far end must see it (external address applied)
	char digit;	    // DIGIT
	uint8_t sources;    // DIGIT: bits 1 in-band, 2 telephone-event, 4 INFO
	bool barged;	    // PLAYED: a digit ended it
	uint32_t played_ms; // PLAYED: how far the last prompt came
	uint32_t silent_ms; // LOST
	int8_t level_dbm0;  // SPEECH, SILENCE: of the frame that told it
	int error;	    // FAILED: -errno
	const char *failed; // FAILED: "open", "play", …
};

typedef void media_event_h(const struct media_event *event, void *arg);

enum { MEDIA_SEND = 1, MEDIA_RECV = 2 };

struct media_params {	       // what offer and answer settled
	struct addr rtp, rtcp; // far end; rtcp port 0: none; equal to rtp: muxed
	enum media_profile profile;
	struct media_keys tx_keys, rx_keys; // of SRTP: to send, to receive
	enum codec_id codec;
	uint8_t pt, event_pt;	    // to send, as they list it; event_pt 0: no telephone-event
	uint8_t rx_pt, rx_event_pt; // to receive, as we list it
	bool event_8k;		    // events count 8 kHz, whatever the codec's clock
	uint8_t ptime_ms;
	uint8_t direction; // MEDIA_SEND | MEDIA_RECV, as we see it
	bool fec, dtx;	   // what they want of Opus: redundancy, nothing in silence
	bool anywhere; // packets may come from another IP address than rtp: see engine/rtp/learn.h
};

// But for anywhere, which is no part of what they say.
static inline bool media_params_equal(const struct media_params *a, const struct media_params *b)
{
	return addr_equal(&a->rtp, &b->rtp) && addr_equal(&a->rtcp, &b->rtcp) &&
		a->profile == b->profile && media_keys_equal(&a->tx_keys, &b->tx_keys) &&
		media_keys_equal(&a->rx_keys, &b->rx_keys) && a->codec == b->codec &&
		a->pt == b->pt && a->event_pt == b->event_pt && a->rx_pt == b->rx_pt &&
		a->rx_event_pt == b->rx_event_pt && a->event_8k == b->event_8k &&
		a->ptime_ms == b->ptime_ms && a->direction == b->direction && a->fec == b->fec &&
		a->dtx == b->dtx;
}

struct media_place {			// where a voice shall lie
	unsigned media;			// index of the media address (config order)
	const struct media_voice *near; // which it will be bridged to: on its worker; NULL: on any
	enum codec_id codec;		// that it is likely to be of: held; CODEC_NONE: not known
};

// Opens a voice. OPENED or FAILED follows. 0; -ENOBUFS: no session free; -ENOMEM.
int media_open(struct media *m, const struct media_place *at, media_event_h *h, void *arg,
	struct media_voice **out);
void media_close(struct media_voice *v);			     // NULL allowed; v is dead
void media_set(struct media_voice *v, const struct media_params *p); // after every offer/answer
// Coders: a worker has its part of engine.g722_sessions and engine.opus_sessions, and a voice of
// such a codec needs one of its own worker's. What is offered or answered is held before, so that
// no answer is followed by silence. Of the list those that the voice may be of, in this order to
// out, which may be list; each is held until media_set names one, or media_settle. v NULL: those
// that some worker has room for.
unsigned media_hold(struct media *m, struct media_voice *v, const enum codec_id list[],
	unsigned count, enum codec_id out[]);
void media_settle(struct media_voice *v); // nothing came of it; NULL allowed
bool media_codec_room(
	struct media *m, enum codec_id codec); // some worker has room for one more; m NULL: none
void media_listen(struct media_voice *v, bool on); // digits
// No digit of it is heard by others; FAILED "mask": too many voices are masked.
void media_mask(struct media_voice *v, bool on);
// Speech and silence, as engine.speech_* say; with engine.speech_watch from the beginning.
void media_watch(struct media_voice *v, bool on);
void media_info_digit(struct media_voice *v, char digit, unsigned duration_ms);

enum { MEDIA_APPEND = 1, MEDIA_LOOP = 2, MEDIA_BARGE = 4 };
void media_play(struct media_voice *v, uint32_t prompt, unsigned flags, uint32_t offset_ms);
void media_tone(struct media_voice *v, enum tone_id tone); // until something else is played
void media_stop_playing(struct media_voice *v);
uint32_t media_prompt_ms(const struct media *m, uint32_t prompt); // length; 0: none
// A PLAYED that is later than the length of what plays by so much will not come.
#define MEDIA_PLAYED_LATE_MS 5000
void media_bridge(struct media_voice *a, struct media_voice *b); // both ways
void media_unbridge(struct media_voice *a, struct media_voice *b);

// A mixing bridge in the place of a peer: a party hears those others who say something into a
// group that it hears (bits). FAILED "mix": no room for a further party.
struct media_mixer;
struct media_party {
	uint8_t says, hears;
	uint16_t gain_256; // of what it says
};
#define MEDIA_GAIN_ONE 256
// With so many places held for parties. 0; -ENOBUFS: no bridge or not so many places left on that
// voice's worker; -ENOMEM.
int media_mixer_new(const struct media_voice *near, unsigned places, struct media_mixer **out);
// More or fewer of them: 0; -ENOBUFS; -ENOSPC: a bridge has no more. Fewer is always possible.
int media_mixer_hold(struct media_mixer *m, unsigned places);
void media_mixer_free(struct media_mixer *m); // every party was told to leave
void media_mix(struct media_voice *v, struct media_mixer *m, const struct media_party *p);
void media_unmix(struct media_voice *v, struct media_mixer *m);

enum media_side { MEDIA_LEFT, MEDIA_RIGHT };
// Taps what the voice receives into a recording (number and start of control/record/recorder.h).
// Several voices may be on one side: all of a conversation but the caller. What they say at a time
// is added up.
void media_record(struct media_voice *v, uint32_t recording, enum media_side side,
	enum codec_id law, uint64_t start_ns);
void media_record_stop(struct media_voice *v, uint32_t recording);

#define MEDIA_LEVEL_NONE (-128)

struct media_quality { // live, or final just before media_close
	struct addr local, remote;
	enum codec_id codec;
	uint64_t session; // the engine's number, for people
	unsigned worker;
	uint32_t rx_packets, tx_packets, rx_lost, rx_late, rx_duplicate, rx_reordered, rx_dropped;
	uint32_t rx_moves;
	uint32_t concealed_ms, jitter_us, round_trip_us, jitter_delay_ms, far_lost, digits;
	bool locked, speaks;
	int8_t rx_level_dbm0; // MEDIA_LEVEL_NONE: not decoded
};
bool media_quality(const struct media_voice *v, struct media_quality *out);
