// What a strange far end, or a strange network, makes of a recorded conversation: judged from
// outside, by what was said when, what the other party hears and what lies on the tape. The caller
// is the strange one, the agent talks on. Each says a mark every tenth of a second that tells when
// it was said; both sides have it at that place, and the sides stay together.
#include "tests/path/stage.h"

#include <stdlib.h>
#include <string.h>

#define SAID_MS	 7800 // the tape is 8.2 s long
#define MARK_MS	 100
#define MARKS	 (SAID_MS / MARK_MS)
#define MARK_LEN 8 // bytes of a mark
#define OFF_MAX \
	(10 * 8) // samples that a side may be off: so the sides are no more than 20 ms apart
#define DRIFT_MAX (16 * 8) // the same of a clock that is off by 3,000 ppm, against one that is not
#define PACKETS	  3000

struct packet {
	uint64_t at_us; // when it comes
	enum far far;
	uint32_t ts, ssrc, len;
	uint32_t said_ms; // when it was said
	uint16_t seq;
	bool marker;
};

static struct packet packets[PACKETS];
static unsigned count;
static int drift_ppm; // of the caller's clock: it says all so much later

// --- what is said ---

// The sound of a millisecond: a mark, or a hum.
static void say(uint8_t *payload, uint32_t said_ms, uint32_t len)
{
	for (uint32_t k = 0; k < len; k++) {
		uint32_t ms = said_ms + k / 8;
		payload[k] = ms % MARK_MS == 0 ? (uint8_t)(ms / MARK_MS + 1) : 0xe0;
	}
}

static struct packet *add(const struct packet *p)
{
	ck_assert_uint_lt(count, PACKETS);
	packets[count] = *p;
	return &packets[count++];
}

static int by_time(const void *a, const void *b)
{
	const struct packet *one = a, *other = b;

	if (one->at_us != other->at_us)
		return one->at_us < other->at_us ? -1 : 1;
	return one < other ? -1 : one > other;
}

// The caller's stream as a good far end would send it over a good network: packets of 20 ms, one
// for each of them.
static void talk_well(enum far far, unsigned ms)
{
	struct packet p = {.far = far, .ts = 0xffff0000, .ssrc = 77 + far, .len = ms * 8};

	p.seq = 65400;
	p.marker = true;
	for (; p.said_ms < SAID_MS; p.said_ms += ms) {
		p.at_us = p.said_ms * 1000ull;
		add(&p);
		p.marker = false;
		p.ts += p.len;
		p.seq++;
	}
}

static void write_all(const char *name)
{
	uint8_t data[RTP_HEADER_BYTES + 1600];

	qsort(packets, count, sizeof(*packets), by_time);
	gen_begin(name);
	for (unsigned i = 0; i < count; i++) {
		const struct packet *p = &packets[i];
		struct rtp_packet h = {
			.seq = p->seq, .ts = p->ts, .ssrc = p->ssrc, .marker = p->marker};
		if (p->at_us == UINT64_MAX)
			break; // lost
		rtp_write_header(data, &h);
		say(data + RTP_HEADER_BYTES, p->said_ms, p->len);
		gen_udp(p->far, p->at_us / 1000, stage_port(p->far), data,
			RTP_HEADER_BYTES + p->len);
	}
}

// --- what becomes of it ---

// The agent's far end wants packets of so many milliseconds: of 20 they are relayed as they come,
// of others they go through the ear.
static void play(const char *name, unsigned wants_ms)
{
	struct gate_remote agent = stage_remote(AGENT);

	talk_well(AGENT, 20);
	write_all(name);
	agent.ptime_ms = wants_ms & 63;
	stage_begin_two(NULL, &agent);
	stage_bridge();
	stage_record(CALLER, CODEC_PCMU);
	stage_record(AGENT, CODEC_PCMU);
	stage_until(SAID_MS + 100);
	stage_end();
}

// The place of a mark: of as much of it as there is; -1: not there.
static int place_of(const uint8_t *tape, uint32_t n, unsigned mark)
{
	for (uint32_t i = 0; i + MARK_LEN / 2 <= n; i++)
		if (tape[i] == mark + 1 && tape[i + MARK_LEN / 2 - 1] == mark + 1)
			return (int)i;
	return -1;
}

// Marks on the tape where they were said; as many may be missing as packets that were lost.
static void expect_side(unsigned side, unsigned missing_max)
{
	unsigned missing = 0;

	for (unsigned mark = 0; mark < MARKS; mark++) {
		int at = place_of(stage.tape[side], stage.taped[side], mark);
		int64_t said = (int64_t)mark * MARK_MS * 8;
		said += side == SIDE_LEFT ? said * drift_ppm / 1000000 : 0;
		int off = at - (int)said;
		missing += at < 0;
		if (at >= 0)
			ck_assert_msg(
				abs(off) <= (drift_ppm && side == SIDE_LEFT ? DRIFT_MAX : OFF_MAX),
				"side %u: what was said at %u ms is at %d ms", side, mark * MARK_MS,
				at / 8);
	}
	ck_assert_msg(missing <= missing_max, "side %u: %u marks of %u are missing", side, missing,
		MARKS);
}

