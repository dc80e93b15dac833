// Two legs of which one or both are G.722 or Opus: relayed untouched, heard by the other, loss,
// silence, digits and packet lengths. What goes out is decoded by the far ends' own decoders.
#include "tests/unit/engine/session/phone.h"

#include "dsp/dtmf.h"
#include "engine/rtp/event.h"

static void heard_both_ways(enum codec_id a, enum codec_id b, unsigned workers)
{
	phones_start(a, b, workers);
	phones_bridge();
	phones_talk(20, 20);
	ck_assert(phone_likeness(&caller, &agent) > 0.95);
	ck_assert(phone_likeness(&agent, &caller) > 0.95);
	rig_stop();
}

START_TEST(g722_and_g711_hear_each_other)
{
	heard_both_ways(CODEC_G722, CODEC_PCMU, 1);
	heard_both_ways(CODEC_PCMA, CODEC_G722, 2);
}
END_TEST

START_TEST(opus_and_others_hear_each_other)
{
	heard_both_ways(CODEC_OPUS, CODEC_PCMU, 1);
	heard_both_ways(CODEC_PCMA, CODEC_OPUS, 2);
	heard_both_ways(CODEC_OPUS, CODEC_G722, 1);
}
END_TEST

static void lengths(enum codec_id a, enum codec_id b, uint8_t a_ms, uint8_t b_ms)
{
	struct rtp_packet p, prior = {0};

	phones_start(a, b, 1);
	caller.remote.ptime_ms = a_ms;
	agent.remote.ptime_ms = b_ms;
	rig_set_remote(caller.session, &caller.remote);
	rig_set_remote(agent.session, &agent.remote);
	phones_bridge();
	phones_talk(a_ms, b_ms);
	ck_assert(phone_likeness(&caller, &agent) > 0.95);
	ck_assert(phone_likeness(&agent, &caller) > 0.95);
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		if (i > 1) {
			ck_assert_uint_eq(p.ts - prior.ts, b_ms * agent.codec->clock_hz / 1000);
			ck_assert_uint_eq((uint16_t)(p.seq - prior.seq), 1);
		}
		prior = p;
	}
	rig_stop();
}

START_TEST(packets_of_10_to_60_ms_on_either_side)
{
	lengths(CODEC_G722, CODEC_PCMU, 10, 60);
	lengths(CODEC_G722, CODEC_PCMU, 60, 30);
	lengths(CODEC_PCMA, CODEC_G722, 30, 40);
	lengths(CODEC_OPUS, CODEC_PCMU, 60, 20);
	lengths(CODEC_OPUS, CODEC_PCMU, 10, 30);
	lengths(CODEC_PCMU, CODEC_OPUS, 20, 60);
	lengths(CODEC_PCMU, CODEC_OPUS, 40, 10);
	lengths(CODEC_G722, CODEC_OPUS, 30, 40);
}
END_TEST

static void relayed(enum codec_id codec, unsigned ms, unsigned workers)
{
	uint8_t payload[CODEC_PAYLOAD_MAX];
	struct rtp_packet p, prior = {0};

	phones_start(codec, codec, workers);
	caller.remote.ptime_ms = agent.remote.ptime_ms = (uint8_t)ms;
	rig_set_remote(agent.session, &agent.remote);
	phones_bridge();
	for (unsigned i = 0; i < 40; i++) {
		uint32_t ts = caller.stream.ts;
		uint32_t len = phone_encode(&caller, payload, phones_voice + i * ms * 8, ms * 8);
		ck_assert_int_eq(rig_send(&caller.stream, payload, len), SESSION_DELIVERED);
		caller.stream.ts = ts + ms * caller.codec->clock_hz / 1000;
		rig_run_ms(workers > 1);
		ck_assert_ptr_nonnull(rig_rtp(AGENT, i, &p)); // at once
		ck_assert_uint_eq(p.len, len);
		ck_assert_mem_eq(p.payload, payload, len);
		ck_assert_int_eq(p.marker, i == 0);
		if (i > 0)
			ck_assert_uint_eq(p.ts - prior.ts, ms * caller.codec->clock_hz / 1000);
		prior = p;
		rig_run_ms(ms - (workers > 1));
	}
	ck_assert_uint_eq(rig_rtp_count(AGENT), 40);
	rig_stop();
}

START_TEST(one_codec_is_relayed_untouched)
{
	relayed(CODEC_G722, 20, 1);
	relayed(CODEC_G722, 30, 2);
	relayed(CODEC_OPUS, 20, 1);
	relayed(CODEC_OPUS, 60, 2);
	relayed(CODEC_OPUS, 10, 1);
}
END_TEST

