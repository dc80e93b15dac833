// Bridges: relay on arrival, laws, packet lengths, events, changes of feed; on one worker and
// across two.
#include "tests/unit/engine/session/rig.h"

#include <string.h>

#include "dsp/g711.h"
#include "engine/rtp/event.h"
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

#define CALLER "10.0.0.9:4000"
#define AGENT  "10.0.0.8:6000"

static gate_session caller, agent;
static struct gate_remote caller_remote, agent_remote;

static void start(unsigned workers)
{
	rig_start(workers);
	caller = rig_open(0);
	agent = rig_open(workers - 1);
	caller_remote = rig_remote(CALLER);
	agent_remote = rig_remote(AGENT);
	rig_set_remote(caller, &caller_remote);
	rig_set_remote(agent, &agent_remote);
	rig_prompt(1, CODEC_PCMU, 8000, 3);
	rig_publish();
}

static void bridge(void)
{
	ck_assert_int_eq(rig_bridge(caller, agent), 0);
	ck_assert_int_eq(rig_bridge(agent, caller), 0);
	rig_run_ms(2); // there and back to the other worker
}

// A packet whose every byte is n, 20 ms apart.
static void say(struct rig_stream *f, uint8_t n, uint32_t len)
{
	ck_assert_int_eq(rig_send_tone(f, n, len), SESSION_DELIVERED);
	rig_run_ms(len / 8);
}

static void relay_both_ways(unsigned workers)
{
	struct rtp_packet p, prior = {0};

	start(workers);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER), g = rig_stream(agent, AGENT);
	g.ssrc = 99;
	for (uint8_t i = 0; i < 50; i++) {
		ck_assert_int_eq(rig_send_tone(&g, 100 + i, 160), SESSION_DELIVERED);
		say(&f, 20 + i, 160);
	}
	for (unsigned i = 0; i < 50; i++) {
		ck_assert_ptr_nonnull(rig_rtp(AGENT, i, &p));
		ck_assert_uint_eq(p.payload[159], 20 + i);
		ck_assert_uint_eq(p.len, 160);
		ck_assert_int_eq(p.marker, i == 0);
		if (i > 0) {
			ck_assert_uint_eq(p.seq, (uint16_t)(prior.seq + 1));
			ck_assert_uint_eq(p.ts, prior.ts + 160);
		}
		prior = p;
	}
	ck_assert_uint_eq(rig_rtp_count(AGENT), 50);
	ck_assert_uint_eq(rig_rtp_count(CALLER), 50);
	rig_run_ms(500); // nobody speaks: nothing is invented
	ck_assert_uint_eq(rig_rtp_count(AGENT), 50);
	rig_stop();
}

START_TEST(relay_on_one_worker)
{
	relay_both_ways(1);
}
END_TEST

START_TEST(relay_across_workers)
{
	relay_both_ways(2);
}
END_TEST

START_TEST(relay_leaves_at_once)
{
	struct rtp_packet p;

	start(1);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	rig_send_tone(&f, 1, 160);
	const struct rig_packet *sent = rig_rtp(AGENT, 0, &p);
	ck_assert_ptr_nonnull(sent);
	ck_assert_uint_eq(sent->at_ns, rig.now_ns);
	ck_assert_uint_eq(sent->from_port, rig_session(agent)->port);
	rig_stop();
}
END_TEST

START_TEST(prompt_relay_prompt_is_one_stream)
{
	struct rtp_packet p, prior = {0};
	struct gate_msg m = {0};

	start(1);
	rig_play(agent, 1, PLAY_LOOP, 1);
	rig_run_ms(200);
	rig_command(agent, GATE_STOP, &m);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	for (uint8_t i = 0; i < 10; i++)
		say(&f, 0x80 + i, 160);
	m = (struct gate_msg){.bridge.peer = agent};
	ck_assert_int_eq(rig_command(caller, GATE_UNBRIDGE, &m), 0);
	rig_play(agent, 1, PLAY_LOOP, 2);
	rig_run_ms(200);
	unsigned n = rig_rtp_count(AGENT), markers = 0;
	for (unsigned i = 0; i < n; i++) {
		rig_rtp(AGENT, i, &p);
		markers += p.marker;
		if (i > 0) {
			ck_assert_uint_eq(p.seq, (uint16_t)(prior.seq + 1));
			ck_assert_int_ge((int32_t)(p.ts - prior.ts), 160);
			ck_assert_int_le((int32_t)(p.ts - prior.ts), 320);
			ck_assert_uint_eq(p.ssrc, prior.ssrc);
		}
		prior = p;
	}
	ck_assert_uint_ge(n, 29);
	ck_assert_uint_eq(markers, 3); // each change is marked
	rig_stop();
}
END_TEST

