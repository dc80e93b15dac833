// Quiet sound in every codec: a sine that is nowhere loud, whatever is done with it, so that what
// comes out loud was taken for what it is not.
#include <math.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/opus.h"
#include "engine/base/check.h"
#include "tests/fuzz/bridge_node.h"

#define PERIOD	    20 // samples
#define AMPLITUDE   40 // a decoder of G.722 makes thirty times that of pieces without order
#define RUN	    CODEC_PAYLOAD_MAX
#define PROMPT_MS   500
#define SENT_BITS   17
#define SENT_WAYS   4
#define LENGTHS	    4
#define STORED	    (PROMPT_MS / 20 * OPUS_STORED_BYTES)
#define PROMPTS_ALL 6

static const unsigned lengths_ms[LENGTHS] = {10, 20, 40, 60};

static struct {
	int16_t samples[SINE + RUN];
	uint8_t octets[CODEC_G722 + 1][SINE + RUN]; // of the codecs that have eight a millisecond
	struct {
		uint8_t payload[CODEC_PAYLOAD_MAX];
		uint32_t len;
	} opus[LENGTHS][OPUS_MAX];
	uint8_t stored[STORED];
	uint64_t sent[1u << SENT_BITS][SENT_WAYS]; // hashes, the newest first
} sound;

static uint64_t hash_of(const uint8_t *payload, uint32_t len)
{
	uint64_t h = 0xcbf29ce484222325ull ^ len, word;

	for (uint32_t i = 0; i < len; i += sizeof(word)) {
		word = 0;
		memcpy(&word, payload + i, len - i < sizeof(word) ? len - i : sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
	}
	return h | 1;
}

void sound_sent(const uint8_t *payload, uint32_t len)
{
	uint64_t h = hash_of(payload, len);

	uint64_t *of = sound.sent[h >> (64 - SENT_BITS)];

	if (of[0] == h)
		return;
	memmove(of + 1, of, (SENT_WAYS - 1) * sizeof(*of));
	of[0] = h;
}

bool sound_was_sent(const uint8_t *payload, uint32_t len)
{
	uint64_t h = hash_of(payload, len);

	const uint64_t *of = sound.sent[h >> (64 - SENT_BITS)];

	for (unsigned i = 0; i < SENT_WAYS; i++)
		if (of[i] == h)
			return true;
	return false;
}

static void opus_start(void)
{
	static _Alignas(64) uint8_t tx[65536];
	const struct codec *opus = codec_get(CODEC_OPUS);

	if (!opus)
		return;
	check(opus->coder->tx_bytes() <= sizeof(tx));
	for (unsigned k = 0; k < LENGTHS; k++) {
		struct codec_tx how = {.rate_hz = 8000, .loss_percent = k & 1 ? 10 : 0};
		opus->coder->tx_init(tx, &how);
		for (unsigned i = 0; i < OPUS_MAX; i++) {
			uint32_t n = lengths_ms[k] * 8;
			sound.opus[k][i].len = opus->coder->encode(
				tx, sound.opus[k][i].payload, sound.samples + i * n % SINE, n);
			check(sound.opus[k][i].len > 0);
		}
	}
	struct codec_tx how = {.rate_hz = 8000, .complexity = 5, .constant = true};
	uint8_t payload[CODEC_PAYLOAD_MAX];
	opus->coder->tx_init(tx, &how);
	for (unsigned i = 0; i < PROMPT_MS / 20; i++) {
		uint32_t len = opus->coder->encode(tx, payload, sound.samples + i * 160, 160);
		check(len == OPUS_STORED_BYTES);
		memcpy(sound.stored + i * OPUS_STORED_BYTES, payload, len);
	}
}

void sound_start(void)
{
	static _Alignas(64) uint8_t tx[4096];
	const struct codec *g722 = codec_get(CODEC_G722);

	for (unsigned i = 0; i < SINE + RUN; i++)
		sound.samples[i] = (int16_t)(AMPLITUDE * sin(2 * M_PI * i / PERIOD));
	for (enum codec_id c = CODEC_PCMU; c <= CODEC_PCMA; c++)
		codec_get(c)->encode(sound.octets[c], sound.samples, SINE + RUN);
	check(g722->coder->tx_bytes() <= sizeof(tx));
	g722->coder->tx_init(tx, &(struct codec_tx){.rate_hz = 8000});
	for (unsigned i = 0; i < SINE + RUN; i += 80)
		g722->coder->encode(tx, sound.octets[CODEC_G722] + i, sound.samples + i, 80);
	opus_start();
}

struct sound sound_at(enum codec_id codec, uint32_t at, uint32_t len, unsigned ms)
{
	if (codec != CODEC_OPUS)
		return (struct sound){sound.octets[codec] + at % SINE, len, len};
	unsigned k = ms <= 10 ? 0 : ms <= 20 ? 1 : ms <= 40 ? 2 : 3;
	unsigned i = at / (lengths_ms[k] * 48) % OPUS_MAX;
	return (struct sound){sound.opus[k][i].payload, sound.opus[k][i].len, lengths_ms[k] * 48};
}

// Whole and odd lengths (what repeats a sine off its period a decoder of G.722 cannot follow: not
// in a quiet round); one in a law alone, one in Opus alone.
void sound_publish(struct gate *g)
{
	static const uint32_t bytes[PROMPTS_ALL] = {PROMPT_MS * 8, 1000, 160, 77, 3203, 4000};
	struct gate_prompts *p;

	check(gate_prompts_new(PROMPTS_ALL + 2, &p) == 0);
	for (uint32_t id = 0; id < PROMPTS_ALL; id++) {
		for (enum codec_id c = CODEC_PCMU; c <= CODEC_G722; c++) {
			if ((id == 4 && c != CODEC_PCMU) || id == 5)
				continue;
			check(gate_prompts_set(p, id, c, sound.octets[c], bytes[id]) == 0);
		}
		if (codec_get(CODEC_OPUS) && id != 4)
			check(gate_prompts_set(p, id, CODEC_OPUS, sound.stored, STORED) == 0);
	}
	gate_prompts_publish(g, p);
}
