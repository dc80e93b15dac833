// Bridges of Opus, G.722 and G.711 over the wire: what each far end got is decoded by ffmpeg and
// compared with what the other one said.
#include "tests/path/voice.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "tests/unit/dsp/coded.h"
#include "tests/unit/dsp/sound.h"

#define SPOKEN (3 * 8000)
#define LIKE   0.93 // of a codec twice

static int16_t hers[SPOKEN], his[SPOKEN];
static struct voice caller, agent;

static void speech(void)
{
	static int16_t other[SPOKEN + 4000];

	coded_voice(hers, SPOKEN, 8000);
	coded_voice(other, SPOKEN + 4000, 8000);
	memcpy(his, other + 4000, sizeof(his));
}

static void talk(const struct codec_tx *tx)
{
	struct voice *const both[] = {&caller, &agent};

	voice_speak(&caller, &(struct voice_of){hers, SPOKEN, 30, tx ? *tx : (struct codec_tx){0}});
	voice_speak(&agent, &(struct voice_of){his, SPOKEN, 35, {0}});
	voices_gen(both, 2);
}

static void bridge(void)
{
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(SPOKEN / 8 + 200);
	stage_end();
}

// How alike what a far end heard is to what was said, from `from` samples on.
static double likeness(const struct voice *v, const int16_t *said)
{
	static int16_t heard[VOICE_MAX];
	uint32_t n = voice_heard(v, heard), delay;

	ck_assert_uint_ge(n, SPOKEN * 9 / 10);
	return coded_likeness(heard, said, n < SPOKEN ? n : SPOKEN, 1600, &delay);
}

static void heard_both_ways(enum codec_id a, enum codec_id b, unsigned a_ms, unsigned b_ms)
{
	gen_begin("codec");
	speech();
	voice_init(&caller, CALLER, a, a_ms);
	voice_init(&agent, AGENT, b, b_ms);
	talk(NULL);
	bridge();
	double to_agent = likeness(&agent, hers), to_caller = likeness(&caller, his);
	ck_assert_msg(to_agent > LIKE && to_caller > LIKE, "%.3f and %.3f", to_agent, to_caller);
}

START_TEST(g722_and_pcmu)
{
	heard_both_ways(CODEC_G722, CODEC_PCMU, 20, 20);
}
END_TEST

START_TEST(pcma_and_opus)
{
	heard_both_ways(CODEC_PCMA, CODEC_OPUS, 20, 20);
}
END_TEST

START_TEST(opus_and_g722_in_other_packets)
{
	heard_both_ways(CODEC_OPUS, CODEC_G722, 60, 30);
}
END_TEST

START_TEST(opus_is_relayed_untouched_and_at_once)
{
	static struct pcap_in {
		uint32_t len;
		uint8_t payload[CODEC_PAYLOAD_MAX];
	} sent[SPOKEN / 160];
	static uint8_t tx[65536] __attribute__((aligned(64)));
	const struct codec_coder *coder = codec_get(CODEC_OPUS)->coder;

	gen_begin("opus-relay");
	speech();
	voice_init(&caller, CALLER, CODEC_OPUS, 20);
	voice_init(&agent, AGENT, CODEC_OPUS, 20);
	agent.remote.pt = 107;
	talk(NULL);
	coder->tx_init(tx, &(struct codec_tx){.rate_hz = 8000});
	for (unsigned i = 0; i < SPOKEN / 160; i++)
		sent[i].len = coder->encode(tx, sent[i].payload, hers + i * 160, 160);
	bridge();
	ck_assert_uint_eq(heard_count(AGENT), SPOKEN / 160);
	for (unsigned i = 0; i < SPOKEN / 160; i++) {
		const struct heard *h = heard_rtp(AGENT, i),
				   *prior = heard_rtp(AGENT, i ? i - 1 : 0);
		ck_assert_uint_eq(h->rtp.pt, 107);
		ck_assert_uint_eq(h->rtp.len, sent[i].len);
		ck_assert_mem_eq(h->rtp.payload, sent[i].payload, sent[i].len);
		ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, i ? 960 : 0);
		ck_assert_uint_lt(h->at_ns - (30 + i * 20) * MS, MS);
	}
}
END_TEST

