// Event bodies: well-formed JSON whatever the texts hold and however long they are.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <string.h>

#include "control/base/body.h"

static struct body b;

START_TEST(members_read_back)
{
	body_begin(&b);
	body_text(&b, "caller", "\"Ann\\a\"\n\x7f");
	body_text(&b, "none", NULL);
	body_u64(&b, "ns", 1790000000123456789ull);
	body_bool(&b, "ready", true);
	body_format(&b, "why", "%u of %s", 3u, "ready");
	json_t *j = json_loads(body_end(&b), 0, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert_str_eq(json_string_value(json_object_get(j, "caller")), "\"Ann\\a\"\n\x7f");
	ck_assert_str_eq(json_string_value(json_object_get(j, "none")), "");
	ck_assert_int_eq(json_integer_value(json_object_get(j, "ns")), 1790000000123456789ll);
	ck_assert(json_is_true(json_object_get(j, "ready")));
	ck_assert_str_eq(json_string_value(json_object_get(j, "why")), "3 of ready");
	json_decref(j);
}
END_TEST

START_TEST(what_is_not_utf8_becomes_a_question_mark)
{
	static const char *const bad[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xe4\xbd", "a\x80z"};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		body_begin(&b);
		body_text(&b, "x", bad[i]);
		json_t *j = json_loads(body_end(&b), 0, NULL);
		ck_assert_ptr_nonnull(j);
		ck_assert_ptr_nonnull(strchr(json_string_value(json_object_get(j, "x")), '?'));
		json_decref(j);
	}
	body_begin(&b);
	body_text(&b, "x", "\xe4\xbd\xa0\xe5\xa5\xbd");
	ck_assert_str_eq(body_end(&b), "{\"x\":\"\xe4\xbd\xa0\xe5\xa5\xbd\"}");
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_whole)
{
	static char long_text[BODY_MAX + 1];
	memset(long_text, '\\', BODY_MAX);
	body_begin(&b);
	body_text(&b, "a", "1");
	body_text(&b, "long", long_text);
	body_u64(&b, "z", 9);
	ck_assert(b.cut);
	ck_assert_str_eq(body_end(&b), "{\"a\":\"1\",\"z\":9}");
	for (size_t n = BODY_MAX / 2 - 40; n < BODY_MAX / 2; n++) {
		long_text[n] = '\0';
		body_begin(&b);
		body_text(&b, "long", long_text);
		body_u64(&b, "z", 9);
		json_t *j = json_loads(body_end(&b), 0, NULL);
		ck_assert_ptr_nonnull(j);
		json_decref(j);
		long_text[n] = '\\';
	}
}
END_TEST

// Texts are looked at by eight bytes at once: each byte, at each place of these and beside another.
START_TEST(each_byte_at_each_place)
{
	char text[24];
	for (unsigned at = 0; at < 20; at++)
		for (unsigned byte = 1; byte < 0x80; byte++) {
			memset(text, 'a', sizeof(text));
			text[20] = '\0';
			text[at] = (char)byte;
			if (at > 0)
				text[at - 1] = (char)(at % 2 ? '~' : ' ');
			body_begin(&b);
			body_text(&b, "text", text);
			json_t *j = json_loads(body_end(&b), 0, NULL);
			ck_assert_ptr_nonnull(j);
			ck_assert_str_eq(json_string_value(json_object_get(j, "text")), text);
			json_decref(j);
		}
}
END_TEST

UNIT_MAIN("body", each_byte_at_each_place, members_read_back,
	what_is_not_utf8_becomes_a_question_mark, what_does_not_fit_is_left_out_whole)
