// The judgement of a packet: a table of what can come behind a stream that was in order, cell by
// cell, and what becomes of a stream whose packets are held up.
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "engine/rtp/judge.h"

#define MS	   8 // timestamp units
#define HOUR	   (3600 * 1000 * MS)
#define NEWEST_SEQ 30000
#define HOLE	   5 // that number behind the newest one never came
#define SSRC	   7

static struct rtp_rx rx;
static struct rtp_packet last; // newest of the stream
static uint32_t now;

static enum judge_order take(const struct rtp_packet *p, uint32_t units)
{
	struct judge_arrival a = {.came = now,
		.units = units,
		.per_ms = MS,
		.kind = units ? JUDGE_SOUND : JUDGE_BESIDE};

	return judge(&rx, p, &a);
}

// A hundred packets in order, but for the hole.
static void stream(uint32_t units)
{
	memset(&rx, 0, sizeof(rx));
	now = 0xfffffff0; // its clock goes round
	last = (struct rtp_packet){.ssrc = SSRC, .seq = NEWEST_SEQ - 99, .ts = 0xffffff00};
	for (unsigned i = 0; i < 100; i++) {
		if (i > 0) {
			last.seq++;
			last.ts += units;
			now += units;
		}
		if (last.seq != NEWEST_SEQ - HOLE)
			ck_assert(!JUDGE_DROPPED(take(&last, units)));
	}
	ck_assert_uint_eq(last.seq, NEWEST_SEQ);
}

// --- the table ---

static const int number[] = {1, 3, 2999, 3000, 30000, 0, -3, -63, -HOLE, -64, -300, -900};
#define NUMBERS (sizeof(number) / sizeof(*number))

// How a packet's timestamp is made.
enum { BY_CLOCK, STOOD, BY_NUMBER, HOUR_ON, HOUR_BACK, SECOND_BACK, TIMES };

static uint32_t time_of(unsigned how, int numbers, uint32_t passed, uint32_t units)
{
	switch (how) {
	case BY_CLOCK:
		return last.ts + passed;
	case STOOD:
		return last.ts + units;
	case BY_NUMBER:
		return last.ts + (uint32_t)numbers * units;
	case HOUR_ON:
		return last.ts + HOUR;
	case HOUR_BACK:
		return last.ts - HOUR;
	default:
		return last.ts - 1000 * MS;
	}
}

// n next, g gap, l late, r renumbered, t retimed, R restarted, s another source, d duplicate,
// o old, x stray: of sound by number (a row) and timestamp (a column). Behind an x or o stands what
// it is when the next number follows in its time.
struct table {
	uint32_t pause; // nothing came for so long; 0: a packet's length
	bool marker;
	const char *cell[NUMBERS][TIMES];
};

