// Half as many calls again as a worker can serve, on a ring port, where the engine is the limit:
// what the load decides, what the surplus gets and what calls in progress lose.
//
// Time is the rig's, and so is what a turn costs: so much a packet in, a packet out and the turn
// itself, some twenty times what it really is. So the figures are those of the engine's and the
// load's own logic, the same on every machine.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "bench/bench.h"
#include "bench/rig.h"
#include "control/base/load.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/worker.h"

#define IN_NS	     3000 // what it costs
#define OUT_NS	     3000
#define TURN_NS	     6000
#define SESSIONS     40000 // calls of a run, each has one of its own
#define HOLD_NS	     (10 * NS_PER_S)
#define RUN_NS	     (20 * NS_PER_S)
#define FRAME_NS     (20 * NS_PER_MS)
#define NAP_NS	     150000 // of the rig's time, after a turn without work
#define CAPACITY     (NS_PER_S / (50 * (IN_NS + OUT_NS))) // calls that leave no time
#define OFFERED	     1.5
#define PROMPT_BYTES 80000

struct call {
	uint64_t begin_ns, end_ns, next_ns; // of the rig; next: its next packet
	uint16_t seq;
	uint32_t ts;
};

static struct overload {
	struct load load;
	struct call call[SESSIONS]; // in the order of their beginning
	uint32_t begun, ended, refused, refusing, tried;
	uint64_t offered, missed; // packets
	uint64_t step_ns, passed_ns;
	double rate, due; // calls a second, and calls that should have come
} o;

static void post(uint32_t session, struct gate_msg *m, enum gate_kind kind)
{
	m->head = (struct gate_head){
		.kind = kind, .ticket = session + 1, .session = rig_session(session)};
	check(gate_post(rig_worker()->gate, 0, m) == 0);
}

static void begin(uint32_t session)
{
	struct gate_msg remote = {0}, collect = {.collect.on = 1};
	struct gate_msg play = {.play = {.prompt = RIG_PROMPT, .flags = PLAY_LOOP}};
	uint64_t now_ns = rig_now_ns();

	rig_fill_remote(&remote, session);
	post(session, &remote, GATE_REMOTE);
	post(session, &play, GATE_PLAY);
	post(session, &collect, GATE_COLLECT);
	o.call[session] = (struct call){.begin_ns = now_ns,
		.end_ns = now_ns + HOLD_NS,
		.next_ns = now_ns + session * 7919ull * 1000 % FRAME_NS};
}

static void packet(uint32_t session)
{
	struct call *c = &o.call[session];
	uint32_t ssrc = session + RIG_SSRC;
	const uint8_t rtp[12] = {0x80, 0, (uint8_t)(c->seq >> 8), (uint8_t)c->seq,
		(uint8_t)(c->ts >> 24), (uint8_t)(c->ts >> 16), (uint8_t)(c->ts >> 8),
		(uint8_t)c->ts, (uint8_t)(ssrc >> 24), (uint8_t)(ssrc >> 16), (uint8_t)(ssrc >> 8),
		(uint8_t)ssrc};

	if (rig_room() == 0) {
		o.missed++; // as a card's full ring would
	} else {
		struct rte_mbuf *m = rig_mbuf();
		uint8_t *data = (uint8_t *)rte_pktmbuf_append(m, RIG_HEAD + 160);
		memcpy(data, rig_head(session), RIG_HEAD - 12);
		memcpy(data + RIG_HEAD - 12, rtp, sizeof(rtp));
		memset(data + RIG_HEAD, c->seq * 37 | 0x80, 160);
		rig_offer(&m, 1);
	}
	o.offered++;
	c->seq++;
	c->ts += 160;
	c->next_ns += FRAME_NS;
}

static void calls(uint64_t now_ns)
{
	struct gate_msg none = {0}, notice;

	while (rig_notice(&notice))
		;
	while (o.ended < o.begun && o.call[o.ended].end_ns <= now_ns)
		post(o.ended++, &none, GATE_CLOSE);
	o.due += o.rate * (double)(now_ns - o.passed_ns) / NS_PER_S;
	o.passed_ns = now_ns;
	for (; o.due >= 1; o.due--) {
		o.tried++;
		o.refusing += o.load.refuse_percent;
		if (o.refusing >= 100) {
			o.refusing -= 100;
			o.refused++;
		} else if (o.begun < SESSIONS)
			begin(o.begun++);
	}
	for (uint32_t i = o.ended; i < o.begun; i++)
		if (o.call[i].next_ns <= now_ns)
			packet(i);
}

