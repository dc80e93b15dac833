// A third party comes into a relayed and recorded conversation and goes again, a thousand times.
// Judged from outside: the packets that each far end got, and both sides of the recording, read as
// they are filled. Every millisecond that was said names itself (said.h).
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/g711.h"
#include "engine/base/rng.h"
#include "tests/path/pcap.h"
#include "tests/path/said.h"
#include "tests/unit/unit.h"

#define ROUNDS	     UNIT_ROUNDS(1000) // mixed, relayed: two changes
#define PHASE_MS     60		       // of either at least
#define PHASE_MORE   60
#define THIRD_EACH   8 // rounds: then for a while the third party speaks and nobody else
#define THIRD_MS     300
#define THIRD_APART  100 // ms: from the changes around it
#define SAID_MAX_MS  (ROUNDS * (2 * (PHASE_MS + PHASE_MORE) + THIRD_MS / THIRD_EACH) + 2000)
#define SIDE_SAMPLES (SAID_MAX_MS * 8 + TAP_CHUNK_SAMPLES)
#define OFF_MAX_MS   20 // what was said lies on its side so near to when it came
#define FRAME_MS     20
#define AHEAD_MAX_MS 120 // a stream's timestamps, of their clock

static struct {
	unsigned rounds;
	uint32_t change_ms[2 * ROUNDS + 1]; // even: mixed from then on; odd: relayed
	uint32_t end_ms;
	bool says[3][SAID_MAX_MS];
	bool heard[3][3][SAID_MAX_MS]; // by whom, of whom
	uint8_t side[2][SIDE_SAMPLES];
	uint32_t read; // chunks of both sides
	uint8_t law[3];
} r;

// --- what is said ---

static void plan(void)
{
	struct rng rng;
	uint32_t at = 1000;

	rng_seed(&rng, 11);
	for (unsigned i = 0; i < 2 * r.rounds; i++) {
		r.change_ms[i] = at;
		at += PHASE_MS + rng_below(&rng, PHASE_MORE);
		at += i % (2 * THIRD_EACH) == 2 * THIRD_EACH - 2 ? THIRD_MS : 0;
	}
	r.change_ms[2 * r.rounds] = at;
	r.end_ms = at + 200;
}

// Those who are in it from the beginning are silent while the third party speaks, and so long
// before and after that nobody speaks into another's last words, which come later by his buffers.
static bool speaks(enum far far, uint32_t ms, unsigned *round)
{
	while (*round < r.rounds && ms >= r.change_ms[2 * *round + 2])
		++*round;
	const uint32_t *change = &r.change_ms[2 * *round];
	uint32_t apart = far == SUPERVISOR ? THIRD_APART : THIRD_APART / 2;
	bool third = *round < r.rounds && *round % THIRD_EACH == THIRD_EACH - 1 &&
		ms >= change[0] + apart && ms + apart < change[1];

	return third == (far == SUPERVISOR);
}

static void say(struct talker *t, enum far far, unsigned *round)
{
	uint8_t payload[160];

	for (unsigned i = 0; i < FRAME_MS; i++) {
		uint32_t ms = (uint32_t)t->at_ms + i;
		r.says[far][ms] = speaks(far, ms, round);
		if (r.says[far][ms])
			said_write(payload + (size_t)i * SAID_BYTES, far, ms);
		else
			memset(payload + (size_t)i * SAID_BYTES, 0xff, SAID_BYTES);
	}
	if (r.law[far] == CODEC_PCMA) {
		uint8_t alaw[160];
		g711_ulaw_to_alaw(alaw, payload, sizeof(payload));
		memcpy(payload, alaw, sizeof(payload));
	}
	gen_sound(t, payload, sizeof(payload));
}

static void gen_all(void)
{
	struct talker t[3];
	unsigned round[3] = {0};

	for (unsigned far = CALLER; far <= SUPERVISOR; far++) {
		t[far] = gen_talker((enum far)far, 12 + 3 * far);
		t[far].pt = (uint8_t)codec_get(r.law[far])->static_pt;
	}
	while (t[CALLER].at_ms < r.end_ms)
		for (unsigned far = CALLER; far <= SUPERVISOR; far++)
			say(&t[far], (enum far)far, &round[far]);
}

// --- the recording, read as a recorder would ---

static void read_chunk(void)
{
	const struct tap_windows *w = stage_windows();
	uint64_t next = r.read + 1;

	for (unsigned side = 0; side < 2; side++) {
		struct tap_lane *l = &w->lanes[side];
		const uint8_t *sound = w->sound + (size_t)side * TAP_LANE_BYTES +
			r.read % TAP_CHUNKS * TAP_CHUNK_SAMPLES;
		uint64_t word = atomic_load(&l->filled[r.read % TAP_CHUNKS]);
		uint32_t n = word >> 32 == r.read ? (uint32_t)word : 0;
		uint8_t *to = r.side[side] + (size_t)r.read * TAP_CHUNK_SAMPLES;

		ck_assert_uint_lt((r.read + 1) * TAP_CHUNK_SAMPLES, SIDE_SAMPLES);
		memcpy(to, sound, n);
		memset(to + n, 0xff, TAP_CHUNK_SAMPLES - n);
		atomic_store(&l->open, (next + TAP_CHUNKS) << 32 | next);
	}
	r.read++;
}

