// Speech and silence of sessions whose codec has state and of masked ones; what is refused.
#include "tests/unit/engine/session/phone.h"

#include <errno.h>

static int watch(gate_session s, struct gate_watch how)
{
	struct gate_msg m = {.watch = how};

	return rig_command(s, GATE_WATCH, &m);
}

static const struct gate_watch usual = {
	.on = 1, .speech_dbm0 = -40, .hysteresis_db = 6, .speech_ms = 100, .silence_ms = 400};

static void say(unsigned ms)
{
	for (; ms > 0; ms -= 20) {
		phone_say(&caller, 20, false);
		rig_run_ms(20);
	}
}

static void be_silent(unsigned ms)
{
	static const int16_t silence[160];

	for (; ms > 0; ms -= 20) {
		phone_send(&caller, silence, 20, false);
		rig_run_ms(20);
	}
}

static void turns(enum codec_id codec, bool masked)
{
	struct gate_msg mask = {.mask.on = masked};
	struct gate_live live;

	phones_start(codec, CODEC_PCMU, 1);
	if (masked)
		rig_command(caller.session, GATE_MASK, &mask);
	ck_assert_int_eq(watch(caller.session, usual), 0);
	be_silent(300);
	ck_assert_uint_eq(rig_told(GATE_SPEECH), 0);
	say(600);
	ck_assert_uint_eq(rig_told(GATE_SPEECH), 1);
	rig_run_ms(1000); // nothing comes
	caller.stream.ts += caller.codec->clock_hz;
	be_silent(20);
	ck_assert_uint_eq(rig_told(GATE_SPEECH), 1);
	ck_assert_uint_eq(rig_told(GATE_SILENCE), 1);
	say(1200);
	ck_assert_uint_eq(rig_told(GATE_SPEECH), 2);
	ck_assert(gate_live_read(rig.gate, caller.session, &live));
	ck_assert(live.speaks);
	ck_assert_int_ge(live.rx_level_dbm0, -40);
	ck_assert_int_eq(watch(caller.session, (struct gate_watch){0}), 0);
	rig_run_ms(1000);
	ck_assert_uint_eq(rig_told(GATE_SILENCE), 1);
	rig_stop();
}

START_TEST(every_codec)
{
	turns(CODEC_PCMA, false);
	turns(CODEC_G722, false);
	turns(CODEC_OPUS, false);
}
END_TEST

START_TEST(masked)
{
	turns(CODEC_PCMU, true);
	turns(CODEC_OPUS, true);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct gate_watch how = usual;

	phones_start(CODEC_PCMU, CODEC_PCMU, 1);
	how.speech_dbm0 = 1;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	how.speech_dbm0 = WATCH_DBM0_MIN - 1;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	how = usual;
	how.hysteresis_db = WATCH_HYSTERESIS_MAX + 1;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	how = usual;
	how.speech_ms = 0;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	how.speech_ms = WATCH_MS_MAX + 1;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	how = usual;
	how.silence_ms = 0;
	ck_assert_int_eq(watch(caller.session, how), -EINVAL);
	say(400);
	ck_assert_uint_eq(rig_told(GATE_SPEECH), 0);
	rig_stop();
}
END_TEST

UNIT_MAIN("watch", every_codec, masked, nonsense_is_refused)
