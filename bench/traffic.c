// What far ends send to the rig.
#include "bench/traffic.h"

#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "bench/rig.h"
#include "dsp/dtmf.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/rtp/rtcp.h"
#include "engine/net/wire.h"

#define ROUND_NS     20000000ull
#define ROUNDS_AHEAD 4	// a packet is at most so many rounds late
#define BINS_LEAST   20 // of a round: one for each sub-slot
#define BINS_MAX     2000
#define BURST_MAX    4096
#define NONE	     UINT32_MAX
#define SPEECH_READ  (32u << 20)
#define SPEECH_SEED  7
#define DIGIT_ON     6	// frames: 120 ms
#define DIGIT_EVERY  16 // frames from one digit to the next
#define DIGIT_DBM0   (-10)
#define RTCP_ROUNDS  250 // five seconds
#define MILLION	     1000000
#define PACKET_BYTES (RIG_HEAD + FRAME_BYTES)
#define END_NS	     500000000
#define IDLE_NS	     2000 // a turn that found nothing

static const char digit_names[] = "123A456B789C*0#D";

static struct {
	struct traffic_shape shape;
	const struct speech *speech;
	struct traffic_counts counts;
	struct rng rng;
	uint64_t rounds, digits_from, digits_until;
	uint32_t bins;
	double slower;
	uint64_t began_ns; // of the round: what comes in it comes at times counted from here
	uint32_t *first;   // by bin, of ROUNDS_AHEAD rounds: first packet, NONE
	uint32_t *next;	   // by session and round: the one behind it
	uint32_t *at;	   // by session: where its speech begins
	uint16_t *phase;   // by session: bin of a packet that is not late
	uint32_t *order;   // sessions shuffled
	uint32_t *reported;
	uint8_t tone[16][DIGIT_ON][FRAME_BYTES];
} traffic;

static void tones_make(void)
{
	for (unsigned d = 0; d < 16; d++) {
		struct dtmf_tx tx;

		dtmf_tx_start(&tx, digit_names[d], DIGIT_DBM0, DIGIT_ON * TICK_MS, 0);
		for (unsigned f = 0; f < DIGIT_ON; f++) {
			int16_t samples[FRAME_SAMPLES] = {0};

			dtmf_tx_mix(&tx, samples, FRAME_SAMPLES);
			codec_get(CODEC_PCMU)->encode(traffic.tone[d][f], samples, FRAME_SAMPLES);
		}
	}
}

void traffic_speech(struct speech *out, uint32_t bytes)
{
	struct speech read;

	check(speech_load(&read, CODEC_PCMU, SPEECH_READ) == 0);
	check(speech_vary(out, &read, bytes, SPEECH_SEED) == 0);
	speech_free(&read);
}

static void *array(size_t count, size_t bytes)
{
	void *p = calloc(count, bytes);

	check(p);
	return p;
}

void traffic_begin(const struct traffic_shape *shape, const struct speech *speech)
{
	uint32_t n = shape->sessions;

	memset(&traffic, 0, sizeof(traffic));
	traffic.shape = *shape;
	traffic.speech = speech;
	traffic.digits_from = UINT64_MAX;
	rng_seed(&traffic.rng, shape->seed);
	traffic.bins = n / shape->burst;
	traffic.bins = traffic.bins < BINS_LEAST ? BINS_LEAST : traffic.bins;
	traffic.bins = traffic.bins > BINS_MAX ? BINS_MAX : traffic.bins;
	// As large for one session as for many, so that their memory is the engine's alone.
	traffic.first = array(BINS_MAX * ROUNDS_AHEAD, sizeof(uint32_t));
	traffic.next = array(RIG_SESSIONS_MAX * ROUNDS_AHEAD, sizeof(uint32_t));
	traffic.at = array(RIG_SESSIONS_MAX, sizeof(uint32_t));
	traffic.phase = array(RIG_SESSIONS_MAX, sizeof(uint16_t));
	traffic.order = array(RIG_SESSIONS_MAX, sizeof(uint32_t));
	traffic.reported = array(RIG_SESSIONS_MAX, sizeof(uint32_t));
	memset(traffic.reported, 1, RIG_SESSIONS_MAX * sizeof(uint32_t)); // all in memory
	memset(traffic.reported, 0, RIG_SESSIONS_MAX * sizeof(uint32_t));
	memset(traffic.first, 0xff, BINS_MAX * ROUNDS_AHEAD * sizeof(uint32_t));
	memset(traffic.next, 0xff, RIG_SESSIONS_MAX * ROUNDS_AHEAD * sizeof(uint32_t));
	for (uint32_t i = 0; i < RIG_SESSIONS_MAX; i++) {
		uint32_t other = rng_below(&traffic.rng, i + 1);

		traffic.at[i] = rng_below(&traffic.rng, speech->count - FRAME_BYTES);
		traffic.phase[i] = (uint16_t)rng_below(&traffic.rng, traffic.bins);
		traffic.order[i] = traffic.order[other];
		traffic.order[other] = i;
	}
	tones_make();
}

