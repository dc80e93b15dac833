// Coders and places in mixing bridges, held by worker before anything is offered or answered.
#include "tests/unit/control/media/media_rig.h"

#include "engine/base/rng.h"

#define OPUS	2 // one of each worker
#define PARTIES 24

static const enum codec_id both[] = {CODEC_OPUS, CODEC_PCMA};

static void opened(struct party *p, const struct media_voice *near, enum codec_id codec)
{
	struct media_place at = {.near = near, .codec = codec};
	party_open_at(p, &at);
	rig_turns();
}

// What may be offered of both.
static const char *may(struct party *p)
{
	enum codec_id out[2];
	unsigned n = media_hold(rig.media, p->v, both, 2, out);
	if (n == 2)
		return out[0] == CODEC_OPUS && out[1] == CODEC_PCMA ? "opus pcma" : "?";
	return n == 1 && out[0] == CODEC_PCMA ? "pcma" : "?";
}

static void set(struct party *p, enum codec_id codec)
{
	media_set(p->v, &(struct media_params){.codec = codec});
	rig_turns();
}

static void closed(struct party *p)
{
	media_close(p->v);
	rig_turns();
	ck_assert_uint_eq(p->failed, 0);
}

START_TEST(a_coder_is_its_own_workers)
{
	struct party a, b, c;
	rig_begin_coders(8, OPUS);
	opened(&a, NULL, CODEC_OPUS);
	opened(&b, a.v, CODEC_NONE); // its peer's worker has but one
	ck_assert_uint_eq(media_voice_worker(a.v), media_voice_worker(b.v));
	ck_assert_str_eq(may(&a), "opus pcma");
	ck_assert(media_codec_room(rig.media, CODEC_OPUS));
	ck_assert_str_eq(may(&b), "pcma");
	opened(&c, NULL, CODEC_OPUS); // where there is one
	ck_assert_uint_ne(media_voice_worker(a.v), media_voice_worker(c.v));
	ck_assert(!media_codec_room(rig.media, CODEC_OPUS));
	set(&a, CODEC_OPUS);
	set(&c, CODEC_OPUS);
	ck_assert_str_eq(may(&a), "opus pcma"); // its own
	ck_assert_str_eq(may(&b), "pcma");
	set(&a, CODEC_PCMA);
	ck_assert_str_eq(may(&b), "opus pcma");
	set(&b, CODEC_OPUS);
	closed(&a);
	closed(&b);
	closed(&c);
	rig_nothing_left();
	rig_end();
}
END_TEST

START_TEST(what_came_to_nothing_is_given_up)
{
	struct party a, b, c;
	rig_begin_coders(8, OPUS);
	opened(&a, NULL, CODEC_OPUS);
	opened(&b, a.v, CODEC_NONE);
	media_settle(a.v); // the answer named another, or none came
	ck_assert_str_eq(may(&b), "opus pcma");
	ck_assert_str_eq(may(&a), "pcma");
	set(&b, CODEC_PCMA); // offered, and not taken
	ck_assert_str_eq(may(&a), "opus pcma");
	closed(&a);
	ck_assert_str_eq(may(&b), "opus pcma");
	party_open_at(&c, &(struct media_place){.near = b.v});
	media_close(c.v); // while it opens
	closed(&b);
	ck_assert(media_codec_room(rig.media, CODEC_OPUS));
	rig_nothing_left();
	rig_end();
}
END_TEST

