// Mixing bridges: everyone but oneself, gain, groups, laws and packet lengths, on one worker and
// across two; joining, altering, leaving, dying, and bounds.
#include "tests/unit/engine/session/rig.h"

#include <errno.h>
#include <string.h>

#include "dsp/codec.h"
#include "engine/base/str.h"
#include "engine/bridge/mixer.h"
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

#define PARTIES MIX_USUAL

enum { CALLER = 1, AGENT = 2, WHISPER = 4, BARGE = 8 }; // groups

static struct {
	gate_session session;
	struct rig_stream far;
	char at[32];
	struct gate_remote remote;
	int16_t said; // what its payload decodes to
} party[PARTIES];
static unsigned parties;
static gate_session mixer;

static void start(unsigned workers, unsigned count)
{
	rig_start(workers);
	mixer = gate_mixer(0, 1, 5);
	parties = count;
	for (unsigned i = 0; i < count; i++) {
		str_format(party[i].at, sizeof(party[i].at), "10.0.1.%u:4000", i + 1);
		party[i].session = rig_open(i % workers);
		party[i].remote = rig_remote(party[i].at);
		rig_set_remote(party[i].session, &party[i].remote);
		party[i].far = rig_stream(party[i].session, party[i].at);
		party[i].far.ssrc = 100 + i;
	}
}

static int join(unsigned i, uint8_t says, uint8_t hears, uint16_t gain_256)
{
	struct gate_msg m = {
		.mix = {.mixer = mixer, .says = says, .hears = hears, .gain_256 = gain_256}};

	return rig_command(party[i].session, GATE_MIX, &m);
}

static void join_all(void)
{
	for (unsigned i = 0; i < parties; i++)
		ck_assert_int_eq(join(i, 1, 1, 256), 0);
	rig_run_ms(2);
}

// Every party speaks for so long: a level of its own each.
static void speak(unsigned ms)
{
	for (unsigned at = 0; at < ms; at += 10) {
		for (unsigned i = 0; i < parties; i++) {
			const struct gate_remote *r = &party[i].remote;
			const struct codec *c = codec_get(r->codec);
			int16_t level[480];
			uint8_t payload[480];
			uint32_t n = r->ptime_ms * 8u;
			if (at % r->ptime_ms)
				continue;
			for (uint32_t k = 0; k < n; k++)
				level[k] = (int16_t)(200 + 30 * i);
			c->encode(payload, level, n);
			c->decode(level, payload, n);
			party[i].said = level[0];
			party[i].far.pt = r->pt;
			rig_send(&party[i].far, payload, n);
		}
		rig_run_ms(10);
	}
}

// The level that a party hears in its latest packet.
static int heard(unsigned i)
{
	struct rtp_packet p;
	int16_t samples[480];
	unsigned n = rig_rtp_count(party[i].at);

	ck_assert_uint_gt(n, 0);
	rig_rtp(party[i].at, n - 1, &p);
	codec_get(party[i].remote.codec)->decode(samples, p.payload, p.len);
	return samples[p.len / 2];
}

static int as_heard(unsigned i, int level)
{
	const struct codec *c = codec_get(party[i].remote.codec);
	int16_t sample = (int16_t)(level < INT16_MAX ? level : INT16_MAX);
	uint8_t byte;

	c->encode(&byte, &sample, 1);
	c->decode(&sample, &byte, 1);
	return sample;
}

static int said_by_others(unsigned i)
{
	int sum = 0;

	for (unsigned k = 0; k < parties; k++)
		sum += k == i ? 0 : party[k].said;
	return sum;
}

static void everyone_hears_the_others(unsigned workers, unsigned count)
{
	start(workers, count);
	join_all();
	speak(400);
	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(heard(i), as_heard(i, said_by_others(i)));
	rig_stop();
}

START_TEST(three_hear_each_other)
{
	everyone_hears_the_others(1, 3);
}
END_TEST

START_TEST(three_hear_each_other_across_workers)
{
	everyone_hears_the_others(2, 3);
}
END_TEST

