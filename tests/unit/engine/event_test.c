// telephone-event: its four bytes.
#include "tests/unit/unit.h"

#include <errno.h>

#include "engine/rtp/event.h"

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

UNIT_MAIN("event", four_bytes_survive_a_round)
