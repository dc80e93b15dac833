// The flow: prompts, digits early and late, wrong and none, and the ways out.
#include "tests/unit/unit.h"

#include "control/base/pressed.h"
#include "tests/flow/sim/sim.h"

#define TO_MENU "started answered step:greeting step:choice"
#define TO_BYE	"step:bye ended:flow-end/system/flow"

static struct sim_caller *dial_to_menu(const char *from)
{
	struct sim_caller *c = dial(from, "400");
	sim_run(1100);
	return c;
}

START_TEST(a_digit_ends_the_prompt)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial_to_menu("ann");
	sim_run(300);
	ck_assert_str_eq(caller_hears(c), "choice");
	caller_presses(c, "2");
	ck_assert_str_eq(caller_hears(c), "beep");
	sim_run(1100);
	ck_story(c, TO_MENU " digit:2 " TO_BYE);
	sim_end();
}
END_TEST

START_TEST(silence_is_asked_again_and_then_led_out)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial_to_menu("ann");
	sim_run(1000); // the prompt's end: from here on the time-out runs
	ck_assert_str_eq(caller_hears(c), "");
	sim_run(2800);
	ck_assert_str_eq(caller_hears(c), "");
	sim_run(200);
	ck_assert_str_eq(caller_hears(c), "choice");
	sim_run(4000);
	ck_assert_str_eq(caller_hears(c), "beep");
	sim_run(1100);
	ck_story(c, TO_MENU " " TO_BYE);
	sim_end();
}
END_TEST

START_TEST(a_digit_within_the_time_out_counts)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial_to_menu("ann");
	sim_run(3500);
	caller_presses(c, "2");
	sim_run(2000);
	ck_story(c, TO_MENU " digit:2 " TO_BYE);
	sim_end();
}
END_TEST

START_TEST(a_wrong_digit_is_told_and_then_led_out)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial_to_menu("ann");
	caller_presses(c, "9");
	ck_assert_str_eq(caller_hears(c), "invalid");
	sim_run(1000);
	ck_assert_str_eq(caller_hears(c), "choice");
	caller_presses(c, "#");
	ck_assert_str_eq(caller_hears(c), "sorry");
	sim_run(3000);
	ck_story(c, TO_MENU " digit:9 digit:# step:sorry " TO_BYE);
	ck_assert_str_eq(caller_record(c, "digits"), "9#");
	sim_end();
}
END_TEST

START_TEST(digits_ahead_of_the_question_answer_it)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial("ann", "400");
	sim_run(200);
	caller_presses(c, "1"); // while the greeting plays, which no digit ends
	ck_assert_str_eq(caller_hears(c), "welcome");
	sim_run(800);
	ck_assert_str_eq(caller_hears(c), "music");
	ck_story(c, "started answered step:greeting digit:1 step:choice step:sales queued:sales");
	caller_presses(c, "2"); // nobody asks
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "digits"), "1");
	sim_end();
}
END_TEST

START_TEST(a_wrong_digit_throws_the_rest_away)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial("ann", "400");
	sim_run(200);
	caller_presses(c, "92");
	sim_run(750);
	ck_assert_str_eq(caller_hears(c), "invalid");
	caller_presses(c, "1");
	ck_story(c,
		"started answered step:greeting digit:9 digit:2 step:choice digit:1 step:sales "
		"queued:sales");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

static const char barging[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'400': f}\n"
	"  prompts: {welcome: w.wav, choice: c.wav, bye: b.wav}\n"
	"  flows:\n"
	"    f:\n"
	"      greeting: {play: welcome, barge: yes, then: first}\n"
	"      first: {menu: choice, digits: {1: second}, barge: no, timeout: 3s}\n"
	"      second: {menu: choice, digits: {2: bye, 1: first}}\n"
	"      bye: {hangup: bye}\n";

START_TEST(who_knows_the_way_need_not_listen)
{
	sim_begin(&(struct sim_setup){.yaml = barging});
	struct sim_caller *c = dial("ann", "400");
	sim_run(200);
	caller_presses(c, "1"); // ends the greeting and answers the first question …
	ck_assert_str_eq(caller_hears(c), "choice");
	caller_presses(c, "2"); // … which may not be cut short
	ck_assert_str_eq(caller_hears(c), "choice");
	ck_story(c, "started answered step:greeting digit:1 step:first digit:2");
	sim_run(900);
	ck_assert_str_eq(caller_hears(c), "bye");
	sim_run(1000);
	ck_story(c,
		"started answered step:greeting digit:1 step:first digit:2 step:second "
		"step:bye ended:flow-end/system/flow");
	sim_end();
}
END_TEST

START_TEST(no_way_out_is_an_end)
{
	sim_begin(&(struct sim_setup){.yaml = barging});
	struct sim_caller *c = dial("ann", "400");
	sim_run(2000 + 3 * 4000 + 100);
	ck_assert(!caller_alive(c));
	ck_story(c, "started answered step:greeting step:first ended:flow-end/system/menu");
	sim_end();
}
END_TEST

static const char leaning[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"
	"  numbers: {'400': f}\n"
	"  prompts: {choice: c.wav}\n"
	"  flows: {f: {first: {menu: choice, digits: {1: first, 2: first}}}}\n";

// Card, account and date are more than 63 digits. Who leans on the keys is cut, and that is told.
START_TEST(each_digit_is_in_the_record)
{
	char all[PRESSED_MAX] = "";

	sim_begin(&(struct sim_setup){.yaml = leaning});
	struct sim_caller *c = dial("ann", "400");
	sim_run(200);
	for (unsigned i = 0; i < 80; i++) {
		caller_presses(c, i % 7 ? "1" : "2");
		all[i] = i % 7 ? '1' : '2';
	}
	caller_hangs_up(c);
	ck_assert_str_eq(caller_record(c, "digits"), all);
	c = dial("bob", "400");
	sim_run(200);
	for (unsigned i = 0; i < PRESSED_MAX; i++)
		caller_presses(c, "1");
	caller_hangs_up(c);
	const char *cut = caller_record(c, "digits");
	ck_assert_uint_eq(strspn(cut, "1"), PRESSED_MAX - 1 - strlen(PRESSED_CUT));
	ck_assert_str_eq(cut + strspn(cut, "1"), PRESSED_CUT);
	sim_end();
}
END_TEST

START_TEST(info_digits_count)
{
	sim_begin(&(struct sim_setup){0});
	struct sim_caller *c = dial_to_menu("ann");
	caller_sends_info(c, '1');
	ck_assert_str_eq(caller_hears(c), "music");
	caller_hangs_up(c);
	sim_end();
}
END_TEST

UNIT_MAIN("menu", a_digit_ends_the_prompt, silence_is_asked_again_and_then_led_out,
	a_digit_within_the_time_out_counts, a_wrong_digit_is_told_and_then_led_out,
	digits_ahead_of_the_question_answer_it, a_wrong_digit_throws_the_rest_away,
	who_knows_the_way_need_not_listen, no_way_out_is_an_end, info_digits_count,
	each_digit_is_in_the_record)
