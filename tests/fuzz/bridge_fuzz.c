// Whole bridges under packets of any size, timestamp, sequence, order, type and mark, and under
// every command: all pairs of codecs and packet lengths, tap, mask, watch, mixing bridges (listen
// and whisper are those), prompts, tones, digits, and re-INVITEs that change codec, length, types,
// address and direction. The engine is the real one, two workers in virtual time.
//
// The input decides: an octet or two for each choice. bridge_drive.c makes it from a seed.
#include "tests/fuzz/bridge_fuzz.h"

#include <string.h>

#include "dsp/codec.h"
#include "engine/rtp/event.h"
#include "tests/fuzz/bridge_node.h"

#define MS	  1000000ull
#define DATA_MAX  1400
#define ROUND_MAX 600 // steps

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *data;
	size_t left;
	fuzz_more *more; // where a seed decides
} dice;

static bool over(void)
{
	return !dice.more && dice.left == 0;
}

static uint32_t octet(void)
{
	if (dice.left == 0 && dice.more)
		dice.left = dice.more(&dice.data);
	if (dice.left == 0)
		return 0;
	dice.left--;
	return *dice.data++;
}

// 0 … most - 1
static uint32_t roll(uint32_t most)
{
	uint32_t v = octet();

	if (most > 256)
		v = v << 8 | octet();
	return v % most;
}

static bool one_in(uint32_t n)
{
	return roll(n) == 1;
}

static struct leg *leg_at(unsigned i)
{
	return &node.leg[i];
}

// --- what far ends send ---

static uint32_t header(struct leg *l, uint8_t *out, uint8_t pt, bool odd)
{
	struct rtp_packet p = {
		.ssrc = l->ssrc, .ts = l->ts, .seq = l->seq, .pt = pt, .marker = one_in(16)};
	uint32_t at = RTP_HEADER_BYTES;

	rtp_write_header(out, &p);
	if (odd && one_in(2)) { // contributing sources
		uint32_t count = roll(4);
		out[0] |= (uint8_t)count;
		memset(out + at, 0, count * 4);
		at += count * 4;
	}
	if (odd && one_in(2)) {
		static const uint8_t extension[8] = {0xbe, 0xde, 0, 1};
		out[0] |= 0x10;
		memcpy(out + at, extension, sizeof(extension));
		at += sizeof(extension);
	}
	return at;
}

static void move_seq(struct leg *l)
{
	switch (l->neat ? 4 + 28 * one_in(64) : roll(32)) {
	case 32:
		l->seq = (uint16_t)(l->seq + roll(5));
		break;
	case 0: // again
		break;
	case 1:
		l->seq = (uint16_t)(l->seq + 2 + roll(4)); // lost
		break;
	case 2:
		l->seq = (uint16_t)(l->seq - roll(20)); // behind
		break;
	case 3:
		if (one_in(8))
			l->seq = (uint16_t)(l->seq + (roll(65536) << 1));
		break;
	default:
		l->seq++;
	}
}

static void move_ts(struct leg *l, uint32_t units)
{
	l->ts += units;
	switch (l->neat ? 4 : roll(32)) {
	case 0:
		l->ts += roll(20);
		break;
	case 1:
		l->ts -= roll(200);
		break;
	case 2:
		l->ts += 160 * roll(8);
		break;
	case 3:
		if (one_in(8))
			l->ts += roll(65536) * 65537;
		break;
	default:
		break;
	}
}

static uint32_t any_len(const struct leg *l)
{
	uint32_t kind = l->neat ? 0 : roll(8), whole = l->remote.ptime_ms * 8u;

	if (kind < 4)
		return whole;
	if (kind == 4)
		return 37;
	if (kind == 5)
		return 1 + roll(170);
	if (kind == 6)
		return whole - roll(30);
	return node.quiet ? 1 + roll(CODEC_PAYLOAD_MAX) : roll(700);
}

static struct sound any_sound(const struct leg *l, uint8_t *room)
{
	static const uint8_t lengths[] = {10, 20, 40, 60};
	struct sound s;