// --- digits ---

static bool sends_digits(uint32_t session)
{
	uint32_t share = traffic.shape.digits_share;

	return share && session % share == share / 2;
}

static char digit_of(uint32_t session, uint32_t number)
{
	return digit_names[(session / 7 + number * 5) % 16];
}

// Frames since the session's digit began, its number; false: it sends none, now or at all.
static bool digit_at(uint32_t session, uint64_t round, uint32_t *number, uint32_t *frame)
{
	uint64_t since = round - traffic.digits_from + session % DIGIT_EVERY;

	if (round < traffic.digits_from || !sends_digits(session))
		return false;
	*number = (uint32_t)(since / DIGIT_EVERY);
	*frame = (uint32_t)(since % DIGIT_EVERY);
	return round < traffic.digits_until + *frame; // one that has begun goes on
}

void traffic_digits(bool on)
{
	if (on)
		traffic.digits_from = (traffic.rounds / DIGIT_EVERY + 1) * DIGIT_EVERY;
	traffic.digits_until = on ? UINT64_MAX / 2 : traffic.rounds;
}

static void digit_reported(uint32_t session, char digit)
{
	// Number 0 is left out. What is not the next digit that was sent was heard in speech;
	// after a missed one, none is the next any more, and the sums differ.
	if (!sends_digits(session) || digit != digit_of(session, traffic.reported[session] + 1)) {
		traffic.counts.digits_heard++;
		return;
	}
	traffic.reported[session]++;
	traffic.counts.digits_reported++;
}

static void notices_take(void)
{
	struct gate_msg m;

	while (rig_notice(&m))
		if (m.head.kind == GATE_DIGIT)
			digit_reported((uint32_t)m.head.session, m.digit.digit);
}

// --- packets ---

static const uint8_t *payload_of(uint32_t session, uint64_t round)
{
	uint64_t at = traffic.at[session] + round * FRAME_BYTES;
	uint32_t number, frame;

	// Number 0 is left out: it may have begun before digits were on.
	if (digit_at(session, round, &number, &frame) && number > 0 && frame < DIGIT_ON) {
		uint32_t digit = (session / 7 + number * 5) % 16;

		traffic.counts.digits_sent += frame == DIGIT_ON - 1;
		return traffic.tone[digit][frame];
	}
	return traffic.speech->bytes + at % (traffic.speech->count - FRAME_BYTES);
}

static struct rte_mbuf *rtp(uint32_t session, uint64_t round)
{
	struct rte_mbuf *m = rig_mbuf();
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t sum;

	m->data_len = PACKET_BYTES;
	m->pkt_len = PACKET_BYTES;
	memcpy(frame, rig_head(session), RIG_HEAD);
	memcpy(frame + RIG_HEAD, payload_of(session, round), FRAME_BYTES);
	wire_put16(frame + 44, (uint16_t)round);
	wire_put16(frame + 46, (uint16_t)(round * FRAME_SAMPLES >> 16));
	wire_put16(frame + 48, (uint16_t)(round * FRAME_SAMPLES));
	sum = wire_sum16(wire_sum_pseudo(frame + 26, false, PROTOCOL_UDP), PACKET_BYTES - 34);
	wire_put_checksum(frame + 40, wire_sum(sum, frame + 34, PACKET_BYTES - 34));
	traffic.counts.sent++;
	return m;
}

static struct rte_mbuf *rtcp(uint32_t session, uint64_t round)
{
	struct rtcp_out o = {.ssrc = session + RIG_SSRC,
		.now_ns = rig_now_ns(),
		.sender = true,
		.ts = (uint32_t)(round * FRAME_SAMPLES),
		.packets = (uint32_t)round};
	uint8_t bytes[RTCP_BYTES_MAX];
	struct rte_mbuf *m = rig_mbuf();
	uint32_t len = rtcp_write(bytes, &o);

