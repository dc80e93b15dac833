// Digits as a session hears them: tones through the jitter buffer, events, both; loss in tones.
#include "tests/unit/engine/session/rig.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "engine/voice/session_state.h"

#define FAR "10.0.0.9:4000"

static gate_session caller;
static struct rig_stream far;

static void start(void)
{
	rig_start(1);
	caller = rig_open(0);
	struct gate_remote r = rig_remote(FAR);
	rig_set_remote(caller, &r);
	rig_collect(caller, true);
	far = rig_stream(caller, FAR);
}

static void frame(struct dtmf_tx *t, bool lost)
{
	int16_t samples[160] = {0};
	uint8_t payload[160];

	if (t)
		dtmf_tx_mix(t, samples, 160);
	g711_ulaw_encode(payload, samples, 160);
	if (lost) {
		far.seq++;
		far.ts += 160;
	} else {
		rig_send(&far, payload, 160);
	}
	rig_run_ms(20);
}

static void quiet(unsigned frames)
{
	while (frames-- > 0)
		frame(NULL, false);
}

// Types digits in-band; loss_at: frames of each digit that are lost, as bits.
static void type(const char *digits, unsigned on_ms, unsigned off_ms, uint32_t loss_at)
{
	for (; *digits; digits++) {
		struct dtmf_tx t;
		ck_assert_int_eq(dtmf_tx_start(&t, *digits, -9, on_ms, off_ms), 0);
		for (unsigned i = 0; i < (on_ms + off_ms) / 20; i++)
			frame(&t, loss_at >> i & 1);
	}
}

START_TEST(tones_are_heard_once_each)
{
	start();
	quiet(20);
	type("1123581321", 80, 80, 0);
	quiet(20);
	ck_assert_str_eq(rig_digits(caller), "1123581321");
	ck_assert_int_eq(rig_event(GATE_DIGIT, 0)->digit.sources, DIGIT_INBAND);
	ck_assert_uint_eq(rig_session(caller)->digits_count, 10);
	rig_stop();
}
END_TEST

START_TEST(hole_in_a_tone_does_not_double_it)
{
	for (unsigned lost = 1; lost <= 4; lost++) {
		start();
		quiet(20);
		type("77", 300, 100, ((1u << lost) - 1) << 6); // from 120 ms on
		quiet(20);
		ck_assert_msg(!strcmp(rig_digits(caller), "77"), "%u frames lost: %s", lost,
			rig_digits(caller));
		rig_stop();
	}
}
END_TEST

START_TEST(events_alone)
{
	start();
	quiet(10);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = 1; k <= 4; k++) {
			rig_send_event(&far, "909"[i], k == 4, (uint16_t)(k * 160));
			rig_run_ms(20);
		}
		rig_send_event(&far, "909"[i], true, 640);
		far.ts += 640;
		quiet(3);
	}
	ck_assert_str_eq(rig_digits(caller), "909");
	ck_assert_int_eq(rig_event(GATE_DIGIT, 0)->digit.sources, DIGIT_EVENT);
	rig_stop();
}
END_TEST

// A gateway that lets the tone through and sends events too, either ahead of the other.
static void both(int event_frame)
{
	start();
	quiet(20);
	for (unsigned i = 0; i < 4; i++) {
		struct dtmf_tx t;
		dtmf_tx_start(&t, "2255"[i], -9, 100, 100);
		uint32_t event_ts = far.ts;
		for (int k = 0; k < 10; k++) {
			int since = k - event_frame;
			if (since >= 0 && since < 6) {
				uint32_t ts = far.ts;
				far.ts = event_ts;
				uint16_t units = (uint16_t)((since < 5 ? since + 1 : 5) * 160);
				rig_send_event(&far, "2255"[i], since >= 4, units);
				far.ts = ts;
			}
			frame(&t, false);
		}
	}
	quiet(20);
	ck_assert_msg(!strcmp(rig_digits(caller), "2255"), "event at frame %d: %s", event_frame,
		rig_digits(caller));
	rig_stop();
}

START_TEST(tone_and_event_are_one)
{
	for (int k = 0; k <= 5; k++)
		both(k);
}
END_TEST

START_TEST(nothing_is_reported_unless_collected)
{
	start();
	rig_collect(caller, false);
	quiet(5);
	type("12", 100, 100, 0);
	rig_send_event(&far, '3', false, 160);
	ck_assert_str_eq(rig_digits(caller), "");
	rig_collect(caller, true);
	rig_send_event(&far, '3', false, 320); // began before: not new
	quiet(10);
	type("4", 100, 100, 0);
	quiet(10);
	ck_assert_str_eq(rig_digits(caller), "4");
	rig_stop();
}
END_TEST

START_TEST(late_packets_are_dropped_by_name)
{
	start();
	quiet(20);
	struct rig_stream late = far;
	far.seq++;
	far.ts += 160;
	quiet(20);
	ck_assert_int_eq(rig_send_tone(&late, 0xff, 160), DROP_RTP_LATE);
	ck_assert_uint_eq(rig_session(caller)->rx_late, 1);
	rig_stop();
}
END_TEST

UNIT_MAIN("listen", tones_are_heard_once_each, hole_in_a_tone_does_not_double_it, events_alone,
	tone_and_event_are_one, nothing_is_reported_unless_collected,
	late_packets_are_dropped_by_name)
