// Packets in slots, their milliseconds on a jitter buffer's time line.
#include "dsp/jitter_packets.h"

#include <string.h>

#define CLOCK_ORIGIN (1ull << 40) // so that older timestamps are not before the start
#define LOUD	     0x7f	  // no millisecond looks quiet to the time line

struct token { // a millisecond
	uint16_t number;
	uint8_t offset_ms, loud;
	uint32_t pad;
};
_Static_assert(sizeof(struct token) == JITTER_BYTES_PER_MS, "a token is a millisecond");

void jitter_packets_init(struct jitter_packets *p, unsigned units_per_ms)
{
	p->ts = CLOCK_ORIGIN * units_per_ms;
	p->last_ts = 0;
	p->units_per_ms = (uint16_t)units_per_ms;
	p->number = 0;
	memset(p->slots, 0, sizeof(p->slots));
}

enum jitter_put jitter_packets_put(struct jitter_packets *p, struct jitter *line,
	const struct jitter_packet *in, uint64_t now_ms)
{
	struct token tokens[CODEC_PAYLOAD_MAX / JITTER_BYTES_PER_MS];
	uint32_t most = sizeof(tokens) / sizeof(tokens[0]);
	uint64_t ts = p->ts + (uint64_t)(int64_t)(int32_t)(in->ts - p->last_ts);

	if (in->len > CODEC_PAYLOAD_MAX || in->ms > most)
		return JITTER_OVERSIZE;
	for (uint32_t i = 0; i < in->ms; i++)
		tokens[i] = (struct token){p->number, (uint8_t)i, LOUD, 0};
	struct jitter_sound sound = {
		.ssrc = in->ssrc,
		.ts = (uint32_t)(ts * JITTER_BYTES_PER_MS / p->units_per_ms),
		.len = in->ms * JITTER_BYTES_PER_MS,
		.payload = (const uint8_t *)tokens,
	};
	enum jitter_put result = jitter_put(line, &sound, now_ms);
	if (result != JITTER_OK)
		return result;
	struct jitter_slot *slot = &p->slots[p->number % JITTER_PACKETS];
	slot->number = p->number++;
	slot->len = (uint16_t)in->len;
	slot->ms = (uint8_t)in->ms;
	memcpy(slot->payload, in->payload, in->len);
	p->ts = ts;
	p->last_ts = in->ts;
	return JITTER_OK;
}

uint32_t jitter_packets_ts(const struct jitter_packets *p)
{
	return (uint32_t)(p->ts * JITTER_BYTES_PER_MS / p->units_per_ms);
}

uint32_t jitter_packets_pull(struct jitter *line, uint64_t now_ms, struct jitter_tokens *out)
{
	return jitter_pull(line, now_ms, out->bytes);
}

static const struct jitter_slot *slot_of(
	const struct jitter_packets *p, const uint8_t *bytes, unsigned *offset_ms)
{
	struct token token;

	memcpy(&token, bytes, sizeof(token));
	const struct jitter_slot *slot = &p->slots[token.number % JITTER_PACKETS];
	*offset_ms = token.offset_ms;
	return slot->number == token.number && slot->len > 0 ? slot : NULL;
}

const struct jitter_slot *jitter_packets_at(const struct jitter_packets *p,
	const struct jitter_tokens *tokens, unsigned ms, unsigned *offset_ms)
{
	return slot_of(p, tokens->bytes + ms * JITTER_BYTES_PER_MS, offset_ms);
}

const struct jitter_slot *jitter_packets_next(
	const struct jitter_packets *p, const struct jitter *line, unsigned *offset_ms)
{
	const uint8_t *bytes = jitter_peek(line);

	return bytes ? slot_of(p, bytes, offset_ms) : NULL;
}
