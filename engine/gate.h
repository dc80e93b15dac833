// The door between control and engine: 64-byte messages by value over lock-free rings, live
// counters by sequence lock, prompts in a read-only store. No pointers cross it, no callbacks,
// no locks. On control's side only control/media may include this file.
//
// Every command ends in exactly one GATE_DONE that carries its ticket and 0 or -errno.
// DONE and CLOSED always have room: gate_post takes no more commands than the event ring has
// reserved slots to answer. DIGIT has slots of its own beyond the other notices. What does not
// fit is counted.
//
// Rings, counters and prompts lie in one position-independent mapping, so that engine and
// control can become two processes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dsp/codec.h"
#include "engine/base/addr.h"
#include "engine/base/ring.h"
#include "engine/bounds.h"

enum gate_kind {
	// Commands: control to the worker that owns the session.
	GATE_OPEN = 1, // session: 0. DONE brings session and local address
	GATE_REMOTE,   // where and how to send; again after each re-INVITE
	GATE_KEYS,     // SRTP of one direction, before the REMOTE that begins it
	GATE_PLAY,
	GATE_STOP,	 // ends play queue, tone and digits being sent; PLAYED follows
	GATE_COLLECT,	 // listen for digits, or stop listening
	GATE_MASK,	 // no digit of this session may be heard elsewhere, or may again
	GATE_INFO_DIGIT, // a digit that came by SIP INFO, for the arbiter
	GATE_SEND_DIGITS,
	GATE_TONE,
	GATE_BRIDGE,   // what this session receives goes to its peer, until UNBRIDGE
	GATE_UNBRIDGE, // from its peer, or out of its mixing bridge
	GATE_MIX,      // it is a party of a mixing bridge from now on, or is altered there
	GATE_WATCH,    // tell when it begins and ends to speak, or no longer
	GATE_RECORD,   // tap what this session receives, or stop
	GATE_CLOSE,
	// Notices: worker to control.
	GATE_DONE = 64,
	GATE_DIGIT,
	GATE_PLAYED,
	GATE_RTP_LOST,	// neither RTP nor RTCP for the time that REMOTE named, in any direction
	GATE_RTP_FOUND, // again (or for the first time) received
	GATE_RTP_MOVED, // the far end sends from another address, and is sent to there
	GATE_SPEECH,	// where WATCH is on: it speaks …
	GATE_SILENCE,	// … and no longer
	GATE_CLOSED,	// the live block is final; the slot may be used anew
	// Of a mixing bridge on another worker, which answers later than MIX: it has no place. Told
	// each second until it is UNBRIDGEd, or has one.
	GATE_UNMIXED,
};

// worker (8 bits), generation (24), slot within the worker (32); 0 is no session.
typedef uint64_t gate_session;

static inline unsigned gate_session_worker(gate_session s)
{
	return s >> 56;
}

// A mixing bridge (bridge/mixer.h) in the place of a peer: control chooses slot and generation. It
// is there as long as it has parties; a slot is used anew with the next generation.
#define GATE_MIXER_BIT 0x80000000u

static inline gate_session gate_mixer(unsigned worker, uint32_t generation, uint32_t slot)
{
	return (uint64_t)worker << 56 | (uint64_t)(generation & 0xffffff) << 32 | GATE_MIXER_BIT |
		slot;
}

static inline bool gate_is_mixer(gate_session s)
{
	return s & GATE_MIXER_BIT;
}

static inline uint32_t gate_mixer_slot(gate_session s)
{
	return (uint32_t)s & ~GATE_MIXER_BIT;
}

struct gate_head {
	uint16_t kind;	 // enum gate_kind
	uint16_t flags;	 // REMOTE: enum gate_remote_flag; else 0
	uint32_t ticket; // of the command; 0 in notices other than DONE and PLAYED
	gate_session session;
};
_Static_assert(sizeof(struct gate_head) == 16, "the head is 16 bytes");

struct gate_open {
	uint8_t media; // index of the media address (struct engine_config)
};

enum gate_direction { GATE_SEND = 1, GATE_RECV = 2 }; // bits, as this end sees it

enum gate_remote_flag {
	// What the far end wants in sound that it gets, of a codec that can.
	REMOTE_FEC = 1, // redundancy against loss
	REMOTE_DTX = 2, // nothing while there is silence
	// Payload types to receive are rx_pt and rx_event_pt; else the same as those to send.
	REMOTE_RX_TYPES = 4,
	// Durations of telephone-events count 8 kHz, whatever the codec's clock.
	REMOTE_EVENT_8K = 8,
	// Packets may come from another IP address than the one that rtp names: see rtp/learn.h.
	REMOTE_ANYWHERE = 16,
};

