// Whose packets a session takes and answers: strangers, far ends that move, and that have our SSRC.
#include "tests/unit/engine/session/rig.h"

#include <string.h>

#include "engine/rtp/rtcp.h"
#include "engine/voice/session_state.h"

#define FAR	  "10.0.0.9:4000"
#define FAR_RTCP  "10.0.0.9:4001"
#define ELSEWHERE "10.0.7.7:9000"

static gate_session caller;
static struct gate_remote remote;
static struct rig_stream far, other;

static void start(unsigned flags)
{
	rig_start(1);
	caller = rig_open(0);
	remote = rig_remote(FAR);
	remote.rtcp = rig_addr(FAR_RTCP);
	struct gate_msg m = {.head.flags = (uint16_t)flags, .remote = remote};
	ck_assert_int_eq(rig_command(caller, GATE_REMOTE, &m), 0);
	rig_prompt(1, CODEC_PCMU, 8000, 3);
	rig_publish();
	rig_play(caller, 1, PLAY_LOOP, 1);
	far = rig_stream(caller, FAR);
	other = rig_stream(caller, ELSEWHERE);
	other.ssrc = far.ssrc + 1;
}

// How many of so many packets are taken.
static unsigned says(struct rig_stream *f, unsigned packets)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < packets; i++) {
		taken += rig_send_tone(f, 0x20, 160) == SESSION_DELIVERED;
		rig_run_ms(20);
	}
	return taken;
}

static struct gate_live live(void)
{
	struct gate_live l;

	rig_run_ms(1020);
	ck_assert(gate_live_read(rig.gate, caller, &l));
	return l;
}

START_TEST(a_stranger_gets_and_gives_nothing)
{
	start(0);
	ck_assert_uint_eq(says(&other, 250), 0);
	ck_assert_uint_eq(rig_rtp_count(ELSEWHERE), 0);
	ck_assert_uint_gt(rig_rtp_count(FAR), 240);
	ck_assert_uint_eq(says(&far, 50), 50);
	ck_assert_uint_eq(says(&other, 50), 0);
	ck_assert_uint_eq(rig_told(GATE_RTP_MOVED), 0);
	rig_stop();
}
END_TEST

START_TEST(from_anywhere_it_has_to_go_on)
{
	start(REMOTE_ANYWHERE);
	ck_assert_uint_eq(says(&other, LEARN_TRIAL_MS / 20), 0);
	ck_assert_uint_eq(rig_rtp_count(ELSEWHERE), 0);
	ck_assert_uint_eq(says(&other, 50), 50);
	ck_assert_uint_ge(rig_rtp_count(ELSEWHERE), 49);
	ck_assert_uint_eq(says(&far, 50), 50); // the told one has the better right
	ck_assert_uint_eq(says(&other, 50), 0);
	rig_stop();
}
END_TEST

// The far end's stream goes on from another address.
static struct rig_stream moved(const char *to)
{
	struct rig_stream f = far;

	f.from = rig_addr(to);
	return f;
}

START_TEST(a_far_end_that_moves_is_followed)
{
	static const uint8_t rr[] = {0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78};

	start(0);
	says(&far, 300); // beyond the window
	struct rig_stream f = moved(ELSEWHERE);
	rig_forget();
	ck_assert_uint_eq(says(&f, LEARN_SILENT_MS / 20), 0);
	ck_assert_uint_eq(rig_rtp_count(ELSEWHERE), 0);
	ck_assert_uint_ge(says(&f, 50), 48);
	ck_assert_uint_ge(rig_rtp_count(ELSEWHERE), 47);
	ck_assert_uint_eq(rig_told(GATE_RTP_MOVED), 1);
	const struct gate_msg *m = rig_event(GATE_RTP_MOVED, 0);
	ck_assert(addr_equal(&m->rtp.from, &f.from));
	ck_assert_uint_ge(m->rtp.silent_ms, LEARN_SILENT_MS);
	struct addr rtcp = f.from;
	rtcp.port++;
	ck_assert_int_eq(rig_udp(caller, &rtcp, true, rr, sizeof(rr)), SESSION_DELIVERED);
	ck_assert_uint_eq(says(&far, 5), 0); // the old address is a stranger's now
	ck_assert_uint_eq(live().rx_moves, 1);
	rig_stop();
}
END_TEST

START_TEST(who_does_not_fit_is_not_followed)
{
	start(0);
	says(&far, 300);
	struct rig_stream f = moved(ELSEWHERE), wrong = f;
	for (unsigned i = 0; i < 100; i++) { // while the old one speaks
		ck_assert_int_eq(rig_send_tone(&f, 0x20, 160), DROP_RTP_STRANGER);
		says(&far, 1);
	}
	wrong = moved(ELSEWHERE);
	wrong.ssrc++;
	ck_assert_uint_eq(says(&wrong, 100), 0);
	wrong = moved(ELSEWHERE);
	wrong.seq += 2000; // in 2 s
	ck_assert_uint_eq(says(&wrong, 50), 0);
	wrong = moved(ELSEWHERE);
	wrong.seq -= 10;
	ck_assert_uint_eq(says(&wrong, 10), 0);
	wrong = moved(ELSEWHERE);
	wrong.pt = 96;
	ck_assert_uint_eq(says(&wrong, 10), 0);
	ck_assert_uint_eq(rig_rtp_count(ELSEWHERE), 0);
	rig_stop();
}
END_TEST

