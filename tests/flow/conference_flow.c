// Conferences: who hears whom as callers come, go, hold, are muted, turned down, turned away.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'1': open, '2': small, '3': audience, '4': silent}\n"
	"  prompts: {music: m.wav, came: c.wav, went: w.wav, full: f.wav}\n"
	"  flows:\n"
	"    open: {in: {conference: board}}\n"
	"    small: {in: {conference: pair, then: sorry}, sorry: {hangup: full}}\n"
	"    audience: {in: {conference: board, muted: yes}}\n"
	"    silent: {in: {conference: quiet}}\n"
	"  conferences:\n"
	"    board: {music: music, join_prompt: came, leave_prompt: went}\n"
	"    pair: {parties_max: 2}\n"
	"    quiet: {}\n"
	"  agents: {alice: {password: a}, sue: {password: s}, tom: {password: t}}\n";

static void begin(void)
{
	sim_begin(&(struct sim_setup){.yaml = yaml});
}

static struct sim_caller *comes(const char *name, const char *number)
{
	struct sim_caller *c = dial(name, number);
	sim_run(100);
	return c;
}

#define ck_hears(c, expected) ck_assert_str_eq(caller_hears(c), expected)

START_TEST(three_hear_the_two_others)
{
	begin();
	struct sim_caller *ann = comes("ann", "1");
	ck_hears(ann, "came");
	sim_run(1000);
	ck_hears(ann, "music"); // alone
	struct sim_caller *ben = comes("ben", "1");
	ck_hears(ann, "came");
	ck_hears(ben, "came");
	sim_run(1000);
	ck_hears(ann, "ben");
	ck_hears(ben, "ann");
	struct sim_caller *cid = comes("cid", "1");
	sim_run(1000);
	ck_hears(ann, "ben+cid");
	ck_hears(ben, "ann+cid");
	ck_hears(cid, "ann+ben");
	caller_hangs_up(ben);
	ck_hears(ann, "went");
	sim_run(1000);
	ck_hears(ann, "cid");
	caller_hangs_up(ann);
	sim_run(1000);
	ck_hears(cid, "music");
	caller_hangs_up(cid);
	ck_story(ben,
		"started answered step:in joined:board left:board/caller-hangup "
		"ended:caller-hangup/caller/conference");
	sim_end();
}
END_TEST

static int mute(const struct sim_caller *c, bool on)
{
	struct callid id = caller_id(c);
	return conference_mute(sim_calls(), &id, on);
}

static int gain(const struct sim_caller *c, int db)
{
	struct callid id = caller_id(c);
	return conference_gain(sim_calls(), &id, db);
}

START_TEST(muted_and_turned_down)
{
	struct call_info info;
	char text[CALLID_TEXT_MAX];

	begin();
	struct sim_caller *ann = comes("ann", "4"), *ben = comes("ben", "4");
	ck_assert_int_eq(mute(ann, true), 0);
	ck_hears(ben, "");
	ck_hears(ann, "ben");
	ck_assert_int_eq(mute(ann, true), 0); // no news
	ck_assert_int_eq(mute(ann, false), 0);
	ck_assert_int_eq(gain(ann, -12), 0);
	ck_hears(ben, "ann*64");
	ck_assert_int_eq(gain(ann, 12), 0);
	ck_hears(ben, "ann*1019");
	struct callid id = caller_id(ann);
	ck_assert_int_eq(call_find(sim_calls(), callid_text(&id, text), &info), 0);
	ck_assert_str_eq(info.conference, "quiet");
	ck_assert_int_eq(info.gain_db, 12);
	ck_assert(!info.muted);
	caller_hangs_up(ann);
	ck_assert_int_eq(mute(ann, true), -ENOENT);
	caller_hangs_up(ben);
	ck_story(ann,
		"started answered step:in joined:quiet changed:quiet/muted changed:quiet "
		"changed:quiet changed:quiet left:quiet/caller-hangup "
		"ended:caller-hangup/caller/conference");
	sim_end();
}
END_TEST

START_TEST(an_audience_listens)
{
	begin();
	struct sim_caller *ann = comes("ann", "1"), *ben = comes("ben", "3");
	sim_run(3000);
	ck_hears(ann, "");
	ck_hears(ben, "ann");
	caller_hangs_up(ann);
	caller_hangs_up(ben);
	sim_end();
}
END_TEST