	if (l->remote.codec == CODEC_OPUS)
		s = sound_at(
			CODEC_OPUS, l->ts, 0, one_in(4) ? lengths[roll(4)] : l->remote.ptime_ms);
	else
		s = sound_at(l->remote.codec, l->ts, 0, 0);
	if (l->remote.codec != CODEC_OPUS)
		s.len = s.units = any_len(l);
	if (node.quiet)
		return s;
	if (s.len > CODEC_PAYLOAD_MAX || one_in(3)) { // of any octets
		uint32_t len = l->remote.codec == CODEC_OPUS ? roll(500) : s.len;
		uint8_t with = (uint8_t)octet();
		for (uint32_t i = 0; i < len; i++)
			room[i] = (uint8_t)(i < 4 ? octet() : with * i);
		s.len = len;
		s.payload = room;
	}
	return s;
}

static void say(unsigned from, unsigned to)
{
	static uint8_t data[DATA_MAX], room[DATA_MAX];
	struct leg *l = leg_at(from);
	bool odd = !node.quiet && one_in(32);
	uint8_t pt = l->remote.pt;
	struct rtp_packet p;

	if (odd && one_in(4))
		pt = (uint8_t)(l->remote.rx_pt ? l->remote.rx_pt : roll(128));
	struct sound s = any_sound(l, room);
	uint32_t at = header(l, data, pt, odd);
	memcpy(data + at, s.payload, s.len);
	struct far_udp u = {from, odd && one_in(4), leg_at(to)->port, data, at + s.len};
	if (odd && one_in(4))
		u.len = roll(u.len + 1);
	if (odd && one_in(8))
		data[roll(u.len + 1)] ^= (uint8_t)octet();
	if (leg_at(to)->remote.codec == CODEC_OPUS && rtp_parse(data, u.len, &p) == 0)
		sound_sent(p.payload, p.len);
	node_udp(&u);
	move_seq(l);
	move_ts(l, s.units);
}

static void press(unsigned i)
{
	struct leg *l = leg_at(i);
	uint8_t data[64] = {0};
	struct event_packet e = {.code = (uint8_t)roll(18),
		.end = one_in(3),
		.volume = 10,
		.duration = (uint16_t)(roll(65536))};

	uint32_t at = header(l, data, l->remote.event_pt, false);
	event_write(data + at, &e);
	node_udp(&(struct far_udp){i, false, l->port, data, at + 4 - one_in(32)});
	l->seq++;
}

static void report(unsigned i)
{
	uint8_t data[128];
	uint32_t len = 8 + roll(100);

	for (uint32_t k = 0; k < len; k++)
		data[k] = (uint8_t)octet();
	data[0] = (uint8_t)(0x80 | (data[0] & 0x1f));
	data[1] = (uint8_t)(200 + (data[1] & 3));
	data[2] = 0;
	data[3] = one_in(4) ? data[3] : (uint8_t)(len / 4 - 1);
	node_udp(&(struct far_udp){i, false, (uint16_t)(leg_at(i)->port + 1), data, len});
}

static void burst(void)
{
	unsigned i = roll(LEGS), count = 1 + roll(one_in(2) ? 60 : 8);

	if (!leg_at(i)->connected)
		return;
	if (!node.quiet && one_in(24))
		press(i);
	if (one_in(64))
		report(i);
	while (count-- > 0)
		say(i, !node.quiet && one_in(200) ? roll(LEGS) : i);
}

// --- what control says ---

