// Packets of any size in the jitter buffer: each millisecond finds its packet, whatever the clock,
// the order and the length of packets.
#include "tests/unit/unit.h"

#include <string.h>

#include "dsp/jitter_packets.h"
#include "tests/unit/dsp/sound.h"

static struct jitter line;
static struct jitter_packets packets;
static struct jitter_tokens tokens;

static void start(void)
{
	struct jitter_config config = {.min_ms = 20, .max_ms = 200};

	jitter_init(&line, &config);
	jitter_packets_init(&packets, 48);
}

// The n-th packet of a stream; its bytes say which, its length in bytes varies.
static enum jitter_put put(uint32_t n, uint32_t ms, uint32_t ts, uint64_t now_ms)
{
	uint8_t payload[CODEC_PAYLOAD_MAX];
	struct jitter_packet p = {
		.ssrc = 1, .ts = ts, .ms = ms, .len = 5 + n * 7 % 300, .payload = payload};

	memset(payload, (int)(n & 0xff), sizeof(payload));
	return jitter_packets_put(&packets, &line, &p, now_ms);
}

// One tick of a running stream; returns how many milliseconds were there.
static uint32_t *n_at(uint32_t present, uint32_t got[TICK_MS], unsigned offsets[TICK_MS])
{
	for (unsigned ms = 0; ms < TICK_MS; ms++) {
		got[ms] = UINT32_MAX;
		if (!(present >> ms & 1))
			continue;
		const struct jitter_slot *slot =
			jitter_packets_at(&packets, &tokens, ms, &offsets[ms]);
		ck_assert_ptr_nonnull(slot);
		ck_assert_uint_eq(slot->len, 5 + slot->number * 7u % 300);
		ck_assert_uint_eq(slot->payload[slot->len - 1], slot->number & 0xff);
		got[ms] = slot->number;
	}
	return got;
}

static void stream(uint32_t ms, uint32_t first_ts)
{
	uint32_t next = 0, ts = first_ts, got[TICK_MS], expected = 0;
	unsigned offsets[TICK_MS];

	start();
	for (uint64_t now = 1000; now < 4000; now += 5) {
		if (now % ms == 1000 % ms) {
			ck_assert_int_eq(put(next++, ms, ts, now), JITTER_OK);
			ts += ms * 48;
		}
		if (now % TICK_MS != 10)
			continue;
		uint32_t present = jitter_packets_pull(&line, now, &tokens);
		n_at(present, got, offsets);
		for (unsigned i = 0; i < TICK_MS && (present || expected); i++) {
			if (got[i] == UINT32_MAX && expected == 0)
				continue; // before the first
			ck_assert_uint_eq(got[i], expected / ms);
			ck_assert_uint_eq(offsets[i], expected % ms);
			expected++;
		}
	}
	ck_assert_uint_gt(expected, 2800);
	ck_assert_uint_eq(line.counts.anchored, 1);
}

START_TEST(each_millisecond_finds_its_packet)
{
	stream(20, 0);
	stream(10, 12345);
	stream(40, 7);
	stream(60, 99);
	stream(5, 1);
}
END_TEST

// 48 units a millisecond do not divide the 32 bits of a timestamp: the wrap must not show.
START_TEST(timestamps_wrap)
{
	stream(20, 0xffffffff - 48 * 1500);
	stream(60, 0xffffff00 - 48 * 777);
}
END_TEST

START_TEST(order_loss_and_copies)
{
	uint32_t got[TICK_MS];
	unsigned offset, offsets[TICK_MS];

	start();
	ck_assert_int_eq(put(0, 20, 0, 1000), JITTER_OK);
	ck_assert_uint_eq(jitter_packets_pull(&line, 1001, &tokens), 0); // its delay
	ck_assert_int_eq(put(1, 20, 2 * 960, 1010), JITTER_OK);
	ck_assert_int_eq(put(1, 20, 2 * 960, 1011), JITTER_DUPLICATE);
	ck_assert_uint_eq(jitter_packets_pull(&line, 1021, &tokens), 0xfffff);
	ck_assert_uint_eq(n_at(0xfffff, got, offsets)[0], 0);
	ck_assert_ptr_null(jitter_packets_next(&packets, &line, &offset)); // lost so far
	ck_assert_int_eq(put(2, 20, 960, 1030), JITTER_OK);
	ck_assert_uint_eq(jitter_packets_next(&packets, &line, &offset)->number, 2);
	ck_assert_uint_eq(offset, 0);
	ck_assert_uint_eq(jitter_packets_pull(&line, 1041, &tokens), 0xfffff);
	ck_assert_uint_eq(n_at(0xfffff, got, offsets)[19], 2);
	ck_assert_uint_eq(jitter_packets_next(&packets, &line, &offset)->number, 1);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	uint8_t payload[CODEC_PAYLOAD_MAX + 1] = {0};
	struct jitter_packet p = {.ms = 20, .len = sizeof(payload), .payload = payload};

	start();
	ck_assert_int_eq(jitter_packets_put(&packets, &line, &p, 1), JITTER_OVERSIZE);
	p.len = 10;
	p.ms = 80;
	ck_assert_int_eq(jitter_packets_put(&packets, &line, &p, 1), JITTER_OVERSIZE);
	p.ms = 0;
	ck_assert_int_eq(jitter_packets_put(&packets, &line, &p, 1), JITTER_EMPTY);
}
END_TEST

UNIT_MAIN("jitter_packets", each_millisecond_finds_its_packet, timestamps_wrap,
	order_loss_and_copies, what_does_not_fit_is_refused)
