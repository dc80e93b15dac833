// Two legs with packets of 10, 20, 30, 40 and 60 ms, each against each and both ways at once: every
// byte comes out in its place. Sources that change and jump on the way through the jitter buffer.
#include "tests/path/stage.h"

#include <string.h>

#define SAID_MS 1200
#define PERIOD	100 // ms after which the bytes repeat: none is in two places of the buffer's delay

static const uint8_t lengths_ms[] = {10, 20, 30, 40, 60};

#define LENGTHS ((int)sizeof(lengths_ms))

// Each byte names its millisecond.
static void say_packet(struct talker *t, uint32_t *said_ms, unsigned ms)
{
	uint8_t payload[480];

	for (unsigned k = 0; k < ms * 8; k++)
		payload[k] = (uint8_t)((*said_ms + k / 8) % PERIOD + 1);
	*said_ms += ms;
	gen_sound(t, payload, ms * 8);
}

static void talk(unsigned caller_ms, unsigned agent_ms)
{
	struct talker c = gen_talker(CALLER, 20), a = gen_talker(AGENT, 25);
	uint32_t c_ms = 0, a_ms = 0;

	while (c_ms < SAID_MS || a_ms < SAID_MS) {
		if (c.at_ms <= a.at_ms)
			say_packet(&c, &c_ms, caller_ms);
		else
			say_packet(&a, &a_ms, agent_ms);
	}
}

static void bridge(unsigned caller_ms, unsigned agent_ms)
{
	struct gate_remote caller = stage_remote(CALLER), agent = stage_remote(AGENT);

	caller.ptime_ms = caller_ms & 63;
	agent.ptime_ms = agent_ms & 63;
	stage_begin_two(&caller, &agent);
	stage_bridge();
}

static void expect_whole(enum far far, unsigned ms)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < heard_count(far); i++) {
		const struct heard *h = heard_rtp(far, i), *prior = heard_rtp(far, i ? i - 1 : 0);
		if (h->at_ns > SAID_MS * MS)
			break; // what waits last is concealed
		ck_assert_uint_eq(h->rtp.len, ms * 8);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), i > 0);
		ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, i > 0 ? ms * 8 : 0);
		ck_assert_uint_le(h->at_ns - prior->at_ns, (ms + 20) * MS);
		for (uint32_t k = 0; k < h->rtp.len; k++, n++)
			ck_assert_msg(h->rtp.payload[k] == n / 8 % PERIOD + 1,
				"%u hears %u at %u ms", far, h->rtp.payload[k] - 1, n / 8);
	}
	ck_assert_uint_ge(n, (SAID_MS - 200) * 8);
}

START_TEST(every_byte_in_its_place)
{
	int a = 0, b = _i; // the pairs with b not before a: both ways are tried at once

	for (; b >= LENGTHS - a; a++)
		b -= LENGTHS - a;
	unsigned caller_ms = lengths_ms[a], agent_ms = lengths_ms[a + b];

	gen_begin("ptime");
	talk(caller_ms, agent_ms);
	bridge(caller_ms, agent_ms);
	stage_until(SAID_MS + 200);
	stage_end();
	expect_whole(AGENT, agent_ms);
	expect_whole(CALLER, caller_ms);
}
END_TEST

enum change { NEW_SSRC, NEW_TIMESTAMP, NEW_SEQUENCE, ALL_OF_THEM, CHANGES };

static void change(struct talker *t, enum change what)
{
	if (what == NEW_SSRC || what == ALL_OF_THEM)
		t->ssrc += 77;
	if (what == NEW_TIMESTAMP || what == ALL_OF_THEM)
		t->ts += 0x40001234;
	if (what == NEW_SEQUENCE || what == ALL_OF_THEM)
		t->seq += 20000;
}

// 20 ms become 30: the way goes through jitter buffer and tick. Only of numbers that jump the first
// packet is missing, for a stray may have had them; a joint to what is made up is a millisecond.
START_TEST(a_source_that_changes)
{
	static const uint32_t may_miss_ms[] = {[NEW_SEQUENCE] = 20 + 1, [ALL_OF_THEM] = 0};
	uint32_t said_ms = 0, missing_ms = 0, wanted_ms = 0;

	gen_begin("ptime-change");
	struct talker t = gen_talker(CALLER, 20);
	while (said_ms < SAID_MS) {
		if (said_ms == 600)
			change(&t, (enum change)_i);
		say_packet(&t, &said_ms, 20);
	}
	bridge(20, 30);
	stage_until(SAID_MS + 200);
	stage_end();
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i),
				   *prior = heard_rtp(AGENT, i ? i - 1 : 0);
		if (h->at_ns > SAID_MS * MS)
			break;
		ck_assert_uint_eq(h->rtp.ssrc, prior->rtp.ssrc);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), i > 0);
		ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, i > 0 ? 240 : 0);
		for (uint32_t k = 4; k < h->rtp.len; k += 8) {
			missing_ms += h->rtp.payload[k] != wanted_ms % PERIOD + 1;
			wanted_ms++;
		}
	}
	ck_assert_uint_ge(wanted_ms, SAID_MS - 200);
	ck_assert_msg(missing_ms <= may_miss_ms[_i], "%u ms are missing", missing_ms);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("ptime");
	TCase *cases = tcase_create("ptime");
	SRunner *runner = srunner_create(suite);

	stage.workers = argc > 1 && argv[1][0] == '2' ? 2 : 1;
	tcase_add_loop_test(cases, every_byte_in_its_place, 0, LENGTHS * (LENGTHS + 1) / 2);
	tcase_add_loop_test(cases, a_source_that_changes, 0, CHANGES);
	tcase_set_timeout(cases, 600);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
