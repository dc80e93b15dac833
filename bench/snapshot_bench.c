// The event log's snapshot at scale: 100,000 calls up, each with its recording, and 10,000
// registrations are restated piece by piece, quietly and while calls come and go, agents change
// and phones register behind the snapshot's place and before it. A piece's figure is what the loop
// waits for it, the CPU's time of all that one call into the event log does.
//
// What was written is read back as a start would: everything that is alive is in it, nothing else.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/control_far.h"
#include "bench/control_world.h"
#include "bench/folder.h"
#include "control/base/heap.h"
#include "control/eventlog/eventlog.h"
#include "control/node/figures.h"
#include "control/node/registrations.h"
#include "control/queue/floor.h"
#include "control/rebuild/rebuild.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define PIECE_MS 2 // the budget
#define CHANGES	 8 // one in so many pieces is followed by changes
#define NEWEST	 64

struct measure {
	double longest_ms[BENCH_RUNS_MAX], mean_ms[BENCH_RUNS_MAX], pieces[BENCH_RUNS_MAX],
		bytes[BENCH_RUNS_MAX], total_s[BENCH_RUNS_MAX];
	unsigned runs;
};

static struct {
	struct eventlog *log; // on disk
	uint64_t pieces, piece_ns, longest_ns;
	bool begun, over;
	unsigned changes, talker;
	struct ua_leg *newest[NEWEST]; // calls that began lately
} snap;

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// As in the daemon (control/node): calls with agents and recordings, registrations, trunks.
static bool restate(struct eventlog *log, struct eventlog_place *place, void *arg)
{
	snap.begun = true;
	if (place->part < CALLS_SNAPSHOT_PARTS) {
		calls_snapshot(world_calls(), log, place);
		return true;
	}
	if (place->part == CALLS_SNAPSHOT_PARTS) {
		if (!registrations_snapshot(NULL, log, calls_floor(world_calls()), &place->at))
			*place = (struct eventlog_place){.part = CALLS_SNAPSHOT_PARTS + 1};
		return true;
	}
	snap.over = !figures_snapshot(NULL, log, &place->at);
	return !snap.over;
}

// --- what the node asks of the user agent besides ---

void ua_trunks_counted(
	struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg)
{
}

void ua_trunk_restore(
	struct ua *ua, const char *tenant, const char *name, const struct ua_trunk_status *t)
{
}

int ua_registration_restore(struct ua *ua, const struct ua_registration *r)
{
	return -1;
}

// --- what changes meanwhile ---

static void on_event(const struct event *e, void *arg)
{
	if (snap.log != NULL)
		eventlog_append(snap.log, e->type, e->tenant, &e->call, e->body);
}

static void registered(const struct ua_registration *r, void *arg)
{
	registrations_binding(r, NULL, snap.log);
}

// One that talks has long been restated or not; the agent takes the next who waits, and another
// caller comes behind all. One that came lately goes, most likely ahead of the snapshot.
static void change(void)
{
	struct floor *floor = calls_floor(world_calls());
	unsigned n = snap.changes++, at = n % NEWEST;
	const char *agent = floor_agent_name(floor, n * 977 % WORLD_AGENTS);

	if (snap.talker < WORLD_AGENTS) {
		world_hang_up(world_talker(snap.talker++));
		world_dial("1");
	}
	if (snap.newest[at] != NULL)
		world_hang_up(snap.newest[at]);
	snap.newest[at] = world_dial("2");
	floor_agent_away(floor, agent, n % 2 ? "lunch" : "");
	floor_agent_set(floor, agent, true);
	ua_registrations_of(NULL, agent, registered, NULL);
	world_settle();
}

// --- one snapshot ---

static void turn(void)
{
	struct pollfd fd = {eventlog_fd(snap.log), POLLIN, 0};
	bool piece;

	if (poll(&fd, 1, 1000) <= 0)
		return;
	uint64_t begin_ns = cpu_ns();
	eventlog_poll(snap.log);
	uint64_t took_ns = cpu_ns() - begin_ns;
	piece = snap.begun;
	if (!piece)
		return;
	snap.pieces++;
	snap.piece_ns += took_ns;
	snap.longest_ns = took_ns > snap.longest_ns ? took_ns : snap.longest_ns;
}

