// Encoders and decoders of sessions, and what Opus needs to become frames of a tick.
#include "engine/voice/coder.h"

#include <errno.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/opus.h"

#define LINE	       64
#define SAMPLES_PER_MS (FRAME_RATE / 1000)
#define DTX_OVER_MS    1000 // a sender in DTX is heard of each 400 ms, and says not that it begins
#define LOSS_PERCENT   10   // that a far end which asks for redundancy is taken to have
#define STEP_MS	       5    // libopus makes up multiples of 2.5 ms

static size_t line_up(size_t bytes)
{
	return (bytes + LINE - 1) & ~(size_t)(LINE - 1);
}

static size_t head_bytes(enum codec_id codec)
{
	return line_up(codec == CODEC_OPUS ? sizeof(struct coder) : offsetof(struct coder, pcm)) +
		RED_ZONE;
}

static size_t tx_bytes(enum codec_id codec)
{
	return line_up(codec_get(codec)->coder->tx_bytes()) + RED_ZONE;
}

size_t coder_bytes(enum codec_id codec)
{
	const struct codec *c = codec_get(codec);

	if (!c || !c->coder)
		return 0;
	return head_bytes(codec) + tx_bytes(codec) + line_up(c->coder->rx_bytes()) + RED_ZONE;
}

uint32_t coder_count(const struct engine_config *c, enum codec_id codec)
{
	return codec_get(codec) ? gate_coders(c->coders[codec], c->sessions, c->workers) : 0;
}

static struct coder *coder_at(struct session_table *t, enum codec_id codec, uint32_t index)
{
	const struct coder_pool *p = &t->coders[codec];

	return (struct coder *)(void *)(p->mem + index * p->bytes);
}

struct coder *coder_of(struct session_table *t, const struct session *s)
{
	return coder_at(t, s->in_codec, s->coder);
}

void *coder_tx(struct session_table *t, const struct session *s)
{
	return (uint8_t *)coder_of(t, s) + t->coders[s->in_codec].tx_at;
}

static void *coder_rx(struct session_table *t, const struct session *s)
{
	return (uint8_t *)coder_of(t, s) + t->coders[s->in_codec].rx_at;
}

void coder_pool_place(struct coder_pool *p, enum codec_id codec, uint8_t *mem)
{
	p->mem = mem;
	p->bytes = coder_bytes(codec);
	if (p->bytes == 0)
		return;
	p->tx_at = head_bytes(codec);
	p->rx_at = p->tx_at + tx_bytes(codec);
}

void coder_give(struct worker *w, struct session *s)
{
	if (s->coder == POOL_NONE)
		return;
	pool_give(&w->sessions->coders[s->in_codec].pool, s->coder);
	s->coder = POOL_NONE;
	s->in_flags &= (uint16_t)~IN_CODED;
}

int coder_set(struct worker *w, struct session *s, enum codec_id codec)
{
	struct coder_pool *p = &w->sessions->coders[codec];
	uint32_t index = POOL_NONE;

	if (codec == s->in_codec)
		return 0;
	if (codec_has_state(codec)) {
		index = p->pool.slots ? pool_take(&p->pool) : POOL_NONE;
		if (index == POOL_NONE)
			return -ENOBUFS;
	}
	coder_give(w, s);
	s->in_codec = s->out_codec = codec;
	s->coder = index;
	if (index == POOL_NONE)
		return 0;
	s->in_flags |= IN_CODED;
	memset(coder_of(w->sessions, s), 0, offsetof(struct coder, pcm));
	return 0;
}

void coder_shape(struct worker *w, struct session *s, uint16_t flags)
{
	struct codec_tx how = {
		.rate_hz = FRAME_RATE,
		.loss_percent = flags & REMOTE_FEC ? LOSS_PERCENT : 0,
		.dtx = flags & REMOTE_DTX,
	};

	if (s->coder == POOL_NONE)
		return;
	struct coder *c = coder_of(w->sessions, s);
	if (c->begun && c->flags == flags)
		return;
	codec_get(s->out_codec)->coder->tx_init(coder_tx(w->sessions, s), &how);
	c->begun = true;
	c->flags = flags;
}

void coder_listen(struct worker *w, struct session *s)
{
	struct coder *c = coder_of(w->sessions, s);

	codec_get(s->in_codec)->coder->rx_init(coder_rx(w->sessions, s), FRAME_RATE);
	if (codec_in_octets(s->in_codec))
		return;
	jitter_packets_init(&c->packets, OPUS_CLOCK_PER_MS);
	c->pcm_samples = 0;
}

enum jitter_put coder_put(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	struct jitter_packet in = {
		.ssrc = p->line,
		.ts = p->ts,
		.ms = opus_payload_ms(p->payload, p->len),
		.len = p->len,
		.payload = p->payload,
	};
	struct coder *c = coder_of(w->sessions, s);

	return jitter_packets_put(
		&c->packets, session_jitter(w->sessions, s), &in, session_ms64(w));
}

