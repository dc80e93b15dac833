// RTP: headers good and bad, sequence validation, loss, duplicates, jitter, reports.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "engine/rtp/judge.h"

static struct rtp_packet packet(uint16_t seq)
{
	return (struct rtp_packet){.ssrc = 7, .seq = seq};
}

// By its number alone.
static enum judge_order take(struct rtp_rx *r, uint16_t seq)
{
	struct rtp_packet p = packet(seq);
	struct judge_arrival a = {.per_ms = 8, .kind = JUDGE_BESIDE};

	return judge(r, &p, &a);
}

START_TEST(header_survives_a_round)
{
	struct rtp_packet in = {.ts = 0x01020304,
				  .ssrc = 0xfedcba98,
				  .seq = 0xabcd,
				  .pt = 101,
				  .marker = true},
			  out;
	uint8_t data[RTP_HEADER_BYTES + 3] = {0};

	rtp_write_header(data, &in);
	ck_assert_int_eq(rtp_parse(data, sizeof(data), &out), 0);
	ck_assert_uint_eq(out.ts, in.ts);
	ck_assert_uint_eq(out.ssrc, in.ssrc);
	ck_assert_uint_eq(out.seq, in.seq);
	ck_assert_uint_eq(out.pt, 101);
	ck_assert(out.marker);
	ck_assert_uint_eq(out.len, 3);
	ck_assert_ptr_eq(out.payload, data + RTP_HEADER_BYTES);
}
END_TEST

START_TEST(csrc_extension_and_padding_are_stepped_over)
{
	// 2 CSRCs, extension of one word, 5 bytes of payload, 3 of padding.
	uint8_t data[12 + 8 + 8 + 5 + 3] = {0x80 | 0x20 | 0x10 | 2, 0};
	struct rtp_packet out;

	data[12 + 8 + 3] = 1;
	data[sizeof(data) - 1] = 3;
	ck_assert_int_eq(rtp_parse(data, sizeof(data), &out), 0);
	ck_assert_ptr_eq(out.payload, data + 28);
	ck_assert_uint_eq(out.len, 5);
	// Cut anywhere it is malformed or shorter, never read past its end.
	for (uint32_t len = 0; len < 28; len++)
		ck_assert_int_eq(rtp_parse(data, len, &out), -EINVAL);
	data[sizeof(data) - 1] = 9; // more padding than there is
	ck_assert_int_eq(rtp_parse(data, sizeof(data), &out), -EINVAL);
	data[sizeof(data) - 1] = 0;
	ck_assert_int_eq(rtp_parse(data, sizeof(data), &out), -EINVAL);
	data[0] = 0x40;
	ck_assert_int_eq(rtp_parse(data, sizeof(data), &out), -EINVAL);
}
END_TEST

START_TEST(rtcp_is_told_by_its_second_byte)
{
	uint8_t data[2] = {0x80, 200};

	ck_assert(rtp_is_rtcp(data, 2));
	data[1] = 8 | 0x80;
	ck_assert(!rtp_is_rtcp(data, 2));
	ck_assert(!rtp_is_rtcp(data, 1));
}
END_TEST

START_TEST(loss_duplicates_and_reorder_are_counted)
{
	struct rtp_rx r = {0};

	ck_assert_int_eq(take(&r, 65534), JUDGE_SOURCE);
	ck_assert_int_eq(take(&r, 65535), JUDGE_NEXT);
	ck_assert_int_eq(take(&r, 1), JUDGE_GAP); // 0 is missing
	ck_assert_uint_eq(rtp_rx_lost(&r), 1);
	ck_assert_int_eq(take(&r, 1), JUDGE_DUPLICATE);
	ck_assert_int_eq(take(&r, 65535), JUDGE_DUPLICATE);
	ck_assert_int_eq(take(&r, 0), JUDGE_LATE);
	ck_assert_int_eq(take(&r, 0), JUDGE_DUPLICATE);
	ck_assert_uint_eq(rtp_rx_lost(&r), 0);
	ck_assert_uint_eq(r.duplicate, 3);
	ck_assert_uint_eq(r.reordered, 1);
	ck_assert_int_eq(take(&r, 11), JUDGE_GAP);
	ck_assert_uint_eq(rtp_rx_lost(&r), 9);
}
END_TEST

