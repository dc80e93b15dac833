// telephone-event: presses told apart in what real senders send.
#include "tests/unit/unit.h"

#include <errno.h>

#include "engine/event.h"

static enum event_change take(
	struct event_rx *r, char digit, uint32_t ts, int duration, uint32_t now_ms)
{
	struct event_packet e = {.code = (uint8_t)event_code(digit),
		.end = duration < 0,
		.duration = (uint16_t)(duration < 0 ? -duration : duration)};

	return event_rx_take(r, &e, ts, false, now_ms);
}

START_TEST(four_bytes_survive_a_round)
{
	struct event_packet in = {.code = 11, .end = true, .volume = 10, .duration = 0xabcd}, out;
	uint8_t data[EVENT_BYTES];

	event_write(data, &in);
	ck_assert_int_eq(event_parse(data, sizeof(data), &out), 0);
	ck_assert_uint_eq(out.code, 11);
	ck_assert(out.end);
	ck_assert_uint_eq(out.volume, 10);
	ck_assert_uint_eq(out.duration, 0xabcd);
	ck_assert_int_eq(event_parse(data, 3, &out), -EINVAL);
	for (uint8_t code = 0; code < EVENT_CODES; code++)
		ck_assert_int_eq(event_code(event_digit(code)), code);
	ck_assert_int_eq(event_digit(16), 0);
	ck_assert_int_eq(event_code('x'), -EINVAL);
	ck_assert_int_eq(event_code(0), -EINVAL);
}
END_TEST

START_TEST(plain_press_begins_and_ends_once)
{
	struct event_rx r = {0};

	ck_assert_int_eq(take(&r, '5', 1000, 160, 0), EVENT_BEGUN);
	ck_assert_int_eq(take(&r, '5', 1000, 320, 20), EVENT_SAME);
	ck_assert_int_eq(take(&r, '5', 1000, -480, 40), EVENT_ENDED);
	ck_assert_int_eq(take(&r, '5', 1000, -480, 60), EVENT_OLD);
	ck_assert_int_eq(take(&r, '5', 1000, -480, 80), EVENT_OLD);
	ck_assert_int_eq(take(&r, '5', 1000, 320, 81), EVENT_OLD);    // overtaken by its end
	ck_assert_int_eq(take(&r, '5', 2000, 160, 160), EVENT_BEGUN); // "55"
	ck_assert_int_eq(take(&r, '5', 1000, -480, 161), EVENT_OLD);
}
END_TEST

START_TEST(only_an_end_is_a_whole_press)
{
	struct event_rx r = {0};

	ck_assert_int_eq(take(&r, '#', 1000, -800, 0), EVENT_BEGUN_AND_ENDED);
	ck_assert_int_eq(take(&r, '#', 1000, -800, 20), EVENT_OLD);
	ck_assert_int_eq(take(&r, '#', 3000, -800, 300), EVENT_BEGUN_AND_ENDED);
}
END_TEST

START_TEST(lost_end_does_not_hide_the_next)
{
	struct event_rx r = {0};

	take(&r, '1', 1000, 160, 0);
	take(&r, '1', 1000, 320, 20);
	ck_assert_int_eq(take(&r, '1', 2200, 160, 150), EVENT_BEGUN);
	ck_assert_int_eq(take(&r, '2', 3400, 160, 300), EVENT_BEGUN);
}
END_TEST

START_TEST(long_press_goes_on_in_segments)
{
	struct event_rx r = {0};
	uint32_t now_ms = 0;

	ck_assert_int_eq(take(&r, '7', 50, 160, now_ms), EVENT_BEGUN);
	for (int duration = 320; duration <= 0xffff; duration += 160)
		ck_assert_int_eq(take(&r, '7', 50, duration, now_ms += 20), EVENT_SAME);
	ck_assert_int_eq(take(&r, '7', 50 + 0xffff, 100, now_ms += 20), EVENT_SAME);
	ck_assert_int_eq(take(&r, '7', 50 + 0xffff, -260, now_ms += 20), EVENT_ENDED);
}
END_TEST

START_TEST(moving_timestamp_is_one_press)
{
	struct event_rx r = {0};

	ck_assert_int_eq(take(&r, '3', 1000, 160, 0), EVENT_BEGUN);
	ck_assert_int_eq(take(&r, '3', 1160, 320, 20), EVENT_SAME);
	ck_assert_int_eq(take(&r, '3', 1320, 480, 40), EVENT_SAME);
	ck_assert_int_eq(take(&r, '3', 1480, -640, 60), EVENT_ENDED);
	ck_assert_int_eq(take(&r, '3', 2600, 160, 200), EVENT_BEGUN);
}
END_TEST

START_TEST(marker_says_new_even_when_it_looks_the_same)
{
	struct event_rx r = {0};
	struct event_packet e = {.code = 3, .duration = 400};

	take(&r, '3', 1000, 320, 0);
	ck_assert_int_eq(event_rx_take(&r, &e, 1320, true, 40), EVENT_BEGUN);
}
END_TEST

START_TEST(silence_ends_a_press_once)
{
	struct event_rx r = {0};

	take(&r, '3', 1000, 320, 0);
	ck_assert(!event_rx_expire(&r, 100));
	ck_assert(event_rx_expire(&r, 200));
	ck_assert(!event_rx_expire(&r, 400));
	ck_assert_int_eq(take(&r, '3', 1000, -480, 410), EVENT_OLD);
}
END_TEST

UNIT_MAIN("event", four_bytes_survive_a_round, plain_press_begins_and_ends_once,
	only_an_end_is_a_whole_press, lost_end_does_not_hide_the_next,
	long_press_goes_on_in_segments, moving_timestamp_is_one_press,
	marker_says_new_even_when_it_looks_the_same, silence_ends_a_press_once)
