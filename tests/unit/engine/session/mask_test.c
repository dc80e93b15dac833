// Masking: no sample of a digit gets to the other leg or into the recording, whatever its level,
// length and place in a frame, as tone or event, with loss; sound passes; muting of unmasked legs.
#include "tests/unit/engine/session/rig.h"

#include <errno.h>
#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "engine/bridge/mask.h"
#include "engine/rtp/rtp.h"

#define CALLER "10.0.0.9:4000"
#define AGENT  "10.0.0.8:6000"
#define SILENT 0xff

static gate_session caller, agent;
static struct rig_stream far;

static int mask(bool on)
{
	struct gate_msg m = {.mask.on = on};

	return rig_command(caller, GATE_MASK, &m);
}

static void start(unsigned workers)
{
	struct gate_msg m = {.record = {.on = 1, .recording = 7, .law = CODEC_PCMU}};

	rig_start(workers);
	caller = rig_open(0);
	agent = rig_open(workers - 1);
	struct gate_remote r = rig_remote(CALLER), a = rig_remote(AGENT);
	rig_set_remote(caller, &r);
	rig_set_remote(agent, &a);
	rig_bridge(caller, agent);
	rig_bridge(agent, caller);
	rig_run_ms(2);
	m.record.start_ns = rig.now_ns;
	ck_assert_int_eq(rig_command(caller, GATE_RECORD, &m), 0);
	far = rig_stream(caller, CALLER);
}

static void say(const int16_t samples[160], bool lost)
{
	uint8_t payload[160];

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
	const int16_t none[160] = {0};

	while (frames-- > 0)
		say(none, false);
}

static void say_byte(uint8_t byte, unsigned frames)
{
	while (frames-- > 0) {
		rig_send_tone(&far, byte, 160);
		rig_run_ms(20);
	}
}

// A digit that begins `offset` samples into a frame; loss_at: frames that are lost, as bits.
static void press(char digit, int dbm0, unsigned on_ms, unsigned offset, uint32_t loss_at)
{
	struct dtmf_tx t;
	int16_t samples[40 * 160] = {0};
	unsigned frames = (on_ms + 119) / 20;

	ck_assert_int_eq(dtmf_tx_start(&t, digit, dbm0, on_ms, 0), 0);
	dtmf_tx_mix(&t, samples + offset, frames * 160 - offset);
	for (unsigned i = 0; i < frames; i++)
		say(samples + i * 160, loss_at >> i & 1);
}

// Samples that are not silence, at the other leg and in the recording.
static unsigned heard_by_agent(void)
{
	struct rtp_packet p;
	unsigned n = 0;

	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		ck_assert_uint_eq(p.pt, 0); // and no event
		for (uint32_t k = 0; k < p.len; k++)
			n += (p.payload[k] | 0x80) != SILENT;
	}
	return n;
}

static unsigned recorded(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rig.taps; i++) {
		for (unsigned k = 0; k < rig.tap[i].bytes; k++)
			n += (rig.tap[i].payload[k] | 0x80) != SILENT;
	}
	return n;
}

static void nothing_passes(unsigned workers, int dbm0)
{
	static const char digits[] = "123A456B789C*0#D";
	unsigned seed = 1;

	start(workers);
	ck_assert_int_eq(mask(true), 0);
	rig_collect(caller, true);
	quiet(10);
	for (unsigned i = 0; i < 48; i++) {
		seed = seed * 1103515245u + 12345u;
		press(digits[i % 16], dbm0, 40 + seed / 65536 % 80, i * 160 / 48, 0);
	}
	quiet(10);
	ck_assert_uint_eq(strlen(rig_digits(caller)), 48);
	ck_assert_uint_gt(rig_rtp_count(AGENT), 200);
	ck_assert_uint_gt(rig.taps, 200);
	ck_assert_uint_eq(heard_by_agent(), 0);
	ck_assert_uint_eq(recorded(), 0);
	rig_stop();
}

START_TEST(loud_tones_do_not_pass)
{
	nothing_passes(1, -3);
}
END_TEST

START_TEST(quiet_tones_do_not_pass)
{
	nothing_passes(1, -25);
}
END_TEST

START_TEST(tones_do_not_pass_to_another_worker)
{
	nothing_passes(2, -9);
}
END_TEST

START_TEST(tones_with_holes_do_not_pass)
{
	start(1);
	mask(true);
	quiet(10);
	for (unsigned loss = 1; loss < 32; loss++)
		press('5', -9, 100, loss * 5, loss);
	quiet(20);
	ck_assert_uint_eq(heard_by_agent(), 0);
	ck_assert_uint_eq(recorded(), 0);
	rig_stop();
}
END_TEST

