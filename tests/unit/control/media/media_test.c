// Voices over the gate: who asks is never told from within, a CLOSE always goes out, each voice's
// commands keep their order, and nothing is left.
#include "tests/unit/control/media/media_rig.h"

#define CALLS 50000

// The media network is gone: every call ends in the same turn of the loop, while the workers have
// not taken a command yet.
START_TEST(an_outage_of_fifty_thousand_calls)
{
	struct media_counts c;
	struct party *p = calloc(2 * CALLS, sizeof(*p));
	rig_begin(CALLS);
	for (unsigned i = 0; i < 2 * CALLS; i++)
		party_open(&p[i], i & 1 ? p[i - 1].v : NULL);
	rig_turns();
	ck_assert_uint_eq(rig.open, 2 * CALLS);
	for (unsigned i = 0; i < 2 * CALLS; i += 2) {
		media_bridge(p[i].v, p[i + 1].v);
		media_record(p[i].v, i, MEDIA_LEFT, CODEC_PCMA, 0);
		media_record(p[i + 1].v, i, MEDIA_RIGHT, CODEC_PCMA, 0);
	}
	rig_turns();
	rig.asking = true;
	for (unsigned i = 0; i < 2 * CALLS; i += 2) {
		media_record_stop(p[i].v, i);
		media_record_stop(p[i + 1].v, i);
		media_unbridge(p[i].v, p[i + 1].v);
		media_stop_playing(p[i].v);
		media_close(p[i].v);
		media_close(p[i + 1].v);
	}
	rig.asking = false;
	media_counts(rig.media, &c);
	ck_assert_uint_le(c.backlog + c.tickets, 2 * CALLS * 4u);
	rig_turns();
	rig_nothing_left();
	ck_assert_uint_eq(c.surprises, 0);
	for (unsigned i = 0; i < 2 * CALLS; i++)
		ck_assert_uint_eq(p[i].failed, 0);
	ck_assert_uint_eq(rig.late, 0);
	free(p);
	rig_end();
}
END_TEST

START_TEST(commands_that_wait_keep_their_order)
{
	struct party p[200];
	rig_begin(200);
	for (unsigned i = 0; i < 200; i++)
		party_open(&p[i], NULL);
	rig_turns();
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned k = 0; k < MEDIA_WAITS; k++)
			for (unsigned i = 0; i < 200; i++)
				media_info_digit(p[i].v, '1', round * MEDIA_WAITS + k);
		for (unsigned k = 0; k < 200; k++)
			rig_turn(k % 97);
	}
	rig_turns();
	ck_assert_uint_eq(rig.disorder, 0);
	for (unsigned i = 0; i < 200; i++) {
		ck_assert_uint_eq(p[i].failed, 0);
		media_close(p[i].v);
	}
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

// One voice asks for more than it may have waiting: the excess fails, from the loop, and the voice
// can be closed in the middle of being told.
START_TEST(too_much_fails_from_the_loop)
{
	struct party many[8], *p = &many[0];
	rig_begin(8);
	for (unsigned i = 0; i < 8; i++)
		party_open(&many[i], NULL);
	rig_turns();
	rig.asking = true;
	for (unsigned k = 0; k < 4096 + 4 * MEDIA_WAITS; k++)
		media_info_digit(many[k & 7].v, '1', k >> 3);
	rig.asking = false;
	ck_assert_uint_eq(p->failed, 0);
	p->close_at_failure = true;
	media_stop_playing(p->v);
	media_play(p->v, 1, 0, 0);
	rig_turns();
	ck_assert_uint_eq(p->failed, 0);
	rig.asking = true;
	for (unsigned k = 0; k < 5000; k++)
		media_stop_playing(p->v);
	media_play(p->v, 1, 0, 0);
	rig.asking = false;
	rig_turns();
	ck_assert_uint_eq(p->failed, 1);
	ck_assert_int_eq(p->error, -EAGAIN);
	ck_assert_ptr_null(p->v);
	for (unsigned i = 1; i < 8; i++)
		media_close(many[i].v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

// The worker's ring is full before the OPEN went out: the voice goes without a trace.
START_TEST(closed_before_it_was_opened)
{
	struct party p[2];
	struct party *more = calloc(5000, sizeof(*more));
	rig_begin(5000);
	for (unsigned i = 0; i < 5000; i++)
		party_open(&more[i], NULL);
	party_open(&p[0], NULL); // waits
	media_close(p[0].v);
	rig_turns();
	ck_assert_uint_eq(rig.open, 5000);
	for (unsigned i = 0; i < 5000; i++)
		media_close(more[i].v);
	party_open(&p[0], NULL);
	media_close(p[0].v);
	rig_turns();
	rig_nothing_left();
	free(more);
	rig_end();
}
END_TEST

START_TEST(nobody_is_no_voice)
{
	struct media_params params = {.codec = CODEC_PCMA};
	struct media_quality quality;
	media_record(NULL, 1, MEDIA_LEFT, CODEC_PCMA, 0);
	media_record_stop(NULL, 1);
	media_play(NULL, 1, 0, 0);
	media_set(NULL, &params);
	media_bridge(NULL, NULL);
	media_unbridge(NULL, NULL);
	media_close(NULL);
	ck_assert(!media_quality(NULL, &quality));
}
END_TEST

START_TEST(a_voice_that_is_not_open_is_no_voice)
{
	struct media_counts c;
	struct media_params params = {.codec = CODEC_PCMA};
	struct media_quality quality;
	struct party p;
	rig_begin(1);
	party_open(&p, NULL); // nobody has answered
	media_record(p.v, 1, MEDIA_LEFT, CODEC_PCMA, 0);
	media_record_stop(p.v, 1);
	media_play(p.v, 1, 0, 0);
	media_set(p.v, &params);
	media_bridge(p.v, p.v);
	media_unbridge(p.v, p.v);
	ck_assert(!media_quality(p.v, &quality));
	media_counts(rig.media, &c);
	ck_assert_uint_eq(c.surprises, 8);
	media_close(p.v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

UNIT_MAIN("media", an_outage_of_fifty_thousand_calls, commands_that_wait_keep_their_order,
	too_much_fails_from_the_loop, closed_before_it_was_opened, nobody_is_no_voice,
	a_voice_that_is_not_open_is_no_voice)
