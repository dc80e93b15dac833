// The source lock: what is learnt, what is held, who is a stranger.
#include "tests/unit/unit.h"

#include "engine/rtp/learn.h"

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

static struct addr told, nat, thief, moved_to; // of one host
static struct addr stranger;		       // of another

static void setup(struct learn *l)
{
	told = address("203.0.113.9:4000");
	nat = address("203.0.113.9:61000");
	thief = address("203.0.113.9:9");
	moved_to = address("203.0.113.9:4002");
	stranger = address("198.51.100.1:7000");
	*l = (struct learn){0};
	learn_start(l, &told, false, 1000);
}

static uint16_t seq;

static bool take(struct learn *l, const struct addr *a, uint32_t now_ms, bool *moved)
{
	struct learn_packet p = {a, a->port, seq++};

	return learn_take(l, &p, now_ms, moved);
}

// Whether a source is taken with its first packet or its second.
static bool takes(struct learn *l, const struct addr *a, uint32_t now_ms)
{
	bool moved;

	return take(l, a, now_ms, &moved) || take(l, a, now_ms, &moved);
}

// Whether any packet of a stream of so many milliseconds is taken.
static bool streams(struct learn *l, const struct addr *a, uint32_t from_ms, uint32_t ms)
{
	bool moved, taken = false;

	for (uint32_t at = 0; at < ms; at += 20)
		taken |= take(l, a, from_ms + at, &moved);
	return taken;
}

START_TEST(nothing_is_taken_before_remote)
{
	struct learn l = {0};

	setup(&l);
	l = (struct learn){0};
	ck_assert(!takes(&l, &told, 1000));
}
END_TEST

START_TEST(told_address_locks_at_once)
{
	struct learn l;
	bool moved;

	setup(&l);
	ck_assert(learn_same(learn_to(&l), &told));
	ck_assert(take(&l, &told, 1010, &moved));
	ck_assert(!moved);
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(!takes(&l, &nat, 1020));
	ck_assert(takes(&l, &told, 900000));
}
END_TEST

START_TEST(natted_source_is_learnt_and_held)
{
	struct learn l;
	bool moved;

	setup(&l);
	ck_assert(!take(&l, &nat, 1080, &moved)); // one packet proves nothing
	ck_assert(learn_same(learn_to(&l), &told));
	ck_assert(take(&l, &nat, 1100, &moved));
	ck_assert(moved);
	ck_assert(learn_same(learn_to(&l), &nat));
	ck_assert(!takes(&l, &thief, 1200)); // on trial, but not for any third one
	ck_assert(takes(&l, &nat, 5100));    // the window is over
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(!takes(&l, &told, 5200)); // even what was told comes too late
	ck_assert(!takes(&l, &thief, 9999));
}
END_TEST

START_TEST(stray_packets_teach_nothing)
{
	struct learn l;
	bool moved;

	setup(&l);
	for (unsigned i = 0; i < 1000; i++) {
		struct learn_packet p = {&thief, i, (uint16_t)(i * 7)}; // no two of one stream
		ck_assert(!learn_take(&l, &p, 1000 + i, &moved));
	}
	ck_assert(learn_same(learn_to(&l), &told));
}
END_TEST

START_TEST(told_address_wins_within_the_window)
{
	struct learn l;
	bool moved;

	setup(&l);
	ck_assert(takes(&l, &thief, 1100));
	ck_assert(take(&l, &told, 1200, &moved));
	ck_assert(moved);
	ck_assert(!takes(&l, &thief, 1300));
}
END_TEST

START_TEST(late_starter_must_have_the_told_ip)
{
	struct learn l;
	struct addr other_port = address("203.0.113.9:5555");

	setup(&l);
	ck_assert(!takes(&l, &stranger, 6000));
	ck_assert(takes(&l, &other_port, 6000));
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(!takes(&l, &told, 6001));
}
END_TEST

START_TEST(reinvite_without_a_new_address_keeps_the_source)
{
	struct learn l;

	setup(&l);
	takes(&l, &nat, 1100);
	takes(&l, &nat, 6000);
	ck_assert(!learn_start(&l, &told, false, 20000));
	ck_assert(takes(&l, &nat, 20020));
	ck_assert(!takes(&l, &thief, 20040)); // it is not silent
	ck_assert(takes(&l, &nat, 20060));
	ck_assert(takes(&l, &nat, 24100));
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(learn_same(learn_to(&l), &nat));
}
END_TEST