// What the agent hears: no number twice, none left out beyond what the network lost, timestamps
// that never go back; and the marks.
static void expect_heard(unsigned missing_max, unsigned lost)
{
	static uint8_t sound[2 * TAP_LANE_BYTES];
	static bool seen[65536];
	uint32_t n = 0;
	const struct heard *newest = NULL;
	unsigned all = heard_count(AGENT), missing = 0;
	uint16_t first = all ? heard_rtp(AGENT, 0)->rtp.seq : 0, last = 0;

	ck_assert_uint_gt(all, 0);
	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < all; i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		uint16_t at = h->rtp.seq - first;
		ck_assert_uint_eq(h->rtp.ssrc, heard_rtp(AGENT, 0)->rtp.ssrc);
		ck_assert_msg(!seen[at], "number %u was sent twice", at);
		seen[at] = true;
		memcpy(sound + n, h->rtp.payload, h->rtp.len);
		n += h->rtp.len;
		if (at < last)
			continue; // overtaken
		if (newest)
			ck_assert_int_ge((int32_t)(h->rtp.ts - newest->rtp.ts), 0);
		newest = h;
		last = at;
	}
	ck_assert_msg((unsigned)last + 1 - all <= lost, "%u numbers are missing", last + 1 - all);
	for (unsigned mark = 0; mark < MARKS; mark++)
		missing += place_of(sound, n, mark) < 0;
	ck_assert_msg(missing <= missing_max, "%u marks are not heard", missing);
}

struct outcome {			 // bounds
	unsigned taped_lost, heard_lost; // marks
	unsigned numbers_lost;
};

static void expect(const struct outcome *o)
{
	expect_side(SIDE_LEFT, o->taped_lost);
	expect_side(SIDE_RIGHT, 0);
	expect_heard(o->heard_lost, o->numbers_lost);
}

// --- far ends ---

// Each half second something else begins anew, in the middle of a hum.
static void numbers_and_times(void)
{
	static const struct {
		int seq, ts;
		bool source, marker;
	} changes[] = {
		{-10, 0, false, false},
		{-64, 0, false, false},
		{-100, 0, false, true},
		{-300, 0, false, false},
		{-900, 0, false, false},
		{3000, 0, false, false},
		{30000, 0, false, false},
		{0, 3600 * 8000, false, false},
		{0, -3600 * 8000, false, true},
		{0, -8000, false, false},
		{-591, -106000, false, false},
		{40000, 99999999, true, true},
		{0, 0, true, false},
		{-7777, 1234567, true, false},
	};

	talk_well(CALLER, 20);
	for (unsigned i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		for (unsigned k = (510 * (i + 1)) / 20; k < count; k++) {
			struct packet *p = &packets[k];
			p->seq = (uint16_t)(p->seq + changes[i].seq);
			p->ts += (uint32_t)changes[i].ts;
			p->ssrc += changes[i].source;
			p->marker |= changes[i].marker && k == (510 * (i + 1)) / 20;
		}
	}
}

START_TEST(numbers_and_times_begin_anew_relayed)
{
	numbers_and_times();
	play("anew", 20);
	expect(&(struct outcome){1, 1, 0}); // one packet confirms what nothing bears out
}
END_TEST

START_TEST(numbers_and_times_begin_anew_packed)
{
	numbers_and_times();
	play("anew", 30);
	expect(&(struct outcome){1, 1, 0});
}
END_TEST

// Loss, doubles and overtaking, over a jitter of 60 ms.
static void disorder(void)
{
	uint32_t seed = 7;

	talk_well(CALLER, 20);
	unsigned all = count;
	for (unsigned i = 1; i < all; i++) {
		seed = seed * 1103515245 + 12345;
		packets[i].at_us += (seed >> 16) % 3 ? 0 : (seed >> 20) % 60000;
		if (i % 7 == 3) {
			struct packet *again = add(&packets[i]);
			again->at_us += 130000;
		}
		if (i % 25 == 12)
			packets[i].at_us = UINT64_MAX;
	}
}

START_TEST(disorder_relayed)
{
	disorder();
	play("disorder", 20);
	expect(&(struct outcome){0, 0, SAID_MS / 20 / 25 + 1});
}
END_TEST

START_TEST(disorder_packed)
{
	disorder();
	play("disorder", 30);
	expect(&(struct outcome){0, 2, 0});
}
END_TEST

// The network stands still, and then brings it all at once.
static void stall(unsigned from_ms, unsigned ms)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t from_us = from_ms * 1000ull, to_us = (from_ms + ms) * 1000ull;
		if (packets[i].at_us >= from_us && packets[i].at_us < to_us)
			packets[i].at_us = to_us + (packets[i].at_us - from_us) / 500;
	}
}

