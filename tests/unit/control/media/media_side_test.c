// Voices that are recorded into one side, of whichever workers: one worker lays it.
#include "tests/unit/control/media/media_rig.h"

#define RECORDING 77

static struct party p[3];

static void record(unsigned i, enum media_side side)
{
	media_record(p[i].v, RECORDING, side, CODEC_PCMU, 1000);
	rig_turns();
}

static unsigned writer(unsigned i)
{
	return rig_writer(media_voice_session(p[i].v));
}

static void open_three(void)
{
	rig_begin(4);
	for (unsigned i = 0; i < 3; i++) {
		party_open(&p[i], NULL);
		rig_turns();
	}
	ck_assert_uint_ne(media_voice_worker(p[0].v), media_voice_worker(p[1].v));
}

static void close_all(void)
{
	for (unsigned i = 0; i < 3; i++)
		media_close(p[i].v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}

START_TEST(a_side_has_one_writer)
{
	open_three();
	record(0, MEDIA_LEFT);
	record(1, MEDIA_RIGHT);
	record(2, MEDIA_RIGHT);
	ck_assert_uint_eq(writer(0), media_voice_worker(p[0].v));
	ck_assert_uint_eq(writer(1), media_voice_worker(p[1].v));
	ck_assert_uint_eq(writer(2), writer(1));
	media_record_stop(p[1].v, RECORDING); // who stays keeps it
	rig_turns();
	record(1, MEDIA_RIGHT);
	ck_assert_uint_eq(writer(1), writer(2));
	close_all();
}
END_TEST

START_TEST(who_comes_when_all_have_left_is_its_own)
{
	open_three();
	record(1, MEDIA_RIGHT);
	media_close(p[1].v);
	rig_turns();
	record(0, MEDIA_RIGHT);
	ck_assert_uint_eq(writer(0), media_voice_worker(p[0].v));
	media_record(p[0].v, RECORDING + 1, MEDIA_RIGHT, CODEC_PCMU, 2000); // another one
	record(2, MEDIA_RIGHT);
	ck_assert_uint_eq(writer(2), media_voice_worker(p[2].v));
	p[1].v = NULL;
	close_all();
}
END_TEST

UNIT_MAIN("media_side", a_side_has_one_writer, who_comes_when_all_have_left_is_its_own)
