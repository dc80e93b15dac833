// The agent's re-INVITE names another codec or packet length in the middle of a conversation. Each
// packet that goes to it is sound of the codec that its type says, from the first one on, and what
// it hears is what was said.
#include "tests/path/voice.h"

#include <string.h>

#include "dsp/opus.h"
#include "tests/unit/dsp/coded.h"

#define SPOKEN	  (3 * 8000)
#define CHANGE_MS 1525
#define LIKE	  0.9 // of a codec twice, and a joint

struct shape {
	enum codec_id codec;
	unsigned ms;
};

static const struct change {
	struct shape from, to;
} all_changes[] = {
	{{CODEC_PCMU, 20}, {CODEC_OPUS, 20}},
	{{CODEC_PCMA, 40}, {CODEC_OPUS, 60}},
	{{CODEC_G722, 30}, {CODEC_OPUS, 20}},
	{{CODEC_OPUS, 20}, {CODEC_PCMA, 20}},
	{{CODEC_OPUS, 60}, {CODEC_G722, 30}},
	{{CODEC_PCMU, 30}, {CODEC_G722, 20}},
	{{CODEC_G722, 20}, {CODEC_PCMU, 20}},
	{{CODEC_PCMU, 20}, {CODEC_PCMA, 60}},
};

#define CHANGES ((int)(sizeof(all_changes) / sizeof(all_changes[0])))

static const enum codec_id callers[] = {CODEC_PCMU, CODEC_G722, CODEC_OPUS};

static int16_t hers[SPOKEN];
static struct voice caller, before, after;

static void check_shapes(unsigned caller_ms)
{
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i),
				   *prior = heard_rtp(AGENT, i ? i - 1 : 0);
		const struct voice *v = h->at_ns < CHANGE_MS * MS ? &before : &after;
		ck_assert_uint_eq(h->rtp.pt, v->remote.pt);
		if (v->codec->id != CODEC_OPUS) {
			ck_assert_uint_eq(h->rtp.len, v->ms * 8);
		} else { // ours, or the caller's own; the last of ours may be what waited
			unsigned ms = opus_payload_ms(h->rtp.payload, h->rtp.len);
			ck_assert_msg(ms == v->ms || ms == caller_ms || ms == 20 || ms == 40,
				"%u octets are %u ms", h->rtp.len, ms);
		}
		ck_assert_uint_le(h->at_ns - prior->at_ns, (v->ms + 61) * MS);
	}
}

// What the agent heard in one of its codecs, decoded packet by packet.
static uint32_t decode(const struct voice *v, int16_t out[VOICE_MAX])
{
	static uint8_t rx[65536] __attribute__((aligned(64)));
	uint32_t n = 0;

	if (v->codec->coder)
		v->codec->coder->rx_init(rx, FRAME_RATE);
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct rtp_packet *p = &heard_rtp(AGENT, i)->rtp;
		if (p->pt != v->remote.pt)
			continue;
		ck_assert_uint_lt(n, VOICE_MAX - CODEC_PAYLOAD_MAX);
		uint32_t got = v->codec->coder
			? v->codec->coder->decode(rx, out + n, p->payload, p->len)
			: v->codec->decode(out + n, p->payload, p->len);
		ck_assert_uint_gt(got, 0);
		n += got;
	}
	return n;
}

static double heard_as(const struct voice *v, const int16_t *said, uint32_t least)
{
	static int16_t heard[VOICE_MAX];
	uint32_t n = decode(v, heard), delay;

	ck_assert_uint_ge(n, least);
	return coded_likeness(heard, said, least, 1600, &delay);
}

static void changes(enum codec_id said, const struct shape *from, const struct shape *to)
{
	struct voice *const all[] = {&caller};

	gen_begin("recode");
	coded_voice(hers, SPOKEN, 8000);
	voice_init(&caller, CALLER, said, 20);
	voice_init(&before, AGENT, from->codec, from->ms);
	voice_init(&after, AGENT, to->codec, to->ms);
	if (from->codec == CODEC_OPUS) // so that a packet says which it is of
		before.remote.pt = 97;
	voice_speak(&caller, &(struct voice_of){hers, SPOKEN, 30, {0}});
	voices_gen(all, 1);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&before, 0);
	stage_bridge();
	stage_until(CHANGE_MS);
	voice_connect(&after, 0);
	stage_until(SPOKEN / 8 + 200);
	stage_end();
	check_shapes(20);
	double first = heard_as(&before, hers, SPOKEN / 2 - 1600);
	double second = heard_as(&after, hers + CHANGE_MS * 8, SPOKEN / 2 - 2400);
	ck_assert_msg(first > LIKE && second > LIKE, "%.3f and %.3f", first, second);
}

START_TEST(the_agent_changes)
{
	const struct change *c = &all_changes[_i % CHANGES];

	changes(callers[_i / CHANGES], &c->from, &c->to);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("recode");
	TCase *cases = tcase_create("recode");
	SRunner *runner = srunner_create(suite);
	int callers_count = (int)(sizeof(callers) / sizeof(callers[0]));

	stage.workers = argc > 1 && argv[1][0] == '2' ? 2 : 1;
	tcase_add_loop_test(cases, the_agent_changes, 0, CHANGES * callers_count);
	tcase_set_timeout(cases, 600);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