// Sound at 16 kHz goes from 20 to 40 ms as it is: the far ends' full band is kept.
START_TEST(g722_of_another_length_is_packed_and_not_decoded)
{
	static uint8_t said[SAMPLES];
	struct rtp_packet p;
	uint32_t n = 0, at = 0;

	phones_start(CODEC_G722, CODEC_G722, 1);
	agent.remote.ptime_ms = 40;
	rig_set_remote(agent.session, &agent.remote);
	phones_bridge();
	for (unsigned i = 0; i < 60; i++) {
		for (unsigned k = 0; k < 160; k++)
			said[n + k] = (uint8_t)((n + k) * 37 + (n + k) / 160);
		rig_send(&caller.stream, said + n, 160);
		n += 160;
		rig_run_ms(20);
	}
	for (unsigned i = 0; rig_rtp(AGENT, i, &p) && p.len == 320 && at + 320 <= n; i++) {
		ck_assert_mem_eq(p.payload, said + at, 320);
		at += 320;
	}
	ck_assert_uint_ge(at, n - 1600);
	rig_stop();
}
END_TEST

static void type(struct phone *f, const char *digits)
{
	for (; *digits; digits++) {
		struct dtmf_tx t;
		ck_assert_int_eq(dtmf_tx_start(&t, *digits, -9, 100, 80), 0);
		for (unsigned i = 0; i < 9; i++) {
			int16_t samples[FRAME_SAMPLES] = {0};
			dtmf_tx_mix(&t, samples, FRAME_SAMPLES);
			phone_send(f, samples, 20, false);
			rig_run_ms(20);
		}
	}
	rig_run_ms(300);
}

START_TEST(digits_are_heard_in_band)
{
	for (enum codec_id codec = CODEC_G722; codec <= CODEC_OPUS; codec++) {
		phones_start(codec, CODEC_PCMU, 1);
		rig_collect(caller.session, true);
		type(&caller, "0123456789*#");
		ck_assert_str_eq(rig_digits(caller.session), "0123456789*#");
		rig_stop();
	}
}
END_TEST

START_TEST(digits_of_a_48_khz_clock)
{
	struct rtp_packet p;
	struct event_packet e;

	phones_start(CODEC_OPUS, CODEC_PCMU, 1);
	rig_collect(caller.session, true);
	phones_bridge();
	for (unsigned i = 1; i <= 5; i++) {
		rig_send_event(&caller.stream, '7', i == 5, (uint16_t)(i * 960));
		rig_run_ms(20);
	}
	ck_assert_str_eq(rig_digits(caller.session), "7");
	ck_assert_uint_eq(rig_event(GATE_DIGIT, 0)->digit.duration_ms, 20);
	ck_assert_ptr_nonnull(rig_rtp(AGENT, 4, &p)); // on the other leg's clock
	ck_assert_int_eq(event_parse(p.payload, p.len, &e), 0);
	ck_assert_uint_eq(e.duration, 800);
	ck_assert(e.end);
	// And digits that we send.
	struct gate_msg m = {.digits = {.digits = "4", .on_ms = 2000}};
	ck_assert_int_eq(rig_command(caller.session, GATE_SEND_DIGITS, &m), 0);
	rig_run_ms(3000);
	uint32_t first = 0, last = 0, segments = 0, markers = 0, ts = 0;
	for (unsigned i = 0; rig_rtp(CALLER, i, &p); i++) {
		if (p.pt != 101)
			continue;
		ck_assert_int_eq(event_parse(p.payload, p.len, &e), 0);
		if (segments == 0)
			first = p.ts;
		segments += segments == 0 || p.ts != ts;
		markers += p.marker;
		ts = p.ts;
		last = p.ts + e.duration;
	}
	ck_assert_uint_eq(last - first, 2000 * 48);
	ck_assert_uint_eq(segments, 2); // 16 bits are 1,365 ms
	ck_assert_uint_eq(markers, 1);
	rig_stop();
}
END_TEST

static struct event_packet event_sent(const char *to, unsigned i, struct rtp_packet *p)
{
	struct event_packet e;

	ck_assert_ptr_nonnull(rig_rtp(to, i, p));
	ck_assert_int_eq(event_parse(p->payload, p->len, &e), 0);
	return e;
}

