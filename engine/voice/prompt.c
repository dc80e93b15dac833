// Playing prompts.
#include "engine/voice/prompt.h"

#include <errno.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/opus.h"
#include "engine/voice/encode.h"
#include "engine/voice/notice.h"

#define BYTES_PER_MS JITTER_BYTES_PER_MS

static struct play_entry *entry_at(struct play *p, unsigned i)
{
	return &p->queue[(p->head + i) % PLAY_QUEUE_MAX];
}

static void tell_played(struct worker *w, struct session *s, const struct play_entry *e,
	enum gate_played_why why, uint32_t at_ms)
{
	struct gate_msg m = {.head.ticket = e->ticket};

	m.played = (struct gate_played){.prompt = e->prompt, .why = (uint8_t)why, .at_ms = at_ms};
	notice_emit(w, s, GATE_PLAYED, &m);
}

static uint32_t at_ms(const struct play *p, const struct play_entry *e)
{
	return p->begun ? p->at / BYTES_PER_MS : e->offset_ms;
}

// Ends everything from the i-th of the queue on, in its order.
static void cut(struct worker *w, struct session *s, unsigned from, enum gate_played_why why)
{
	struct play *p = &s->play;
	unsigned count = s->playing;

	s->playing = (uint8_t)from;
	for (unsigned i = from; i < count; i++) {
		const struct play_entry *e = entry_at(p, i);
		tell_played(w, s, e, why, i == 0 ? at_ms(p, e) : e->offset_ms);
	}
	if (from == 0)
		p->begun = false;
}

int prompt_play(struct worker *w, struct session *s, const struct gate_msg *m)
{
	struct play *p = &s->play;

	if (m->play.prompt >= PROMPTS_MAX)
		return -EINVAL;
	if (!(m->play.flags & PLAY_APPEND) || (s->out_flags & OUT_TONE))
		prompt_stop(w, s, PLAYED_STOPPED);
	if (s->playing == PLAY_QUEUE_MAX)
		return -ENOBUFS;
	*entry_at(p, s->playing) = (struct play_entry){
		.prompt = (uint16_t)m->play.prompt,
		.ticket = m->head.ticket,
		.offset_ms = m->play.offset_ms,
		.flags = m->play.flags,
	};
	s->playing++;
	return 0;
}

void prompt_stop(struct worker *w, struct session *s, enum gate_played_why why)
{
	s->out_flags &= (uint16_t)~OUT_TONE;
	cut(w, s, 0, why);
}

int prompt_tone(struct worker *w, struct session *s, uint16_t tone)
{
	if (tone >= TONE_COUNT)
		return -EINVAL;
	prompt_stop(w, s, PLAYED_STOPPED);
	if (tone == TONE_NONE)
		return 0;
	s->out_flags |= OUT_TONE;
	return tone_start(&s->play.tone, (enum tone_id)tone, TONE_DBM0);
}

void prompt_barge(struct worker *w, struct session *s)
{
	for (unsigned i = 0; i < s->playing; i++) {
		if (entry_at(&s->play, i)->flags & PLAY_BARGE) {
			cut(w, s, i, PLAYED_BARGED);
			return;
		}
	}
}

// Bytes of a prompt in the codec that is asked for or, where the store has none, in the other law.
static const uint8_t *payload_of(
	struct worker *w, uint32_t id, uint32_t *bytes, enum codec_id *codec)
{
	if (!w->prompts)
		return NULL;
	const uint8_t *payload = gate_prompt_payload(w->prompts, id, *codec, bytes);
	if (payload || codec_has_state(*codec))
		return payload;
	*codec = *codec == CODEC_PCMU ? CODEC_PCMA : CODEC_PCMU;
	return gate_prompt_payload(w->prompts, id, *codec, bytes);
}

static void next_entry(struct worker *w, struct session *s, enum gate_played_why why)
{
	struct play *p = &s->play;
	const struct play_entry e = *entry_at(p, 0);
	uint32_t ms = at_ms(p, &e);

	p->head = (uint8_t)((p->head + 1) % PLAY_QUEUE_MAX);
	s->playing--;
	p->begun = false;
	tell_played(w, s, &e, why, ms);
}

// The prompt that plays begins again at its end, since nothing waits behind it.
static bool loops(struct session *s)
{
	return (entry_at(&s->play, 0)->flags & PLAY_LOOP) && s->playing == 1;
}

