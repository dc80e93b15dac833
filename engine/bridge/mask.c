// Sound held back until it is known to hold no digit.
#include "engine/bridge/mask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/dtmf_gate.h"
#include "engine/bridge/bridge.h"
#include "engine/digits/listen.h"
#include "engine/digits/mute.h"
#include "engine/voice/coder.h"
#include "engine/voice/tap_side.h"
#include "engine/voice/watch.h"

#define MASKS_SHARE    128 // that part of all sessions may be masked at once
#define MASKS_LEAST    32  // but so many at least
#define EVENT_QUIET_MS 100 // blanked after the last packet of an event
#define AFTER_LOSS     2   // frames blanked: what is left of a digit is then long enough to be seen

struct mask {
	int16_t held[MASK_FRAMES][FRAME_SAMPLES];
	struct tap_frame_at place[MASK_FRAMES]; // of what is held, in the recording
	uint64_t quiet_ms;			// all is blanked until then
	uint8_t at;				// the oldest held
	uint8_t sound;				// bit per frame held: there is sound
	uint8_t after_loss;			// frames that are still blanked because of one
	uint8_t clean;				// frames in a row without a digit
	bool sounds;				// a digit did at the end of the last frame
	bool ending;
};

static uint32_t masks_count(uint32_t sessions)
{
	uint32_t count = sessions / MASKS_SHARE;

	return count < MASKS_LEAST ? MASKS_LEAST : count;
}

static size_t mask_bytes(void)
{
	return ((sizeof(struct mask) + 63) & ~(size_t)63) + RED_ZONE;
}

size_t masks_bytes(uint32_t sessions)
{
	return masks_count(sessions) * mask_bytes();
}

int masks_init(struct session_table *t, uint32_t sessions)
{
	size_t bytes = masks_bytes(sessions);

	t->mask_bytes = mask_bytes();
	t->mask_mem = aligned_alloc(64, bytes);
	if (!t->mask_mem)
		return -ENOMEM;
	memset(t->mask_mem, 0, bytes); // no page fault in a worker
	return pool_init(&t->masks, masks_count(sessions));
}

void masks_fini(struct session_table *t)
{
	pool_fini(&t->masks);
	free(t->mask_mem);
}

static struct mask *mask_of(struct session_table *t, const struct session *s)
{
	return (struct mask *)(void *)(t->mask_mem + s->mask * t->mask_bytes);
}

static struct mask *mask_take(struct session_table *t, struct session *s)
{
	s->mask = pool_take(&t->masks);
	if (s->mask == POOL_NONE)
		return NULL;
	struct mask *k = mask_of(t, s);
	memset(k, 0, sizeof(*k));
	return k;
}

void mask_free(struct session_table *t, struct session *s)
{
	if (s->mask == POOL_NONE)
		return;
	pool_give(&t->masks, s->mask);
	s->mask = POOL_NONE;
	s->in_flags &= (uint16_t)~IN_MASKED;
}

int mask_set(struct worker *w, struct session *s, bool on)
{
	struct session_table *t = w->sessions;

	if (!on) {
		if (s->in_flags & IN_MASKED)
			mask_of(t, s)->ending = true;
		return 0;
	}
	if (s->in_flags & IN_MASKED) {
		mask_of(t, s)->ending = false;
		return 0;
	}
	struct mask *k = mask_take(t, s);
	if (!k)
		return -ENOBUFS;
	s->in_flags |= IN_MASKED;
	mute_settle(t, s);
	playout_update(w, s);
	if (s->in_flags & IN_EAR) // a digit may be under way
		k->sounds = dtmf_gate_digit(session_gate(t, s)) != 0;
	return 0;
}

static void release(struct worker *w, struct session *s)
{
	mask_free(w->sessions, s);
	mute_settle(w->sessions, s);
	playout_update(w, s);
}

void mask_settle(struct worker *w, struct session *s)
{
	if ((s->in_flags & IN_MASKED) && mask_of(w->sessions, s)->ending && !(s->in_flags & IN_EAR))
		release(w, s);
}

// --- masking ---

