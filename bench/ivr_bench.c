// A caller in a menu, all in: 20 ms of speech received, through the jitter buffer, decoded and
// listened to for DTMF, and 20 ms of prompt sent. One worker, ring port, PCMU; what arrives is of
// traffic.h. The same load with SpanDSP's receiver alone, with a recording's tap, and what one
// miss costs on this machine, so that figures of different machines can be compared.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/bench.h"
#include "bench/miss.h"
#include "bench/rig.h"
#include "bench/traffic.h"
#include "engine/base/check.h"
#include "engine/base/str.h"
#include "engine/voice/session_state.h"

#define SPEECH_BYTES   (256u << 20)
#define PROMPT_FRAMES  50000u // a thousand seconds: each caller hears another frame of it
#define WARM_ROUNDS    100
#define SECONDS_SHORT  2
#define ROUNDS_PER_S   50
#define DIGITS_SHARE   50 // 2 % of the callers
#define DIGITS_END     25 // rounds in which the last digits end
#define CHILD_MEMORY_S 6

struct kind {
	const char *name;
	uint32_t sessions;
	bool plain, tapped;
	double budget;	   // ns
	double plain_part; // of plain SpanDSP's time, which will do where the machine is slow
};

static struct speech speech;

static struct { // with the children
	double resident[2], plain_ns[2];
} * shared;

static bool is_many(const struct kind *k)
{
	return k->sessions > 10000;
}

static bool fill_collect(struct gate_msg *m, uint32_t session)
{
	m->collect.on = 1;
	return true;
}

static bool fill_play(struct gate_msg *m, uint32_t session)
{
	m->play = (struct gate_play){.prompt = RIG_PROMPT,
		.flags = PLAY_LOOP,
		.offset_ms = session * 7919 % PROMPT_FRAMES * TICK_MS};
	return true;
}

static bool fill_record(struct gate_msg *m, uint32_t session)
{
	m->record = (struct gate_record){.start_ns = rig_now_ns(),
		.recording = session / 2,
		.on = 1,
		.side = session & 1 ? SIDE_RIGHT : SIDE_LEFT,
		.law = CODEC_PCMU};
	return true;
}

static double rounds_run(unsigned rounds)
{
	double ns = 0;

	for (unsigned i = 0; i < rounds; i++)
		ns += traffic_round();
	return ns;
}

// All that came is somewhere: offered = taken + late + twice + dropped by name; taken = played +
// skipped; pulled = played + concealed + silent.
static void account(const struct kind *k, bool loud)
{
	const struct traffic_counts *c = traffic_counts();
	struct session_table *t = rig_worker()->sessions;
	struct jitter_counts sum = {0};
	uint64_t waiting = 0, put_ms;

	for (uint32_t i = 0; i < k->sessions; i++) {
		const struct jitter *j = session_jitter(t, &t->sessions[i]);

		sum.put += j->counts.put;
		sum.late += j->counts.late;
		sum.duplicate += j->counts.duplicate;
		sum.played += j->counts.played;
		sum.skipped += j->counts.skipped;
		sum.concealed += j->counts.concealed;
		for (unsigned n = 0; n < JITTER_MS / 64; n++)
			waiting += (unsigned)__builtin_popcountll(j->present[n]);
	}
	put_ms = (uint64_t)sum.put * TICK_MS;
	rig_explain();
	check(rig_counts()->missed == 0 && waiting == 0);
	check(c->sent == (uint64_t)sum.put + sum.late + sum.duplicate);
	check(put_ms == (uint64_t)sum.played + sum.skipped);
	if (c->digits_sent != c->digits_reported)
		fprintf(stderr, "%llu digits sent, %llu reported, %llu heard besides\n",
			(unsigned long long)c->digits_sent, (unsigned long long)c->digits_reported,
			(unsigned long long)c->digits_heard);
	check(c->digits_sent == c->digits_reported);
	if (loud)
		fprintf(stderr,
			"  %s: %llu packets in, %llu lost on the way; %u ms played, %u concealed, "
			"%u "
			"skipped; %u packets late; %llu digits sent, as many reported, %llu heard "
			"in "
			"speech; RTCP %llu in, %llu out\n",
			k->name, (unsigned long long)c->sent, (unsigned long long)c->lost,
			sum.played, sum.concealed, sum.skipped, sum.late,
			(unsigned long long)c->digits_sent, (unsigned long long)c->digits_heard,
			(unsigned long long)c->rtcp, (unsigned long long)rig_counts()->rtcp_out);
}

