// What must not come through: strangers, garbage, wrong types; every packet has its reason.
#include "tests/path/stage.h"

#include <string.h>

#include "engine/base/rng.h"
#include "tests/unit/engine/frames.h"

START_TEST(stranger_is_not_heard)
{
	gen_begin("stranger");
	struct talker t = gen_talker(CALLER, 10), s = gen_talker(STRANGER, 100);
	gen_fill(&t, 1, 160, 50);
	gen_fill(&s, 2, 160, 40);
	stage_begin_two(NULL, NULL);
	stage_bridge();
	stage_until(1200);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 50);
	for (unsigned i = 0; i < 50; i++)
		ck_assert_uint_eq(heard_rtp(AGENT, i)->rtp.payload[0], 1);
	ck_assert_uint_eq(heard_count(STRANGER), 0);
	ck_assert_uint_eq(stage_dropped(DROP_RTP_STRANGER), 40);
}
END_TEST

START_TEST(each_refusal_has_its_name)
{
	uint8_t junk[600] = {0x80};

	gen_begin("names");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 1, 160, 1);
	t.seq--;
	t.ts -= 160;
	gen_fill(&t, 1, 160, 1); // again
	t.pt = 18;
	gen_fill(&t, 1, 160, 1);
	t.pt = 0;
	gen_fill(&t, 1, 0, 1);
	t.pt = 101;
	gen_fill(&t, 1, 488, 1);
	gen_fill(&t, 1, 3, 1);
	t.pt = 0;
	t.seq += 10000;
	t.ts += 1u << 30;
	gen_fill(&t, 1, 160, 1);
	gen_udp(CALLER, t.at_ms, stage_port(CALLER), junk, 5);
	gen_udp(CALLER, t.at_ms, stage_port(CALLER) + 1, junk, 5);
	gen_udp(CALLER, t.at_ms, stage_port(CALLER) + 2 * 100, junk, 20);
	junk[0] = 1; // STUN
	gen_udp(CALLER, t.at_ms, stage_port(CALLER), junk, 20);
	junk[0] = 22; // DTLS
	gen_udp(CALLER, t.at_ms, stage_port(CALLER), junk, 20);
	junk[0] = 100;
	gen_udp(CALLER, t.at_ms, stage_port(CALLER), junk, 20);
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_until(1000);
	stage_end();
	static const enum path_drop once[] = {DROP_RTP_DUPLICATE, DROP_RTP_TYPE, DROP_EVENT_HEADER,
		DROP_RTP_JUMP, DROP_RTP_HEADER, DROP_RTCP_HEADER, DROP_SESSION_NONE, DROP_STUN,
		DROP_DTLS, DROP_NOT_MEDIA};
	for (unsigned i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		ck_assert_msg(stage_dropped(once[i]) == 1, "%s: %llu", gate_drop_name(once[i]),
			(unsigned long long)stage_dropped(once[i]));
	ck_assert_uint_eq(stage_dropped(DROP_RTP_SIZE), 2);
}
END_TEST

// Random bytes, and good packets with random bits turned over, at every port.
START_TEST(garbage_harms_nobody)
{
	struct rng rng;
	uint8_t data[700], frame[800];
	struct wire_link from = link_of(far_mac, stage_far(STRANGER), 0);
	struct addr to = addr_of(LOCAL_IP);

	rng_seed(&rng, 42);
	gen_begin("garbage");
	struct talker t = gen_talker(CALLER, 0);
	for (unsigned i = 0; i < 400; i++) {
		gen_fill(&t, (uint8_t)(i % 200 + 1), 160, 1);
		for (unsigned k = 0; k < 10; k++) {
			uint32_t len = rng_below(&rng, 300);
			for (uint32_t b = 0; b < len; b++)
				data[b] = (uint8_t)rng_u64(&rng);
			if (k & 1)
				data[0] = 0x80;
			to.port = stage_port(k & 2 ? AGENT : CALLER) + (k & 4 ? 1 : 0);
			len = frame_udp(frame, &from, &to, data, (uint16_t)len);
			if (k & 8)
				frame[rng_below(&rng, len)] ^= (uint8_t)(1u << rng_below(&rng, 8));
			gen_frame(t.at_ms - 10, frame, len);
		}
	}
	stage_begin_two(NULL, NULL);
	stage_collect(CALLER);
	stage_bridge();
	stage_until(8100);
	stage_end();
	ck_assert_uint_eq(heard_count(AGENT), 400);
	for (unsigned i = 0; i < 400; i++)
		ck_assert_uint_eq(heard_rtp(AGENT, i)->rtp.payload[77], i % 200 + 1);
	ck_assert_str_eq(told_digits(CALLER), "");
}
END_TEST

PATH_MAIN("refuse", stranger_is_not_heard, each_refusal_has_its_name, garbage_harms_nobody)
