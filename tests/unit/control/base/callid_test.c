// Call ids: text and back, order by start, no two alike.
#include "control/base/callid.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

START_TEST(text_and_back)
{
	char text[CALLID_TEXT_MAX];
	struct callid id = {.node = 0xdeadbeef, .counter = 42, .start = 0x0123456789abcdefull},
		      back;

	ck_assert_str_eq(callid_text(&id, text), "0123456789abcdefdeadbeef0000002a");
	ck_assert_int_eq(callid_parse(text, &back), 0);
	ck_assert(callid_equal(&id, &back));
	ck_assert_int_eq(callid_parse("0123", &back), -EINVAL);
	text[5] = 'G';
	ck_assert_int_eq(callid_parse(text, &back), -EINVAL);
}
END_TEST

START_TEST(new_ones_differ_and_sort_by_start)
{
	char a[CALLID_TEXT_MAX], b[CALLID_TEXT_MAX];

	struct callids ids;
	callids_init(&ids, "node-1");
	struct callid first = callid_new(&ids, 1000), same_time = callid_new(&ids, 1000),
		      later = callid_new(&ids, 2000), none = {};
	ck_assert(!callid_equal(&first, &same_time));
	ck_assert_int_lt(strcmp(callid_text(&first, a), callid_text(&later, b)), 0);
	ck_assert(!callid_is_none(&first));
	ck_assert(callid_is_none(&none));
	callids_init(&ids, "node-2");
	ck_assert_uint_ne(callid_new(&ids, 1000).node, first.node);
}
END_TEST

START_TEST(two_nodes_count_for_themselves)
{
	struct callids a, b;

	callids_init(&a, "node-1");
	callids_init(&b, "node-2");
	for (uint32_t i = 1; i < 4; i++) {
		struct callid of_a = callid_new(&a, 1000), of_b = callid_new(&b, 1000);

		ck_assert_uint_eq(of_a.counter, i);
		ck_assert_uint_eq(of_b.counter, i);
		ck_assert(!callid_equal(&of_a, &of_b));
	}
}
END_TEST

UNIT_MAIN(
	"callid", text_and_back, new_ones_differ_and_sort_by_start, two_nodes_count_for_themselves)