START_TEST(as_many_as_may_hear_each_other)
{
	everyone_hears_the_others(1, PARTIES);
}
END_TEST

START_TEST(laws_and_packet_lengths_differ)
{
	start(2, 4);
	party[1].remote.codec = CODEC_PCMA;
	party[1].remote.pt = 8;
	party[2].remote.ptime_ms = 30;
	party[3].remote.ptime_ms = 10;
	for (unsigned i = 1; i < 4; i++)
		rig_set_remote(party[i].session, &party[i].remote);
	join_all();
	speak(600);
	for (unsigned i = 0; i < 4; i++) {
		struct rtp_packet p;
		ck_assert_int_eq(heard(i), as_heard(i, said_by_others(i)));
		rig_rtp(party[i].at, rig_rtp_count(party[i].at) - 1, &p);
		ck_assert_uint_eq(p.len, party[i].remote.ptime_ms * 8u);
	}
	rig_stop();
}
END_TEST

START_TEST(gain_is_of_each_party)
{
	start(1, 3);
	join_all();
	ck_assert_int_eq(join(1, 1, 1, 512), 0);
	ck_assert_int_eq(join(2, 1, 1, 0), 0);
	speak(400);
	ck_assert_int_eq(heard(0), as_heard(0, 2 * party[1].said));
	ck_assert_int_eq(heard(1), as_heard(1, party[0].said));
	rig_stop();
}
END_TEST

// Caller, agent, supervisor: who hears whom in each mode, stepped live.
static void supervisor(unsigned workers)
{
	start(workers, 3);
	join(0, CALLER, AGENT | BARGE, 256);
	join(1, AGENT, CALLER | BARGE | WHISPER, 256);
	join(2, 0, CALLER | AGENT, 256);
	speak(400);
	int caller = party[0].said, agent = party[1].said, boss = party[2].said;
	ck_assert_int_eq(heard(0), as_heard(0, agent));
	ck_assert_int_eq(heard(1), as_heard(1, caller));
	ck_assert_int_eq(heard(2), as_heard(2, caller + agent));
	join(2, WHISPER, CALLER | AGENT, 256);
	speak(200);
	ck_assert_int_eq(heard(0), as_heard(0, agent));
	ck_assert_int_eq(heard(1), as_heard(1, caller + boss));
	ck_assert_int_eq(heard(2), as_heard(2, caller + agent));
	join(2, BARGE, CALLER | AGENT, 256);
	speak(200);
	ck_assert_int_eq(heard(0), as_heard(0, agent + boss));
	ck_assert_int_eq(heard(1), as_heard(1, caller + boss));
	ck_assert_int_eq(heard(2), as_heard(2, caller + agent));
	rig_stop();
}

START_TEST(supervisor_listens_whispers_barges)
{
	supervisor(1);
}
END_TEST

START_TEST(supervisor_on_another_worker)
{
	supervisor(2);
}
END_TEST

START_TEST(back_to_a_bridge_of_two)
{
	start(2, 3);
	rig_bridge(party[0].session, party[1].session);
	rig_bridge(party[1].session, party[0].session);
	join_all();
	speak(200);
	struct gate_msg m = {.bridge.peer = mixer};
	ck_assert_int_eq(rig_command(party[2].session, GATE_UNBRIDGE, &m), 0);
	rig_bridge(party[0].session, party[1].session);
	rig_bridge(party[1].session, party[0].session);
	rig_run_ms(2);
	speak(400);
	ck_assert_int_eq(heard(0), as_heard(0, party[1].said));
	ck_assert_int_eq(heard(1), as_heard(1, party[0].said));
	ck_assert_int_eq(heard(2), 0); // alone again: silence keeps its way open
	rig_forget();
	speak(100);
	ck_assert_uint_eq(rig_rtp_count(party[0].at), 5); // relayed, packet by packet
	rig_stop();
}
END_TEST