// A phone with telephone-event/8000 beside Opus: durations count 8 kHz, timestamps the stream's.
START_TEST(events_of_8_khz_beside_opus)
{
	struct gate_msg m = {.remote = caller.remote};
	struct rtp_packet p;
	struct event_packet e;

	phones_start(CODEC_OPUS, CODEC_OPUS, 1);
	m.remote = caller.remote;
	m.head.flags = REMOTE_EVENT_8K;
	ck_assert_int_eq(rig_command(caller.session, GATE_REMOTE, &m), 0);
	rig_collect(caller.session, true);
	phones_bridge();
	phone_say(&caller, 20, false);
	rig_run_ms(20);
	uint32_t ts = caller.stream.ts;
	for (unsigned i = 1; i <= 5; i++) {
		rig_send_event(&caller.stream, '7', i == 5, (uint16_t)(i * 160));
		rig_run_ms(20);
	}
	ck_assert_str_eq(rig_digits(caller.session), "7");
	ck_assert_uint_eq(rig_event(GATE_DIGIT, 0)->digit.duration_ms, 20);
	ck_assert_ptr_nonnull(rig_rtp(AGENT, 0, &p));
	ts -= caller.stream.ts - 960 - p.ts;
	e = event_sent(AGENT, 5, &p);
	ck_assert_uint_eq(e.duration, 800 * 6); // the other leg's events count 48 kHz
	ck_assert_uint_eq(p.ts, ts);
	// And back: what the agent's phone sends, and digits of our own.
	for (unsigned i = 1; i <= 5; i++)
		rig_send_event(&agent.stream, '8', i == 5, (uint16_t)(i * 960));
	e = event_sent(CALLER, 4, &p);
	ck_assert_uint_eq(e.duration, 800);
	rig_forget();
	m = (struct gate_msg){.digits = {.digits = "4", .on_ms = 2000}};
	ck_assert_int_eq(rig_command(caller.session, GATE_SEND_DIGITS, &m), 0);
	rig_run_ms(2100);
	ts = event_sent(CALLER, 0, &p).duration == 160 ? p.ts : 0;
	e = event_sent(CALLER, 99, &p);
	ck_assert_uint_eq(e.duration, 2000 * 8);
	ck_assert_uint_eq(p.ts, ts); // 16 bits are 8 s: no second segment
	rig_stop();
}
END_TEST

// Each tenth packet of Opus is lost: its sound comes out of the packet after it.
START_TEST(redundancy_is_used)
{
	phones_start(CODEC_OPUS, CODEC_PCMU, 1);
	phones_bridge();
	for (unsigned i = 0; i < 120; i++) {
		phone_say(&caller, 20, i % 10 == 7);
		rig_run_ms(20);
	}
	phone_hear(&agent);
	double r = phone_likeness(&agent, &caller);
	ck_assert_msg(r > 0.93, "likeness %f", r);
	rig_stop();
}
END_TEST

// In DTX hardly anything comes, and the other leg still gets its 50 packets a second.
START_TEST(silence_of_opus_is_comfort_noise_elsewhere)
{
	static const int16_t silence[FRAME_SAMPLES];
	uint8_t payload[CODEC_PAYLOAD_MAX];
	unsigned sent = 0;
	bool quiet = false;

	phones_start(CODEC_OPUS, CODEC_PCMU, 1);
	caller.codec->coder->tx_init(caller.tx, &(struct codec_tx){.rate_hz = 8000, .dtx = true});
	phones_bridge();
	for (unsigned i = 0; i < 150; i++) {
		uint32_t ts = caller.stream.ts;
		uint32_t len = phone_encode(&caller, payload, silence, FRAME_SAMPLES);
		if (len > OPUS_DTX_BYTES || !quiet) {
			sent++;
			rig_send(&caller.stream, payload, len);
		}
		quiet = len <= OPUS_DTX_BYTES;
		caller.stream.ts = ts + 960;
		rig_run_ms(20);
	}
	ck_assert_uint_lt(sent, 60);
	ck_assert_uint_ge(rig_rtp_count(AGENT), 130);
	rig_stop();
}
END_TEST

START_TEST(another_clock_is_another_source)
{
	struct rtp_packet before, after;

	phones_start(CODEC_PCMU, CODEC_PCMU, 1);
	phones_bridge();
	phone_say(&caller, 20, false);
	ck_assert_ptr_nonnull(rig_rtp(AGENT, 0, &before));
	agent.remote.codec = CODEC_OPUS;
	agent.remote.pt = 96;
	ck_assert_int_eq(rig_set_remote(agent.session, &agent.remote), 0);
	rig_forget();
	for (unsigned i = 0; i < 20; i++) {
		phone_say(&caller, 20, false);
		rig_run_ms(20);
	}
	ck_assert_ptr_nonnull(rig_rtp(AGENT, 1, &after));
	ck_assert_uint_ne(after.ssrc, before.ssrc);
	rig_stop();
}
END_TEST

UNIT_MAIN("coded", g722_and_g711_hear_each_other, opus_and_others_hear_each_other,
	packets_of_10_to_60_ms_on_either_side, one_codec_is_relayed_untouched,
	g722_of_another_length_is_packed_and_not_decoded, digits_are_heard_in_band,
	digits_of_a_48_khz_clock, events_of_8_khz_beside_opus, redundancy_is_used,
	silence_of_opus_is_comfort_noise_elsewhere, another_clock_is_another_source)