static void until(uint32_t at_ms)
{
	while ((r.read + 1) * (TAP_CHUNK_SAMPLES / 8) + 300 < at_ms) {
		stage_until((r.read + 1) * (TAP_CHUNK_SAMPLES / 8) + 300);
		read_chunk();
	}
	stage_until(at_ms);
	stage.events = 0; // more than there is room for
}

// --- the changes, as control asks for them ---

static void unbridge(enum far side)
{
	struct gate_msg m = {.bridge.peer = 0};

	stage_command(side, GATE_UNBRIDGE, &m);
}

static void record_no_longer(enum far side)
{
	struct gate_msg m = {0};

	stage_command(side, GATE_RECORD, &m);
}

static void to_mix(void)
{
	unbridge(CALLER);
	unbridge(AGENT);
	for (unsigned far = CALLER; far <= SUPERVISOR; far++)
		stage_mix((enum far)far, 1, 1, 256);
	stage_record(SUPERVISOR, CODEC_PCMU);
}

static void to_relay(void)
{
	record_no_longer(SUPERVISOR);
	for (unsigned far = CALLER; far <= SUPERVISOR; far++)
		unbridge((enum far)far);
	stage_bridge();
}

static void connect(enum far far)
{
	struct gate_remote remote = stage_remote(far);

	remote.codec = r.law[far];
	remote.pt = (uint8_t)codec_get(r.law[far])->static_pt & 127;
	stage_set_remote(far, &remote);
}

static void play(const char *name, unsigned rounds)
{
	r.rounds = rounds;
	plan();
	stage.unheard = true;
	gen_begin(name);
	gen_all();
	stage_begin();
	stage_open(SUPERVISOR);
	for (unsigned far = CALLER; far <= SUPERVISOR; far++)
		connect((enum far)far);
	stage_bridge();
	stage_record(CALLER, CODEC_PCMU);
	stage_record(AGENT, CODEC_PCMU);
	for (unsigned i = 0; i <= 2 * r.rounds; i++) {
		until(r.change_ms[i]);
		if (i < 2 * r.rounds && i % 2 == 0)
			to_mix();
		else
			to_relay();
	}
	until(r.end_ms + 50);
	read_chunk();
	read_chunk();
	stage_end();
}

// --- the judge ---

