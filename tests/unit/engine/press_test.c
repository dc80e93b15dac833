// One press is one digit, whatever its packets say and whichever of them are lost: the table.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/rtp/event_rx.h"

// A stream's packets, one letter or number each:
//   a row says `DIGIT+UNITS` for an update, `DIGIT!UNITS` for an end, with what has changed before
//   it: `@TS` the timestamp to that, `>MS` so much later, `~SSRC` another source, `#SEQ` the
//   sequence number to that, `^` a marker. Each packet comes with the next sequence number.
struct row {
	const char *name, *packets, *digits;
	unsigned clock, count; // units in one of 8 kHz, 0: 1
};

static const struct row rows[] = {
	{"plain", "@1000 ^5+160 >20 5+320 >20 5!480 5!480 5!480", "5", 0, 0},
	{"two of one digit", "@1000 5+160 >20 5!320 5!320 5!320 >40 @1640 5+160 >20 5!320", "55", 0,
		0},
	{"directly after", "@1000 5+160 >20 5!320 >20 @1320 5+160 >20 5!320", "55", 0, 0},
	{"directly after, end lost, marker", "@1000 5+160 >20 5+320 >20 @1320 ^5+160", "55", 0, 0},
	{"20 ms after, ends lost", "@1000 5+160 >20 5+320 >20 5+480 >20 5+640 >40 @1800 5+160",
		"55", 0, 0},
	{"20 ms after, ends and the first lost",
		"@1000 5+160 >20 5+320 >20 5+480 >20 5+640 >60 @1800 5+320", "55", 0, 0},
	{"no end", "@1000 4+160 >20 4+320 >80 @2000 5+160 >20 5+320 >80 @3000 5+160", "455", 0, 0},
	{"ends alone", "@1000 7!800 >20 7!800 >20 7!800 >120 @2600 7!800 >20 7!800", "77", 0, 0},
	{"one end alone, twice", "@1000 7!400 >100 @1800 7!400", "77", 0, 0},
	{"ends of other durations", "@1000 1+160 >20 1!960 >20 1!1120 >20 1!1280", "1", 0, 0},
	{"ends that came before the rest", "@1000 1!480 1!480 >10 #1 1+160 #2 1+320", "1", 0, 0},
	{"updates behind the end", "@1000 1+160 >20 1!480 >20 1+480 >20 1+480", "1", 0, 0},
	{"each packet an end", "@1000 1!160 >20 1!320 >20 1!480", "1", 0, 0},
	{"duration 0", "@1000 2+0 >20 2+0 >20 2+0 >20 2!0 2!0 >300 @5000 2+0 >20 2!0", "22", 0, 0},
	{"duration 65535", "@1000 2+65535 >20 2+65535 >20 2!65535 >80 @2000 2+65535 >20 2!65535",
		"22", 0, 0},
	{"duration 65535, no end",
		"@1000 2+65535 >20 2+65535 >20 2+65535 >20 2+65535 >20 2+65535 >60 @2280 2+65535",
		"22", 0, 0},
	{"duration falls", "@1000 2+800 >20 2+640 >20 2+480 >20 2!160 2!160", "2", 0, 0},
	{"duration wraps", "@1000 2+65440 >20 2+65535 >20 2+64 >20 2+224 >20 2!384", "2", 0, 0},
	{"moving timestamp", "@1000 3+160 >20 @1160 3+320 >20 @1320 3!480 >20 @1480 3!480", "3", 0,
		0},
	{"moving, twice",
		"@1000 3+160 >20 @1160 3+320 >20 @1320 3!480 >20 @1480 3!480 >80 @2280 3+160 >20 "
		"@2440 3!320",
		"33", 0, 0},
	{"moving, markers throughout", "@1000 ^3+160 >20 @1160 ^3+320 >20 @1320 ^3!480", "3", 0, 0},
	{"moving, one duration", "@1000 3+100 >20 @1160 3+100 >20 @1320 3+100 >20 @1480 3!100", "3",
		0, 0},
	{"moving, duration 0", "@1000 3+0 >20 @1160 3+0 >20 @1320 3!0 >20 @1480 3!0", "3", 0, 0},
	{"moving, some lost", "@1000 3+160 >80 @1640 3+800 >60 @2120 3!1280", "3", 0, 0},
	{"moving, half lost, no end", "@1000 3+160 >300 @3400 3+2560 >20 @3560 3+2720", "3", 0, 0},
	{"moving, in the wrong order", "@1160 #2 3+320 @1000 #1 3+160 >20 @1320 #3 3!480", "3", 0,
		0},
	{"moving, ends at once", "@1000 3+160 >20 @1160 3!320 @1320 3!320 @1480 3!320", "3", 0, 0},
	{"marker throughout", "@1000 ^3+160 >20 ^3+320 >20 ^3!480 ^3!480", "3", 0, 0},
	{"segments", "@1000 3+65440 >20 @66535 3+65 >20 3!225", "3", 0, 0},
	{"segments, packet before lost", "@1000 3+65280 >40 @66440 3+160 >20 3!320", "3", 0, 0},
	{"segments, both sides lost", "@1000 3+65280 >60 @66535 3+225 >20 3!385", "3", 0, 0},
	{"segments, marked", "@1000 3+65440 >20 @66535 ^3+65 >20 3!225", "3", 0, 0},
	{"segments, silent between", "@1000 3+63000 >700 @66535 3+3000 >20 3!3160", "3", 0, 0},
	{"marker, but it looks the same", "@1000 3+320 >40 @1320 ^3+400", "33", 0, 0},
	{"two segments and another press",
		"@1000 3+65440 >20 @66535 3+65 >20 3!225 >60 @67500 3+160 >20 3!320", "33", 0, 0},
	{"segments of Opus", "@1000 3+64320 >20 @66280 3+960 >20 3!1920", "3", 6, 6},
	{"segments of Opus, durations at 8 kHz", "@48000 3+65440 >20 @441210 3+65 >20 3!225", "3",
		6, 1},
	{"moving, durations at 8 kHz", "@1000 3+160 >20 @1960 3+320 >20 @2920 3!480", "3", 6, 1},
	{"two of Opus, durations at 8 kHz",
		"@48000 3+160 >20 3!320 3!320 >60 @51840 3+160 >20 3!320", "33", 6, 1},
	{"new source in a press", "@1000 6+160 >20 6+320 >20 ~2 @90000 6+480 >20 6!640", "6", 0, 0},
	{"new source between presses", "@1000 6+160 >20 6!320 >60 ~2 @90 6+160 >20 6!320", "66", 0,
		0},
	{"a source for each press", "@1000 6!320 6!320 >100 ~2 @1000 6!320 6!320 >100 ~3 7!320",
		"667", 0, 0},
	{"the end of the source before",
		"@1000 6!320 >90 ~2 @77 7+160 >20 ~1 @1000 6!320 ~2 @77 7!320", "67", 0, 0},
	{"clock back", "@90000 6+160 >20 6!320 >100 @1000 6+160 >20 6!320", "66", 0, 0},
	{"clock back in a press", "@90000 6+160 >20 6+320 >20 @1000 6+480 >20 6!640", "6", 0, 0},
	{"clock far ahead in a press", "@1000 6+160 >20 6+320 >20 @28801000 6+480 6!640", "6", 0,
		0},
	{"the press before is late",
		"@1000 #1 6+160 >20 #3 6!320 >80 @2000 #4 7+160 @1000 #2 6+320 "
		"@1000 6!320 @2000 #7 7!320",
		"67", 0, 0},
	{"each packet twice",
		"@1000 #1 1+160 #1 1+160 >20 #2 1!320 #2 1!320 >80 @2000 #3 1+160 #3 1+160 #4 "
		"1!320 "
		"#4 1!320",
		"11", 0, 0},
	{"timestamp stands", "@0 #1 1+160 1!320 1!320 >100 2+160 2!320 >100 2+160 2!320", "122", 0,
		0},
	{"end of the one before, timestamp stands",
		"@0 #1 1+160 1!320 >80 #5 2+160 #3 1!320 #6 2!320", "12", 0, 0},
	{"another digit at once", "@1000 1+160 >20 1+320 >20 @1320 2+160 >20 2!320", "12", 0, 0},
	{"sequence wraps", "#65534 @1000 1+160 >20 1+320 >20 1!480 >60 @2000 1+160 >20 1!320", "11",
		0, 0},
	{"timestamp wraps", "@4294967200 1+160 >20 1!320 >60 @1000 1+160 >20 1!320", "11", 0, 0},
};

