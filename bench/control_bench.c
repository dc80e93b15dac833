// How long one turn of the loop is held by what grows with the square: each command of ringctl, and
// what comes of a call, an agent or a record, with 100,000 calls up, 50,000 of them waiting in one
// queue, and 10,000 agents. A command's figure is its longest turn, of all its answer took; the
// answer is read and judged in between: each entry once.
//
// The CPU's time counts, so that a process that stood still on a busy machine is not a long turn.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/control_far.h"
#include "bench/control_world.h"
#include "bench/folder.h"
#include "bench/miss.h"
#include "control/base/heap.h"
#include "control/eventlog/eventlog.h"
#include "control/media/gate.h"
#include "control/base/timer.h"
#include "control/ops/ops.h"
#include "control/router/backlog.h"
#include "control/queue/floor.h"
#include "control/record/recorder.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define TURN_MS	   10 // the budget
#define CLIENTS	   40 // that list all calls at once
#define RECORDINGS 50000u
#define MESSAGES   200000u

static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t longest_ns, begun_ns;

static void longest_begin(void)
{
	longest_ns = 0;
}

static void turn_begin(void)
{
	begun_ns = cpu_ns();
}

static void turn_end(void)
{
	uint64_t took_ns = cpu_ns() - begun_ns;
	if (took_ns > longest_ns)
		longest_ns = took_ns;
}

// --- commands, through the socket ---

struct asker {
	int fd;
	bool ended;
	size_t entries, len;
	char kept[64]; // the end of what was read before
};

struct question {
	const char *line, *entry; // entry: what each one holds
	size_t entries;		  // expected; 0: not counted
	bool call;		  // line has a place for the number of a new call
};