// A phone that holds plays music to us: the others do not hear it.
START_TEST(who_holds_is_not_heard)
{
	begin();
	struct sim_caller *ann = comes("ann", "1");
	sim_run(2000);
	caller_holds(ann, true);
	struct sim_caller *ben = comes("ben", "1");
	sim_run(2000);
	ck_hears(ben, "");
	ck_hears(ann, "");
	ck_assert_int_eq(mute(ann, true), 0);
	ck_assert_int_eq(mute(ann, false), 0);
	ck_hears(ben, "");
	caller_holds(ann, false);
	sim_run(100);
	ck_hears(ben, "ann");
	ck_hears(ann, "ben");
	caller_holds(ben, true);
	caller_hangs_up(ben);
	sim_run(2000);
	ck_hears(ann, "music");
	caller_holds(ann, true);
	sim_run(100);
	ck_hears(ann, "");
	caller_holds(ann, false);
	sim_run(100);
	ck_hears(ann, "music");
	caller_hangs_up(ann);
	sim_end();
}
END_TEST

START_TEST(no_place)
{
	begin();
	struct sim_caller *ann = comes("ann", "2"), *ben = comes("ben", "2");
	struct sim_caller *cid = comes("cid", "2");
	ck_hears(cid, "full");
	sim_run(1000);
	ck_story(cid, "started answered step:in step:sorry ended:flow-end/system/flow");
	caller_hangs_up(ann);
	struct sim_caller *dan = comes("dan", "2");
	ck_hears(dan, "ben");
	sim_media_mix_full(true); // of a further conference
	struct sim_caller *eve = comes("eve", "4");
	ck_story(eve, "started answered step:in ended:conference-full/system/flow");
	sim_media_mix_full(false);
	caller_media_fails(dan, "mix"); // of a further party
	sim_run(1500);
	ck_story(dan,
		"started answered step:in joined:pair left:pair/bridges-full step:sorry "
		"ended:flow-end/system/flow");
	ck_hears(ben, "");
	caller_hangs_up(ben);
	sim_end();
}
END_TEST

// More than a bridge has places for are never let in.
START_TEST(thirty_two)
{
	struct sim_caller *c[33];
	char name[8];

	begin();
	for (unsigned i = 0; i < 33; i++) {
		(void)snprintf(name, sizeof(name), "p%u", i);
		c[i] = comes(name, "4");
	}
	ck_assert(caller_alive(c[31]));
	ck_story(c[32], "started answered step:in ended:conference-full/system/flow");
	for (unsigned i = 0; i < 32; i++)
		caller_hangs_up(c[i]);
	sim_end();
}
END_TEST

START_TEST(they_vanish_or_are_ended)
{
	begin();
	struct sim_caller *ann = comes("ann", "4"), *ben = comes("ben", "4");
	struct sim_caller *cid = comes("cid", "4");
	struct callid id = caller_id(ben);
	caller_rtp_lost(ann);
	ck_assert_int_eq(call_hangup(sim_calls(), &id, "operator"), 0);
	sim_run(100);
	ck_hears(cid, "");
	ck_story(ann,
		"started answered step:in joined:quiet media-lost:caller "
		"left:quiet/caller-rtp-lost ended:caller-rtp-lost/caller/conference");
	ck_story(ben,
		"started answered step:in joined:quiet left:quiet/operator "
		"ended:operator/operator/conference");
	sim_stop();
	ck_story(cid,
		"started answered step:in joined:quiet left:quiet/node-stopped "
		"ended:node-stopped/system/conference");
	sim_end();
}
END_TEST

// Callers of an old and a new configuration meet in the room of one name.
START_TEST(over_a_reload)
{
	begin();
	struct sim_caller *ann = comes("ann", "4");
	sim_reload(yaml);
	struct sim_caller *ben = comes("ben", "4");
	ck_hears(ben, "ann");
	ck_assert_uint_eq(conference_parties(sim_calls(), &sim_config()->conferences[2]), 2);
	caller_hangs_up(ann);
	caller_hangs_up(ben);
	ck_assert_uint_eq(conference_parties(sim_calls(), &sim_config()->conferences[2]), 0);
	sim_end();
}
END_TEST

static int monitor(const struct sim_caller *c, const char *agent, enum monitor_mode mode)
{
	struct callid id = caller_id(c);
	int err = call_monitor(sim_calls(), &id, agent, mode);
	sim_run(300);
	return err;
}

