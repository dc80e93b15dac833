// RTCP: reports written and read back, round trip, what malformed packets get.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "engine/rtp/rtcp.h"

#define SECOND 1000000000ull

static struct rtcp_out example(struct rng *rng)
{
	struct rtcp_out o = {
		.ssrc = 0x11223344,
		.now_ns = 100 * SECOND + SECOND / 2,
		.sender = true,
		.ts = 4711,
		.packets = 50,
		.bytes = 8000,
		.reports = true,
		.report = {.ssrc = 0x55667788,
			.fraction_lost = 3,
			.lost = -5,
			.highest_seq = 65599,
			.jitter = 12},
		.lsr = 0xaabbccdd,
		.dlsr = 65536,
	};

	rtcp_cname(o.cname, rng);
	return o;
}

START_TEST(reports_survive_a_round)
{
	struct rng rng;
	uint8_t data[RTCP_BYTES_MAX];
	struct rtcp_info info;

	rng_seed(&rng, 1);
	struct rtcp_out o = example(&rng);
	o.bye = true;
	uint32_t len = rtcp_write(data, &o);
	ck_assert_uint_le(len, RTCP_BYTES_MAX);
	ck_assert_uint_eq(len % 4, 0);
	ck_assert_int_eq(rtcp_parse(data, len, 0x55667788, &info), 0);
	ck_assert(info.sender && info.reported && info.bye);
	ck_assert_uint_eq(info.ssrc, 0x11223344);
	ck_assert_uint_eq(info.ntp_mid, rtcp_ntp_mid(o.now_ns));
	ck_assert_uint_eq(info.ntp_mid, 100 << 16 | 0x8000);
	ck_assert_uint_eq(info.block.fraction_lost, 3);
	ck_assert_int_eq(info.block.lost, -5);
	ck_assert_uint_eq(info.block.highest_seq, 65599);
	ck_assert_uint_eq(info.block.jitter, 12);
	ck_assert_uint_eq(info.block.lsr, 0xaabbccdd);
	ck_assert_uint_eq(info.block.dlsr, 65536);
	ck_assert_int_eq(rtcp_parse(data, len, 1, &info), 0);
	ck_assert(!info.reported); // somebody else's
	ck_assert_ptr_nonnull(memmem(data, len, o.cname, RTCP_CNAME_BYTES));
}
END_TEST

START_TEST(receiver_alone_sends_rr)
{
	struct rng rng;
	uint8_t data[RTCP_BYTES_MAX];
	struct rtcp_info info;

	rng_seed(&rng, 1);
	struct rtcp_out o = example(&rng);
	o.sender = o.reports = false;
	uint32_t len = rtcp_write(data, &o);
	ck_assert_uint_eq(data[1], 201);
	ck_assert_int_eq(rtcp_parse(data, len, 0x55667788, &info), 0);
	ck_assert(!info.sender && !info.reported && !info.bye);
}
END_TEST

START_TEST(malformed_is_refused)
{
	struct rng rng;
	uint8_t data[RTCP_BYTES_MAX], copy[RTCP_BYTES_MAX];
	struct rtcp_info info;

	rng_seed(&rng, 1);
	struct rtcp_out o = example(&rng);
	uint32_t len = rtcp_write(data, &o);
	for (uint32_t cut = 0; cut < len; cut++) {
		memcpy(copy, data, cut);
		int rc = rtcp_parse(copy, cut, 0x55667788, &info);
		ck_assert(rc == -EINVAL || cut == 52); // the report alone is whole
	}
	memcpy(copy, data, len);
	copy[0] = 0x80 | 5; // more blocks than there are
	ck_assert_int_eq(rtcp_parse(copy, len, 0x55667788, &info), -EINVAL);
	memcpy(copy, data, len);
	copy[3] = 0xff; // longer than the packet
	ck_assert_int_eq(rtcp_parse(copy, len, 0x55667788, &info), -EINVAL);
	memcpy(copy, data, len);
	copy[52] = 0; // version of the second packet
	ck_assert_int_eq(rtcp_parse(copy, len, 0x55667788, &info), -EINVAL);
}
END_TEST

START_TEST(round_trip_is_what_is_left)
{
	struct rtcp_block b = {.lsr = rtcp_ntp_mid(100 * SECOND), .dlsr = 65536 / 2};

	// Sent at 100 s, held for 0.5 s, back at 100.54 s.
	uint32_t us = rtcp_round_trip_us(&b, 100 * SECOND + 540000000);
	ck_assert_uint_ge(us, 39900);
	ck_assert_uint_le(us, 40100);
	b.dlsr = 65536; // a far end that held it longer than it took
	ck_assert_uint_eq(rtcp_round_trip_us(&b, 100 * SECOND + 540000000), 0);
	b.lsr = 0;
	ck_assert_uint_eq(rtcp_round_trip_us(&b, 100 * SECOND), 0);
}
END_TEST

START_TEST(interval_is_spread)
{
	struct rng rng;
	uint64_t sum = 0;

	rng_seed(&rng, 7);
	for (unsigned i = 0; i < 10000; i++) {
		uint32_t ms = rtcp_interval_ms(false, &rng);
		ck_assert_uint_ge(ms, 2052);
		ck_assert_uint_le(ms, 6156);
		sum += ms;
		ck_assert_uint_le(rtcp_interval_ms(true, &rng), 3079);
	}
	ck_assert_uint_ge(sum / 10000, 4000);
	ck_assert_uint_le(sum / 10000, 4200);
}
END_TEST

UNIT_MAIN("rtcp", reports_survive_a_round, receiver_alone_sends_rr, malformed_is_refused,
	round_trip_is_what_is_left, interval_is_spread)