// Of every eighth packet that is lost: how alike is what is heard in its place.
static double likeness_of_lost(unsigned loss_percent)
{
	static int16_t heard[VOICE_MAX];
	struct codec_tx tx = {.loss_percent = (uint8_t)loss_percent};
	double ab = 0, aa = 0, bb = 0;
	uint32_t delay = 0;

	speech();
	voice_init(&caller, CALLER, CODEC_OPUS, 20);
	voice_init(&agent, AGENT, CODEC_PCMA, 20);
	caller.lost_each = 8;
	caller.remote.jitter_min_ms = 60; // the packet after it is there
	talk(&tx);
	bridge();
	uint32_t n = voice_heard(&agent, heard);
	ck_assert_uint_ge(n, SPOKEN * 9 / 10);
	n = n < SPOKEN ? n : SPOKEN;
	(void)coded_likeness(heard, hers, n, 1600, &delay);
	for (uint32_t i = 8; i * 160 + delay < n; i += 8) {
		for (uint32_t k = (i - 1) * 160; k < i * 160 && k + delay < n; k++) {
			ab += (double)heard[k + delay] * hers[k];
			aa += (double)heard[k + delay] * heard[k + delay];
			bb += (double)hers[k] * hers[k];
		}
	}
	return ab / sqrt(aa * bb + 1);
}

START_TEST(redundancy_of_opus_is_heard)
{
	gen_begin("opus-fec");
	double with = likeness_of_lost(20);
	ck_assert_msg(with > 0.9, "%.3f", with);
}
END_TEST

START_TEST(without_redundancy_it_is_made_up)
{
	gen_begin("opus-plc");
	double without = likeness_of_lost(0);
	ck_assert_msg(without < 0.85, "%.3f", without);
}
END_TEST

// A re-INVITE names another codec in the middle of a conversation. Neither leg has a gap of more
// than one frame, and what the agent hears is whole.
static void changes(enum codec_id before, enum codec_id after, bool new_source)
{
	static int16_t heard[VOICE_MAX];
	static struct voice later;
	struct voice *const all[] = {&caller, &later, &agent};

	gen_begin("codec-change");
	speech();
	voice_init(&caller, CALLER, before, 20);
	voice_init(&later, CALLER, after, 20);
	voice_init(&agent, AGENT, CODEC_PCMU, 20);
	voice_speak(&caller, &(struct voice_of){hers, SPOKEN / 2, 30, {0}});
	voice_speak(&later, &(struct voice_of){hers + SPOKEN / 2, SPOKEN / 2, 1530, {0}});
	voice_speak(&agent, &(struct voice_of){his, SPOKEN, 35, {0}});
	later.talker.seq = (uint16_t)(caller.talker.seq + SPOKEN / 2 / 160);
	later.talker.ts = 0x12345678;
	later.talker.ssrc += new_source;
	voices_gen(all, 3);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(1525);
	voice_connect(&later, 0);
	stage_until(SPOKEN / 8 + 200);
	stage_end();
	for (unsigned i = 1; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i), *prior = heard_rtp(AGENT, i - 1);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
		ck_assert_uint_le(h->rtp.ts - prior->rtp.ts, 320);
		ck_assert_uint_le(h->at_ns - prior->at_ns, 61 * MS);
	}
	for (unsigned i = 1; i < heard_count(CALLER); i++) {
		const struct heard *h = heard_rtp(CALLER, i), *prior = heard_rtp(CALLER, i - 1);
		uint8_t want = (h->at_ns < 1525 * MS ? &caller : &later)->remote.pt;
		ck_assert_uint_eq(h->rtp.pt, want);
		ck_assert_uint_le(h->at_ns - prior->at_ns, 61 * MS);
		if (h->rtp.ssrc == prior->rtp.ssrc) // of one clock
			ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
		else
			ck_assert_uint_ne(h->rtp.pt, prior->rtp.pt);
	}
	uint32_t n = voice_heard(&agent, heard), delay;
	ck_assert_uint_ge(n, SPOKEN - 800);
	// Each codec has a delay of its own.
	double first = coded_likeness(heard, hers, SPOKEN / 2 - 160, 1600, &delay);
	double second = coded_likeness(
		heard + SPOKEN / 2 + 160, hers + SPOKEN / 2 + 960, SPOKEN / 2 - 960, 1600, &delay);
	ck_assert_msg(first > LIKE && second > LIKE, "%.3f and %.3f", first, second);
}