START_TEST(prompt_has_precedence_over_the_peer)
{
	struct rtp_packet p;

	start(1);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	say(&f, 0xee, 160);
	rig_play(agent, 1, 0, 1); // one second
	for (unsigned i = 0; i < 60; i++)
		say(&f, 0xee, 160);
	unsigned prompt = 0, relayed = 0;
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		if (p.payload[3] == 0xee)
			relayed++;
		else
			prompt++;
	}
	ck_assert_uint_eq(prompt, 50);
	ck_assert_uint_ge(relayed, 10);
	rig_stop();
}
END_TEST

static void laws(unsigned workers)
{
	struct rtp_packet p;
	uint8_t in[160], want[160];

	start(workers);
	agent_remote.codec = CODEC_PCMA;
	agent_remote.pt = 8;
	rig_set_remote(agent, &agent_remote);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER), g = rig_stream(agent, AGENT);
	g.pt = 8;
	for (unsigned i = 0; i < 160; i++)
		in[i] = (uint8_t)(i * 5);
	rig_send(&f, in, 160);
	rig_send(&g, in, 160);
	rig_run_ms(1);
	ck_assert_ptr_nonnull(rig_rtp(AGENT, 0, &p));
	g711_ulaw_to_alaw(want, in, 160);
	ck_assert_uint_eq(p.pt, 8);
	ck_assert_mem_eq(p.payload, want, 160);
	ck_assert_ptr_nonnull(rig_rtp(CALLER, 0, &p));
	g711_alaw_to_ulaw(want, in, 160);
	ck_assert_uint_eq(p.pt, 0);
	ck_assert_mem_eq(p.payload, want, 160);
	rig_stop();
}

START_TEST(laws_are_converted)
{
	laws(1);
	laws(2);
}
END_TEST

static void packet_lengths(unsigned workers, uint8_t in_ms, uint8_t out_ms)
{
	struct rtp_packet p, prior = {0};
	uint32_t bytes = 0, n = 0;

	start(workers);
	agent_remote.ptime_ms = out_ms;
	rig_set_remote(agent, &agent_remote);
	bridge();
	rig_run_ms(1);
	struct rig_stream f = rig_stream(caller, CALLER);
	uint8_t byte = 0x10;
	for (uint32_t i = 0; i < 3000u / in_ms; i++)
		say(&f, byte = byte == 0x60 ? 0x10 : byte + 1, in_ms * 8u);
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++, n++) {
		ck_assert_uint_eq(p.len, out_ms * 8u);
		if (i > 0) {
			ck_assert_uint_eq(p.seq, (uint16_t)(prior.seq + 1));
			ck_assert_uint_eq(p.ts, prior.ts + out_ms * 8u);
		}
		prior = p;
		bytes += p.len;
	}
	ck_assert_uint_ge(bytes, 2800 * 8);
	ck_assert_uint_le(bytes, 3000 * 8);
	rig_stop();
}

START_TEST(packet_lengths_are_met)
{
	for (unsigned workers = 1; workers <= 2; workers++) {
		packet_lengths(workers, 20, 30);
		packet_lengths(workers, 30, 20);
		packet_lengths(workers, 10, 40);
		packet_lengths(workers, 60, 10);
	}
}
END_TEST

// Events of a press: every 20 ms, three ends.
static void press(struct rig_stream *f, char digit, unsigned packets)
{
	f->marker = true;
	for (unsigned i = 1; i <= packets; i++) {
		rig_send_event(f, digit, false, (uint16_t)(i * 160));
		rig_run_ms(20);
	}
	for (unsigned i = 0; i < 3; i++)
		rig_send_event(f, digit, true, (uint16_t)(packets * 160));
	f->ts += packets * 160;
}

static void events(unsigned workers)
{
	struct rtp_packet p;
	struct event_rx rx = {0};
	char seen[16] = {0};
	unsigned n = 0, ends = 0;

	start(workers);
	agent_remote.event_pt = 96;
	rig_set_remote(agent, &agent_remote);
	rig_collect(caller, true);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 3; k++)
			say(&f, 0x20, 160);
		press(&f, "4429"[i], 5);
	}
	rig_run_ms(40);
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		struct event_packet e;
		if (p.pt != 96)
			continue;
		ck_assert_int_eq(event_parse(p.payload, p.len, &e), 0);
		ends += e.end;
		if (event_rx_take(&rx, &e, &p, i * 20) == EVENT_BEGUN)
			seen[n++] = event_digit(e.code);
	}
	ck_assert_str_eq(seen, "4429");
	ck_assert_uint_eq(ends, 12);
	ck_assert_str_eq(rig_digits(caller), "4429");
	rig_stop();
}

