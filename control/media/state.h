// Voices, and what is known of all of them: shared by media/voice.c and media/notice.c.
#pragma once

#include "control/config/config.h"
#include "control/media/gate.h"
#include "control/media/link.h"
#include "control/media/private.h"
#include "control/base/timer.h"
#include "engine/base/hash.h"

enum voice_state { VOICE_OPENING = 1, VOICE_OPEN, VOICE_CLOSING };

struct media_voice {
	struct media *media;
	struct dlist link; // in media->voices
	enum voice_state state;
	gate_session session;
	unsigned medium;
	media_event_h *handler;
	void *arg;
	struct media_line line;
	// Tickets of the prompts that play or will, in their order, and how many are not sent yet.
	uint32_t plays[PLAY_QUEUE_MAX];
	uint8_t plays_count;
	uint32_t plays_waiting;
	gate_session peer; // asked for last; 0: none
	bool closed;	   // CLOSED has come
	uint8_t keyed;	   // directions that have keys, as bits
	enum codec_id codec;
	uint8_t held;	      // coders held besides, as bits by codec
	struct dlist failing; // in media->failing, while commands could not be sent or kept
	uint32_t failed;      // those commands, as bits
	int error;	      // of the latest
	struct dlist closing; // in media->closing
	uint64_t closing_ms;  // when CLOSE was asked for
	struct {	      // of the recording that it is on
		bool on;
		struct hash_node node; // in media->sides
		uint32_t recording;
		enum media_side side;
		unsigned writer; // worker
	} tape;
};

struct media_mixers { // of a worker
	struct media_mixer_slot {
		bool used;
		uint32_t generation; // of the latest bridge in it
	} * slot;		     // owned
	unsigned used, next;	     // next: slot to look at first
	unsigned places;	     // held by bridges
	bool told, told_slots;	     // that there are no more
};

struct media {
	struct timers *timers;
	struct gate *gate;
	unsigned workers, turn;	      // turn: whose notices are first
	unsigned opened[WORKERS_MAX]; // voices on each worker
	struct media_voice **by_slot[WORKERS_MAX];
	uint32_t slots;
	struct dlist voices, failing, closing; // closing: the longest first
	struct timer failed, sweep;
	timer_h *swept; // what is owed is looked for
	struct media_post post;
	struct media_mixers mixers[WORKERS_MAX];
	uint64_t orphans_ms; // until then sessions without a voice are looked for
	struct {
		const char *name; // of the configuration in force
		struct addr external;
	} addresses[MEDIA_MAX];
	uint8_t jitter_min_ms, jitter_max_ms, rtp_timeout_s;
	struct config_speech speech;
	unsigned coders[WORKERS_MAX][CODEC_COUNT], coders_max[CODEC_COUNT]; // in use or held
	bool coders_full[WORKERS_MAX][CODEC_COUNT];			    // and told
	struct links links;
	struct hash sides;    // voices that are recorded, by recording and side
	struct {	      // those that were published last
		uint32_t *ms; // length by id
		uint32_t count;
	} prompts;
	struct media_counts counts;
};

void media_voice_event(struct media_voice *v, const struct media_event *e);
void media_voice_failed(struct media_voice *v, const char *what, int error);
void media_voice_try_free(struct media_voice *v); // once nothing is owed to it any more
void media_voice_send_close(struct media_voice *v);
// A session that no voice has: closed for itself. NULL: no memory.
struct media_voice *media_voice_new(struct media *m, unsigned worker);
void media_voice_sent(struct media_voice *v, const struct gate_msg *m); // with its ticket
// --- media/hold.c: of which worker a coder is taken, and for whom ---
_Static_assert(CODEC_COUNT <= 8, "a voice's held coders are bits");
// sessions: of all workers.
void media_coders_start(struct media *m, const struct config *config, uint32_t sessions);
void media_coder_take(struct media_voice *v, enum codec_id codec); // it is of this one now
void media_coder_give(struct media_voice *v);			   // its session is gone
unsigned media_worker_for(const struct media *m, enum codec_id codec);
#define MEDIA_SWEEP_MS 10000
void media_owed(struct media *m); // from now on somebody owes us something

// --- media/mix.c ---
int media_mixers_start(struct media *m); // 0 or -ENOMEM
void media_mixers_end(struct media *m);

// --- media/side.c ---
// The worker that lays this side, from now on for this voice too.
unsigned media_side_join(struct media_voice *v, uint32_t recording, enum media_side side);
void media_side_leave(struct media_voice *v);

// --- media/notice.c ---
void media_swept(void *media); // looks for what is owed, and again while anything is