START_TEST(backlogs_of_a_second_relayed)
{
	talk_well(CALLER, 20);
	stall(1000, 400);
	stall(3000, 1000);
	stall(6000, 200);
	play("backlog", 20);
	expect(&(struct outcome){0, 0, 0});
}
END_TEST

START_TEST(backlogs_of_a_second_packed)
{
	talk_well(CALLER, 20);
	stall(1000, 400);
	stall(3000, 1000);
	stall(6000, 200);
	play("backlog", 30);
	expect(&(struct outcome){0, 17, 0}); // what comes too late to be played
}
END_TEST

START_TEST(a_backlog_of_3_s)
{
	talk_well(CALLER, 20);
	stall(2010, 3000);
	play("backlog-3", 20);
	expect(&(struct outcome){0, 0, 0});
}
END_TEST

// The first of a call come late; those that follow show by how much.
START_TEST(a_backlog_at_the_beginning)
{
	talk_well(CALLER, 20);
	for (unsigned i = 0; i < count; i++)
		packets[i].at_us += 100000;
	for (unsigned i = 0; i < 25; i++)
		packets[i].said_ms = MARKS * MARK_MS + 10; // says nothing yet
	stall(600, 300);
	for (unsigned i = 0; i < count; i++)
		packets[i].at_us -= packets[i].at_us < 600000 ? 0 : 100000;
	play("late", 20);
	expect(&(struct outcome){10, 10, 0});
}
END_TEST

// Nothing is sent from one time to another. stands: and the timestamp does not move meanwhile.
static void pause_of(unsigned from_ms, unsigned to_ms, bool stands, bool marked)
{
	unsigned gone = (to_ms - from_ms) / 20;

	for (unsigned i = 0; i < count; i++) {
		struct packet *p = &packets[i];
		if (p->said_ms >= from_ms && p->said_ms < to_ms) {
			p->at_us = UINT64_MAX;
		} else if (p->said_ms >= to_ms) {
			p->seq -= (uint16_t)gone;
			p->ts -= stands ? gone * 160 : 0;
			p->marker |= marked && p->said_ms - to_ms < 20;
		}
	}
}

static void pauses(void)
{
	talk_well(CALLER, 20);
	pause_of(1000, 1600, false, true);
	pause_of(2200, 2800, false, false);
	pause_of(3600, 4400, true, true);
}

START_TEST(pauses_relayed)
{
	pauses();
	play("pauses", 20);
	expect(&(struct outcome){20, 20, 0});
}
END_TEST

START_TEST(pauses_packed)
{
	pauses();
	play("pauses", 30);
	expect(&(struct outcome){20, 23, 0}); // the first sound behind a pause fades in
}
END_TEST

// Without a marker it looks like a backlog for a third of a second, which lies behind; not longer.
START_TEST(a_pause_that_looks_like_a_backlog)
{
	talk_well(CALLER, 20);
	pause_of(2000, 3000, true, false);
	for (unsigned i = 0; i < count; i++)
		if (packets[i].said_ms >= 3000 && packets[i].said_ms < 3340)
			packets[i].said_ms = MARKS * MARK_MS + 10;
	play("stood", 20);
	expect(&(struct outcome){14, 14, 0});
}
END_TEST

// A clock that is off by 3 in 1,000;
static void drift(int ppm)
{
	talk_well(CALLER, 20);
	drift_ppm = ppm;
	for (unsigned i = 0; i < count; i++)
		packets[i].at_us =
			(uint64_t)((int64_t)packets[i].at_us * (1000000 + ppm) / 1000000);
}

START_TEST(a_slow_clock)
{
	drift(3000);
	play("slow", 20);
	expect(&(struct outcome){0, 0, 0});
}
END_TEST

START_TEST(a_quick_clock)
{
	drift(-3000);
	play("quick", 20);
	expect(&(struct outcome){0, 0, 0});
}
END_TEST

// Packets longer than any that we send, as long as a frame holds: they are packed anew.
static void long_packets(unsigned ms)
{
	talk_well(CALLER, ms);
	play("long", 20);
	expect(&(struct outcome){0, 4, 0});
}

START_TEST(packets_of_80_ms)
{
	long_packets(80);
}
END_TEST

START_TEST(packets_of_120_ms)
{
	long_packets(120);
}
END_TEST

START_TEST(packets_of_180_ms)
{
	long_packets(180);
}
END_TEST

PATH_MAIN("sides", numbers_and_times_begin_anew_relayed, numbers_and_times_begin_anew_packed,
	disorder_relayed, disorder_packed, backlogs_of_a_second_relayed,
	backlogs_of_a_second_packed, a_backlog_of_3_s, a_backlog_at_the_beginning, pauses_relayed,
	pauses_packed, a_pause_that_looks_like_a_backlog, a_slow_clock, a_quick_clock,
	packets_of_80_ms, packets_of_120_ms, packets_of_180_ms)
