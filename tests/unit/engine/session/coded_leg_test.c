// One leg of G.722 or Opus: prompts, recordings, silence, and coders that run out.
#include "tests/unit/engine/session/phone.h"

#include <errno.h>

static void store(enum codec_id codec, uint32_t bytes)
{
	rig_prompt(1, CODEC_PCMA, 8000, 3);
	rig_prompt(1, codec, bytes, 3);
	rig_prompt(2, codec, bytes / 2, 60);
	rig_prompt(2, CODEC_PCMA, 4000, 60);
	rig_publish();
}

START_TEST(prompts_are_sent_as_stored)
{
	struct rtp_packet p;

	phones_start(CODEC_OPUS, CODEC_G722, 1);
	store(CODEC_OPUS, 50 * OPUS_STORED_BYTES);
	rig_play(caller.session, 1, 0, 1);
	rig_play(caller.session, 2, PLAY_APPEND, 2);
	rig_run_ms(1600);
	for (unsigned i = 0; i < 75; i++) {
		uint32_t at = i % 50 * OPUS_STORED_BYTES;
		ck_assert_ptr_nonnull(rig_rtp(CALLER, i, &p));
		ck_assert_uint_eq(p.len, OPUS_STORED_BYTES);
		for (unsigned k = 0; k < OPUS_STORED_BYTES; k++)
			ck_assert_uint_eq(p.payload[k], rig_prompt_byte(i < 50 ? 3 : 60, at + k));
	}
	ck_assert_uint_eq(rig_told(GATE_PLAYED), 2);
	ck_assert_uint_eq(rig_event(GATE_PLAYED, 0)->played.at_ms, 1000);
	rig_stop();
	phones_start(CODEC_G722, CODEC_PCMU, 1);
	store(CODEC_G722, 8000);
	rig_play(caller.session, 1, 0, 1);
	rig_run_ms(1020);
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_ptr_nonnull(rig_rtp(CALLER, i, &p));
		for (unsigned k = 0; k < 160; k++)
			ck_assert_uint_eq(p.payload[k], rig_prompt_byte(3, i * 160 + k));
	}
	rig_stop();
}
END_TEST

// A store without the codec, and packets of another length than it has.
START_TEST(prompts_are_encoded_where_they_are_not_stored)
{
	static uint8_t law[SAMPLES];

	for (unsigned k = 0; k < 3; k++) {
		phones_start(k == 0 ? CODEC_G722 : CODEC_OPUS, CODEC_PCMU, 1);
		codec_get(CODEC_PCMA)->encode(law, phones_voice, SAMPLES);
		gate_prompts_set(rig.prompts, 1, CODEC_PCMA, law, SAMPLES);
		if (k == 2) {
			rig_prompt(1, CODEC_OPUS, 150 * OPUS_STORED_BYTES, 3);
			caller.remote.ptime_ms = 60;
			rig_set_remote(caller.session, &caller.remote);
		}
		rig_publish();
		rig_play(caller.session, 1, 0, 1);
		rig_run_ms(SECONDS * 1000 - 100);
		phone_hear(&caller);
		agent.said = SAMPLES;
		ck_assert(phone_likeness(&caller, &agent) > 0.95);
		rig_stop();
	}
}
END_TEST

START_TEST(coders_run_out)
{
	struct gate_remote r = rig_remote("10.0.0.7:7000");

	for (enum codec_id codec = CODEC_G722; codec <= CODEC_OPUS; codec++) {
		phones_start(CODEC_PCMU, CODEC_PCMU, 1);
		gate_session s[RIG_CODED + 1];
		for (unsigned i = 0; i <= RIG_CODED; i++) {
			s[i] = rig_open(0);
			ck_assert_int_eq(rig_set_remote(s[i], &r), 0);
		}
		r.codec = (uint8_t)codec;
		for (unsigned i = 0; i < RIG_CODED; i++)
			ck_assert_int_eq(rig_set_remote(s[i], &r), 0);
		ck_assert_int_eq(rig_set_remote(s[RIG_CODED], &r), -ENOBUFS);
		ck_assert_uint_eq(rig_session(s[RIG_CODED])->in_codec, CODEC_PCMU);
		ck_assert_int_eq(rig_set_remote(s[0], &r), 0); // it has its own
		r.codec = CODEC_PCMU;
		ck_assert_int_eq(rig_set_remote(s[1], &r), 0);
		r.codec = (uint8_t)codec;
		ck_assert_int_eq(rig_set_remote(s[RIG_CODED], &r), 0);
		rig_close(s[0]);
		ck_assert_int_eq(rig_set_remote(s[1], &r), 0);
		r.codec = CODEC_PCMU;
		rig_stop();
	}
}
END_TEST

START_TEST(recordings_hear_it_in_their_law)
{
	static int16_t taped[SAMPLES];
	uint32_t delay, end = 0;

	for (enum codec_id codec = CODEC_G722; codec <= CODEC_OPUS; codec++) {
		phones_start(codec, CODEC_PCMU, 1);
		struct gate_msg m = {.record = {.on = 1, .law = CODEC_PCMU, .recording = 7}};
		m.record.start_ns = rig.now_ns;
		ck_assert_int_eq(rig_command(caller.session, GATE_RECORD, &m), 0);
		for (unsigned i = 0; i < 120; i++) {
			phone_say(&caller, 20, false);
			rig_run_ms(20);
		}
		memset(taped, 0, sizeof(taped));
		for (unsigned i = 0; i < rig.taps; i++) {
			const struct tap_frame *t = &rig.tap[i];
			ck_assert_uint_le(t->position + t->bytes, SAMPLES);
			if (i > 0)
				ck_assert_uint_eq(t->position, end);
			end = (uint32_t)t->position + t->bytes;
			codec_get(CODEC_PCMU)->decode(taped + t->position, t->payload, t->bytes);
		}
		ck_assert_uint_ge(end, 115 * 160);
		ck_assert(coded_likeness(taped, phones_voice, 115 * 160, 800, &delay) > 0.95);
		ck_assert_uint_le(delay, 10 * 8); // of the codec, and not of the jitter buffer
		m.record.on = 0;
		ck_assert_int_eq(rig_command(caller.session, GATE_RECORD, &m), 0);
		ck_assert(!(rig_session(caller.session)->in_flags & IN_EAR));
		rig_stop();
	}
}
END_TEST

// We send nothing in silence where the far end wants that, and the clock goes on.
START_TEST(silence_is_not_sent_in_dtx)
{
	struct rtp_packet p, prior = {0};

	phones_start(CODEC_OPUS, CODEC_PCMU, 1);
	struct gate_msg m = {.head.flags = REMOTE_DTX, .remote = caller.remote};
	ck_assert_int_eq(rig_command(caller.session, GATE_REMOTE, &m), 0);
	rig_run_ms(4000); // silence of our own, after a second
	unsigned n = rig_rtp_count(CALLER);
	ck_assert_uint_gt(n, 5);
	ck_assert_uint_lt(n, 60);
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = rig_rtp(CALLER, i, &p)->at_ns;
		if (i > 0)
			ck_assert_uint_eq((p.ts - prior.ts) / 960,
				(at - rig_rtp(CALLER, i - 1, &prior)->at_ns + 10 * MS) / (20 * MS));
		prior = p;
	}
	rig_stop();
}
END_TEST

UNIT_MAIN("coded_leg", prompts_are_sent_as_stored, prompts_are_encoded_where_they_are_not_stored,
	coders_run_out, recordings_hear_it_in_their_law, silence_is_not_sent_in_dtx)
