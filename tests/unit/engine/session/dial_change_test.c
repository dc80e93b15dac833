// A re-INVITE while digits are sent as events: what goes out is of the types agreed on, and the
// digits that follow are sent in the new way.
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"
#include "tests/unit/engine/session/rig.h"

#define FAR "10.0.0.9:4000"

static gate_session session;
static struct gate_remote remote;

static void dial(const char *digits)
{
	struct gate_msg m = {.digits = {.on_ms = 100, .off_ms = 60}};

	rig_start(1);
	session = rig_open(0);
	remote = rig_remote(FAR);
	ck_assert_int_eq(rig_set_remote(session, &remote), 0);
	for (unsigned i = 0; digits[i]; i++)
		m.digits.digits[i] = digits[i];
	ck_assert_int_eq(rig_command(session, GATE_SEND_DIGITS, &m), 0);
	rig_run_ms(50);
}

static unsigned events(uint8_t pt)
{
	struct rtp_packet p;
	unsigned n = 0;

	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++) {
		ck_assert(p.len == 160 || p.pt == 101);
		n += p.pt == pt && p.len == 4;
	}
	return n;
}

START_TEST(events_end_where_the_far_end_has_none_any_more)
{
	dial("12");
	ck_assert_uint_ge(events(101), 2);
	rig_forget();
	remote.event_pt = 0;
	ck_assert_int_eq(rig_set_remote(session, &remote), 0);
	rig_run_ms(200);
	ck_assert_uint_eq(events(101), 0);
	ck_assert_uint_ge(rig_rtp_count(FAR), 8); // the second one as a tone, at once
	rig_stop();
}
END_TEST

START_TEST(an_event_does_not_outlive_its_clock)
{
	struct rtp_packet p;
	uint32_t first_ts = 0;

	if (!codec_get(CODEC_OPUS))
		return;
	dial("12");
	rig_forget();
	remote.codec = CODEC_OPUS;
	remote.pt = 96;
	ck_assert_int_eq(rig_set_remote(session, &remote), 0);
	rig_run_ms(100);
	for (unsigned i = 0; rig_rtp(FAR, i, &p); i++) {
		ck_assert_uint_eq(p.pt, 101);
		ck_assert_uint_eq(p.payload[0], 2); // the first digit is over
		first_ts = i ? first_ts : p.ts;
		ck_assert_uint_eq(p.ts, first_ts);
		ck_assert_int_eq(p.marker, i == 0);
	}
	ck_assert_uint_ge(rig_rtp_count(FAR), 4);
	rig_stop();
}
END_TEST

UNIT_MAIN("dial_change", events_end_where_the_far_end_has_none_any_more,
	an_event_does_not_outlive_its_clock)
