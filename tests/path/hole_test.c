// Packets that leave holes of some milliseconds in frames, through bridges that pack sound anew:
// every octet that came is heard as it was, and a far end with a codec of its own hears sound.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/codec.h"
#include "dsp/g711.h"
#include "dsp/opus.h"

#define SAID_MS	    1600
#define BEGIN_MS    20
#define PERIOD	    100 // ms after which the octets repeat
#define PACKETS_MAX 512

// A sender: so many octets in a packet, so far apart in timestamps and in time.
static const struct way {
	const char *name;
	uint32_t len, step, units; // octets, of the timestamp, eighths of a millisecond
} ways[] = {
	{"37 octets back to back", 37, 37, 37},
	{"152 octets each 20 ms", 152, 160, 160},
	{"160 octets off the grid", 160, 161, 160},
	{"8 octets, every second", 8, 16, 16},
};

static const struct ear {
	enum codec_id codec;
	uint8_t pt, ptime_ms;
} ears[] = {
	{CODEC_PCMU, 0, 20},
	{CODEC_PCMU, 0, 40},
	{CODEC_PCMA, 8, 30},
	{CODEC_G722, 9, 60},
	{CODEC_OPUS, 96, 20},
};

#define WAYS ((int)(sizeof(ways) / sizeof(ways[0])))
#define EARS ((int)(sizeof(ears) / sizeof(ears[0])))

static uint8_t came[SAID_MS + 100]; // the octet of a millisecond, 0: none came

static uint8_t name_of(uint32_t ms)
{
	return (uint8_t)(ms % PERIOD + 1);
}

static void talk(const struct way *way)
{
	struct talker t = gen_talker(CALLER, BEGIN_MS);
	uint32_t begin_ts = t.ts;
	uint8_t payload[200];

	memset(came, 0, sizeof(came));
	for (uint32_t k = 0; k * way->units < SAID_MS * 8; k++) {
		uint32_t first = k * way->step / 8;
		for (uint32_t i = 0; i < way->len; i++)
			payload[i] = name_of(first + i / 8);
		for (uint32_t ms = first; ms < first + way->len / 8; ms++)
			came[ms] = name_of(ms);
		t.at_ms = BEGIN_MS + k * way->units / 8;
		t.ts = begin_ts + k * way->step;
		gen_sound(&t, payload, way->len);
	}
}

// Each octet that came, in its place. A relayed packet is not judged here, nor what waits last.
static void expect_octets(const struct ear *ear)
{
	uint32_t n = 0, compared = 0;

	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		if (h->at_ns > (SAID_MS - 100) * MS)
			break;
		ck_assert_uint_eq(h->rtp.len, ear->ptime_ms * 8u);
		for (uint32_t k = 0; k < h->rtp.len; k++, n++) {
			uint8_t want = came[n / 8];
			if (want == 0)
				continue;
			if (ear->codec == CODEC_PCMA)
				g711_ulaw_to_alaw(&want, &want, 1);
			ck_assert_msg(h->rtp.payload[k] == want, "octet %u of ms %u: %u, not %u",
				n % 8, n / 8, h->rtp.payload[k], want);
			compared++;
		}
	}
	ck_assert_uint_ge(compared, SAID_MS * 8 / 3);
}

static void expect_sound(const struct ear *ear)
{
	unsigned count = heard_count(AGENT);

	ck_assert_uint_ge(count, (SAID_MS - 200) / ear->ptime_ms);
	for (unsigned i = 0; i < count; i++) {
		const struct heard *h = heard_rtp(AGENT, i);
		ck_assert_uint_eq(h->rtp.pt, ear->pt);
		if (ear->codec == CODEC_G722)
			ck_assert_uint_eq(h->rtp.len, ear->ptime_ms * 8u);
		else
			ck_assert_uint_eq(
				opus_payload_ms(h->rtp.payload, h->rtp.len), ear->ptime_ms);
	}
}

START_TEST(what_came_is_heard_as_it_was)
{
	const struct way *way = &ways[_i % WAYS];
	const struct ear *ear = &ears[_i / WAYS];
	struct gate_remote agent = stage_remote(AGENT);

	if (!codec_get(ear->codec))
		return;
	gen_begin("hole");
	talk(way);
	agent.codec = ear->codec;
	agent.pt = ear->pt & 127;
	agent.ptime_ms = ear->ptime_ms & 63;
	stage_begin_two(NULL, &agent);
	stage_bridge();
	stage_until(SAID_MS + 200);
	stage_end();
	if (codec_has_state(ear->codec))
		expect_sound(ear);
	else if (way->len != ear->ptime_ms * 8u)
		expect_octets(ear);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("hole");
	TCase *cases = tcase_create("hole");
	SRunner *runner = srunner_create(suite);

	stage.workers = argc > 1 && argv[1][0] == '2' ? 2 : 1;
	tcase_add_loop_test(cases, what_came_is_heard_as_it_was, 0, WAYS * EARS);
	tcase_set_timeout(cases, 600);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