START_TEST(reinvite_and_a_silent_source_is_replaced)
{
	struct learn l;
	struct addr rebound = address("203.0.113.9:62000");

	setup(&l);
	takes(&l, &nat, 1100);
	takes(&l, &nat, 6000);
	learn_start(&l, &told, false, 20000);
	ck_assert(!takes(&l, &rebound, 20020));
	ck_assert(takes(&l, &rebound, 20600));
	ck_assert(!takes(&l, &nat, 20620));
}
END_TEST

START_TEST(reinvite_to_a_new_address_moves)
{
	struct learn l;
	bool moved;

	setup(&l);
	takes(&l, &told, 1100);
	ck_assert(learn_start(&l, &moved_to, false, 20000));
	ck_assert(learn_same(learn_to(&l), &moved_to));
	ck_assert(take(&l, &told, 20010, &moved)); // still on its way
	ck_assert(!moved);
	ck_assert(learn_same(learn_to(&l), &moved_to));
	ck_assert(!take(&l, &nat, 20020, &moved)); // the new one, behind NAT
	ck_assert(take(&l, &nat, 20040, &moved));
	ck_assert(moved);
	ck_assert(!takes(&l, &told, 20050));
	ck_assert(takes(&l, &moved_to, 20060)); // and now from where it said
	ck_assert_int_eq(l.state, LEARN_LOCKED);
}
END_TEST

START_TEST(reinvite_that_tells_wrong_finds_back)
{
	struct learn l;
	bool moved;

	setup(&l);
	takes(&l, &nat, 1100);
	takes(&l, &nat, 6000);
	ck_assert(learn_start(&l, &moved_to, false, 20000));
	ck_assert(take(&l, &nat, 20020, &moved) && !moved);
	ck_assert(take(&l, &nat, 20520, &moved) && moved); // goes on sending: it is it
	ck_assert(learn_same(learn_to(&l), &nat));
}
END_TEST

START_TEST(rtcp_comes_from_the_same_host)
{
	struct learn_rtcp rtcp = {0};
	struct learn rtp;
	struct addr told_rtcp = address("203.0.113.9:4001"),
		    nat_rtcp = address("198.51.100.1:61777"), elsewhere = address("192.0.2.7:9");

	setup(&rtp);
	learn_rtcp_start(&rtcp, &told_rtcp);
	ck_assert(!learn_rtcp_take(&rtcp, &rtp, &nat_rtcp));
	rtp.anywhere = true;
	ck_assert(streams(&rtp, &stranger, 1100, 500));
	ck_assert(!learn_rtcp_take(&rtcp, &rtp, &elsewhere));
	ck_assert(learn_rtcp_take(&rtcp, &rtp, &nat_rtcp));
	ck_assert(learn_same(learn_rtcp_to(&rtcp), &nat_rtcp));
	ck_assert(!learn_rtcp_take(&rtcp, &rtp, &told_rtcp));
	ck_assert(learn_rtcp_take(&rtcp, &rtp, &nat_rtcp));
	learn_rtcp_start(&rtcp, &told_rtcp); // a re-INVITE that changes nothing
	ck_assert(learn_same(learn_rtcp_to(&rtcp), &nat_rtcp));
	learn_rtcp_start(&rtcp, &thief); // told anew
	ck_assert(learn_same(learn_rtcp_to(&rtcp), &thief));
}
END_TEST

START_TEST(a_stranger_before_the_first_packet_is_nobody)
{
	struct learn l;

	setup(&l);
	ck_assert(!streams(&l, &stranger, 1000, 3000));
	ck_assert(learn_same(learn_to(&l), &told));
	ck_assert(takes(&l, &nat, 4100));
	ck_assert(!streams(&l, &stranger, 4200, 6000));
}
END_TEST

START_TEST(a_source_elsewhere_has_to_go_on)
{
	struct learn l;
	bool moved;

	setup(&l);
	learn_start(&l, &told, true, 1000);
	ck_assert(!streams(&l, &stranger, 1000, LEARN_TRIAL_MS));
	ck_assert(learn_same(learn_to(&l), &told));
	ck_assert(streams(&l, &stranger, 1000 + LEARN_TRIAL_MS, 40));
	ck_assert(learn_same(learn_to(&l), &stranger));
	ck_assert(!takes(&l, &told, 1500) || learn_same(learn_to(&l), &told));
	ck_assert(!take(&l, &stranger, 1520, &moved)); // the told one has the better right
	setup(&l);
	learn_start(&l, &told, true, 1000);
	streams(&l, &stranger, 1000, 1000);
	ck_assert(takes(&l, &nat, 2100)); // and so has another port of that host
	ck_assert(!take(&l, &stranger, 2120, &moved));
}
END_TEST