static void judge(uint64_t now_ns)
{
	struct load_sample *s = load_fill(&o.load);
	struct gate_worker w;

	gate_worker_read(rig_worker()->gate, 0, &w);
	s->at_ms = now_ns / NS_PER_MS;
	s->rx_packets = w.rx_packets;
	s->rx_missed = o.missed;
	s->worker[0].busy_ns = w.busy_ns;
	s->worker[0].gap_ns = w.host_gap_ns;
	memcpy(s->worker[0].late, w.late, sizeof(w.late));
	load_take(&o.load);
}

static uint64_t cost_ns(void)
{
	const struct gate_worker *w = rig_worker()->stats;

	return TURN_NS + w->rx_packets * IN_NS + w->tx_packets * OUT_NS;
}

static void turn(void)
{
	uint64_t now_ns = rig_now_ns(), cost = cost_ns() - TURN_NS;

	calls(now_ns);
	if (now_ns >= o.step_ns) {
		judge(now_ns);
		o.step_ns += LOAD_STEP_MS * NS_PER_MS;
	}
	rig_forward(rig_turn() > 0 ? cost_ns() - cost : NAP_NS);
}

static void turns(uint64_t ns)
{
	for (uint64_t end_ns = rig_now_ns() + ns; rig_now_ns() < end_ns;)
		turn();
}

// Frames that calls should have been sent in the time, of which at most one each is the tick's.
static double frames_due(uint64_t from_ns, uint64_t to_ns)
{
	double frames = 0;

	for (uint32_t i = 0; i < o.begun; i++) {
		const struct call *c = &o.call[i];
		uint64_t begin_ns = c->begin_ns > from_ns ? c->begin_ns : from_ns;
		uint64_t end_ns = c->end_ns < to_ns ? c->end_ns : to_ns;
		if (end_ns > begin_ns)
			frames += (double)(end_ns - begin_ns) / FRAME_NS;
	}
	return frames;
}

static void report(struct bench *b, const char *name, const char *unit, double value)
{
	bench_report(b, &(struct bench_metric){name, unit, 0}, &value, 1);
}

static void begin_run(bool limited)
{
	static uint8_t prompt[PROMPT_BYTES];
	struct rig_config config = {
		.sessions = SESSIONS, .mute = true, .prompt = prompt, .prompt_bytes = PROMPT_BYTES};

	for (unsigned i = 0; i < PROMPT_BYTES; i++)
		prompt[i] = (uint8_t)(i * 31 | 0x80);
	rig_begin(&config);
	load_init(&o.load, 1);
	o.load.limits = (struct load_limits){.from_percent = 80};
	if (limited)
		o.load.limits = (struct load_limits){85, 10, 1, 40, 80};
	o.step_ns = o.passed_ns = rig_now_ns();
	o.rate = OFFERED * CAPACITY / (HOLD_NS / NS_PER_S);
	turns(2 * HOLD_NS);
}

static int run(struct bench *b, bool limited)
{
	begin_run(limited);
	uint64_t from_ns = rig_now_ns(), out = rig_counts()->rtp_out, offered = o.offered;
	uint64_t lost = o.missed + rig_dropped();
	uint32_t tried = o.tried, refused = o.refused;
	turns(RUN_NS);
	double due = frames_due(from_ns, rig_now_ns());
	double sent = (double)(rig_counts()->rtp_out - out);
	double lost_out = due > sent ? 100 * (1 - sent / due) : 0;
	double lost_in =
		100.0 * (double)(o.missed + rig_dropped() - lost) / (double)(o.offered - offered);
	if (limited) {
		report(b, "calls", "calls", o.begun - o.ended);
		report(b, "busy", "%", o.load.worker[0].busy_permille / 10.0);
		report(b, "refused", "%", 100.0 * (o.refused - refused) / (o.tried - tried));
		report(b, "lost_out", "%", lost_out);
		report(b, "lost_in", "%", lost_in);
	} else {
		report(b, "lost_out_unlimited", "%", lost_out);
		report(b, "lost_in_unlimited", "%", lost_in);
	}
	return bench_end(b);
}

// DPDK starts once in a process.
static int run_apart(struct bench *b, bool limited)
{
	int status = 1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		exit(run(b, limited));
	return child < 0 || waitpid(child, &status, 0) < 0 || status != 0;
}

int main(int argc, char **argv)
{
	struct bench b;

	bench_init(&b, "overload", argc, argv);
	return run_apart(&b, true) | run_apart(&b, false);
}