static void begin(const struct kind *k)
{
	struct rig_config config = {.sessions = k->sessions,
		.plain = k->plain,
		.prompt = speech.bytes,
		.prompt_bytes = PROMPT_FRAMES * FRAME_BYTES};
	struct traffic_shape shape = {.sessions = k->sessions,
		.burst = 50,
		.jitter_ms = 20,
		.lost_ppm = 1000,
		.overtaken_ppm = 1000,
		.digits_share = DIGITS_SHARE,
		.rtcp = true,
		.seed = 11};

	rig_begin(&config);
	traffic_begin(&shape, &speech);
	rig_all(GATE_COLLECT, fill_collect);
	rig_all(GATE_PLAY, fill_play);
	rounds_run(WARM_ROUNDS); // sources are learnt, jitter buffers know their delay
	traffic_digits(true);
}

// In the time itself or as a part of what plain SpanDSP took in this run, whichever allows more.
static void report(struct bench *b, const struct kind *k, double values[])
{
	struct bench_metric m = {.name = k->name, .unit = "ns", .budget = k->budget};
	double plain_ns = shared->plain_ns[is_many(k)], part;

	if (k->plain_part * plain_ns > m.budget)
		m.budget = k->plain_part * plain_ns;
	double ns = bench_report(b, &m, values, b->runs);
	if (k->plain)
		shared->plain_ns[is_many(k)] = ns;
	if (k->plain_part == 0 || plain_ns == 0)
		return;
	part = ns / plain_ns;
	m.name = is_many(k) ? "part_of_plain_50000" : "part_of_plain_10000";
	m.unit = "x";
	m.budget = 0;
	bench_report(b, &m, &part, 1);
}

static int ivr(struct bench *b, const struct kind *k)
{
	unsigned seconds = b->seconds ? b->seconds : SECONDS_SHORT;
	unsigned rounds = (seconds * ROUNDS_PER_S + b->runs - 1) / b->runs;
	double values[BENCH_RUNS_MAX];

	begin(k);
	if (k->tapped)
		rig_tap();
	if (k->tapped)
		rig_all(GATE_RECORD, fill_record);
	uint64_t before = traffic_counts()->sent;
	for (unsigned i = 0; i < b->runs; i++)
		values[i] = rounds_run(rounds) / ((double)k->sessions * rounds);
	traffic_digits(false);
	rounds_run(DIGITS_END);
	report(b, k, values);
	traffic_end();
	if (k->tapped) // those before the recording began are not in it
		check(rig_tapped() == traffic_counts()->sent - before);
	else
		account(k, !b->json);
	rig_end();
	return bench_end(b);
}

// Bytes in memory with so many sessions open and under load.
static double resident(uint32_t sessions, unsigned seconds)
{
	struct kind k = {.sessions = sessions};

	begin(&k);
	rounds_run(seconds * ROUNDS_PER_S);
	return (double)rig_resident();
}

static int probe(struct bench *b, const struct kind *k)
{
	bench_miss(b);
	return bench_end(b);
}

typedef int(child_h)(struct bench *b, const struct kind *k);

struct job {
	child_h *run;
	struct bench *bench;
	const struct kind *kind;
};

static int job_run(void *arg)
{
	const struct job *job = arg;

	return job->run(job->bench, job->kind);
}

static int in_child(child_h *run, struct bench *b, const struct kind *k)
{
	return bench_in_child(job_run, &(struct job){run, b, k});
}

static int resident_run(struct bench *b, const struct kind *k)
{
	shared->resident[k->sessions > 1] =
		resident(k->sessions, b->seconds ? b->seconds : CHILD_MEMORY_S);
	return 0;
}

static int memory(struct bench *b, uint32_t sessions)
{
	struct bench_metric m = {"bytes_per_session", "B", 4096};

	if (in_child(resident_run, b, &(struct kind){.sessions = 1}) ||
		in_child(resident_run, b, &(struct kind){.sessions = sessions}))
		return 1;
	double bytes = (shared->resident[1] - shared->resident[0]) / (sessions - 1);
	bench_report(b, &m, &bytes, 1);
	return bench_end(b);
}

int main(int argc, char **argv)
{
	static const struct kind kinds[] = {
		{"ns_per_frame_1000", 1000, .budget = 0},
		{"plain_ns_per_frame_10000", 10000, .plain = true},
		{"ns_per_frame_10000", 10000, .budget = 230, .plain_part = 0.24},
		{"ns_per_frame_tap_10000", 10000, .tapped = true, .budget = 300},
		{"plain_ns_per_frame_50000", 50000, .plain = true},
		{"ns_per_frame_50000", 50000, .budget = 400, .plain_part = 0.36},
		{"ns_per_frame_tap_50000", 50000, .tapped = true, .budget = 500},
	};
	struct bench b;
	int failed = 0;

	bench_init(&b, "ivr", argc, argv);
	traffic_speech(&speech, SPEECH_BYTES);
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED);
	if (bench_wants(&b, "dependent_miss"))
		failed |= in_child(probe, &b, &(struct kind){.name = "dependent_miss"});
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (bench_wants(&b, kinds[i].name))
			failed |= in_child(ivr, &b, &kinds[i]);
	if (bench_wants(&b, "bytes_per_session"))
		failed |= memory(&b, 50000);
	return failed;
}