static void connect(unsigned i)
{
	static const uint8_t ptimes[] = {10, 20, 30, 40, 60}, types[] = {0, 0, 8, 9, 96};
	struct leg *l = leg_at(i);
	const struct leg *other = leg_at((i ^ 1) % LEGS);
	bool alike = other->connected && roll(2); // so that it is relayed
	enum codec_id codec = alike ? other->remote.codec : 1 + roll(codec_get(CODEC_OPUS) ? 4 : 3);
	struct gate_msg m = {.head.flags = (uint16_t)(roll(16) & ~REMOTE_RX_TYPES)};
	struct gate_remote *r = &m.remote;

	r->rtp.family = ADDR_IP4;
	memcpy(r->rtp.ip, (uint8_t[4]){192, 0, 2, (uint8_t)(10 + i)}, 4);
	r->rtp.port = (uint16_t)(4000 + 10 * i + 2 * one_in(6));
	r->rtcp = r->rtp;
	r->rtcp.port += !one_in(4);
	r->codec = codec & 15;
	r->pt = codec == CODEC_OPUS && one_in(3) ? 97 : types[codec] & 127;
	r->event_pt = one_in(4) ? 0 : 101;
	r->ptime_ms = alike ? other->remote.ptime_ms : ptimes[one_in(2) ? roll(5) : 1] & 63;
	r->direction = one_in(12) ? roll(4) & 3 : 3;
	r->jitter_min_ms = (uint8_t)(10 * roll(7));
	r->jitter_max_ms = (uint8_t)(r->jitter_min_ms + roll(140));
	r->rtp_timeout_s = (uint8_t)roll(3);
	bool silent = one_in(24); // hold of old
	if (silent)
		memset(r->rtp.ip, 0, sizeof(r->rtp.ip));
	if (node_command(i, GATE_REMOTE, &m))
		return;
	if (l->connected && codec_clock_scale(l->remote.codec) != codec_clock_scale(codec))
		l->out.may_change = true;
	l->remote = *r;
	if (silent)
		l->remote.direction &= (uint8_t)~GATE_SEND & 3;
	l->connected = true;
	l->neat = roll(2);
	l->changed_ns = node.now_ns;
	const struct codec *c = codec_get(codec);
	if (c->coder)
		c->coder->rx_init(l->out.rx, 8000);
}

static void bridge(unsigned i, unsigned to, bool both)
{
	struct gate_msg m = {.bridge.peer = leg_at(to)->session};

	(void)node_command(i, GATE_BRIDGE, &m);
	m = (struct gate_msg){.bridge.peer = leg_at(i)->session};
	if (both)
		(void)node_command(to, GATE_BRIDGE, &m);
}

static void join(unsigned i)
{
	static const uint8_t groups[] = {0, 1, 1, 2, 3, 3};
	struct gate_msg m = {.mix = {.mixer = gate_mixer(roll(WORKERS), 1 + roll(2), roll(3)),
				     .gain_256 = (uint16_t)(one_in(3) ? roll(400) : 256),
				     .says = groups[roll(6)],
				     .hears = groups[roll(6)]}};

	(void)node_command(i, GATE_MIX, &m);
}

static void record(unsigned i)
{
	struct leg *l = leg_at(i);
	struct gate_msg m = {0};

	if (l->recorded) {
		(void)node_command(i, GATE_RECORD, &m);
		node_lane(i, false);
		l->recorded = false;
		return;
	}
	l->law = (uint8_t)(CODEC_PCMU + roll(2));
	node_lane(i, true);
	m.record = (struct gate_record){.start_ns = node.now_ns - roll(3) * 100 * MS,
		.recording = i,
		.on = 1,
		.side = i & 1,
		.law = l->law};
	l->recorded = node_command(i, GATE_RECORD, &m) == 0;
}

static void play(unsigned i)
{
	struct gate_msg m = {.play = {.prompt = roll(node.quiet ? 3 : 8),
				     .flags = (uint16_t)roll(8),
				     .offset_ms = one_in(3) ? roll(700) : 0}};

	(void)node_command(i, GATE_PLAY, &m);
}

// Loud ones.
static void sound(unsigned i)
{
	static const char keys[] = "0123456789*#ABCD";
	struct gate_msg m = {0};

	if (one_in(3)) {
		m.tone.tone = (uint16_t)roll(16);
		(void)node_command(i, GATE_TONE, &m);
		return;
	}
	if (one_in(3)) {
		m.digit = (struct gate_digit){.digit = keys[roll(16)], .duration_ms = 100};
		(void)node_command(i, GATE_INFO_DIGIT, &m);
		return;
	}
	for (unsigned k = roll(4) + 1; k-- > 0;)
		m.digits.digits[k] = keys[roll(16)];
	m.digits.on_ms = (uint16_t)roll(200);
	m.digits.off_ms = (uint16_t)roll(100);
	(void)node_command(i, GATE_SEND_DIGITS, &m);
}