START_TEST(supervisors)
{
	begin();
	for (unsigned i = 0; i < 2; i++) {
		phone_register(i ? "sue" : "tom");
		phone_answers(i ? "sue" : "tom", 100);
	}
	struct sim_caller *ann = comes("ann", "4"), *ben = comes("ben", "4");
	ck_assert_int_eq(monitor(ann, "sue", MONITOR_LISTEN), 0);
	ck_assert_str_eq(phone_hears("sue"), "ann+ben");
	ck_hears(ann, "ben");
	ck_assert_int_eq(monitor(ann, "sue", MONITOR_WHISPER), 0);
	ck_assert_int_eq(monitor(ben, "tom", MONITOR_WHISPER), 0);
	ck_hears(ann, "ben+sue");
	ck_hears(ben, "ann+tom");
	ck_assert_str_eq(phone_hears("tom"), "ann+ben");
	ck_assert_int_eq(monitor(ann, "sue", MONITOR_BARGE), 0);
	ck_hears(ben, "ann+sue+tom");
	ck_assert_str_eq(phone_hears("tom"), "ann+ben+sue");
	phone_hang_up("tom");
	sim_run(100);
	ck_hears(ben, "ann+sue");
	caller_hangs_up(ann);
	sim_run(100);
	ck_assert(!phone_busy("sue"));
	ck_hears(ben, "");
	caller_hangs_up(ben);
	sim_end();
}
END_TEST

// Seven may whisper in one conference, each to its caller; the eighth is told so, and may listen,
// barge, or whisper when another one no longer does.
START_TEST(the_eighth_supervisor)
{
	static const char sisters[] =
		"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
		"  numbers: {'4': silent}\n"
		"  flows: {silent: {in: {conference: quiet}}}\n"
		"  conferences: {quiet: {}}\n"
		"  agents: {s0: x, s1: x, s2: x, s3: x, s4: x, s5: x, s6: x, s7: x}\n";
	struct sim_caller *c[8];
	char name[8];
	sim_begin(&(struct sim_setup){.yaml = sisters});
	for (unsigned i = 0; i < 8; i++) {
		str_format(name, sizeof(name), "s%u", i);
		phone_register(name);
		phone_answers(name, 100);
		str_format(name, sizeof(name), "c%u", i);
		c[i] = comes(name, "4");
	}
	for (unsigned i = 0; i < 7; i++) {
		str_format(name, sizeof(name), "s%u", i);
		ck_assert_int_eq(monitor(c[i], name, MONITOR_WHISPER), 0);
	}
	ck_hears(c[6], "c0+c1+c2+c3+c4+c5+c7+s6");
	ck_assert_int_eq(monitor(c[7], "s7", MONITOR_WHISPER), -ENOSPC);
	ck_assert(!phone_busy("s7"));
	ck_assert_int_eq(monitor(c[7], "s7", MONITOR_LISTEN), 0);
	ck_assert_str_eq(phone_hears("s7"), "c0+c1+c2+c3+c4+c5+c6+c7");
	ck_assert_int_eq(monitor(c[7], "s7", MONITOR_WHISPER), -ENOSPC);
	ck_hears(c[7], "c0+c1+c2+c3+c4+c5+c6");
	ck_assert_int_eq(monitor(c[7], "s7", MONITOR_BARGE), 0);
	ck_hears(c[7], "c0+c1+c2+c3+c4+c5+c6+s7");
	ck_assert_int_eq(monitor(c[3], "s3", MONITOR_LISTEN), 0);
	ck_assert_int_eq(monitor(c[7], "s7", MONITOR_WHISPER), 0);
	ck_hears(c[7], "c0+c1+c2+c3+c4+c5+c6+s7");
	ck_hears(c[0], "c1+c2+c3+c4+c5+c6+c7+s0");
	caller_hangs_up(c[7]);
	sim_run(100);
	ck_assert_int_eq(monitor(c[3], "s3", MONITOR_WHISPER), 0);
	for (unsigned i = 0; i < 7; i++)
		caller_hangs_up(c[i]);
	sim_end();
}
END_TEST

START_TEST(masked_there)
{
	begin();
	struct sim_caller *ann = comes("ann", "4");
	struct callid id = caller_id(ann);
	caller_presses(ann, "9"); // nobody listens
	ck_assert_int_eq(call_mask(sim_calls(), &id, true), 0);
	caller_presses(ann, "12");
	ck_assert(caller_masked(ann));
	caller_hangs_up(ann);
	ck_assert_str_eq(caller_record(ann, "digits"), "xx");
	sim_end();
}
END_TEST

UNIT_MAIN("conference", three_hear_the_two_others, muted_and_turned_down, an_audience_listens,
	who_holds_is_not_heard, no_place, thirty_two, they_vanish_or_are_ended, over_a_reload,
	supervisors, the_eighth_supervisor, masked_there)