struct gate_remote {
	struct addr rtp;  // far end as its SDP says; symmetric RTP may learn another (RFC 4961)
	struct addr rtcp; // port 0: do not send RTCP; equal to rtp: muxed (RFC 5761)
	// Payload types as the far end lists them, which is to send (RFC 3264 section 5.1), and as
	// we do: what comes may have either. event: telephone-event (RFC 4733), 0: none.
	uint32_t pt : 7, event_pt : 7, rx_pt : 7, rx_event_pt : 7;
	uint32_t codec : 4;    // enum codec_id, both ways
	uint8_t ptime_ms : 6;  // to send: 10, 20, 30, 40, 60
	uint8_t direction : 2; // bits of enum gate_direction
	uint8_t jitter_min_ms, jitter_max_ms;
	uint8_t rtp_timeout_s; // silence before RTP_LOST; 0: never
};

#define GATE_KEY_MAX 44 // bytes of master key and salt: AEAD_AES_256_GCM's

// -EOPNOTSUPP: a suite that is not served, as yet none is.
struct gate_keys {
	uint8_t direction; // GATE_SEND or GATE_RECV
	uint8_t suite; // as RFC 5764 section 4.1.2 and RFC 7714 section 14.2 number them; 0: plain
	uint8_t bytes; // of key: master key, then salt
	uint8_t pad;
	uint8_t key[GATE_KEY_MAX];
};

enum gate_play_flag {
	PLAY_APPEND = 1, // after what is in the queue; else instead of it
	PLAY_LOOP = 2,	 // repeat until stopped or until something is appended or played
	PLAY_BARGE = 4,	 // a digit ends this and everything behind it in the queue
};

struct gate_play {
	uint32_t prompt; // id in the store
	uint16_t flags;	 // enum gate_play_flag
	uint16_t pad;
	uint32_t offset_ms; // start there (music goes on where it was)
};

enum gate_played_why { PLAYED_END, PLAYED_STOPPED, PLAYED_BARGED, PLAYED_MISSING };

struct gate_played { // head.ticket: of its PLAY
	uint32_t prompt;
	uint8_t why; // enum gate_played_why
	uint8_t pad[3];
	uint32_t at_ms; // how far into the prompt it came
};

struct gate_mask { // on: -ENOBUFS when too many are masked
	uint8_t on;
	uint8_t pad[7];
};

#define WATCH_DBM0_MIN	     (-70)
#define WATCH_HYSTERESIS_MAX 20	  // dB
#define WATCH_MS_MAX	     5000 // 1 … that, of either

struct gate_watch { // see engine/voice/watch.h
	uint8_t on;
	int8_t speech_dbm0;    // so loud is speech
	uint8_t hysteresis_db; // quieter by more than that is silence
	uint8_t pad;
	uint16_t speech_ms, silence_ms; // for so long
};

struct gate_collect {
	uint8_t on;
	uint8_t pad[7];
};

enum gate_digit_source {
	DIGIT_INBAND = 1,
	DIGIT_EVENT = 2,
	DIGIT_INFO = 4
}; // bits: several may agree

struct gate_digit {
	char digit;	      // '0'-'9', 'A'-'D', '*', '#'
	uint8_t sources;      // who saw it first
	uint16_t duration_ms; // as far as known when it was reported (at its begin)
	uint32_t pad;
	uint64_t at_ns; // worker's monotonic time
};

struct gate_digits {
	char digits[DIGITS_OUT_MAX]; // NUL ends them when fewer
	uint16_t on_ms, off_ms;	     // 0: 100 and 60
};

struct gate_tone {
	uint16_t tone; // enum of dsp/tone.h; 0 stops
};

struct gate_bridge {
	gate_session peer;
};

// Coders that a worker has of a codec of which the engine may have `all` at once, in `sessions`.
static inline uint32_t gate_coders(uint32_t all, uint32_t sessions, unsigned workers)
{
	return ((all < sessions ? all : sessions) + workers - 1) / workers;
}

struct gate_mix { // -ENOSPC: full, or too many parties of all bridges on this worker
	gate_session mixer;
	uint16_t gain_256; // of what it says; 256: as it is
	uint8_t says;	   // groups that it speaks into, as bits
	uint8_t hears;	   // groups that it hears, without itself
	uint8_t pad[4];
};