static void judge(const char *folder)
{
	struct calls_counts counts;
	struct rebuild r;

	calls_counts(world_calls(), &counts);
	check(rebuild_load(folder, 0, &r) == 0);
	check(r.damaged == 0);
	check(r.call_count == counts.alive);
	check(r.recording_count == counts.recording);
	check(r.registration_count == WORLD_AGENTS);
	check(r.agent_count == WORLD_AGENTS);
	rebuild_free(&r);
}

// Nothing leads the first segment; the second record begins another one, with the snapshot.
static uint64_t snapshot_begin(const char *folder)
{
	struct eventlog_options options = {
		.timers = world_timers(), .directory = folder, .segment_bytes = 1ull << 40};
	struct eventlog_report report;
	struct eventlog_status s;

	check(eventlog_open(&options, &snap.log, &report) == 0);
	eventlog_append(snap.log, EVENT_NODE_STARTED, "", NULL, "{}");
	eventlog_set_snapshot(snap.log, restate, NULL);
	options.segment_bytes = 1;
	eventlog_configure(snap.log, &options);
	eventlog_append(snap.log, EVENT_CONFIG_LOADED, "", NULL, "{}");
	options.segment_bytes = 1ull << 40; // the next is not wanted
	eventlog_configure(snap.log, &options);
	eventlog_status(snap.log, &s);
	return s.appended;
}

static uint64_t folder_bytes(const char *folder)
{
	char command[128];
	unsigned long long bytes = 0;

	str_format(command, sizeof(command), "cat %s/*.log | wc -c", folder);
	FILE *f = popen(command, "r");
	check(f != NULL && fscanf(f, "%llu", &bytes) == 1);
	pclose(f);
	return bytes;
}

static void snapshot_run(struct measure *m, bool changes)
{
	char folder[BENCH_FOLDER_MAX];
	unsigned i = m->runs++;

	snap.pieces = snap.piece_ns = snap.longest_ns = 0;
	snap.begun = snap.over = false;
	bench_folder_new(folder, ".", "snapshot");
	uint64_t begin_ns = bench_ns();
	snapshot_begin(folder);
	while (!snap.over) {
		turn();
		if (changes && snap.pieces % CHANGES == 1)
			change();
	}
	m->total_s[i] = (double)(bench_ns() - begin_ns) / 1e9;
	eventlog_close(snap.log);
	snap.log = NULL;
	m->longest_ms[i] = (double)snap.longest_ns / 1e6;
	m->mean_ms[i] = (double)snap.piece_ns / 1e6 / (double)snap.pieces;
	m->pieces[i] = (double)snap.pieces;
	m->bytes[i] = (double)folder_bytes(folder) / 1e6;
	judge(folder);
	bench_folder_remove(folder);
}

static void snapshot_measure(struct bench *b, const char *how, bool changes)
{
	static struct measure m;
	char name[64];

	m.runs = 0;
	snapshot_run(&m, changes); // to warm up
	m.runs = 0;
	while (m.runs < b->runs)
		snapshot_run(&m, changes);
	struct {
		const char *name, *unit;
		double budget, *values;
	} const list[] = {
		{"longest_piece", "ms", PIECE_MS, m.longest_ms},
		{"piece", "ms", 0, m.mean_ms},
		{"pieces", "", 0, m.pieces},
		{"written", "MB", 0, m.bytes},
		{"total", "s", 0, m.total_s},
	};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		str_format(name, sizeof(name), "%s_%s", list[i].name, how);
		bench_report(b, &(struct bench_metric){name, list[i].unit, list[i].budget},
			list[i].values, m.runs);
	}
}

int main(int argc, char **argv)
{
	struct calls_counts counts;
	struct bench b;

	heap_keep();
	bench_init(&b, "snapshot", argc, argv);
	world_record();
	world_start();
	eventlog_set_feed(world_log(), on_event, NULL);
	calls_counts(world_calls(), &counts);
	check(counts.alive == WORLD_CALLS && counts.recording == WORLD_CALLS);
	snapshot_measure(&b, "quiet", false);
	snapshot_measure(&b, "changing", true);
	eventlog_set_feed(world_log(), NULL, NULL);
	world_stop();
	return bench_end(&b);
}