START_TEST(jump_needs_two_in_a_row)
{
	struct rtp_rx r = {0};

	take(&r, 100);
	ck_assert_int_eq(take(&r, 30000), JUDGE_STRAY);
	ck_assert_int_eq(take(&r, 101), JUDGE_NEXT);
	ck_assert_int_eq(take(&r, 30001), JUDGE_STRAY); // the one before was overtaken
	ck_assert_int_eq(take(&r, 30002), JUDGE_RENUMBERED);
	ck_assert_int_eq(take(&r, 30003), JUDGE_NEXT);
	ck_assert_uint_eq(r.jumped, 2);
	ck_assert_uint_eq(rtp_rx_lost(&r), 0);
}
END_TEST

START_TEST(new_source_keeps_the_losses_of_the_old)
{
	struct rtp_rx r = {0};
	struct rtp_packet other = {.ssrc = 9, .seq = 4};

	take(&r, 1);
	take(&r, 4);
	struct judge_arrival a = {.per_ms = 8, .kind = JUDGE_BESIDE};
	ck_assert_int_eq(judge(&r, &other, &a), JUDGE_SOURCE);
	ck_assert_uint_eq(rtp_rx_lost(&r), 2);
	ck_assert_uint_eq(r.ssrc, 9);
}
END_TEST

START_TEST(report_covers_its_interval)
{
	struct rtp_rx r = {0};
	struct rtp_report report;

	ck_assert(!rtp_rx_report(&r, &report));
	for (uint16_t seq = 0; seq < 100; seq++) {
		if (seq % 4 != 3)
			take(&r, seq + 65500);
	}
	take(&r, (uint16_t)(65500 + 99));
	ck_assert(rtp_rx_report(&r, &report));
	ck_assert_uint_eq(report.ssrc, 7);
	ck_assert_int_eq(report.lost, 24);
	ck_assert_uint_eq(report.fraction_lost, 24 * 256 / 100);
	ck_assert_uint_eq(report.highest_seq, 65599); // extended by one cycle
	take(&r, (uint16_t)65600);
	ck_assert(rtp_rx_report(&r, &report));
	ck_assert_uint_eq(report.fraction_lost, 0);
	ck_assert_int_eq(report.lost, 24);
}
END_TEST

START_TEST(jitter_follows_appendix_a8)
{
	struct rtp_rx r = {0};

	// Every packet 20 ms late by turns: |D| = 160, the filter settles at 160.
	for (uint32_t i = 0; i < 400; i++)
		rtp_rx_jitter(&r, i * 160, 5000 + i * 160 + (i & 1) * 160);
	ck_assert_uint_ge(r.jitter_16 >> 4, 155);
	ck_assert_uint_le(r.jitter_16 >> 4, 165);
	ck_assert_uint_ge(rtp_rx_jitter_us(&r), 19000);
	ck_assert_uint_le(rtp_rx_jitter_us(&r), 21000);
	uint32_t before = r.jitter_16;
	rtp_rx_jitter(&r, 0x80000000, 400 * 160); // the timestamp jumps: no jitter of it
	ck_assert_uint_eq(r.jitter_16, before);
}
END_TEST

UNIT_MAIN("rtp", header_survives_a_round, csrc_extension_and_padding_are_stepped_over,
	rtcp_is_told_by_its_second_byte, loss_duplicates_and_reorder_are_counted,
	jump_needs_two_in_a_row, new_source_keeps_the_losses_of_the_old, report_covers_its_interval,
	jitter_follows_appendix_a8)
