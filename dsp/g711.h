// ITU-T G.711 A-law and µ-law, code-exact with SpanDSP's linear_to_ulaw() family on all inputs.
// µ-law: 0xFF is +0, 0x7F -0, 0x80/0x00 full scale. A-law: even bits inverted, 0xD5 is silence.
#pragma once

#include <stdint.h>

#define ULAW_SILENCE 0xff
#define ALAW_SILENCE 0xd5

uint32_t g711_ulaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n);
uint32_t g711_ulaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len);
uint32_t g711_alaw_encode(uint8_t *payload, const int16_t *samples, uint32_t n);
uint32_t g711_alaw_decode(int16_t *samples, const uint8_t *payload, uint32_t len);
// Law to law without leaving bytes (G.711 tables 3 and 4), in place allowed.
void g711_ulaw_to_alaw(uint8_t *out, const uint8_t *in, uint32_t len);
void g711_alaw_to_ulaw(uint8_t *out, const uint8_t *in, uint32_t len);

// The same by instruction set: the functions above take the best that the CPU has.
enum g711_kind { G711_PLAIN, G711_AVX2, G711_AVX512, G711_KINDS };

struct g711_set {
	const char *name;
	uint32_t (*ulaw_encode)(uint8_t *payload, const int16_t *samples, uint32_t n);
	uint32_t (*ulaw_decode)(int16_t *samples, const uint8_t *payload, uint32_t len);
	uint32_t (*alaw_encode)(uint8_t *payload, const int16_t *samples, uint32_t n);
	uint32_t (*alaw_decode)(int16_t *samples, const uint8_t *payload, uint32_t len);
	void (*ulaw_to_alaw)(uint8_t *out, const uint8_t *in, uint32_t len);
	void (*alaw_to_ulaw)(uint8_t *out, const uint8_t *in, uint32_t len);
};

const struct g711_set *g711_set_of(enum g711_kind kind); // NULL: not on this CPU