static void asker_asks(struct asker *a, const char *line)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	*a = (struct asker){.fd = socket(AF_UNIX, SOCK_STREAM, 0)};
	str_copy(sun.sun_path, sizeof(sun.sun_path), world_socket());
	check(connect(a->fd, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	check(write(a->fd, line, strlen(line)) == (ssize_t)strlen(line));
	check(write(a->fd, "\n", 1) == 1);
}

// Counts the entries in what came, also those that lie across two pieces.
static void asker_reads(struct asker *a, const char *entry)
{
	static char text[(1 << 20) + 64];
	size_t keep = strlen(entry) - 1;
	ssize_t n;
	while (memcpy(text, a->kept, a->len),
		(n = recv(a->fd, text + a->len, 1 << 20, MSG_DONTWAIT)) > 0) {
		size_t len = a->len + (size_t)n;
		text[len] = '\0';
		for (const char *at = text; (at = strstr(at, entry)) != NULL; at++)
			a->entries++;
		a->len = len < keep ? len : keep;
		memcpy(a->kept, text + len - a->len, a->len);
	}
	a->ended |= n == 0;
	if (n == 0)
		close(a->fd);
}

static void loop_turn(void)
{
	struct pollfd fd = {ops_fd(world_ops()), POLLIN};
	if (poll(&fd, 1, 1000) > 0) {
		turn_begin();
		ops_poll(world_ops());
		turn_end();
	}
	world_settle();
}

// The new call's number where the line has an X.
static void call_line(char line[160], const char *form)
{
	char id[CALLID_TEXT_MAX];
	world_dial("2");
	struct callid call = world_newest();
	size_t before = strcspn(form, "X");
	str_format(line, 160, "%.*s%s%s", (int)before, form, callid_text(&call, id),
		form + before + 1);
}

static double ask_run(void *arg)
{
	const struct question *q = arg;
	struct asker a;
	char line[160];
	str_copy(line, sizeof(line), q->line);
	if (q->call)
		call_line(line, q->line);
	longest_begin();
	asker_asks(&a, line);
	while (!a.ended) {
		loop_turn();
		asker_reads(&a, q->entry);
	}
	check(q->entries == 0 || a.entries == q->entries);
	return (double)longest_ns / 1e6;
}

static double crowd_run(void *arg)
{
	struct asker a[CLIENTS];
	unsigned ended = 0;
	longest_begin();
	for (unsigned i = 0; i < CLIENTS; i++)
		asker_asks(&a[i], "{\"command\":\"conferences list\"}");
	while (ended < CLIENTS) {
		loop_turn();
		for (unsigned i = 0; i < CLIENTS; i++) {
			if (a[i].ended)
				continue;
			asker_reads(&a[i], "\"conference\":");
			ended += a[i].ended;
		}
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		check(a[i].entries == WORLD_ROOMS);
	return (double)longest_ns / 1e6;
}

static void commands_measure(struct bench *b)
{
	const struct {
		const char *name;
		struct question q;
	} list[] = {
		{"status", {"{\"command\":\"status\"}", "\"node\":", 1}},
		{"calls_list", {"{\"command\":\"calls list\"}", "{\"row\":", WORLD_CALLS}},
		{"calls_list_of_none",
			{"{\"command\":\"calls list\",\"options\":{\"party\":\"0\"}}",
				"{\"row\":"}},
		{"calls_show",
			{"{\"command\":\"calls show\",\"args\":[\"X\"]}", "{\"row\":", 1, true}},
		{"queues_list", {"{\"command\":\"queues list\"}", "\"queue\":", WORLD_QUEUES}},
		{"queues_show",
			{"{\"command\":\"queues show\",\"args\":[\"q0\"]}",
				"\"position\":", WORLD_WAITING}},
		{"agents_list", {"{\"command\":\"agents list\"}", "\"agent\":", WORLD_AGENTS}},
		{"agents_show",
			{"{\"command\":\"agents show\",\"args\":[\"a09999\"]}", "\"agent\":", 1}},
		{"agents_set",
			{"{\"command\":\"agents set\",\"args\":[\"a09999\",\"ready\"]}",
				"\"done\":", 1}},
		{"registrations_list",
			{"{\"command\":\"registrations list\"}", "\"contact\":", WORLD_AGENTS}},
		{"conferences_list",
			{"{\"command\":\"conferences list\"}", "\"conference\":", WORLD_ROOMS}},
		{"conferences_show",
			{"{\"command\":\"conferences show\",\"args\":[\"r0\"]}", "\"muted\":", 30}},
		{"sessions_list", {"{\"command\":\"sessions list\"}", "\"session\":"}},
		{"trunks_list", {"{\"command\":\"trunks list\"}", "\"trunk\":", WORLD_TRUNKS}},
		{"trace_sip",
			{"{\"command\":\"trace sip\",\"args\":[\"X\"]}", "{\"row\":", 1, true}},
		{"calls_mask",
			{"{\"command\":\"calls mask\",\"args\":[\"X\",\"on\"]}", "\"done\":", 1,
				true}},
		{"calls_monitor",
			{"{\"command\":\"calls monitor\",\"args\":[\"X\",\"a09999\","
			 "\"listen\"]}",
				"\"end\":", 1, true}},
		{"calls_hangup",
			{"{\"command\":\"calls hangup\",\"args\":[\"X\"]}", "\"done\":", 1, true}},
		{"version", {"{\"command\":\"version\"}", "\"ringhall\":", 1}},
	};
	char name[64];
	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct question q = list[i].q;
		str_format(name, sizeof(name), "turn_%s", list[i].name);
		if (bench_wants(b, name))
			bench_measure(b, &(struct bench_metric){name, "ms", TURN_MS}, ask_run, &q);
	}
}

// --- what comes of a call, an agent, a record ---

// A caller joins behind all that wait, is told its place, and goes again.
static double join_run(void *arg)
{
	longest_begin();
	for (unsigned i = 0; i < 200; i++) {
		struct call_info info;
		char id[CALLID_TEXT_MAX];
		turn_begin();
		struct ua_leg *leg = world_dial("1");
		struct callid call = world_newest();
		check(call_find(world_calls(), callid_text(&call, id), &info) == 0);
		check(info.position == WORLD_WAITING + 1);
		world_hang_up(leg);
		world_settle();
		turn_end();
	}
	return (double)longest_ns / 1e6;
}

static double backlog_run(void *arg)
{
	struct backlog b;
	struct router_message m = {.kind = ROUTER_JOIN};
	check(backlog_init(&b) == 0);
	longest_begin();
	for (unsigned i = 0; i < MESSAGES; i++) {
		turn_begin();
		check(backlog_add(&b, &m));
		turn_end();
		if (i % 3 == 0)
			backlog_drop(&b);
	}
	backlog_fini(&b);
	return (double)longest_ns / 1e6;
}

static void result_make(struct recording_result *r, unsigned n)
{
	*r = (struct recording_result){.call.counter = n};
	str_format(r->file, sizeof(r->file),
		"/var/lib/ringhall/recordings/acme/2026-10-01/%06u.wav", n);
}

static double recordings_run(void *arg)
{
	struct recording_result r;
	for (unsigned i = 0; i < RECORDINGS; i++) {
		result_make(&r, i);
		check(calls_expect_recording(world_calls(), &r.call, "acme", r.file) == 0);
	}
	longest_begin();
	for (unsigned i = RECORDINGS; i > 0; i--) { // the last first: the whole list of old
		result_make(&r, i - 1);
		turn_begin();
		calls_recording_result(&r, world_calls());
		turn_end();
	}
	return (double)longest_ns / 1e6;
}

// The log's segment begins anew: what is alive is told in pieces, between which the loop turns.
static double snapshot_run(void *arg)
{
	char folder[BENCH_FOLDER_MAX];
	struct eventlog_options options = {
		.timers = world_timers(), .segment_bytes = EVENTLOG_SEGMENT_MIN};
	struct eventlog_report report;
	struct eventlog_status status;
	struct eventlog *log;
	bench_folder_new(folder, ".", "control");
	options.directory = folder;
	check(eventlog_open(&options, &log, &report) == 0);
	struct eventlog_place place = {0};
	longest_begin();
	bool more = true;
	while (more) {
		turn_begin();
		more = calls_snapshot(world_calls(), log, &place);
		turn_end();
		do { // its writes are not ours
			eventlog_poll(log);
			eventlog_status(log, &status);
		} while (status.held_bytes > 1 << 20);
	}
	check(status.appended >= WORLD_CALLS);
	eventlog_close(log);
	bench_folder_remove(folder);
	return (double)longest_ns / 1e6;
}

// Agents and queues are matched by name, members compared: all of it in one turn, as in node_turns.
static double reload_run(void *arg)
{
	longest_begin();
	turn_begin();
	calls_configure(world_calls(), world_config());
	turn_end();
	world_settle();
	return (double)longest_ns / 1e6;
}

static void storm_turns(void)
{
	bool any;
	do {
		any = far_engine() || timers_next_ms(world_timers()) == 0;
		turn_begin();
		any |= media_poll(world_media());
		timers_run(world_timers(), timers_now_ms(world_timers()));
		turn_end();
	} while (any);
}

// All agents' conversations end, their phones ring with the next callers, and all of them are busy:
// 16 a turn, as the sockets bring them. Once: the pauses that follow have no end here.
static void storm_measure(struct bench *b)
{
	far_phones_ring();
	longest_begin();
	for (unsigned i = 0; i < WORLD_AGENTS; i += 16) {
		for (unsigned k = i; k < i + 16 && k < WORLD_AGENTS; k++)
			world_hang_up(world_talker(k));
		storm_turns();
	}
	double all_ring = (double)longest_ns / 1e6;
	check(far_ringing() == WORLD_AGENTS);
	longest_begin();
	while (far_ringing() > 0) {
		far_phones_busy(16);
		storm_turns();
	}
	double all_busy = (double)longest_ns / 1e6;
	bench_report(
		b, &(struct bench_metric){"turn_all_agents_ring", "ms", TURN_MS}, &all_ring, 1);
	bench_report(
		b, &(struct bench_metric){"turn_all_agents_busy", "ms", TURN_MS}, &all_busy, 1);
}

static void events_measure(struct bench *b)
{
	static const struct {
		const char *name;
		bench_run_h *run;
	} list[] = {
		{"turn_40_clients", crowd_run},
		{"turn_join_and_leave", join_run},
		{"turn_backlog_add", backlog_run},
		{"turn_recording_result", recordings_run},
		{"turn_snapshot_piece", snapshot_run},
		{"turn_reload", reload_run},
	};
	for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (bench_wants(b, list[i].name))
			bench_measure(b, &(struct bench_metric){list[i].name, "ms", TURN_MS},
				list[i].run, NULL);
}

int main(int argc, char **argv)
{
	struct bench b;
	heap_keep();
	bench_init(&b, "control", argc, argv);
	if (bench_wants(&b, "dependent_miss"))
		bench_miss(&b);
	world_start();
	check(calls_count(world_calls()) == WORLD_CALLS);
	commands_measure(&b);
	events_measure(&b);
	if (b.only == NULL)
		storm_measure(&b);
	world_stop();
	return bench_end(&b);
}