// Whatever is held, taken and given back: a worker never has to refuse, and none is lost.
START_TEST(no_answer_is_refused)
{
	static struct party p[PARTIES];
	struct rng rng;
	rng_seed(&rng, 1);
	rig_begin_coders(PARTIES, OPUS + 4);
	memset(p, 0, sizeof(p));
	for (unsigned n = 0; n < 20000; n++) {
		struct party *one = &p[rng_below(&rng, PARTIES)];
		enum codec_id out[2];
		if (one->v == NULL) {
			party_open_at(
				one, &(struct media_place){.codec = both[rng_below(&rng, 2)]});
			rig_turn(64); // opened
			rig_turn(64);
		} else if (rng_below(&rng, 4) == 0) {
			ck_assert_uint_eq(one->failed, 0);
			media_close(one->v);
			one->v = NULL;
		} else {
			unsigned count = media_hold(rig.media, one->v, both, 2, out);
			if (rng_below(&rng, 3) == 0)
				media_settle(one->v);
			else
				media_set(one->v,
					&(struct media_params){
						.codec = out[rng_below(&rng, count)]});
		}
		if (rng_below(&rng, 8) == 0)
			rig_turn(4);
	}
	for (unsigned i = 0; i < PARTIES; i++) {
		rig_turns();
		if (p[i].v != NULL)
			closed(&p[i]);
	}
	for (unsigned i = 0; i < OPUS + 4; i++) {
		opened(&p[i], NULL, CODEC_OPUS);
		ck_assert_str_eq(may(&p[i]), "opus pcma");
	}
	ck_assert(!media_codec_room(rig.media, CODEC_OPUS));
	for (unsigned i = 0; i < OPUS + 4; i++)
		closed(&p[i]);
	rig_nothing_left();
	rig_end();
}
END_TEST

START_TEST(places_of_bridges_are_held)
{
	struct media_mixer *m[4], *other;
	struct party a, b;
	rig_begin(8);
	opened(&a, NULL, CODEC_NONE);
	opened(&b, NULL, CODEC_NONE);
	ck_assert_uint_ne(media_voice_worker(a.v), media_voice_worker(b.v));
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(media_mixer_new(a.v, MIX_USUAL, &m[i]), 0);
	ck_assert_int_eq(media_mixer_new(a.v, 1, &m[3]), -ENOBUFS);
	ck_assert_int_eq(media_mixer_new(b.v, 3, &other), 0); // has its own
	ck_assert_int_eq(media_mixer_hold(m[2], MIX_USUAL + 1), -ENOSPC);
	ck_assert_int_eq(media_mixer_hold(m[2], MIX_USUAL - 3), 0);
	ck_assert_int_eq(media_mixer_new(a.v, 4, &m[3]), -ENOBUFS);
	ck_assert_int_eq(media_mixer_new(a.v, 3, &m[3]), 0);
	ck_assert_int_eq(media_mixer_hold(m[3], 4), -ENOBUFS);
	media_mixer_free(m[0]);
	ck_assert_int_eq(media_mixer_hold(m[3], 4), 0);
	for (unsigned i = 1; i < 4; i++)
		media_mixer_free(m[i]);
	media_mixer_free(other);
	closed(&a);
	closed(&b);
	rig_end();
}
END_TEST

// The bridge's worker has no place, and the party's own had said yes.
START_TEST(a_late_refusal_is_told)
{
	static const struct media_party speaks = {.says = 1, .hears = 1, .gain_256 = 256};
	struct gate_msg no = {.head.kind = GATE_UNMIXED};
	struct media_mixer *m;
	struct party a, b;
	rig_begin(8);
	opened(&a, NULL, CODEC_NONE);
	opened(&b, NULL, CODEC_NONE);
	ck_assert_int_eq(media_mixer_new(a.v, 2, &m), 0);
	media_mix(b.v, m, &speaks);
	rig_turns();
	no.head.session = media_voice_session(b.v);
	no.unmixed.mixer = gate_mixer(media_voice_worker(a.v), 1, 0);
	no.unmixed.error = -ENOSPC;
	rig_say(media_voice_worker(b.v), &no);
	rig_turns();
	ck_assert_uint_eq(b.failed, 1);
	ck_assert_str_eq(b.what, "mix");
	ck_assert_int_eq(b.error, -ENOSPC);
	media_unmix(b.v, m);
	rig_say(media_voice_worker(b.v), &no); // on its way since
	rig_turns();
	ck_assert_uint_eq(b.failed, 1);
	media_mixer_free(m);
	media_close(a.v);
	media_close(b.v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

UNIT_MAIN("media_hold", a_coder_is_its_own_workers, what_came_to_nothing_is_given_up,
	no_answer_is_refused, places_of_bridges_are_held, a_late_refusal_is_told)