static void blank_held(struct mask *k)
{
	memset(k->held, 0, sizeof(k->held));
	k->clean = 0;
}

// What left the line: to whoever hears the session.
static void pass(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES],
	const struct tap_frame_at *at)
{
	if (s->in_flags & IN_TAPPED)
		tap_side_samples(w, s, samples, at);
	if (s->to.peer != 0)
		bridge_samples(w, s, samples);
}

// What is still held of the time line before lies in front of this one.
static struct tap_frame_at place_of(
	const struct tap_frame_at *oldest, const struct tap_frame_at *newest)
{
	struct tap_frame_at at = *newest;

	if (oldest->line == newest->line)
		return *oldest;
	at.ts -= MASK_FRAMES * FRAME_SAMPLES;
	return at;
}

// A frame into the line, and the oldest out of it; NULL: there is no sound.
static void shift(struct worker *w, struct session *s, struct mask *k, const int16_t *samples)
{
	int16_t oldest[FRAME_SAMPLES], *slot = k->held[k->at];
	struct tap_frame_at in = tap_side_at(w, s), out = place_of(&k->place[k->at], &in);
	bool was = k->sound >> k->at & 1;

	memcpy(oldest, slot, sizeof(oldest));
	if (samples)
		memcpy(slot, samples, sizeof(oldest));
	else
		memset(slot, 0, sizeof(oldest));
	k->place[k->at] = in;
	k->sound = (uint8_t)((k->sound & ~(1u << k->at)) | (samples ? 1u : 0u) << k->at);
	k->at = (uint8_t)((k->at + 1) % MASK_FRAMES);
	if (was)
		pass(w, s, oldest, &out);
}

static bool over(struct worker *w, const struct session *s, const struct mask *k)
{
	return k->ending && !s->event.open && k->clean >= MASK_FRAMES &&
		session_ms64(w) >= k->quiet_ms;
}

// What has come for this tick, in a law. False: no stream.
static bool pull(struct worker *w, struct session *s, struct law_frame *f)
{
	struct coded_frame coded;

	if (!(s->in_flags & IN_CODED))
		return playout_pull(w, s, f);
	if (!playout_pull_coded(w, s, &coded))
		return false;
	coder_decode(w, s, &coded, f);
	return true;
}

void mask_tick(struct worker *w, struct session *s)
{
	struct mask *k = mask_of(w->sessions, s);
	int16_t samples[FRAME_SAMPLES];
	struct law_frame f;

	if (!pull(w, s, &f)) {
		f.head = (struct frame_head){.over = true};
	} else {
		digits_listen(w, s, &f);
		if (s->in_flags & IN_WATCHED)
			watch_frame(w, s, &f);
	}
	bool sounds = !f.head.over && dtmf_gate_digit(session_gate(w->sessions, s)) != 0;
	bool lost = !f.head.over && f.head.present != FRAME_WHOLE;
	bool blank =
		sounds || k->sounds || lost || k->after_loss > 0 || session_ms64(w) < k->quiet_ms;
	if (k->after_loss > 0)
		k->after_loss--;
	if (lost || f.head.over)
		k->after_loss = AFTER_LOSS;
	k->sounds = sounds;
	if (!f.head.over)
		codec_get(f.law)->decode(samples, f.bytes, FRAME_BYTES);
	if (blank)
		memset(samples, 0, sizeof(samples));
	// What is held goes first, so that the frame that leaves is older than any that is blanked.
	shift(w, s, k, f.head.over ? NULL : samples);
	if (blank)
		blank_held(k);
	else if (k->clean < MASK_FRAMES)
		k->clean++;
	if (over(w, s, k))
		release(w, s);
}

void mask_event(struct worker *w, struct session *s)
{
	struct mask *k = mask_of(w->sessions, s);
	const struct jitter *j = session_jitter(w->sessions, s);
	uint32_t waits_ms = (s->in_flags & IN_EAR) ? jitter_depth_ms(j) : 0;

	k->quiet_ms = session_ms64(w) + waits_ms + EVENT_QUIET_MS;
	blank_held(k);
}
