// Keys go to the engine before what begins to use them, are taken back there, and where the engine
// does not serve their suite the voice is told.
#include "tests/unit/control/media/media_rig.h"

static struct party p;

static struct gate_msg next(enum gate_kind kind, int error)
{
	struct gate_msg m;
	unsigned worker = media_voice_worker(p.v);

	ck_assert(gate_command(rig.gate, worker, &m));
	ck_assert_uint_eq(m.head.kind, kind);
	rig_done(worker, &m, m.head.session, error);
	return m;
}

static void expect_keys(uint8_t direction, uint8_t suite, const char *key, int error)
{
	struct gate_msg m = next(GATE_KEYS, error);

	ck_assert_uint_eq(m.keys.direction, direction);
	ck_assert_uint_eq(m.keys.suite, suite);
	ck_assert_uint_eq(m.keys.bytes, strlen(key));
	ck_assert_int_eq(memcmp(m.keys.key, key, strlen(key)), 0);
}

START_TEST(keys_go_first)
{
	struct media_params plain = {.codec = CODEC_PCMA}, keyed = plain;

	keyed.tx_keys = (struct media_keys){1, 30, "0123456789abcdefghijklmnopqrst"};
	keyed.rx_keys = (struct media_keys){1, 30, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"};
	rig_begin(4);
	party_open(&p, NULL);
	rig_turns();
	media_set(p.v, &plain);
	(void)next(GATE_REMOTE, 0);
	media_set(p.v, &keyed);
	expect_keys(GATE_SEND, 1, (const char *)keyed.tx_keys.key, -EOPNOTSUPP);
	expect_keys(GATE_RECV, 1, (const char *)keyed.rx_keys.key, 0);
	(void)next(GATE_REMOTE, 0);
	rig_turns();
	ck_assert_uint_eq(p.failed, 1);
	ck_assert_int_eq(p.error, -EOPNOTSUPP);
	ck_assert_str_eq(p.what, "keys");
	media_set(p.v, &plain);
	expect_keys(GATE_SEND, 0, "", 0);
	expect_keys(GATE_RECV, 0, "", 0);
	(void)next(GATE_REMOTE, 0);
	media_set(p.v, &plain); // none to take back
	(void)next(GATE_REMOTE, 0);
	media_close(p.v);
	rig_turns();
	rig_nothing_left();
	rig_end();
}
END_TEST

UNIT_MAIN("media_keys", keys_go_first)