// A phone that is muted, or whose SDP came long before it was picked up.
START_TEST(a_late_starter_elsewhere_is_heard_too)
{
	struct learn l;
	bool moved;

	setup(&l);
	learn_start(&l, &told, true, 1000);
	ck_assert(!streams(&l, &stranger, 30000, LEARN_TRIAL_MS));
	ck_assert(streams(&l, &stranger, 30000 + LEARN_TRIAL_MS, 40));
	ck_assert(learn_same(learn_to(&l), &stranger));
	ck_assert_int_eq(l.state, LEARN_OPEN); // on trial
	ck_assert(takes(&l, &told, 31000));    // which has the better right
	ck_assert(!take(&l, &stranger, 31020, &moved));
	setup(&l);
	learn_start(&l, &told, true, 1000);
	streams(&l, &stranger, 30000, 500);
	ck_assert(takes(&l, &stranger, 30500 + LEARN_WINDOW_MS));
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(!takes(&l, &told, 36000));
}
END_TEST

// Where a packet is looked at by both rules, neither loses its count.
START_TEST(whoever_is_on_trial_may_be_one_that_moves)
{
	struct learn l;
	bool moved, taken = false;

	setup(&l);
	learn_start(&l, &told, true, 1000);
	takes(&l, &told, 1020);
	learn_start(&l, &moved_to, true, 20000);
	for (uint16_t i = 0; i < 25 && !taken; i++) {
		struct learn_packet p = {&stranger, 5, i};
		uint32_t now_ms = 20600 + i * 20;
		taken = learn_take(&l, &p, now_ms, &moved) || learn_move(&l, &p, now_ms);
		ck_assert(!taken || i > 0);
	}
	ck_assert(taken);
}
END_TEST

// Who is looked at is not driven away by packets of others in between.
START_TEST(two_strangers_do_not_hide_each_other)
{
	struct learn l;
	struct addr other = address("198.51.100.77:7");
	uint16_t n = 0;
	bool moved, taken = false;

	setup(&l);
	learn_start(&l, &told, true, 1000);
	for (uint32_t ms = 0; ms <= 500; ms += 20, n++) {
		struct learn_packet a = {&stranger, 1, n}, b = {&other, 2, (uint16_t)(n + 500)};
		taken |= learn_take(&l, &a, 1000 + ms, &moved);
		ck_assert(!learn_take(&l, &b, 1000 + ms, &moved));
	}
	ck_assert(taken);
}
END_TEST

static bool moves(struct learn *l, const struct addr *to, uint32_t now_ms)
{
	struct learn_packet first = {to, 5, seq++}, second = {to, 5, seq++};

	return learn_move(l, &first, now_ms) || learn_move(l, &second, now_ms + 20);
}

START_TEST(a_source_that_moves_is_followed_by_measure)
{
	struct learn l;
	bool moved;

	setup(&l);
	ck_assert(!moves(&l, &stranger, 1100)); // from where?
	takes(&l, &told, 1200);
	ck_assert(moves(&l, &nat, 9000));
	ck_assert_int_eq(l.state, LEARN_LOCKED);
	ck_assert(learn_same(learn_to(&l), &nat));
	ck_assert(!take(&l, &told, 9040, &moved));
	ck_assert(!moves(&l, &stranger, 9020 + LEARN_MOVE_MS - 21));
	ck_assert(moves(&l, &stranger, 9020 + LEARN_MOVE_MS));
	for (unsigned i = 2; i < LEARN_MOVES_MAX; i++)
		ck_assert(moves(&l, i % 2 ? &stranger : &nat, 20000 + i * 3000));
	ck_assert(!moves(&l, &told, 500000));
	learn_start(&l, &told, false, 600000);
	takes(&l, &told, 600000);
	ck_assert(moves(&l, &nat, 601000));
}
END_TEST

UNIT_MAIN("learn", nothing_is_taken_before_remote, told_address_locks_at_once,
	natted_source_is_learnt_and_held, stray_packets_teach_nothing,
	told_address_wins_within_the_window, late_starter_must_have_the_told_ip,
	reinvite_without_a_new_address_keeps_the_source, reinvite_and_a_silent_source_is_replaced,
	reinvite_to_a_new_address_moves, reinvite_that_tells_wrong_finds_back,
	rtcp_comes_from_the_same_host, a_stranger_before_the_first_packet_is_nobody,
	a_source_elsewhere_has_to_go_on, a_late_starter_elsewhere_is_heard_too,
	whoever_is_on_trial_may_be_one_that_moves, two_strangers_do_not_hide_each_other,
	a_source_that_moves_is_followed_by_measure)