struct gate_unmixed {
	gate_session mixer;
	int32_t error; // -ENOSPC; -ESTALE: the slot is a later bridge's
	uint32_t pad;
};

enum gate_side { SIDE_LEFT = 0, SIDE_RIGHT = 1 };

struct gate_record {
	uint64_t start_ns;  // monotonic time of the recording's sample 0
	uint32_t recording; // tap's number for it, see engine/tap.h
	uint8_t on;
	uint8_t side;	// enum gate_side
	uint8_t law;	// enum codec_id of the file: PCMU or PCMA
	uint8_t writer; // worker that lays what is said on this side: one for all of a recording
};

struct gate_done {
	int32_t error;	  // 0 or -errno
	uint16_t command; // enum gate_kind of the command
	uint16_t pad;
	struct addr local; // of OPEN: RTP address and port; RTCP is the next port
};

struct gate_speech {	   // SPEECH, SILENCE
	uint64_t at_ns;	   // worker's monotonic time
	int8_t level_dbm0; // of the frame that told it
	uint8_t pad[7];
};

struct gate_rtp { // RTP_LOST, RTP_FOUND, RTP_MOVED
	uint32_t silent_ms;
	struct addr from; // of MOVED
};

struct gate_msg {
	struct gate_head head;
	union {
		struct gate_open open;
		struct gate_remote remote;
		struct gate_keys keys;
		struct gate_play play;
		struct gate_collect collect;
		struct gate_mask mask;
		struct gate_watch watch;
		struct gate_digit digit; // INFO_DIGIT too
		struct gate_digits digits;
		struct gate_tone tone;
		struct gate_bridge bridge;
		struct gate_mix mix;
		struct gate_unmixed unmixed;
		struct gate_record record;
		struct gate_done done;
		struct gate_played played;
		struct gate_rtp rtp;
		struct gate_speech speech;
		uint8_t raw[48];
	};
};
_Static_assert(sizeof(struct gate_msg) == 64, "a message is one cache line");
_Static_assert(sizeof(struct gate_remote) == 48, "the largest command fills the message");
_Static_assert(sizeof(struct gate_keys) == 48, "and so do keys");

// What a session has seen, written by its worker each second and at its end; all counts from
// the session's open on. Read with gate_live_read.
struct gate_live {
	gate_session session;	   // 0: free
	struct addr local, remote; // remote: the one in use, learnt or told
	uint64_t opened_ns;	   // monotonic
	uint32_t rx_packets, rx_bytes, rx_lost, rx_late, rx_duplicate, rx_reordered;
	uint32_t rx_dropped; // strangers, wrong payload types, garbage: see the worker's drops
	uint32_t tx_packets, tx_bytes;
	uint32_t concealed_ms, skipped_ms;
	uint32_t jitter_us;	// interarrival jitter, RFC 3550 A.8
	uint32_t round_trip_us; // from RTCP, 0: unknown
	uint32_t far_lost;	// what the far end says that it lost
	uint32_t far_jitter_us;
	uint32_t rx_ssrc, tx_ssrc;
	uint16_t jitter_delay_ms;	  // the buffer's delay now
	uint8_t codec, far_fraction_lost; // of 256
	uint8_t locked : 1;		  // the source lock holds
	uint8_t speaks : 1;		  // where WATCH is on
	uint8_t closed;			  // final
	int8_t rx_level_dbm0;		  // of the last second where it was decoded, else -128
	uint8_t direction;
	uint32_t digits;
	uint32_t rx_moves; // RTP_MOVED so far
};

#define GATE_REASONS_MAX 64

// A worker keeps its own and publishes it once a tick: in each copy that is read
// delivered + drops = rx_packets, exactly.
struct gate_worker {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t delivered; // to a session (RTP, RTCP), or answered or used (ARP, ND, ping)
	uint64_t drops[GATE_REASONS_MAX]; // by reason
	uint64_t handed_over; // to the worker that owns the session, which counts them as received
	uint64_t tx_drops;
	uint64_t ticks, ticks_late; // sub-slots run; begun over 1 ms after their time
	uint64_t ticks_skipped;	    // sub-slots that a stall cost
	// stood still for over 0.2 ms after a poll that did no work, or for over a tick after any
	uint64_t host_gaps, host_gap_ns, host_gap_max_ns;
	uint64_t tap_lost, notices_lost, eventfd_writes;
	uint64_t busy_ns; // spent in polls that did work, host gaps apart
	// While it had nothing to do it looked at the clock for so long, and so much of that others
	// took in less than a host gap at once: interrupts on its CPU, other threads.
	uint64_t watched_ns, taken_ns;
	// Sub-slots by how late they began, what a host gap cost them apart; wraps.
	uint32_t late[LATE_CLASSES];
	uint32_t sessions, busy_permille; // of the last second
	uint32_t cpu, pad;
};

