// RTCP of a session: what it sends and when, what it takes from whom.
#include "tests/unit/engine/session/rig.h"

#include <string.h>

#include "engine/rtp/rtcp.h"

#define FAR	 "10.0.0.9:4000"
#define FAR_RTCP "10.0.0.9:4001"

static gate_session caller;
static struct gate_remote remote;
static struct rig_stream far;

static void start(const char *rtcp)
{
	rig_start(1);
	caller = rig_open(0);
	remote = rig_remote(FAR);
	if (rtcp)
		remote.rtcp = rig_addr(rtcp);
	rig_set_remote(caller, &remote);
	rig_prompt(1, CODEC_PCMU, 8000, 3);
	rig_publish();
	far = rig_stream(caller, FAR);
}

static const struct rig_packet *report(unsigned i, struct rtcp_info *info)
{
	for (unsigned k = 0; k < rig.packets; k++) {
		const struct rig_packet *p = &rig.packet[k];
		if (!rtp_is_rtcp(p->data, p->len) || i-- > 0)
			continue;
		ck_assert_int_eq(rtcp_parse(p->data, p->len, far.ssrc, info), 0);
		return p;
	}
	return NULL;
}

static void talk(unsigned packets)
{
	for (unsigned i = 0; i < packets; i++) {
		if (i % 10 == 9) {
			far.seq++; // one in ten is lost
			far.ts += 160;
		} else {
			rig_send_tone(&far, 0x20, 160);
		}
		rig_run_ms(20);
	}
}

START_TEST(sender_reports_what_it_sent_and_lost)
{
	struct rtcp_info info;
	struct rtp_packet p;

	start(FAR_RTCP);
	rig_play(caller, 1, PLAY_LOOP, 1);
	talk(1000); // 20 s
	const struct rig_packet *sent = report(0, &info);
	ck_assert_ptr_nonnull(sent);
	ck_assert_uint_le(sent->at_ns - 1000000 * MS, 3300 * MS); // the first comes sooner
	struct addr to = rig_addr(FAR_RTCP);
	ck_assert(addr_equal(&sent->to, &to));
	ck_assert_uint_eq(sent->from_port, 20001);
	ck_assert(info.sender && info.reported);
	rig_rtp(FAR, 0, &p);
	ck_assert_uint_eq(info.ssrc, p.ssrc);
	ck_assert_uint_ge(info.block.fraction_lost, 20);
	ck_assert_uint_le(info.block.fraction_lost, 30);
	unsigned n = 0;
	while (report(n, &info))
		n++;
	ck_assert_uint_ge(n, 3);
	ck_assert_uint_le(n, 9);
	report(n - 1, &info);
	ck_assert_int_ge(info.block.lost, 60);
	rig_stop();
}
END_TEST

START_TEST(listener_sends_rr)
{
	struct rtcp_info info;

	start(FAR_RTCP);
	remote.direction = GATE_RECV;
	rig_set_remote(caller, &remote);
	talk(400);
	ck_assert_ptr_nonnull(report(0, &info));
	ck_assert(!info.sender && info.reported);
	rig_stop();
}
END_TEST

START_TEST(mux_goes_to_the_rtp_port_as_learnt)
{
	struct rtcp_info info;

	start(FAR);
	far.from = rig_addr("10.0.0.9:9000");
	rig_play(caller, 1, PLAY_LOOP, 1);
	talk(400);
	const struct rig_packet *sent = report(0, &info);
	ck_assert_ptr_nonnull(sent);
	ck_assert(addr_equal(&sent->to, &far.from));
	ck_assert_uint_eq(sent->from_port, 20000);
	rig_stop();
}
END_TEST

START_TEST(none_is_sent_where_none_is_wanted)
{
	struct rtcp_info info;

	start(NULL);
	rig_play(caller, 1, PLAY_LOOP, 1);
	talk(600);
	rig_close(caller);
	ck_assert_ptr_null(report(0, &info));
	rig_stop();
}
END_TEST

START_TEST(bye_at_the_end)
{
	struct rtcp_info info;

	start(FAR_RTCP);
	rig_play(caller, 1, PLAY_LOOP, 1);
	talk(10);
	rig_close(caller);
	ck_assert_ptr_nonnull(report(0, &info));
	ck_assert(info.bye);
	rig_stop();
}
END_TEST

static uint32_t far_report(uint8_t *data, uint32_t reported_ssrc, uint64_t sr_ns)
{
	struct rtcp_out o = {
		.ssrc = far.ssrc,
		.now_ns = rig.now_ns,
		.sender = true,
		.reports = true,
		.report = {.ssrc = reported_ssrc, .fraction_lost = 12, .lost = 34, .jitter = 80},
		.lsr = rtcp_ntp_mid(sr_ns),
		.dlsr = 65536 / 10, // held for 100 ms
	};

	return rtcp_write(data, &o);
}

START_TEST(far_reports_are_read)
{
	uint8_t data[RTCP_BYTES_MAX];
	struct rtp_packet p;
	struct gate_live live;
	struct addr stranger = rig_addr("10.0.0.66:4001"), from = rig_addr(FAR_RTCP);

	start(FAR_RTCP);
	rig_play(caller, 1, PLAY_LOOP, 1);
	talk(10);
	rig_rtp(FAR, 0, &p);
	uint32_t len = far_report(data, p.ssrc, rig.now_ns - 150 * MS);
	ck_assert_int_eq(rig_udp(caller, &stranger, true, data, len), DROP_RTCP_STRANGER);
	ck_assert_int_eq(rig_udp(caller, &from, true, data, len), SESSION_DELIVERED);
	ck_assert_int_eq(rig_udp(caller, &far.from, false, data, len), SESSION_DELIVERED); // muxed
	ck_assert_int_eq(rig_udp(caller, &stranger, false, data, len), DROP_RTCP_STRANGER);
	ck_assert_int_eq(rig_udp(caller, &from, true, data, len - 3), DROP_RTCP_HEADER);
	rig_close(caller);
	ck_assert(gate_live_read(rig.gate, caller, &live));
	ck_assert_uint_ge(live.round_trip_us, 49000);
	ck_assert_uint_le(live.round_trip_us, 51000);
	ck_assert_uint_eq(live.far_lost, 34);
	ck_assert_uint_eq(live.far_fraction_lost, 12);
	ck_assert_uint_eq(live.far_jitter_us, 10000);
	rig_stop();
}
END_TEST

UNIT_MAIN("report", sender_reports_what_it_sent_and_lost, listener_sends_rr,
	mux_goes_to_the_rtp_port_as_learnt, none_is_sent_where_none_is_wanted, bye_at_the_end,
	far_reports_are_read)
