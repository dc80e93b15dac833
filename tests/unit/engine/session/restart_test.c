// A far end that sets its sequence numbers back, by less than a stream may be behind: its peer
// never gets a number twice, on this worker or another.
#include "engine/rtp/rtp.h"
#include "tests/unit/engine/session/rig.h"

#define CALLER "10.0.0.9:4000"
#define AGENT  "10.0.0.8:6000"

static void restart(unsigned workers)
{
	struct rtp_packet p, prior = {0};
	struct gate_remote caller = rig_remote(CALLER), agent = rig_remote(AGENT);

	rig_start(workers);
	gate_session a = rig_open(0), b = rig_open(workers - 1);
	ck_assert_int_eq(rig_set_remote(a, &caller), 0);
	ck_assert_int_eq(rig_set_remote(b, &agent), 0);
	ck_assert_int_eq(rig_bridge(a, b), 0);
	rig_run_ms(2);
	struct rig_stream far = rig_stream(a, CALLER);
	far.seq = 1000;
	for (unsigned i = 0; i < 300; i++) {
		if (i == 100)
			far.seq -= 90;
		(void)rig_send_tone(&far, 0x30, 160);
		rig_run_ms(20);
	}
	ck_assert_uint_eq(rig_rtp_count(AGENT), 300);
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		if (i > 0)
			ck_assert_uint_eq((uint16_t)(p.seq - prior.seq), 1);
		prior = p;
	}
	rig_stop();
}

START_TEST(numbers_that_come_again_are_not_sent_again)
{
	restart(1);
	restart(2);
}
END_TEST

UNIT_MAIN("restart", numbers_that_come_again_are_not_sent_again)