static const struct table tables[] = {
	{0, false,
		{
			// clock  stood number +1 h  -1 h  -1 s
			{"n", "n", "n", "t", "t", "t"},	    // 1
			{"g", "g", "g", "t", "t", "t"},	    // 3
			{"g", "g", "t", "t", "t", "t"},	    // 2999
			{"r", "r", "xR", "xR", "xR", "xR"}, // 3000
			{"r", "r", "xR", "xR", "xR", "xR"}, // 30000
			{"r", "r", "d", "xt", "xt", "d"},   // 0: the next one is in order
			{"r", "r", "d", "xR", "xR", "d"},   // -3
			{"r", "r", "d", "xR", "xR", "d"},   // -63
			{"r", "r", "l", "xR", "xR", "l"},   // the hole
			{"r", "r", "od", "xR", "xR", "xd"}, // -64: the next one is a duplicate
			{"r", "r", "oR", "xR", "xR", "xR"}, // -300
			{"r", "r", "oR", "xR", "xR", "xR"}, // -900
		}},
	{3000 * MS, false,
		{
			{"n", "n", "n", "t", "t", "t"},
			{"g", "g", "g", "t", "t", "t"},
			{"g", "g", "t", "t", "t", "t"},
			{"r", "xR", "xR", "xR", "xR", "xR"},
			{"r", "xR", "xR", "xR", "xR", "xR"},
			{"r", "xn", "d", "xt", "xt", "d"},
			{"r", "xR", "d", "xR", "xR", "d"},
			{"r", "xR", "d", "xR", "xR", "d"},
			{"r", "xR", "l", "xR", "xR", "l"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
		}},
	// A talkspurt begins: timestamps that stood still are a pause's, and no network's.
	{3000 * MS, true,
		{
			{"n", "t", "t", "t", "t", "t"},
			{"g", "t", "t", "t", "t", "t"},
			{"g", "t", "t", "t", "t", "t"},
			{"r", "xR", "xR", "xR", "xR", "xR"},
			{"r", "xR", "xR", "xR", "xR", "xR"},
			{"r", "xn", "d", "xt", "xt", "d"},
			{"r", "xR", "d", "xR", "xR", "d"},
			{"r", "xR", "d", "xR", "xR", "d"},
			{"r", "xR", "l", "xR", "xR", "l"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
			{"r", "xR", "oR", "xR", "xR", "xR"},
		}},
};

static char letter(enum judge_order order)
{
	static const char letters[] = {[JUDGE_NEXT] = 'n',
		[JUDGE_GAP] = 'g',
		[JUDGE_LATE] = 'l',
		[JUDGE_OLD] = 'o',
		[JUDGE_RENUMBERED] = 'r',
		[JUDGE_RETIMED] = 't',
		[JUDGE_RESTARTED] = 'R',
		[JUDGE_SOURCE] = 's',
		[JUDGE_DUPLICATE] = 'd',
		[JUDGE_STRAY] = 'x'};

	return letters[order];
}

// A new line with t, R and s, a new run with r, R and s, and nothing else moves them.
static void expect_state(const struct rtp_rx *before, char code)
{
	ck_assert_uint_eq(rx.line != before->line, code == 't' || code == 'R' || code == 's');
	ck_assert_uint_eq(rx.run != before->run, code == 'r' || code == 'R' || code == 's');
}

struct cell {
	const struct table *t;
	unsigned row, column;
	uint32_t units;
	bool other; // source
};

// What two packets in a row are: as many letters as the table wants.
static void try(const struct cell *c, char got[3])
{
	uint32_t passed = c->t->pause ? c->t->pause : c->units;

	stream(c->units);
	struct rtp_rx before = rx;
	struct rtp_packet p = {
		.ssrc = SSRC + c->other,
		.seq = (uint16_t)(NEWEST_SEQ + number[c->row]),
		.ts = time_of(c->column, number[c->row], passed, c->units),
		.marker = c->t->marker,
	};
	now += passed;
	got[0] = letter(take(&p, c->units));
	got[1] = got[2] = 0;
	expect_state(&before, got[0]);
	if (got[0] != 'x' && got[0] != 'o')
		return;
	p.seq++;
	p.ts += c->units;
	p.marker = false;
	now += c->units > 20 * MS ? c->units : 20 * MS;
	got[1] = letter(take(&p, c->units));
	expect_state(&before, got[1]);
}

static const uint32_t lengths[] = {20 * MS, 60 * MS, 200 * MS};

START_TEST(each_cell_of_sound)
{
	unsigned wrong = 0;
	char got[3];

	for (unsigned i = 0; i < 3 * 3 * NUMBERS * TIMES; i++) {
		struct cell c = {
			.t = &tables[i % 3],
			.units = lengths[i / 3 % 3],
			.column = i / 9 % TIMES,
			.row = i / 9 / TIMES,
		};
		const char *want = c.t->cell[c.row][c.column];
		try(&c, got);
		if (strcmp(got, want) == 0)
			continue;
		wrong++;
		printf("number %+d, time %u, after %u ms%s, %u ms long: %s, not %s\n",
			number[c.row], c.column, c.t->pause / MS,
			c.t->marker ? " with a marker" : "", c.units / MS, got, want);
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(a_marker_says_nothing_of_what_came_in_its_time)
{
	static struct table marked;
	char plain[3], with[3];

	marked = tables[0];
	marked.marker = true;
	for (unsigned i = 0; i < NUMBERS * TIMES; i++) {
		struct cell c = {
			.t = &tables[0], .units = 160, .row = i / TIMES, .column = i % TIMES};
		try(&c, plain);
		c.t = &marked;
		try(&c, with);
		ck_assert_str_eq(plain, with);
	}
}
END_TEST

START_TEST(another_source_begins_at_once_whatever_it_says)
{
	char got[3];

	for (unsigned i = 0; i < 3 * NUMBERS * TIMES; i++) {
		struct cell c = {.t = &tables[i % 3],
			.units = 160,
			.column = i / 3 % TIMES,
			.row = i / 3 / TIMES,
			.other = true};
		try(&c, got);
		ck_assert_str_eq(got, "s");
	}
}
END_TEST

// Events and comfort noise: their timestamps are of something else, and move no line.
START_TEST(what_comes_beside_is_judged_by_its_number)
{
	static const char *const want[NUMBERS] = {
		"n", "g", "g", "xr", "xr", "d", "d", "d", "l", "xd", "xr", "xr"};

	for (unsigned i = 0; i < NUMBERS * TIMES * 2; i++) {
		unsigned row = i / 2 / TIMES;
		uint32_t passed = i % 2 ? 3000 * MS : 160;
		char got[3] = {0};
		stream(160);
		struct rtp_rx before = rx;
		struct rtp_packet p = {.ssrc = SSRC,
			.seq = (uint16_t)(NEWEST_SEQ + number[row]),
			.ts = time_of(i / 2 % TIMES, number[row], passed, 160)};
		now += passed;
		for (unsigned k = 0; k < 2 && (k == 0 || got[0] == 'x'); k++, p.seq++)
			got[k] = letter(take(&p, 0));
		ck_assert_str_eq(got, want[row]);
		ck_assert_uint_eq(rx.line, before.line);
		ck_assert_uint_eq(rx.end_ts, before.end_ts);
	}
}
END_TEST

// --- streams ---

static char next(uint32_t then)
{
	last.seq++;
	last.ts += 160;
	char code = letter(take(&last, 160));
	now += then;
	return code;
}

// Numbers go back while timestamps go on: whatever the distance, nothing is lost.
START_TEST(no_packet_is_lost_when_numbers_begin_anew)
{
	for (unsigned back = 1; back < 2000; back++) {
		stream(160);
		now += 160;
		last.seq -= (uint16_t)back;
		ck_assert_int_eq(next(160), 'r');
		for (unsigned i = 0; i < 100; i++)
			ck_assert_int_eq(next(160), 'n');
		ck_assert_uint_eq(rx.duplicate + rx.jumped, 0);
	}
}
END_TEST

START_TEST(old_packets_that_come_at_once_begin_nothing)
{
	stream(160);
	struct rtp_packet old = last;
	old.seq -= 300;
	old.ts -= 300 * 160;
	for (unsigned i = 0; i < 200; i++) { // of another way, and the stream goes on
		now += i % 5 == 0 ? 160 : 0;
		if (i % 5 == 0)
			ck_assert_int_eq(next(0), 'n');
		old.seq++;
		old.ts += 160;
		ck_assert_int_eq(letter(take(&old, 160)), old.seq + 64 > last.seq ? 'd' : 'o');
	}
}
END_TEST

// A far end that plays the same second again and again, numbers and all.
START_TEST(a_loop_is_heard)
{
	for (unsigned length = 5; length < 200; length++) {
		stream(160);
		unsigned lost = 0;
		now += 160;
		for (unsigned i = 0; i < 400; i++) {
			if (i % length == 0) {
				last.seq -= (uint16_t)length;
				last.ts -= length * 160;
			}
			char code = next(160);
			lost += code == 'd' || code == 'x';
		}
		ck_assert_uint_le(lost, (400 / length + 1) * (length < 13 ? length : 13));
	}
}
END_TEST

START_TEST(a_backlog_keeps_its_line)
{
	stream(160);
	now += 3000 * MS;
	for (unsigned i = 0; i < 150; i++)
		ck_assert_int_eq(next(2 * MS), 'n');
	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(next(160), 'n');
}
END_TEST

// A queue that empties half as fast again as it is filled.
START_TEST(a_backlog_that_comes_slowly_keeps_its_line)
{
	stream(160);
	now += 2000 * MS;
	for (unsigned i = 0; i < 300; i++)
		ck_assert_int_eq(next(107), 'n');
	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(next(160), 'n');
}
END_TEST

START_TEST(a_pause_with_timestamps_that_stood_is_found_out)
{
	unsigned at = 0;

	stream(160);
	now += 3000 * MS;
	while (next(160) == 'n')
		ck_assert_uint_lt(++at, 20);
	ck_assert_uint_ge(at, 15);
	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(next(160), 'n');
}
END_TEST

START_TEST(a_longer_way_begins_no_line)
{
	stream(160);
	for (unsigned i = 0; i < 100; i++)
		ck_assert_int_eq(next(160 + 40), 'n'); // to half a second
	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(next(160), 'n');
	now -= 400 * MS; // and at once back
	for (unsigned i = 0; i < 500; i++)
		ck_assert_int_eq(next(160), 'n');
}
END_TEST

START_TEST(clocks_that_drift_begin_no_line)
{
	unsigned begun = 0; // an assertion for each packet would cost more than the packet
	for (int side = 0; side < 2; side++) {
		stream(160);
		for (unsigned i = 0; i < 4 * 3600 * 50; i++) // a unit in 31 packets: 200 ppm
			begun += next(i % 31 ? 160 : side ? 161 : 159) != 'n';
	}
	ck_assert_uint_eq(begun, 0);
}
END_TEST

// A jitter of 150 ms, and packets that overtake each other.
START_TEST(disorder_begins_no_line)
{
	uint32_t at[64], seed = 1;
	struct rtp_rx before;

	stream(160);
	before = rx;
	for (unsigned round = 0; round < 200; round++) {
		struct rtp_packet p = last;
		for (unsigned i = 0; i < 64; i++) {
			seed = seed * 1103515245 + 12345;
			at[i] = i * 160 + (seed >> 16) % (150 * MS);
		}
		for (uint32_t t = 0; t < 64 * 160 + 150 * MS; t++, now++)
			for (unsigned i = 0; i < 64; i++) {
				if (at[i] != t)
					continue;
				p.seq = (uint16_t)(last.seq + 1 + i);
				p.ts = last.ts + 160 + i * 160;
				ck_assert(!JUDGE_DROPPED(take(&p, 160)));
			}
		last.seq += 64;
		last.ts += 64 * 160;
		now -= 150 * MS;
	}
	ck_assert_uint_eq(rx.line, before.line);
	ck_assert_uint_eq(rx.run, before.run);
	ck_assert_uint_eq(rtp_rx_lost(&rx), rtp_rx_lost(&before));
}
END_TEST

START_TEST(sound_behind_an_event_is_late_and_not_anew)
{
	stream(160);
	now += 160;
	struct rtp_packet event = last, sound = last;
	sound.seq = event.seq = (uint16_t)(last.seq + 1);
	event.seq++;
	sound.ts += 160;
	ck_assert_int_eq(letter(take(&event, 0)), 'g');
	ck_assert_int_eq(letter(take(&sound, 160)), 'l');
	ck_assert_uint_eq(rx.end_ts, sound.ts + 160);
}
END_TEST

START_TEST(another_clock_is_another_line)
{
	stream(160);
	struct rtp_rx before = rx;
	judge_reclock(&rx);
	ck_assert_uint_ne(rx.line, before.line);
	last.ts += 7777777;
	ck_assert_int_eq(next(160), 'n');
	ck_assert_int_eq(next(160), 'n');
}
END_TEST

UNIT_MAIN("judge", each_cell_of_sound, a_marker_says_nothing_of_what_came_in_its_time,
	another_source_begins_at_once_whatever_it_says, what_comes_beside_is_judged_by_its_number,
	no_packet_is_lost_when_numbers_begin_anew, old_packets_that_come_at_once_begin_nothing,
	a_loop_is_heard, a_backlog_keeps_its_line, a_backlog_that_comes_slowly_keeps_its_line,
	a_pause_with_timestamps_that_stood_is_found_out, a_longer_way_begins_no_line,
	clocks_that_drift_begin_no_line, disorder_begins_no_line,
	sound_behind_an_event_is_late_and_not_anew, another_clock_is_another_line)