struct stream {
	struct event_rx rx;
	struct rtp_packet p;
	uint32_t now_ms;
	char digits[16];
	unsigned count;
};

static void packet(struct stream *s, char digit, bool end, uint16_t duration)
{
	struct event_packet e = {
		.code = (uint8_t)event_code(digit), .end = end, .duration = duration};
	enum event_change c = event_rx_take(&s->rx, &e, &s->p, s->now_ms);

	s->p.seq++;
	s->p.marker = false;
	if (c == EVENT_BEGUN || c == EVENT_BEGUN_AND_ENDED) {
		ck_assert_uint_lt(s->count, sizeof(s->digits) - 1);
		s->digits[s->count++] = digit;
	}
}

static void word(struct stream *s, const char *w)
{
	uint32_t value;

	s->p.marker = *w == '^';
	w += *w == '^';
	value = (uint32_t)strtoul(w + (strchr("@>~#", *w) ? 1 : 2), NULL, 10);
	switch (*w) {
	case '@':
		s->p.ts = value;
		break;
	case '>':
		for (uint32_t i = 0; i < value; i += 10, s->now_ms += 10)
			(void)event_rx_expire(&s->rx, s->now_ms);
		break;
	case '~':
		s->p.ssrc = value;
		break;
	case '#':
		s->p.seq = (uint16_t)value;
		break;
	default:
		packet(s, w[0], w[1] == '!', (uint16_t)value);
	}
}