START_TEST(pcmu_becomes_opus)
{
	changes(CODEC_PCMU, CODEC_OPUS, true);
}
END_TEST

START_TEST(opus_becomes_g722)
{
	changes(CODEC_OPUS, CODEC_G722, true);
}
END_TEST

START_TEST(g722_becomes_opus_of_the_same_source)
{
	changes(CODEC_G722, CODEC_OPUS, false);
}
END_TEST

static void silence_between(void)
{
	speech();
	memset(hers + 8000, 0, 8000 * sizeof(*hers)); // the second of three
}

// A caller that sends nothing in silence: the other leg's stream goes on.
START_TEST(dtx_of_opus_is_no_gap_elsewhere)
{
	gen_begin("dtx-in");
	silence_between();
	voice_init(&caller, CALLER, CODEC_OPUS, 20);
	voice_init(&agent, AGENT, CODEC_PCMU, 20);
	talk(&(struct codec_tx){.dtx = true});
	bridge();
	ck_assert_uint_lt(stage.injected, 150 + 150 - 20); // it was silent indeed
	for (unsigned i = 1; i < heard_count(AGENT); i++) {
		const struct heard *h = heard_rtp(AGENT, i), *prior = heard_rtp(AGENT, i - 1);
		ck_assert_uint_eq((uint16_t)(h->rtp.seq - prior->rtp.seq), 1);
		ck_assert_uint_eq(h->rtp.ts - prior->rtp.ts, 160);
	}
	double like = likeness(&agent, hers);
	ck_assert_msg(like > LIKE, "%.3f", like);
}
END_TEST

START_TEST(silence_is_left_out_for_whom_wants_dtx)
{
	unsigned quiet = 0;

	gen_begin("dtx-out");
	silence_between();
	voice_init(&caller, CALLER, CODEC_PCMU, 20);
	voice_init(&agent, AGENT, CODEC_OPUS, 20);
	talk(NULL);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, REMOTE_DTX);
	stage_bridge();
	stage_until(SPOKEN / 8 + 200);
	stage_end();
	for (unsigned i = 0; i < heard_count(AGENT); i++) {
		uint64_t at_ms = heard_rtp(AGENT, i)->at_ns / MS;
		quiet += at_ms >= 1400 && at_ms < 2000;
	}
	ck_assert_uint_le(quiet, 4); // one in 400 ms
	double like = likeness(&agent, hers);
	ck_assert_msg(like > LIKE, "%.3f", like);
}
END_TEST

static void type(const char *digits)
{
	memset(hers, 0, sizeof(hers));
	for (uint32_t at = 800; *digits; at += 1600, digits++) {
		struct dtmf_tx t;
		ck_assert_int_eq(dtmf_tx_start(&t, *digits, -9, 100, 0), 0);
		dtmf_tx_mix(&t, hers + at, 800);
	}
}

static void digits_pass(enum codec_id from, enum codec_id to)
{
	static int16_t heard[VOICE_MAX];

	gen_begin("digits-pass");
	speech();
	type("1590*#26");
	voice_init(&caller, CALLER, from, 20);
	voice_init(&agent, AGENT, to, 20);
	talk(NULL);
	bridge();
	uint32_t n = voice_heard(&agent, heard);
	ck_assert_str_eq(voice_digits(heard, n), "1590*#26");
}

START_TEST(digits_in_opus_pass_to_g711)
{
	digits_pass(CODEC_OPUS, CODEC_PCMU);
}
END_TEST

START_TEST(digits_in_g722_pass_to_opus)
{
	digits_pass(CODEC_G722, CODEC_OPUS);
}
END_TEST

PATH_MAIN("codec", pcmu_becomes_opus, opus_becomes_g722, g722_becomes_opus_of_the_same_source,
	g722_and_pcmu, pcma_and_opus, opus_and_g722_in_other_packets,
	opus_is_relayed_untouched_and_at_once, redundancy_of_opus_is_heard,
	without_redundancy_it_is_made_up, dtx_of_opus_is_no_gap_elsewhere,
	silence_is_left_out_for_whom_wants_dtx, digits_in_opus_pass_to_g711,
	digits_in_g722_pass_to_opus)
