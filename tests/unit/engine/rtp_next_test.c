// The short way of a packet that is the next one does what the long way does.
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/base/rng.h"
#include "engine/rtp/judge.h"
#include "engine/rtp/rtp_next.h"

#define ROUNDS UNIT_ROUNDS(200000)
#define UNITS  160

static struct rng rng;

// A stream with what streams have: losses, disorder, doubles, jumps, new sources, pauses.
static void step(struct rtp_packet *p, uint64_t *now_ns)
{
	*now_ns += 20000000;
	p->seq++;
	p->ts += UNITS;
	p->marker = rng_below(&rng, 50) == 0;
	switch (rng_below(&rng, 40)) {
	case 0:
		p->seq += (uint16_t)rng_below(&rng, 5);
		break;
	case 1:
		p->seq -= (uint16_t)rng_below(&rng, 5);
		break;
	case 2:
		p->ts += rng_below(&rng, 100000);
		break;
	case 3:
		p->ssrc = (uint32_t)rng_u64(&rng);
		p->line++;
		break;
	case 4:
		*now_ns += rng_below(&rng, 3000) * 1000000ull;
		break;
	case 5:
		p->seq = (uint16_t)rng_u64(&rng);
		p->run++;
		break;
	}
}

static enum judge_order take(struct rtp_rx *r, const struct rtp_packet *p, uint64_t now_ns)
{
	struct judge_arrival a = {.came = (uint32_t)(now_ns / 125000), .units = UNITS, .per_ms = 8};

	return judge(r, p, &a);
}

START_TEST(received_as_by_the_long_way)
{
	struct rtp_packet p = {.seq = 65000, .ssrc = 5};
	struct rtp_rx r = {0};
	unsigned next = 0;
	uint64_t now_ns = 0;

	rng_seed(&rng, 1);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rtp_packet stray = p;
		struct rtp_rx other;

		stray.seq += 30000;
		stray.ts += 1u << 31;
		if (rng_below(&rng, 50) == 0)
			take(&r, &stray, now_ns);
		step(&p, &now_ns);
		other = r;
		uint32_t came = (uint32_t)(now_ns / 125000);
		if (!judge_is_next(&r, &p, came)) {
			take(&r, &p, now_ns);
			continue;
		}
		next++;
		judge_next(&r, &p, UNITS, came);
		ck_assert_int_eq(take(&other, &p, now_ns), JUDGE_NEXT);
		ck_assert_mem_eq(&r, &other, sizeof(r));
	}
	ck_assert_uint_gt(next, ROUNDS / 2);
}
END_TEST

START_TEST(sent_as_by_the_long_way)
{
	struct rtp_packet p = {.seq = 65000, .ssrc = 5, .len = UNITS}, out;
	struct rtp_out o;
	unsigned next = 0;
	uint64_t now_ns = 1;

	rng_seed(&rng, 2);
	rtp_out_init(&o, 77);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rtp_out other;
		struct rtp_packet long_way = p;

		step(&p, &now_ns);
		if (rng_below(&rng, 60) == 0)
			rtp_out_pause(&o);
		memcpy(&other, &o, sizeof(o));
		out = long_way = p;
		if (!rtp_out_is_next(&o, &p, UNITS)) {
			(void)rtp_out_relay(&o, &p, UNITS, now_ns, &out);
			continue;
		}
		next++;
		rtp_out_relay_next(&o, &p, UNITS, (uint32_t)(now_ns / 1000000), &out);
		ck_assert(rtp_out_relay(&other, &p, UNITS, now_ns, &long_way));
		ck_assert_mem_eq(&o, &other, sizeof(o));
		ck_assert(out.seq == long_way.seq && out.ts == long_way.ts &&
			out.ssrc == long_way.ssrc && out.marker == long_way.marker);
	}
	ck_assert_uint_gt(next, ROUNDS / 2);
}
END_TEST

START_TEST(plain_headers_are_read_alike)
{
	uint8_t data[40];
	unsigned plain = 0;

	rng_seed(&rng, 3);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rtp_packet a, b;
		uint32_t len = 8 + rng_below(&rng, 30);

		for (unsigned k = 0; k < sizeof(data); k++)
			data[k] = (uint8_t)rng_u64(&rng);
		data[0] = (uint8_t)(0x80 | (rng_below(&rng, 4) ? 0 : rng_below(&rng, 64)));
		if (!rtp_parse_plain(data, len, &a))
			continue;
		plain++;
		ck_assert_int_eq(rtp_parse(data, len, &b), 0);
		ck_assert(a.payload == b.payload && a.len == b.len && a.ts == b.ts);
		ck_assert(a.ssrc == b.ssrc && a.seq == b.seq && a.pt == b.pt);
		ck_assert(a.marker == b.marker);
	}
	ck_assert_uint_gt(plain, ROUNDS / 2);
}
END_TEST

UNIT_MAIN("rtp_next", received_as_by_the_long_way, sent_as_by_the_long_way,
	plain_headers_are_read_alike)