START_TEST(events_and_their_run_in_do_not_pass)
{
	start(1);
	mask(true);
	rig_collect(caller, true);
	quiet(10);
	for (unsigned i = 0; i < 4; i++) {
		int16_t samples[2 * 160] = {0};
		struct dtmf_tx t;
		dtmf_tx_start(&t, '4', -9, 30, 0); // a gateway that cuts the tone late
		dtmf_tx_mix(&t, samples, 2 * 160);
		say(samples, false);
		say(samples + 160, false);
		for (unsigned k = 1; k <= 6; k++) {
			rig_send_event(&far, '4', k > 4, (uint16_t)((k > 4 ? 4 : k) * 160));
			rig_run_ms(20);
		}
		far.ts += 6 * 160;
		quiet(10);
	}
	quiet(10);
	ck_assert_str_eq(rig_digits(caller), "4444");
	ck_assert_uint_eq(heard_by_agent(), 0);
	ck_assert_uint_eq(recorded(), 0);
	rig_stop();
}
END_TEST

// The frames that were said, in order and whole, 60 ms and the jitter buffer later. What comes
// first after silence could be the end of a digit: 40 ms are blanked.
START_TEST(sound_passes_later)
{
	struct rtp_packet p;

	start(1);
	mask(true);
	quiet(2);
	for (uint8_t i = 0; i < 30; i++)
		say_byte(0x20 + i, 1);
	uint64_t end_ns = rig.now_ns;
	say_byte(0x60, 10);
	unsigned n = 0;
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		if (p.payload[0] < 0x20 || p.payload[0] >= 0x20 + 30)
			continue;
		const struct rig_packet *sent = rig_rtp(AGENT, i, &p);
		ck_assert_uint_eq(p.payload[159], p.payload[0]);
		ck_assert_uint_eq(p.payload[0], 0x20 + n);
		uint64_t said_ns = end_ns - (30 - n) * 20 * MS;
		ck_assert_uint_ge(sent->at_ns - said_ns, 60 * MS);
		ck_assert_uint_le(sent->at_ns - said_ns, 125 * MS);
		n++;
	}
	ck_assert_uint_eq(n, 30);
	uint64_t at = 0;
	for (unsigned i = 0, k = 0; i < rig.taps; i++) {
		const struct tap_frame *f = &rig.tap[i];
		if (k > 0)
			ck_assert_uint_eq(f->position, at + 160);
		at = f->position;
		k++;
	}
	rig_stop();
}
END_TEST

START_TEST(end_waits_for_the_digits_end)
{
	struct dtmf_tx t;

	start(1);
	mask(true);
	rig_collect(caller, true);
	quiet(10);
	dtmf_tx_start(&t, '9', -9, 300, 0);
	for (unsigned i = 0; i < 20; i++) {
		int16_t samples[160] = {0};
		dtmf_tx_mix(&t, samples, 160);
		say(samples, false);
		if (rig_told(GATE_DIGIT) == 1 && i < 8)
			ck_assert_int_eq(mask(false), 0); // the digit is what control waited for
	}
	quiet(5);
	ck_assert_uint_eq(heard_by_agent(), 0);
	ck_assert_int_eq(rig_session(caller)->in_flags & IN_MASKED, 0);
	rig_forget();
	far.marker = false;
	rig_send_tone(&far, 0x20, 160); // relayed at once again
	ck_assert_uint_eq(rig_rtp_count(AGENT), 1);
	rig_stop();
}
END_TEST

START_TEST(masks_are_a_pool)
{
	struct gate_msg on = {.mask.on = 1};
	gate_session s[RIG_SESSIONS - 2];
	unsigned refused = 0;

	start(1);
	for (unsigned i = 0; i < RIG_SESSIONS - 2; i++) {
		s[i] = rig_open(0);
		refused += rig_command(s[i], GATE_MASK, &on) != 0;
	}
	ck_assert_uint_eq(refused, RIG_SESSIONS - 2 - 32);
	ck_assert_int_eq(mask(true), -ENOBUFS);
	for (unsigned i = 0; i < RIG_SESSIONS - 2; i++)
		rig_close(s[i]);
	ck_assert_int_eq(mask(true), 0);
	rig_stop();
}
END_TEST

// Without masking: at most 60 ms of a digit pass where the session is listened to.
START_TEST(unmasked_digit_is_muted_after_its_run_in)
{
	start(1);
	rig_collect(caller, true);
	quiet(10);
	ck_assert_int_ne(rig_session(caller)->in_flags & IN_MUTED, 0);
	for (unsigned offset = 0; offset < 160; offset += 13) {
		rig_forget();
		press('3', -9, 200, offset, 0);
		quiet(5);
		ck_assert_uint_gt(heard_by_agent(), 0);
		ck_assert_uint_le(heard_by_agent(), 480);
	}
	rig_forget();
	say_byte(0x20, 5); // relayed at once
	ck_assert_uint_eq(heard_by_agent(), 5 * 160);
	rig_collect(caller, false);
	ck_assert_int_eq(rig_session(caller)->in_flags & IN_MUTED, 0);
	rig_stop();
}
END_TEST

UNIT_MAIN("mask", loud_tones_do_not_pass, quiet_tones_do_not_pass,
	tones_do_not_pass_to_another_worker, tones_with_holes_do_not_pass,
	events_and_their_run_in_do_not_pass, sound_passes_later, end_waits_for_the_digits_end,
	masks_are_a_pool, unmasked_digit_is_muted_after_its_run_in)
