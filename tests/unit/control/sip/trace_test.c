// The ring of messages: found by Call-ID, oldest first, overwritten from behind, blanked.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "control/sip/transport/trace.h"
#include "engine/base/str.h"

static char seen[8192];

static void note(const struct ua_trace_entry *e, void *arg)
{
	ck_assert_uint_eq(e->bytes, strlen(e->text));
	str_buf_add(arg, "%s", e->text);
}

static const char *walk(const struct trace *t, const char *call)
{
	struct str_buf b;

	str_buf_init(&b, seen, sizeof(seen));
	trace_walk(t, call, note, &b);
	return seen;
}

struct numbers {
	unsigned count, last, page;
};

static const char *search(const struct trace *t, const char *call, const char *line)
{
	struct trace_search *s = trace_search_new(t, call, line);
	struct str_buf b;

	str_buf_init(&b, seen, sizeof(seen));
	while (trace_search_page(t, s, note, &b))
		;
	trace_search_free(s);
	return seen;
}

static void add(struct trace *t, const char *text)
{
	struct ua_trace_entry e = {.text = text};

	trace_add(t, &e, strlen(text));
}

START_TEST(found_by_call_id)
{
	struct trace *t = trace_new(4096, 16);

	add(t, "A\r\nCall-ID: one@x\r\n\r\n");
	add(t, "B\r\ni:two\r\n\r\n");
	add(t, "C\r\nVia: x\r\ncall-id :  one@x  \r\n\r\nCall-ID: two\r\n");
	add(t, "no head at all");
	ck_assert_str_eq(walk(t, "one@x"),
		"A\r\nCall-ID: one@x\r\n\r\nC\r\nVia: x\r\ncall-id :  one@x  \r\n\r\n"
		"Call-ID: two\r\n");
	ck_assert_str_eq(walk(t, "two"), "B\r\ni:two\r\n\r\n");
	ck_assert_str_eq(walk(t, ""), "");
	trace_free(t);
}
END_TEST

START_TEST(bounded_by_bytes_and_by_messages)
{
	struct trace *t = trace_new(100, 64);
	char text[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%d\r\ni:a\r\n", i);
		add(t, text);
		ck_assert_ptr_nonnull(strstr(walk(t, "a"), text));
		ck_assert_uint_le(strlen(seen), 100);
	}
	snprintf(text, sizeof(text), "X\r\ni:a\r\n%050d", 1);
	add(t, text); // cut to a quarter of the ring
	ck_assert_ptr_nonnull(strstr(walk(t, "a"), "i:a\r\n0000000000000000"));
	trace_free(t);
	t = trace_new(4096, 2);
	add(t, "1\r\ni:a\r\n");
	add(t, "2\r\ni:a\r\n");
	add(t, "3\r\ni:a\r\n");
	ck_assert_str_eq(walk(t, "a"), "2\r\ni:a\r\n3\r\ni:a\r\n");
	trace_free(t);
}
END_TEST

START_TEST(digits_are_blanked)
{
	struct trace *t = trace_new(4096, 16);

	add(t, "INFO\r\ni:a\r\n\r\nSignal= 5\r\nDuration=160\r\n");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "a"), "INFO\r\ni:a\r\n\r\nSignal= -\r\nDuration=160\r\n");
	add(t, "INFO\r\ni:b\r\n\r\n5");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "b"), "INFO\r\ni:b\r\n\r\n-");
	add(t, "INFO\r\ni:c\r\n");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "c"), "INFO\r\ni:c\r\n");
	add(t, "INFO\r\ni:d\r\n\r\n Signal=5\r\nDigit=6\r\n");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "d"), "INFO\r\ni:d\r\n\r\n Signal=-\r\nDigit=-\r\n");
	add(t, "INFO\r\ni:e\r\n\r\nDuration =1\rSignal=5\rDurations=6");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "e"), "INFO\r\ni:e\r\n\r\nDuration =1\rSignal=-\rDurations=-");
	trace_free(t);
}
END_TEST

// Lines may end as those who send them like, and a Call-ID may stand on a line of its own: what is
// read as a digit is blanked, and what belongs to a call is found.
START_TEST(digits_are_blanked_however_lines_end)
{
	struct trace *t = trace_new(4096, 16);

	add(t, "INFO\ni:a\n\nSignal=5\nDuration=160\n");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "a"), "INFO\ni:a\n\nSignal=-\nDuration=160\n");
	add(t, "INFO\r\ni:b\r\n\nSignal=5\r\n");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "b"), "INFO\r\ni:b\r\n\nSignal=-\r\n");
	add(t, "INFO\r\nCall-ID:\r\n c\r\n\r\nSignal=5\r\n\r\nSignal=6");
	trace_blank_last(t);
	ck_assert_str_eq(walk(t, "c"), "INFO\r\nCall-ID:\r\n c\r\n\r\nSignal=-\r\n\r\nSignal=-");
	trace_free(t);
}
END_TEST