struct gate_port {
	char name[32], kind[16], mac[18];
	uint8_t up, pad[5];
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_missed, rx_nombuf, rx_errors,
		tx_errors;
};

struct gate_media { // state of a media address
	struct addr address, gateway;
	uint8_t gateway_known; // resolved and answering
	uint8_t pad[3];
	uint32_t neighbours;   // entries of worker 0
	uint64_t gateway_lost; // times that it stopped answering
};

struct gate_shape {
	unsigned workers, ports, media;
	uint32_t sessions; // per worker
	struct mix_sizes mix;
};

struct gate; // this process's view of the mapping

#define GATE_COMMAND_SLOTS 4096
#define GATE_EVENT_SLOTS   32768
#define GATE_RESERVED	   8192 // event slots that only DONE and CLOSED may take
#define GATE_DIGITS	   8192 // further ones that DIGIT may take, but not other notices

int gate_new(const struct gate_shape *shape, struct gate **out); // 0 or -errno
void gate_free(struct gate *g);
const struct gate_shape *gate_shape(const struct gate *g);

// --- control's side: the control thread ---
// 0; -EAGAIN: the ring is full or as many answers are owed as fit, take some first.
int gate_post(struct gate *g, unsigned worker, const struct gate_msg *m);
bool gate_take(struct gate *g, unsigned worker, struct gate_msg *out); // next notice
struct ring_wake *gate_control_wake(struct gate *g);		       // sleep on this one

// Copies a session's live block; false when the session is not (or no longer) the slot's.
bool gate_live_read(const struct gate *g, gate_session s, struct gate_live *out);
// By worker and slot, to list them all; false where the slot is free.
bool gate_live_at(const struct gate *g, unsigned worker, uint32_t slot, struct gate_live *out);
void gate_worker_read(const struct gate *g, unsigned worker, struct gate_worker *out);
void gate_port_read(const struct gate *g, unsigned port, struct gate_port *out);
void gate_media_read(const struct gate *g, unsigned media, struct gate_media *out);
const char *gate_drop_name(unsigned reason); // "rtp-stranger"; NULL past the last
const char *gate_drop_help(unsigned reason); // one sentence for operators

// --- prompts: built by any thread of control, published by the control thread ---
struct gate_prompts;
int gate_prompts_new(uint32_t count, struct gate_prompts **out); // ids 0 … count-1, all empty
void gate_prompts_free(struct gate_prompts *p);			 // of one never published
// Copies payload; bytes of the codec, 8 a millisecond; of Opus OPUS_STORED_BYTES each 20 ms.
// 0, -ENOMEM, -EINVAL.
int gate_prompts_set(struct gate_prompts *p, uint32_t id, enum codec_id codec,
	const uint8_t *payload, uint32_t bytes);
// Hands the store over. A session that plays goes on in the new one at the same id and offset.
// The old one is freed by a later gate_prompts_publish or gate_prompts_reap, after every worker
// has passed a tick.
void gate_prompts_publish(struct gate *g, struct gate_prompts *p);
void gate_prompts_reap(struct gate *g);
void gate_prompts_drop(struct gate *g); // all of them: when no worker runs any more

// --- the engine's side: the worker that owns the rings ---
bool gate_command(struct gate *g, unsigned worker, struct gate_msg *out);
// DONE and CLOSED: always true. Others: false when only reserved room is left.
bool gate_emit(struct gate *g, unsigned worker, const struct gate_msg *m);
void gate_wake_control(struct gate *g); // once after a batch of emits
void gate_live_write(struct gate *g, unsigned worker, uint32_t slot, const struct gate_live *l);
void gate_worker_write(struct gate *g, unsigned worker, const struct gate_worker *block);
// At start and then by worker 0 alone.
void gate_port_write(struct gate *g, unsigned port, const struct gate_port *block);
void gate_media_write(struct gate *g, unsigned media, const struct gate_media *block);
// At each tick: the store in force; tells that older ones are no longer used by this worker.
const struct gate_prompts *gate_prompts_enter(struct gate *g, unsigned worker);
// Bytes of a prompt in a codec; NULL when there is none.
const uint8_t *gate_prompt_payload(
	const struct gate_prompts *p, uint32_t id, enum codec_id codec, uint32_t *bytes);