static void listen(unsigned i)
{
	struct gate_msg m = {0};

	switch (roll(3)) {
	case 0:
		m.collect.on = (uint8_t)roll(2);
		(void)node_command(i, GATE_COLLECT, &m);
		return;
	case 1:
		m.mask.on = (uint8_t)roll(2);
		(void)node_command(i, GATE_MASK, &m);
		return;
	default:
		m.watch = (struct gate_watch){(uint8_t)roll(2), -40, 6, 0, 100, 200};
		(void)node_command(i, GATE_WATCH, &m);
	}
}

static void close_leg(unsigned i)
{
	struct gate_msg m = {0};

	if (leg_at(i)->recorded)
		record(i);
	if (node_command(i, GATE_CLOSE, &m))
		finding("CLOSE failed");
	leg_at(i)->session = 0;
	leg_at(i)->connected = false;
	leg_at(i)->port = 0;
}

static void open_leg(unsigned i)
{
	node_open(i, roll(WORKERS));
	leg_at(i)->ssrc = roll(65536) << 8 | 1;
	leg_at(i)->ts = roll(65536) << 12;
	leg_at(i)->seq = (uint16_t)roll(65536);
	connect(i);
}

static void command(void)
{
	unsigned i = roll(LEGS), other = (i + 1 + roll(LEGS - 1)) % LEGS;
	struct gate_msg m = {0};

	switch (roll(16)) {
	case 0 ... 4:
		connect(i);
		return;
	case 5:
	case 6:
		bridge(i, other, !one_in(4));
		return;
	case 7:
		join(i);
		return;
	case 8:
		(void)node_command(i, GATE_UNBRIDGE, &m);
		return;
	case 9:
	case 10:
		listen(i);
		return;
	case 11:
		record(i);
		return;
	case 12:
		play(i);
		return;
	case 13:
		(void)node_command(i, GATE_STOP, &m);
		return;
	case 14:
		if (!node.quiet)
			sound(i);
		return;
	default:
		close_leg(i);
		open_leg(i);
	}
}

static void pass(void)
{
	static const uint32_t steps_us[] = {500, 1000, 2000, 5000, 10000};
	uint32_t kind = roll(64);

	if (kind == 0)
		node_run(300 * MS, 300 * MS); // a stall
	else if (kind == 1 && one_in(12))
		node_run(2500 * MS, 5 * MS);
	else
		node_run(5 * MS, steps_us[roll(5)] * 1000ull);
}

static void round_of(void)
{
	node.rounds++;
	node.quiet = roll(2);
	if (one_in(8))
		node_steal(true);
	for (unsigned i = 0; i < LEGS; i++)
		open_leg(i);
	bridge(0, 1, true);
	bridge(2, 3, true);
	for (unsigned step = 0; step < ROUND_MAX && !over(); step++) {
		for (unsigned k = 1 + roll(one_in(3) ? 20 : 4); k-- > 0;)
			burst();
		if (one_in(6))
			command();
		pass();
	}
	for (unsigned i = 0; i < LEGS; i++)
		close_leg(i);
	node_steal(false);
	node_run(100 * MS, 5 * MS);
	node_check_idle();
}

uint64_t fuzz_rounds(fuzz_more *more, uint64_t packets)
{
	dice.more = more;
	if (node.now_ns == 0)
		node_start();
	uint64_t end = node.packets + packets;
	while (node.packets < end)
		round_of();
	dice.more = NULL;
	dice.left = 0;
	return node.packets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (node.now_ns == 0)
		node_start();
	dice.data = data;
	dice.left = size;
	round_of();
	return 0;
}
