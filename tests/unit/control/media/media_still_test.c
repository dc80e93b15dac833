// One worker of two stands still with all that it was told: the other's voices go on, and nothing
// of what was told is lost.
#include "tests/unit/control/media/media_rig.h"

#define VOICES 64
#define EACH   (MEDIA_TICKETS_MAX / VOICES + 8) // commands: more than there are tickets

static struct party p[2][VOICES];

START_TEST(who_stands_still_holds_up_nobody)
{
	struct media_counts c;
	rig_begin(2 * VOICES);
	for (unsigned i = 0; i < VOICES; i++) {
		party_open(&p[0][i], i ? p[0][0].v : NULL);
		party_open(&p[1][i], i ? p[1][0].v : NULL);
		rig_turns();
	}
	ck_assert_uint_ne(media_voice_worker(p[0][0].v), media_voice_worker(p[1][0].v));
	rig.still = 1u << media_voice_worker(p[0][0].v);
	for (unsigned k = 0; k < EACH; k++)
		for (unsigned i = 0; i < VOICES; i++)
			media_info_digit(p[0][i].v, '1', k);
	media_counts(rig.media, &c);
	ck_assert_uint_eq(c.tickets, MEDIA_TICKETS_MAX); // all that it has
	ck_assert_uint_eq(c.backlog, 8 * VOICES);
	for (unsigned k = 0; k < 100; k++) {
		for (unsigned i = 0; i < VOICES; i++)
			media_info_digit(p[1][i].v, '1', k);
		rig_turn(4096);
		media_counts(rig.media, &c);
		ck_assert_uint_eq(c.tickets, MEDIA_TICKETS_MAX); // none of the other's is open
	}
	ck_assert_uint_eq(rig.disorder, 0);
	rig.still = 0;
	rig_turns();
	for (unsigned side = 0; side < 2; side++)
		for (unsigned i = 0; i < VOICES; i++)
			media_close(p[side][i].v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

UNIT_MAIN("media_still", who_stands_still_holds_up_nobody)
