// Telephone-events under a source of their own beside the sound: one press is one digit, and the
// sound goes on as if they were not there.
#include "tests/path/stage.h"

#include "engine/rtp/event_rx.h"

#define PACKETS 160

static struct talker sound, events;

static void event(char digit, unsigned duration, bool end, uint32_t begun_ts)
{
	struct event_packet e = {.code = (uint8_t)event_code(digit),
		.volume = 10,
		.end = end,
		.duration = (uint16_t)duration};

	events.marker = duration == 160;
	gen_event(&events, &e, begun_ts);
}

// Sound throughout, and beside it a press each 30 packets: five updates, three ends.
static void gen_both(const char *digits)
{
	sound = gen_talker(CALLER, 10);
	events = gen_talker(CALLER, 12);
	events.ssrc = 0x99999999;
	events.seq = 100;
	events.ts = 90000;
	for (unsigned i = 0; i < PACKETS; i++) {
		unsigned k = i % 30;
		events.at_ms = sound.at_ms + 2;
		gen_fill(&sound, 0x20, 160, 1);
		if (i / 30 < 1 || !digits[i / 30 - 1] || k >= 8)
			continue;
		if (k == 0)
			events.seq += 500;
		event(digits[i / 30 - 1], 160 * (k < 5 ? k + 1 : 5), k >= 5, 90000 + i / 30 * 4800);
	}
}

// What the agent got: one stream, all of the sound, each press once.
static void ck_agent(const char *digits)
{
	struct event_rx rx = {0};
	struct event_packet e;
	char seen[8] = {0};
	unsigned n = 0, sounds = 0, ends = 0, marked = 0;

	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		if (i > 0)
			ck_assert_uint_eq(
				h->rtp.seq, (uint16_t)(heard_rtp(AGENT, i - 1)->rtp.seq + 1));
		ck_assert_uint_eq(h->rtp.ssrc, heard_rtp(AGENT, 0)->rtp.ssrc);
		if (h->rtp.pt == 0) {
			sounds++;
			marked += h->rtp.marker;
			continue;
		}
		ck_assert_int_eq(event_parse(h->rtp.payload, h->rtp.len, &e), 0);
		ends += e.end;
		if (event_rx_take(&rx, &e, &h->rtp, (uint32_t)(h->at_ns / MS)) == EVENT_BEGUN)
			seen[n++] = event_digit(e.code);
	}
	ck_assert_str_eq(seen, digits);
	ck_assert_uint_eq(ends, 3 * n);
	ck_assert_uint_eq(sounds, PACKETS);
	ck_assert_uint_le(marked, 1);
}

START_TEST(events_have_a_source_of_their_own)
{
	struct gate_live live;

	gen_begin("press-own");
	gen_both("6789");
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_collect(CALLER);
	stage_until(sound.at_ms + 1100);
	ck_assert(stage_live(CALLER, &live));
	ck_assert_uint_eq(live.rx_lost, 0);
	stage_end();
	ck_assert_str_eq(told_digits(CALLER), "6789");
	ck_assert_uint_eq(stage_dropped(DROP_RTP_JUMP), 0);
	ck_agent("6789");
}
END_TEST

PATH_MAIN("press", events_have_a_source_of_their_own)