START_TEST(events_are_relayed_and_reported)
{
	events(1);
	events(2);
}
END_TEST

START_TEST(event_becomes_a_tone_where_no_events_are)
{
	struct rtp_packet p;

	start(1);
	agent_remote.event_pt = 0;
	rig_set_remote(agent, &agent_remote);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	for (unsigned i = 0; i < 5; i++)
		say(&f, 0x20, 160);
	press(&f, '5', 5);
	rig_run_ms(200);
	unsigned tone = 0;
	for (unsigned i = 0; rig_rtp(AGENT, i, &p); i++) {
		ck_assert_uint_eq(p.pt, 0);
		tone += p.payload[80] != 0x20 && p.payload[80] != 0xff;
	}
	ck_assert_uint_ge(tone, 4);
	ck_assert_uint_le(tone, 6);
	rig_stop();
}
END_TEST

START_TEST(new_source_goes_on_in_the_same_stream)
{
	struct rtp_packet p, prior = {0};

	start(1);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	for (unsigned i = 0; i < 5; i++)
		say(&f, 0x20, 160);
	f.ssrc = 123456;
	f.seq = 4;
	f.ts = 0xfffff000;
	for (unsigned i = 0; i < 5; i++)
		say(&f, 0x21, 160);
	for (unsigned i = 0; i < 10; i++) {
		rig_rtp(AGENT, i, &p);
		if (i > 0) {
			ck_assert_uint_eq(p.seq, (uint16_t)(prior.seq + 1));
			ck_assert_uint_eq(p.ts, prior.ts + 160);
		}
		ck_assert_int_eq(p.marker, i == 0 || i == 5);
		prior = p;
	}
	rig_stop();
}
END_TEST

static void closing(unsigned workers)
{
	start(workers);
	bridge();
	struct rig_stream f = rig_stream(caller, CALLER);
	say(&f, 0x20, 160);
	rig_forget();
	rig_close(agent);
	say(&f, 0x20, 160); // to nobody: delivered, and nothing happens
	ck_assert_uint_eq(rig_rtp_count(AGENT), 0);
	gate_session other = rig_open(workers - 1);
	struct gate_remote r = rig_remote("10.0.0.7:7000");
	rig_set_remote(other, &r);
	say(&f, 0x20, 160); // the slot's next owner hears nothing of it
	ck_assert_uint_eq(rig_rtp_count("10.0.0.7:7000"), 0);
	rig_forget();
	rig_run_ms(9000); // whoever was fed is not any more: it gets silence of our own
	ck_assert_uint_ge(rig_rtp_count(CALLER), 100);
	rig_stop();
}

START_TEST(closed_peer_is_forgotten)
{
	closing(1);
	closing(2);
}
END_TEST

START_TEST(second_feeder_takes_over)
{
	struct rtp_packet p;

	for (unsigned workers = 1; workers <= 2; workers++) {
		start(workers);
		bridge();
		gate_session third = rig_open(0);
		struct gate_remote r = rig_remote("10.0.0.7:7000");
		rig_set_remote(third, &r);
		ck_assert_int_eq(rig_bridge(third, agent), 0);
		rig_run_ms(3000);
		struct rig_stream f = rig_stream(caller, CALLER);
		struct rig_stream g = rig_stream(third, "10.0.0.7:7000");
		rig_forget();
		for (unsigned i = 0; i < 5; i++) {
			rig_send_tone(&g, 0x33, 160);
			say(&f, 0x22, 160);
		}
		ck_assert_uint_eq(rig_rtp_count(AGENT), 5);
		rig_rtp(AGENT, 4, &p);
		ck_assert_uint_eq(p.payload[0], 0x33);
		rig_stop();
	}
}
END_TEST

START_TEST(echo_is_a_bridge_to_oneself)
{
	start(1);
	ck_assert_int_eq(rig_bridge(caller, caller), 0);
	struct rig_stream f = rig_stream(caller, CALLER);
	for (unsigned i = 0; i < 5; i++)
		say(&f, 0x20, 160);
	ck_assert_uint_eq(rig_rtp_count(CALLER), 5);
	rig_stop();
}
END_TEST

UNIT_MAIN("bridge", relay_on_one_worker, relay_across_workers, relay_leaves_at_once,
	prompt_relay_prompt_is_one_stream, prompt_has_precedence_over_the_peer, laws_are_converted,
	packet_lengths_are_met, events_are_relayed_and_reported,
	event_becomes_a_tone_where_no_events_are, new_source_goes_on_in_the_same_stream,
	closed_peer_is_forgotten, second_feeder_takes_over, echo_is_a_bridge_to_oneself)
