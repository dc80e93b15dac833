// The tick: every 20 ms each session that has something clocked to do gets its turn, spread over
// the sub-slots.
#include <string.h>

#include "dsp/codec.h"
#include "engine/bridge/bridge.h"
#include "engine/bridge/mask.h"
#include "engine/digits/dial.h"
#include "engine/digits/listen.h"
#include "engine/digits/mute.h"
#include "engine/session/fetch.h"
#include "engine/session/live.h"
#include "engine/session/session.h"
#include "engine/voice/coder.h"
#include "engine/voice/decode.h"
#include "engine/voice/encode.h"
#include "engine/voice/prompt.h"
#include "engine/voice/session_red.h"
#include "engine/voice/tap_side.h"
#include "engine/voice/watch.h"

#define TICKS_PER_TURN (1000 / TICK_MS / LIVE_TURNS_PER_S)
// Sessions whose memory is fetched ahead of their turn, see fetch.h.
#define AHEAD_TURN	16
#define AHEAD_EAR	10
#define AHEAD_SOUND	5
#define DRAINED_MAX	(JITTER_DELAY_MAX / TICK_MS)
#define QUIET_BEFORE_NS 1000000000 // before the first sound: then silence keeps the way open

// A far end of the same codec that wants other packets gets the octets as they came. Packets of
// Opus say their own length and are relayed; what is on its way through here while that begins is
// decoded like for anyone else.
static bool passes_octets(struct worker *w, struct session *s, const struct coded_frame *in)
{
	if (!codec_in_octets(in->codec) || !bridge_opaque(s))
		return false;
	if (!in->head.over)
		bridge_octets(w, s, &in->octets);
	return true;
}

// Of a codec with state: decoded once for all who hear it.
static void hear_coded(struct worker *w, struct session *s)
{
	bool packed = s->in_flags & IN_REPACK;
	struct coded_frame in;
	struct law_frame f;

	if (!playout_pull_coded(w, s, &in))
		return;
	struct tap_frame_at at = tap_side_at(w, s);
	if (packed && passes_octets(w, s, &in))
		packed = false;
	if (!packed && !(s->in_flags & (IN_COLLECT | IN_TAPPED | IN_WATCHED)))
		return;
	coder_decode(w, s, &in, &f);
	if (s->in_flags & IN_COLLECT)
		digits_listen(w, s, &f);
	if (s->in_flags & IN_WATCHED)
		watch_frame(w, s, &f);
	bool passes = packed && decode_conceal(w, s, &f);
	if ((s->in_flags & IN_TAPPED) && !f.head.over)
		tap_side_frame(w, s, &f, &at);
	if (!passes)
		return;
	if (s->in_flags & IN_COLLECT)
		mute_frame(w, s, &f);
	bridge_law(w, s, &f);
}

static void hear_decoded(struct worker *w, struct session *s)
{
	struct law_frame f;

	if (s->in_flags & IN_MASKED) {
		mask_tick(w, s);
		return;
	}
	if (s->in_flags & IN_CODED) {
		hear_coded(w, s);
		return;
	}
	if (!playout_pull(w, s, &f))
		return;
	if (s->in_flags & IN_COLLECT)
		digits_listen(w, s, &f);
	if (s->in_flags & IN_WATCHED)
		watch_frame(w, s, &f);
	if (!(s->in_flags & IN_REPACK) || !decode_conceal(w, s, &f))
		return;
	if (s->in_flags & IN_MUTED)
		mute_frame(w, s, &f);
	bridge_law(w, s, &f);
}

// Silence where nobody feeds the session keeps the far end's buffers, NAT and timers content. A
// bridged session sends what its peer sends, which may be nothing.
static bool wants_silence(const struct worker *w, const struct session *s)
{
	if (s->fed_by != 0)
		return false;
	return (s->out_flags & OUT_SOUNDED) || w->now_ns - s->send_ns >= QUIET_BEFORE_NS;
}

static void speak(struct worker *w, struct session *s)
{
	if (s->dialing != DIAL_IDLE)
		dial_tick(w, s);
	if (s->dialing != DIAL_IDLE)
		return;
	if (s->out_flags & OUT_TONE) {
		int16_t samples[FRAME_SAMPLES] = {0};
		tone_mix(&s->play.tone, samples, FRAME_SAMPLES);
		encode_samples(w, s, samples);
		return;
	}
	if (s->playing > 0 && prompt_speak(w, s))
		return;
	if (wants_silence(w, s))
		encode_silence(w, s);
}

static bool has_ticks(const struct session *s)
{
	if (!(s->in_flags & IN_REMOTE))
		return false;
	if ((s->in_flags & IN_EAR) || s->event.open)
		return true;
	return (s->out_flags & OUT_SEND) && (s->fed_by == 0 || session_busy(s));
}

void session_drain(struct worker *w, struct session *s)
{
	struct jitter *j = session_jitter(w->sessions, s);

	for (unsigned i = 0; i < DRAINED_MAX && jitter_depth_ms(j) > 0; i++) {
		jitter_hurry(j, session_ms64(w));
		hear_decoded(w, s);
	}
}

static void tick(struct worker *w, struct session *s)
{
	if ((s->in_flags & IN_REPACK) && s->to.peer == 0)
		bridge_settle(w, s);
	if (s->in_flags & IN_EAR)
		hear_decoded(w, s);
	if (event_rx_expire(&s->event, session_ms(w)))
		digits_end(&s->digits, DIGIT_EVENT, event_digit(s->event.code), s->event.seen_ms);
	if (s->out_flags & OUT_SEND)
		speak(w, s);
	if (!has_ticks(s))
		session_unclock(w->sessions, s);
}

static void tick_all(struct worker *w, unsigned subslot)
{
	struct session_table *t = w->sessions;
	const uint32_t *slots = t->clocked[subslot];

	// From the end, so that a session that leaves the list takes no other's turn.
	for (uint32_t i = t->clocked_count[subslot]; i-- > 0;) {
		if (i >= AHEAD_TURN)
			session_fetch_turn(t, slots[i - AHEAD_TURN]);
		if (i >= AHEAD_EAR)
			session_fetch_ear(w, slots[i - AHEAD_EAR]);
		if (i >= AHEAD_SOUND)
			session_fetch_sound(t, slots[i - AHEAD_SOUND]);
		tick(w, &t->sessions[slots[i]]);
	}
}

// Sessions of this sub-slot that have their turn in this tick: an n-th of them.
static void turn_some(struct worker *w, unsigned subslot)
{
	struct session_table *t = w->sessions;
	uint32_t stride = SUBSLOTS * TICKS_PER_TURN;
	uint32_t at = subslot + SUBSLOTS * (t->turns[subslot]++ % TICKS_PER_TURN);

	for (; at < t->slots; at += stride) {
		if (pool_generation(&t->pool, at) & 1)
			session_live_turn(w, &t->sessions[at]);
	}
}

void session_tick(struct worker *w, unsigned subslot)
{
	if (subslot == 0)
		red_table_check(w->sessions);
	tick_all(w, subslot);
	bridge_mix_tick(w, subslot);
	turn_some(w, subslot);
}