START_TEST(who_closes_is_gone)
{
	start(2, 3);
	join_all();
	speak(200);
	rig_close(party[2].session);
	parties = 2;
	speak(400);
	ck_assert_int_eq(heard(0), as_heard(0, party[1].said));
	ck_assert_int_eq(heard(1), as_heard(1, party[0].said));
	rig_stop();
}
END_TEST

static void ck_refused(unsigned from, gate_session who, int error)
{
	const struct gate_msg *m = rig_event(GATE_UNMIXED, from);

	ck_assert_ptr_nonnull(m);
	ck_assert_uint_eq(m->head.session, who);
	ck_assert_uint_eq(m->unmixed.mixer, mixer);
	ck_assert_int_eq(m->unmixed.error, error);
}

// Its own worker has said yes before the bridge's could say no.
START_TEST(no_place_on_another_worker_is_told)
{
	start(2, PARTIES);
	join_all();
	gate_session more = rig_open(1);
	struct gate_remote r = rig_remote("10.0.2.1:4000");
	rig_set_remote(more, &r);
	struct gate_msg m = {.mix = {.mixer = mixer, .says = 1, .hears = 1}};
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), 0);
	ck_assert_uint_eq(rig_told(GATE_UNMIXED), 0);
	rig_run_ms(2);
	ck_assert_uint_eq(rig_told(GATE_UNMIXED), 1);
	ck_refused(0, more, -ENOSPC);
	rig_run_ms(1100); // nobody has heard that
	ck_assert_uint_ge(rig_told(GATE_UNMIXED), 2);
	struct gate_msg leave = {.bridge.peer = mixer};
	ck_assert_int_eq(rig_command(more, GATE_UNBRIDGE, &leave), 0);
	rig_forget();
	rig_run_ms(1100);
	ck_assert_uint_eq(rig_told(GATE_UNMIXED), 0);
	speak(400); // who is in it hears nothing of all that
	ck_assert_int_ne(heard(0), 0);
	rig_stop();
}
END_TEST

START_TEST(a_later_bridge_is_told_from_its_place)
{
	struct gate_msg m = {.mix = {.mixer = gate_mixer(0, 2, 5), .says = 1, .hears = 1}};

	start(2, 2);
	ck_assert_int_eq(rig_command(party[0].session, GATE_MIX, &m), 0);
	ck_assert_int_eq(join(1, 1, 1, 256), 0);
	rig_run_ms(2);
	ck_assert_uint_eq(rig_told(GATE_UNMIXED), 1);
	ck_refused(0, party[1].session, -ESTALE);
	rig_stop();
}
END_TEST

START_TEST(bounds_are_kept)
{
	start(1, PARTIES);
	join_all();
	gate_session more = rig_open(0);
	struct gate_remote r = rig_remote("10.0.2.1:4000");
	rig_set_remote(more, &r);
	struct gate_msg m = {.mix = {.mixer = mixer, .says = 1, .hears = 1}};
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), -ENOSPC);
	m.mix.mixer = gate_mixer(0, 2, 5); // the slot's next bridge takes its place
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), 0);
	ck_assert_int_eq(join(0, 1, 1, 256), -ENOSPC);
	m.mix.mixer = gate_mixer(0, 1, MIXERS_USUAL);
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), -EINVAL);
	m.mix.mixer = gate_mixer(9, 1, 1);
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), -EINVAL);
	m.mix.mixer = party[0].session;
	ck_assert_int_eq(rig_command(more, GATE_MIX, &m), -EINVAL);
	rig_stop();
}
END_TEST

UNIT_MAIN("mixer", three_hear_each_other, three_hear_each_other_across_workers,
	as_many_as_may_hear_each_other, laws_and_packet_lengths_differ, gain_is_of_each_party,
	supervisor_listens_whispers_barges, supervisor_on_another_worker, back_to_a_bridge_of_two,
	who_closes_is_gone, no_place_on_another_worker_is_told,
	a_later_bridge_is_told_from_its_place, bounds_are_kept)