START_TEST(one_press_is_one_digit)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream s = {.p = {.seq = 100, .ssrc = 1}, .now_ms = 5000};

		s.rx.wide_clock = rows[i].clock > 1;
		s.rx.wide_count = rows[i].count > 1;
		for (const char *w = rows[i].packets; *w; w += strcspn(w, " "), w += *w == ' ')
			word(&s, w);
		if (strcmp(s.digits, rows[i].digits) == 0)
			continue;
		wrong++;
		fprintf(stderr, "%s: expected %s, got %s\n", rows[i].name, rows[i].digits,
			s.digits);
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(what_is_passed_on_stands_still)
{
	struct stream s = {.p = {.seq = 100, .ssrc = 1, .ts = 1000}};

	for (unsigned i = 1; i <= 6; i++, s.p.ts += 160, s.now_ms += 20) {
		packet(&s, '3', i > 4, (uint16_t)(160 * (i < 5 ? i : 5)));
		ck_assert_uint_eq(event_rx_pass_ts(&s.rx), 1000);
	}
	s.p.ts = 9000;
	packet(&s, '3', false, 65440);
	ck_assert_uint_eq(event_rx_pass_ts(&s.rx), 9000);
	s.now_ms += 20;
	s.p.ts = 9000 + 65535; // the next segment has its own
	packet(&s, '3', false, 65);
	ck_assert_uint_eq(event_rx_pass_ts(&s.rx), 9000 + 65535);
}
END_TEST

START_TEST(numbers_that_begin_anew_end_no_press)
{
	struct stream s = {.p = {.seq = 100, .ssrc = 1, .ts = 70000}};

	packet(&s, '3', false, 160);
	event_rx_restart(&s.rx, 2); // another's
	ck_assert(!s.rx.anew);
	event_rx_restart(&s.rx, 1);
	s.now_ms += 20;
	s.p.ts = 5;
	s.p.seq = 7;
	packet(&s, '3', false, 320);
	packet(&s, '3', true, 480);
	ck_assert_str_eq(s.digits, "3");
	event_rx_restart(&s.rx, 1);
	s.now_ms += 100;
	s.p.ts = 5;
	packet(&s, '3', false, 160);
	ck_assert_str_eq(s.digits, "33");
}
END_TEST

START_TEST(silence_ends_a_press_once)
{
	struct stream s = {.p = {.seq = 100, .ssrc = 1, .ts = 1000}};

	packet(&s, '3', false, 320);
	ck_assert(!event_rx_expire(&s.rx, 100));
	ck_assert(event_rx_expire(&s.rx, 200));
	ck_assert(!event_rx_expire(&s.rx, 400));
	s.now_ms = 410;
	packet(&s, '3', true, 480);
	ck_assert_str_eq(s.digits, "3");
	ck_assert(!s.rx.open);
}
END_TEST

UNIT_MAIN("press", one_press_is_one_digit, what_is_passed_on_stands_still,
	numbers_that_begin_anew_end_no_press, silence_ends_a_press_once)
