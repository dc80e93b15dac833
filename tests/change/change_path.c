// The codec that docs/change.md adds to the tree, in a bridge of the engine: a caller who speaks in
// it, and an agent of G.711 who hears what was said. It is built everywhere, and holds where the
// edits were made: tests/change/change_test.py runs it there.
#include "tests/path/voice.h"
#include "tests/unit/dsp/coded.h"

#define SPOKEN (2 * 8000)

static int16_t said[SPOKEN], heard[VOICE_MAX];
static struct voice caller, agent;

START_TEST(the_codec_is_heard)
{
	struct voice *const all[] = {&caller};
	const struct codec *codec = codec_by_name("L8");
	uint32_t n = 0, delay;

	ck_assert_ptr_nonnull(codec);
	gen_begin("change");
	coded_voice(said, SPOKEN, 8000);
	voice_init(&caller, CALLER, codec->id, 20);
	voice_init(&agent, AGENT, CODEC_PCMA, 20);
	voice_speak(&caller, &(struct voice_of){said, SPOKEN, 30, {0}});
	voices_gen(all, 1);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(SPOKEN / 8 + 200);
	stage_end();
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		const struct rtp_packet *p = &heard_rtp(AGENT, i)->rtp;
		ck_assert_uint_lt(n + p->len, VOICE_MAX);
		n += codec_get(CODEC_PCMA)->decode(heard + n, p->payload, p->len);
	}
	ck_assert_uint_ge(n, SPOKEN);
	ck_assert_double_gt(coded_likeness(heard, said, SPOKEN - 1600, 1600, &delay), 0.95);
}
END_TEST

PATH_MAIN("change", the_codec_is_heard)