// --- Opus ---

// Decodes a packet, unless that was done for its earlier milliseconds.
static void load(struct worker *w, struct session *s, const struct jitter_slot *slot)
{
	struct coder *c = coder_of(w->sessions, s);

	if (c->pcm_samples > 0 && c->pcm_number == slot->number)
		return;
	c->pcm_samples =
		(uint16_t)codec_get(CODEC_OPUS)
			->coder->decode(coder_rx(w->sessions, s), c->pcm, slot->payload, slot->len);
	c->pcm_number = slot->number;
}

// The packet that begins where a hole of a frame ends.
static const struct jitter_slot *follower(
	struct worker *w, struct session *s, const struct coded_frame *f, unsigned ms)
{
	const struct coder *c = coder_of(w->sessions, s);
	const struct jitter_slot *slot;
	unsigned offset;

	slot = ms < TICK_MS
		? jitter_packets_at(&c->packets, &f->opus, ms, &offset)
		: jitter_packets_next(&c->packets, session_jitter(w->sessions, s), &offset);
	return slot && offset == 0 ? slot : NULL;
}

// Milliseconds that are missing: out of the next packet where that is there, else made up.
static void fill(struct worker *w, struct session *s, const struct jitter_slot *next, int16_t *to,
	unsigned ms)
{
	int16_t made[TICK_MS * SAMPLES_PER_MS];
	unsigned all = (ms + STEP_MS - 1) / STEP_MS * STEP_MS * SAMPLES_PER_MS;
	unsigned n = ms * SAMPLES_PER_MS;
	void *rx = coder_rx(w->sessions, s);

	if (next) {
		struct opus_next packet = {next->payload, next->len};
		opus_rx_before(rx, made, all, &packet);
		memcpy(to, made + all - n, n * sizeof(*to)); // the joint to the next one counts
	} else {
		opus_rx_lost(rx, made, all);
		memcpy(to, made, n * sizeof(*to));
	}
}

static void opus_frame(struct worker *w, struct session *s, const struct coded_frame *f,
	int16_t samples[FRAME_SAMPLES])
{
	struct coder *c = coder_of(w->sessions, s);

	for (unsigned ms = 0; ms < TICK_MS;) {
		int16_t *to = samples + ms * SAMPLES_PER_MS;
		unsigned offset, n = 1;
		if (!(f->head.present >> ms & 1)) {
			while (ms + n < TICK_MS && !(f->head.present >> (ms + n) & 1))
				n++;
			fill(w, s, follower(w, s, f, ms + n), to, n);
			ms += n;
			continue;
		}
		const struct jitter_slot *slot =
			jitter_packets_at(&c->packets, &f->opus, ms, &offset);
		if (slot)
			load(w, s, slot);
		if (slot && (offset + 1) * SAMPLES_PER_MS <= c->pcm_samples)
			memcpy(to, c->pcm + offset * SAMPLES_PER_MS, SAMPLES_PER_MS * sizeof(*to));
		else
			memset(to, 0, SAMPLES_PER_MS * sizeof(*to));
		ms++;
	}
}

// --- both ---

static void octets_frame(struct worker *w, struct session *s, const struct coded_frame *f,
	int16_t samples[FRAME_SAMPLES])
{
	const struct codec_coder *coder = codec_get(f->codec)->coder;

	for (unsigned ms = 0; ms < TICK_MS;) {
		bool good = f->head.present >> ms & 1;
		unsigned n = 1;
		while (ms + n < TICK_MS && (f->head.present >> (ms + n) & 1) == good)
			n++;
		int16_t *to = samples + ms * SAMPLES_PER_MS;
		if (good)
			coder->decode(coder_rx(w->sessions, s), to,
				f->octets.bytes + ms * JITTER_BYTES_PER_MS,
				n * JITTER_BYTES_PER_MS);
		else
			memset(to, 0, n * SAMPLES_PER_MS * sizeof(*to));
		ms += n;
	}
}

void coder_decode(
	struct worker *w, struct session *s, const struct coded_frame *in, struct law_frame *out)
{
	int16_t samples[FRAME_SAMPLES];
	bool opus = in->codec == CODEC_OPUS;

	out->head = in->head;
	if (opus && s->absent_ms < DTX_OVER_MS)
		out->head.over = false;
	if (out->head.over)
		memset(samples, 0, sizeof(samples));
	else if (opus)
		opus_frame(w, s, in, samples);
	else
		octets_frame(w, s, in, samples);
	codec_get(CODER_LAW)->encode(out->bytes, samples, FRAME_SAMPLES);
	out->law = CODER_LAW;
}
