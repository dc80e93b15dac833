// Any order of packets, times and pulls. An input is four bytes of configuration and records of
// eight bytes: kind, ms that pass, length, SSRC, and the timestamp's step. Each millisecond put
// carries a number of its own, so that a pull can be checked.
#include <stdlib.h>
#include <string.h>

#include "dsp/codec.h"
#include "dsp/jitter.h"

#define RECORDS	 4096
#define SILENCE	 0xd5
#define LEN_STEP 2 // bytes of payload a step of the length byte: 0 … 510

enum kind { PULL, PUT, PUT_FAR, RESET, KINDS };

struct record {
	uint8_t kind, pass_ms, len, ssrc;
	uint32_t step; // of the timestamp; ×8 unless far
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t played[RECORDS * 64];
static uint32_t numbers; // given out

static void must(bool c)
{
	if (!c)
		abort();
}

static void put(struct jitter *j, const struct record *r, uint32_t ts, uint64_t now_ms)
{
	uint8_t payload[512];

	for (int ms = 0; ms < 64; ms++) {
		uint32_t tag[2] = {numbers + ms, ~(numbers + ms)};

		memcpy(payload + 8 * ms, tag, 8);
	}
	numbers += 64;
	jitter_put(j, &(struct jitter_sound){r->ssrc, ts, r->len * LEN_STEP, payload}, now_ms);
}

static void pull(struct jitter *j, uint64_t now_ms)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t have = jitter_pull(j, now_ms, frame);

	must(have < 1u << TICK_MS);
	for (int ms = 0; ms < TICK_MS; ms++) {
		uint32_t tag[2];

		memcpy(tag, frame + 8 * ms, 8);
		if (have >> ms & 1) {
			must(tag[0] == ~tag[1] && tag[0] < numbers && !played[tag[0]]);
			played[tag[0]] = 1;
		} else {
			must(tag[0] == SILENCE * 0x01010101u && tag[1] == tag[0]);
		}
	}
}

static void sane(const struct jitter *j)
{
	uint32_t present = 0;

	for (int i = 0; i < JITTER_MS / 64; i++)
		present += (uint32_t)__builtin_popcountll(j->present[i]);
	must(j->floor_ms <= j->play_ms);
	must(present <= jitter_depth_ms(j));
	must(jitter_depth_ms(j) <= JITTER_MS);
	must(j->hold <= (2 * JITTER_DELAY_MAX + 100) / TICK_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct jitter j;
	struct jitter_config config = {.silence = SILENCE};
	uint64_t now_ms = 1000;
	uint32_t ts = 0;

	if (len < 4)
		return 0;
	memset(played, 0, sizeof(played));
	numbers = 0;
	config.min_ms = data[0];
	config.max_ms = (uint16_t)(data[1] | (data[2] & 1) << 8);
	jitter_init(&j, &config);
	for (size_t at = 4, n = 0; at + 8 <= len && n < RECORDS; at += 8, n++) {
		struct record r;

		memcpy(&r, data + at, 8);
		now_ms += r.kind & 0x80 ? r.pass_ms * 256u : r.pass_ms % 64;
		ts += r.kind % KINDS == PUT_FAR ? r.step : (int8_t)r.step * 8;
		if (r.kind % KINDS == PULL)
			pull(&j, now_ms);
		else if (r.kind % KINDS == RESET)
			jitter_reset(&j);
		else
			put(&j, &r, ts, now_ms);
		sane(&j);
	}
	return 0;
}