START_TEST(who_moves_in_the_window_is_followed_too)
{
	struct addr port = rig_addr("10.0.0.9:7777");

	start(0);
	far.from = port;
	says(&far, 50); // on trial
	struct rig_stream f = moved("10.0.0.9:8888");
	ck_assert_uint_eq(says(&f, LEARN_SILENT_MS / 20), 0);
	ck_assert_uint_ge(says(&f, 50), 48);
	rig_stop();
}
END_TEST

static unsigned byes(uint32_t ssrc)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.packets; i++) {
		const struct rig_packet *p = &rig.packet[i];
		struct rtcp_info info;
		if (rtp_is_rtcp(p->data, p->len) && rtcp_parse(p->data, p->len, 0, &info) == 0)
			n += info.bye && info.ssrc == ssrc;
	}
	return n;
}

START_TEST(our_ssrc_is_left_to_the_far_end_once)
{
	struct rtp_packet p, before, after;

	start(0);
	says(&far, 100);
	uint32_t ours = rig_session(caller)->out.ssrc;
	rig_rtp(FAR, rig_rtp_count(FAR) - 1, &before);
	rig_forget();
	far.ssrc = ours;
	far.seq = 9;
	ck_assert_uint_eq(says(&far, 100), 100);
	uint32_t second = rig_session(caller)->out.ssrc;
	ck_assert_uint_ne(second, ours);
	ck_assert_uint_eq(byes(ours), 1);
	ck_assert_ptr_nonnull(rig_rtp(FAR, 0, &after));
	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++)
		ck_assert_uint_eq(p.ssrc, second);
	ck_assert_uint_eq(after.seq, (uint16_t)(before.seq + 1)); // nothing else changes
	ck_assert_uint_eq(after.ts, before.ts + 160);
	far.ssrc = second; // our own packets come back
	far.seq = 70;
	says(&far, 50);
	ck_assert_uint_eq(rig_session(caller)->out.ssrc, second);
	ck_assert_uint_eq(byes(second), 0);
	rig_stop();
}
END_TEST

START_TEST(our_ssrc_in_a_report_is_left_too)
{
	start(0);
	says(&far, 100);
	uint32_t ours = rig_session(caller)->out.ssrc;
	uint8_t rr[] = {
		0x80, 201, 0, 1, ours >> 24, ours >> 16 & 0xff, ours >> 8 & 0xff, ours & 0xff};
	struct addr from = rig_addr(FAR_RTCP);
	ck_assert_int_eq(rig_udp(caller, &from, true, rr, sizeof(rr)), SESSION_DELIVERED);
	ck_assert_uint_ne(rig_session(caller)->out.ssrc, ours);
	ck_assert_uint_eq(byes(ours), 1);
	rig_stop();
}
END_TEST

START_TEST(what_is_not_played_is_not_lost)
{
	static const uint8_t noise[] = {0x30};
	struct rtp_report report;

	start(0);
	says(&far, 100);
	for (unsigned i = 0; i < 20; i++) {
		far.pt = i % 2 ? 13 : 126; // comfort noise, and what keeps a NAT open
		ck_assert_int_eq(
			rig_send(&far, noise, 1), i % 2 ? (int)SESSION_DELIVERED : DROP_RTP_TYPE);
		far.ts += 1600 - 1;
		rig_run_ms(200);
	}
	far.pt = 0;
	ck_assert_uint_eq(says(&far, 50), 50);
	ck_assert_uint_eq(live().rx_lost, 0);
	(void)rtp_rx_report(&rig_session(caller)->rx, &report);
	ck_assert_int_eq(report.lost, 0);
	ck_assert_uint_eq(report.fraction_lost, 0);
	rig_stop();
}
END_TEST

// RFC 6263: also a header without anything behind it.
START_TEST(an_empty_packet_is_life)
{
	start(0);
	remote.rtp_timeout_s = 2;
	rig_set_remote(caller, &remote);
	says(&far, 50);
	for (unsigned i = 0; i < 8; i++) {
		ck_assert_int_eq(rig_send(&far, (const uint8_t *)"", 0), DROP_RTP_SIZE);
		rig_run_ms(1000);
	}
	ck_assert_uint_eq(rig_told(GATE_RTP_LOST), 0);
	rig_run_ms(3000);
	ck_assert_uint_eq(rig_told(GATE_RTP_LOST), 1);
	rig_stop();
}
END_TEST

UNIT_MAIN("source", a_stranger_gets_and_gives_nothing, from_anywhere_it_has_to_go_on,
	a_far_end_that_moves_is_followed, who_does_not_fit_is_not_followed,
	who_moves_in_the_window_is_followed_too, our_ssrc_is_left_to_the_far_end_once,
	our_ssrc_in_a_report_is_left_too, what_is_not_played_is_not_lost, an_empty_packet_is_life)