// Sets the position for a prompt that begins or goes on. False: there is nothing left of it.
static bool seek(struct session *s, uint32_t bytes)
{
	struct play *p = &s->play;
	const struct play_entry *e = entry_at(p, 0);
	bool loop = loops(s);

	if (!p->begun) {
		uint64_t at = (uint64_t)e->offset_ms * BYTES_PER_MS;
		p->at = (uint32_t)(e->flags & PLAY_LOOP ? at % bytes : at < bytes ? at : bytes);
		p->begun = true;
	}
	if (p->at < bytes)
		return true;
	if (loop)
		p->at = 0;
	return loop;
}

// The next 20 ms in a codec of 8 bytes a millisecond. False: there was nothing to play, frame is
// untouched.
static bool fill(struct worker *w, struct session *s, enum codec_id as, uint8_t frame[FRAME_BYTES])
{
	struct play *p = &s->play;
	uint32_t filled = 0;

	while (s->playing > 0 && filled < FRAME_BYTES) {
		uint32_t bytes = 0;
		enum codec_id codec = as;
		const uint8_t *payload = payload_of(w, entry_at(p, 0)->prompt, &bytes, &codec);
		if (!payload || bytes == 0) {
			next_entry(w, s, PLAYED_MISSING);
			continue;
		}
		if (!seek(s, bytes)) {
			next_entry(w, s, PLAYED_END);
			continue;
		}
		uint32_t n =
			bytes - p->at < FRAME_BYTES - filled ? bytes - p->at : FRAME_BYTES - filled;
		encode_convert(frame + filled, as, payload + p->at, codec, n);
		p->at += n;
		filled += n;
		if (p->at == bytes && !loops(s))
			next_entry(w, s, PLAYED_END);
	}
	if (filled == 0)
		return false;
	memset(frame + filled, codec_get(as)->silence, FRAME_BYTES - filled);
	return true;
}

// A packet of Opus as it lies in the store; what waits behind a prompt begins with the next one.
static bool speak_stored(struct worker *w, struct session *s)
{
	struct play *p = &s->play;

	while (s->playing > 0) {
		uint32_t bytes = 0;
		enum codec_id codec = CODEC_OPUS;
		const uint8_t *payload = payload_of(w, entry_at(p, 0)->prompt, &bytes, &codec);
		uint32_t whole = bytes / OPUS_STORED_BYTES * FRAME_BYTES;
		if (whole == 0) {
			next_entry(w, s, PLAYED_MISSING);
			continue;
		}
		if (!seek(s, whole)) {
			next_entry(w, s, PLAYED_END);
			continue;
		}
		uint32_t frame = p->at / FRAME_BYTES;
		encode_ready(w, s, payload + frame * OPUS_STORED_BYTES, OPUS_STORED_BYTES);
		p->at = (frame + 1) * FRAME_BYTES;
		if (p->at == whole && !loops(s))
			next_entry(w, s, PLAYED_END);
		return true;
	}
	return false;
}

// Sessions of a codec with state: as stored where the store has the codec and packets are of its
// length, else encoded here.
static bool speak_coded(struct worker *w, struct session *s)
{
	enum codec_id codec = s->out_codec;
	struct codec_octets octets;
	uint8_t law[FRAME_BYTES];
	uint32_t bytes = 0;

	bool stored = payload_of(w, entry_at(&s->play, 0)->prompt, &bytes, &codec) != NULL;
	if (stored && codec == CODEC_OPUS && s->packet_bytes == FRAME_BYTES &&
		!(s->out_flags & OUT_PACKED))
		return speak_stored(w, s);
	if (stored && codec_in_octets(codec)) {
		if (!fill(w, s, codec, octets.bytes))
			return false;
		encode_octets(w, s, codec, &octets);
		return true;
	}
	if (!fill(w, s, CODEC_PCMA, law))
		return false;
	encode_law(w, s, CODEC_PCMA, law);
	return true;
}

bool prompt_speak(struct worker *w, struct session *s)
{
	if (s->in_flags & IN_CODED)
		return speak_coded(w, s);
	uint8_t *frame = encode_begin(w, s);
	if (!fill(w, s, s->out_codec, frame))
		return false;
	encode_end(w, s);
	return true;
}