struct stream { // that a far end got
	enum far far;
	uint32_t packets, ssrc, ts, first_ts;
	uint16_t seq;
	uint64_t at_ns, first_ns;
	int64_t ahead_least, ahead_most; // of the timestamp, in µs
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void judge_stamps(struct stream *s, const uint8_t *rtp, uint64_t at_ns)
{
	uint16_t seq = (uint16_t)(rtp[2] << 8 | rtp[3]);
	uint32_t ts = get32(rtp + 4), ssrc = get32(rtp + 8);
	unsigned ms = (unsigned)(at_ns / MS);

	if (s->packets++ == 0) {
		s->first_ts = ts;
		s->first_ns = at_ns;
		s->ssrc = ssrc;
	} else {
		ck_assert_msg(seq == (uint16_t)(s->seq + 1), "%u: %u after %u at %u ms", s->far,
			seq, s->seq, ms);
		ck_assert_msg((int32_t)(ts - s->ts) >= 160, "%u: ts %d on at %u ms", s->far,
			(int)(ts - s->ts), ms);
		ck_assert_msg(ts - s->ts <= 2 * 160 || s->far == SUPERVISOR,
			"%u: ts %d on at %u ms", s->far, (int)(ts - s->ts), ms);
	}
	ck_assert_uint_eq(ssrc, s->ssrc);
	int64_t ahead = (int64_t)(ts - s->first_ts) * 125 - (int64_t)((at_ns - s->first_ns) / 1000);
	s->ahead_least = ahead < s->ahead_least ? ahead : s->ahead_least;
	s->ahead_most = ahead > s->ahead_most ? ahead : s->ahead_most;
	s->seq = seq;
	s->ts = ts;
	s->at_ns = at_ns;
}

static void judge_sound(const struct stream *s, const uint8_t *payload, uint32_t len)
{
	uint8_t ulaw[160];
	unsigned who;
	uint32_t ms;

	ck_assert_uint_eq(len, 160);
	memcpy(ulaw, payload, 160);
	if (r.law[s->far] == CODEC_PCMA)
		g711_alaw_to_ulaw(ulaw, payload, 160);
	for (unsigned i = 0; i < FRAME_MS; i++)
		if (said_read(
			    ulaw + (size_t)i * SAID_BYTES, (uint32_t)(s->at_ns / MS), &who, &ms) &&
			who <= SUPERVISOR && ms < SAID_MAX_MS)
			r.heard[s->far][who][ms] = true;
}

static void read_streams(struct stream s[3])
{
	static struct pcap_frame f;
	char path[STAGE_PATH_MAX];
	FILE *file = pcap_open(stage_path(path, "out"));

	ck_assert_ptr_nonnull(file);
	while (pcap_get(file, &f)) {
		const uint8_t *ip = f.data + 14, *udp = ip + 20, *rtp = udp + 8;
		uint16_t port = (uint16_t)(udp[2] << 8 | udp[3]);
		if (f.data[12] != 8 || f.data[13] != 0 || ip[9] != 17 || port & 1 ||
			f.at_ns >= stage.closing_ns)
			continue;
		enum far far = port == 4000 ? CALLER : port == 6000 ? AGENT : SUPERVISOR;
		s[far].far = far;
		judge_stamps(&s[far], rtp, f.at_ns - STAGE_START_NS);
		judge_sound(&s[far], rtp + 12, (uint32_t)(udp[4] << 8 | udp[5]) - 8 - 12);
	}
	fclose(file);
}

// At no change more than a frame of one is missed by another. each: that many changes together.
static void expect_heard(enum far by, enum far of, unsigned each)
{
	for (unsigned i = 0; i < 2 * r.rounds; i += each) {
		unsigned missed = 0;
		for (uint32_t ms = r.change_ms[i] - 45; ms < r.change_ms[i + each] - 45; ms++)
			missed += r.says[of][ms] && !r.heard[by][of][ms];
		ck_assert_msg(missed <= FRAME_MS, "%u missed %u ms of %u at %u ms", by, missed, of,
			r.change_ms[i]);
	}
}

static void expect_side(unsigned side, enum far of, const bool *met)
{
	for (uint32_t ms = 100; ms < r.end_ms - 100; ms++)
		ck_assert_msg(
			!r.says[of][ms] || met[ms], "side %u: %u's %u ms is missing", side, of, ms);
}

static void judge_side(unsigned side)
{
	static bool met[3][SAID_MAX_MS];
	uint32_t end = r.read * TAP_CHUNK_SAMPLES;
	unsigned who;
	uint32_t ms;

	memset(met, 0, sizeof(met));
	for (uint32_t at = 0; at + SAID_BYTES <= end; at++) {
		if (!said_read(r.side[side] + at, at / 8, &who, &ms) || who > SUPERVISOR ||
			ms >= SAID_MAX_MS || !r.says[who][ms])
			continue;
		int off = (int)(at / 8) - (int)ms;
		ck_assert_msg(off >= -OFF_MAX_MS && off <= OFF_MAX_MS,
			"side %u: %u's %u ms lies at %u ms", side, who, ms, at / 8);
		ck_assert_uint_eq(side, who == CALLER ? SIDE_LEFT : SIDE_RIGHT);
		met[who][ms] = true;
		at += SAID_BYTES - 1;
	}
	if (side == SIDE_LEFT) {
		expect_side(side, CALLER, met[CALLER]);
	} else {
		expect_side(side, AGENT, met[AGENT]);
		expect_side(side, SUPERVISOR, met[SUPERVISOR]);
	}
}

static void judge_streams(void)
{
	struct stream s[3] = {0};

	read_streams(s);
	for (unsigned far = CALLER; far <= SUPERVISOR; far++) {
		ck_assert_int_le(s[far].ahead_most - s[far].ahead_least, AHEAD_MAX_MS * 1000);
	}
}

static void judge(void)
{
	judge_streams();
	for (unsigned side = 0; side < 2; side++)
		judge_side(side);
	expect_heard(CALLER, AGENT, 1);
	expect_heard(AGENT, CALLER, 1);
	expect_heard(CALLER, SUPERVISOR, 2);
	expect_heard(AGENT, SUPERVISOR, 2);
}

START_TEST(a_third_party_comes_and_goes)
{
	memset(r.law, CODEC_PCMU, sizeof(r.law));
	play("party", ROUNDS);
	judge();
}
END_TEST

// What is said there names nothing; the streams tell.
START_TEST(in_a_codec_with_state)
{
	r.law[CALLER] = r.law[AGENT] = CODEC_G722;
	r.law[SUPERVISOR] = CODEC_PCMU;
	play("party-g722", ROUNDS / 8);
	judge_streams();
}
END_TEST

START_TEST(between_both_laws)
{
	r.law[CALLER] = r.law[SUPERVISOR] = CODEC_PCMA;
	r.law[AGENT] = CODEC_PCMU;
	play("party-laws", ROUNDS / 8);
	judge();
}
END_TEST

PATH_MAIN("party", a_third_party_comes_and_goes, between_both_laws, in_a_codec_with_state)