// A far end that missed our answer says the digit once more, perhaps when masking is over.
START_TEST(repetitions_of_what_was_blanked_are_known)
{
	struct trace *t = trace_new(4096, 4);

	ck_assert(!trace_last_repeats(t));
	add(t, "INFO\r\ni:a\r\nCSeq: 2\r\n\r\nSignal= 5\r\n");
	ck_assert(!trace_last_repeats(t));
	trace_blank_last(t);
	ck_assert(!trace_last_repeats(t));
	for (int i = 0; i < 10; i++)
		add(t, "INVITE\r\ni:b\r\n\r\n");
	add(t, "INFO\r\ni:a\r\nCSeq: 3\r\n\r\nSignal= 5\r\n");
	ck_assert(!trace_last_repeats(t));
	add(t, "INFO\r\ni:a\r\nCSeq: 2\r\n\r\nSignal= 5\r\n");
	ck_assert(trace_last_repeats(t));
	trace_free(t);
}
END_TEST

// The legs towards agents are found by the call that their INVITE names, with all they said.
START_TEST(found_by_a_header_line)
{
	struct trace *t = trace_new(4096, 16);

	add(t, "INVITE\r\ni:a\r\nX-Ringhall-Call: 77\r\n\r\n");
	add(t, "SIP/2.0 200\r\ni:a\r\n\r\n");
	add(t, "INVITE\r\ni:b\r\nX-Ringhall-Call: 778\r\n\r\n");
	add(t, "MESSAGE\r\ni:c\r\n\r\nX-Ringhall-Call: 77\r\n");
	add(t, "INVITE\r\nX-Ringhall-Call: 77\r\ni:d\r\n\r\n");
	ck_assert_str_eq(search(t, "", "X-Ringhall-Call: 77"),
		"INVITE\r\ni:a\r\nX-Ringhall-Call: 77\r\n\r\nSIP/2.0 200\r\ni:a\r\n\r\n"
		"INVITE\r\nX-Ringhall-Call: 77\r\ni:d\r\n\r\n");
	ck_assert_str_eq(search(t, "b", "X-Ringhall-Call: 778"),
		"INVITE\r\ni:b\r\nX-Ringhall-Call: 778\r\n\r\n");
	ck_assert_str_eq(search(t, "b", ""), walk(t, "b"));
	trace_free(t);
}
END_TEST

static void number(const struct ua_trace_entry *e, void *arg)
{
	struct numbers *n = arg;
	unsigned value;

	ck_assert_int_eq(sscanf(e->text, "INVITE %u", &value), 1);
	if (n->count)
		ck_assert_uint_gt(value, n->last);
	n->last = value;
	n->count++;
	n->page++;
}

static void add_leg(struct trace *t, unsigned i)
{
	char text[128];

	snprintf(text, sizeof(text), "INVITE %u\r\ni:leg%u\r\nX-Ringhall-Call: 7\r\n\r\n", i, i);
	add(t, text);
}

// However many legs there are; what comes later is left out, what is overwritten meanwhile is gone,
// and a page is never long.
START_TEST(searched_in_pages)
{
	struct trace *t = trace_new(1 << 20, 4096);
	struct numbers n = {0};
	unsigned pages = 0;

	for (unsigned i = 0; i < 4096; i++)
		add_leg(t, i);
	struct trace_search *s = trace_search_new(t, "leg5", "X-Ringhall-Call: 7");
	do {
		n.page = 0;
		add_leg(t, 4096 + pages++);
	} while (trace_search_page(t, s, number, &n) && n.page <= 64);
	ck_assert_uint_le(n.page, 64);
	ck_assert_uint_lt(n.last, 4096);
	ck_assert_uint_gt(n.count, 4096 - 2 * 100);
	ck_assert_uint_gt(pages, 4096 / 64);
	trace_search_free(s);
	trace_free(t);
}
END_TEST

UNIT_MAIN("trace", found_by_call_id, bounded_by_bytes_and_by_messages, digits_are_blanked,
	digits_are_blanked_however_lines_end, repetitions_of_what_was_blanked_are_known,
	found_by_a_header_line, searched_in_pages)