	len = rig_rtcp(session, rte_pktmbuf_mtod(m, uint8_t *), bytes, (uint16_t)len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	traffic.counts.rtcp++;
	return m;
}

// --- time ---

static bool one_of(uint32_t ppm)
{
	return ppm && rng_below(&traffic.rng, MILLION) < ppm;
}

// A digit's frames, the one before and those in which it may still be heard.
static bool spared(uint32_t session, uint64_t round)
{
	uint32_t number, frame;

	return digit_at(session, round, &number, &frame) &&
		(frame < DIGIT_ON + 3 || frame >= DIGIT_EVERY - 2);
}

static void schedule(uint32_t session)
{
	uint32_t late =
		rng_below(&traffic.rng, traffic.shape.jitter_ms * traffic.bins / TICK_MS + 1);
	uint32_t node = session * ROUNDS_AHEAD + (uint32_t)(traffic.rounds % ROUNDS_AHEAD), bin;

	if (!spared(session, traffic.rounds)) {
		if (one_of(traffic.shape.lost_ppm)) {
			traffic.counts.lost++;
			return;
		}
		if (one_of(traffic.shape.overtaken_ppm)) {
			traffic.counts.overtaken++;
			late += traffic.bins;
		}
	}
	bin = (uint32_t)(traffic.rounds % ROUNDS_AHEAD) * traffic.bins + traffic.phase[session];
	bin = (bin + late) % (traffic.bins * ROUNDS_AHEAD);
	traffic.next[node] = traffic.first[bin];
	traffic.first[bin] = node;
}

static uint64_t round_of(uint32_t node)
{
	uint64_t back = (traffic.rounds - node) % ROUNDS_AHEAD;

	return traffic.rounds - back;
}

static void bin_offer(uint32_t bin)
{
	static struct rte_mbuf *m[BURST_MAX];
	unsigned n = 0;
	uint32_t node = traffic.first[bin];

	traffic.first[bin] = NONE;
	for (; node != NONE; node = traffic.next[node]) {
		uint32_t session = node / ROUNDS_AHEAD;
		uint64_t round = round_of(node);

		check(n + 2 <= BURST_MAX);
		m[n++] = rtp(session, round);
		if (traffic.shape.rtcp && (round + session) % RTCP_ROUNDS == 0)
			m[n++] = rtcp(session, round);
	}
	if (n > 0)
		rig_offer(m, n);
}

void traffic_pace(double slower)
{
	if (traffic.slower == 0)
		traffic.began_ns = rig_now_ns();
	traffic.slower = slower;
}

static void forward_to(uint64_t ns)
{
	if (rig_now_ns() < ns)
		rig_forward(ns - rig_now_ns());
}

// Turns until the time is reached that the next packets come at; late, when it has passed already.
static double turns_until(uint64_t until_ns)
{
	double ns = 0;

	while (rig_now_ns() < until_ns) {
		double turn_ns = rig_turn();

		if (turn_ns == 0)
			forward_to(rig_now_ns() + IDLE_NS);
		rig_forward((uint64_t)(turn_ns * traffic.slower));
		ns += turn_ns;
	}
	return ns;
}

static double bins_turn(void)
{
	uint32_t from = (uint32_t)(traffic.rounds % ROUNDS_AHEAD) * traffic.bins;
	double ns = 0;

	if (traffic.slower == 0)
		traffic.began_ns = rig_now_ns();
	for (uint32_t i = 0; i < traffic.bins; i++) {
		uint64_t until_ns = traffic.began_ns + ROUND_NS * (i + 1) / traffic.bins;

		bin_offer(from + i);
		if (traffic.slower == 0) {
			forward_to(until_ns);
			ns += rig_turn();
		} else {
			ns += turns_until(until_ns);
		}
	}
	traffic.began_ns += ROUND_NS;
	notices_take();
	return ns;
}

double traffic_round(void)
{
	double ns;

	for (uint32_t i = 0; i < RIG_SESSIONS_MAX; i++)
		if (traffic.order[i] < traffic.shape.sessions)
			schedule(traffic.order[i]);
	ns = bins_turn();
	traffic.rounds++;
	return ns;
}

void traffic_end(void)
{
	for (unsigned i = 0; i < ROUNDS_AHEAD - 1; i++) {
		bins_turn();
		traffic.rounds++;
	}
	rig_idle(END_NS);
	notices_take();
}

const struct traffic_counts *traffic_counts(void)
{
	return &traffic.counts;
}
