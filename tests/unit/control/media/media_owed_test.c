// What a worker owes and does not say, says twice or late: no prompt hides another's end, and no
// voice, ticket or session is left.
#include "tests/unit/control/media/media_rig.h"

static void played(const struct party *p, uint32_t ticket, enum gate_played_why why)
{
	gate_session s = media_voice_session(p->v);
	struct gate_msg m = {.head = {.kind = GATE_PLAYED, .ticket = ticket, .session = s}};
	m.played.why = (uint8_t)why;
	rig_say(gate_session_worker(s), &m);
}

static uint32_t ticket_of_play(struct party *p, unsigned flags)
{
	struct gate_msg m = {0};
	unsigned worker = media_voice_worker(p->v);
	media_play(p->v, 7, flags, 0);
	ck_assert(gate_command(rig.gate, worker, &m));
	ck_assert_uint_eq(m.head.kind, GATE_PLAY);
	rig_done(worker, &m, m.head.session, 0);
	media_poll(rig.media);
	return m.head.ticket;
}

START_TEST(each_prompt_is_over_for_itself)
{
	struct party p;
	rig_begin(4);
	party_open(&p, NULL);
	rig_turns();
	(void)ticket_of_play(&p, 0); // its PLAYED is lost
	uint32_t b = ticket_of_play(&p, 0);
	played(&p, b, PLAYED_END);
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 1);
	played(&p, b, PLAYED_END); // told twice
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 1);
	b = ticket_of_play(&p, 0);
	uint32_t c = ticket_of_play(&p, MEDIA_APPEND), d = ticket_of_play(&p, MEDIA_APPEND);
	ck_assert(b != c && c != d);
	played(&p, c, PLAYED_BARGED); // cut from behind the first
	played(&p, d, PLAYED_BARGED);
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 1);
	played(&p, b, PLAYED_END);
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 2);
	(void)ticket_of_play(&p, 0);
	c = ticket_of_play(&p, MEDIA_APPEND);
	played(&p, c, PLAYED_END); // that of the first is lost
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 3);
	media_play(p.v, PROMPTS_MAX, 0, 0); // refused
	rig_turns();
	ck_assert_uint_eq(p.failed, 1);
	b = ticket_of_play(&p, 0);
	played(&p, b, PLAYED_END);
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 4);
	media_close(p.v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

// While one command is not sent yet no PLAYED of an earlier prompt is news.
START_TEST(a_prompt_that_waits_is_not_over)
{
	struct party p, *more = calloc(5000, sizeof(*more));
	rig_begin(5001);
	party_open(&p, NULL);
	rig_turns();
	uint32_t a = ticket_of_play(&p, 0);
	for (unsigned i = 0; i < 5000; i++)
		party_open(&more[i], p.v);
	media_play(p.v, 8, MEDIA_APPEND, 0);
	played(&p, a, PLAYED_END);
	media_poll(rig.media);
	ck_assert_uint_eq(p.played, 0);
	rig_turns();
	media_close(p.v);
	for (unsigned i = 0; i < 5000; i++)
		media_close(more[i].v);
	rig_turns();
	rig_nothing_left();
	free(more);
	rig_end();
}
END_TEST

START_TEST(an_open_that_is_never_answered)
{
	struct party p;
	rig_begin(4);
	rig.keep = GATE_DONE;
	rig.command = GATE_OPEN;
	party_open(&p, NULL);
	p.close_at_failure = true;
	rig_wait_ms(OWED_MS);
	ck_assert_uint_eq(p.failed, 1);
	ck_assert_int_eq(p.error, -ETIMEDOUT);
	ck_assert_uint_eq(rig.open, 1);
	rig.keep = 0;
	gate_emit(rig.gate, gate_session_worker(rig.kept.head.session), &rig.kept); // at last
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

START_TEST(an_answer_that_comes_twice_is_nobody_elses)
{
	struct party p[2];
	rig_begin(4);
	rig.twice = GATE_DONE;
	party_open(&p[0], NULL);
	party_open(&p[1], NULL);
	rig_turns();
	for (unsigned i = 0; i < 20; i++) {
		media_stop_playing(p[0].v);
		rig_turn(1);
		media_stop_playing(p[1].v);
		rig_turn(1);
	}
	rig_turns();
	ck_assert_uint_eq(p[0].opened + p[1].opened, 2);
	ck_assert_uint_eq(rig.open, 2);
	media_close(p[0].v);
	media_close(p[1].v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

// DONE or CLOSED of a CLOSE do not come: nobody keeps the voice for ever, the slot is used anew.
START_TEST(an_end_that_is_never_told)
{
	const uint16_t kinds[] = {GATE_DONE, GATE_CLOSED};
	struct party p, q;
	for (unsigned i = 0; i < 2; i++) {
		rig_begin(1);
		party_open(&p, NULL);
		rig_turns();
		rig.lose = kinds[i];
		media_close(p.v);
		rig_turn(9);
		rig.lose = 0;
		party_open(&q, NULL);
		rig_turn(9);
		rig_turn(9);
		ck_assert_uint_eq(q.opened, 1);
		rig_wait_ms(2 * OWED_MS);
		media_stop_playing(q.v);
		media_close(q.v);
		rig_turns();
		rig_nothing_left();
		rig_end();
	}
}
END_TEST

UNIT_MAIN("media_owed", each_prompt_is_over_for_itself, a_prompt_that_waits_is_not_over,
	an_open_that_is_never_answered, an_answer_that_comes_twice_is_nobody_elses,
	an_end_that_is_never_told)
