// The node of control_world.h: its configuration, its calls, and what stands in for the rest.
#include "bench/control_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/control_far.h"
#include "control/config/load.h"
#include "control/modules.h"
#include "control/eventlog/eventlog.h"
#include "control/config/files.h"
#include "control/base/load.h"
#include "control/media/gate.h"
#include "control/store/store.h"
#include "control/base/timer.h"
#include "control/ops/ops.h"
#include "control/queue/floor.h"
#include "control/record/recorder.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

#define WALL_NS	 1790000000000000000ull
#define TEXT_MAX (4u << 20)
#define SERVES	 3u // queues of an agent at most, besides the one of all

struct world_recording {
	struct callid call;
	char file[80];
};

static struct {
	struct timers timers;
	struct media *media;
	struct config *config;
	struct eventlog *log;
	struct calls *calls;
	struct ops *ops;
	struct load load;
	struct files files;
	uint64_t now_ms;
	unsigned dialled;
	bool records;
	struct world_recording *recordings;
	uint32_t recorded, *closed, closed_count;
	char folder[64], socket[80];
	struct ua_leg *talkers[WORLD_AGENTS];
} world;

// --- clock and configuration ---

static uint64_t mono_ms(void *arg)
{
	return world.now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return WALL_NS + world.now_ms * 1000000;
}

static void log_clock(uint64_t *wall, uint64_t *mono, void *arg)
{
	*wall = wall_ns(NULL);
	*mono = world.now_ms * 1000000;
}

static void queues_write(struct str_buf *b)
{
	for (unsigned q = 0; q < WORLD_QUEUES; q++) {
		str_buf_add(b, "      q%u: {agents: [", q);
		for (unsigned a = 0; a < WORLD_AGENTS; a++)
			for (unsigned k = 0; k < SERVES; k++)
				if (q == 0 ? k == 0 : (a * 7 + k * 5) % WORLD_QUEUES == q)
					str_buf_add(b, "a%05u, ", a);
		str_buf_add(b, "], wrap_up: 0s, short_call: 0s, reject_pause: 3600s}\n");
	}
}

// Numbers 100 to 163: each asks the one queue for what no agent has.
static void kinds_write(struct str_buf *b, const char *records)
{
	str_buf_add(b, "    skills: [s0, s1, s2, s3, s4, s5, s6, s7]\n    numbers:\n");
	for (unsigned i = 0; i < WORLD_KINDS; i++)
		str_buf_add(b, "      '%u': {flow: kind%u%s}\n", 100 + i, i, records);
}

static void kind_flows_write(struct str_buf *b)
{
	for (unsigned i = 0; i < WORLD_KINDS; i++)
		str_buf_add(b, "      kind%u: {in: {queue: q0, skills: {s%u: %u}}}\n", i, i % 8,
			1 + i / 8);
}

static char *config_write(void)
{
	struct str_buf b;
	const char *records = world.records ? ", record: yes" : "";
	char *text = malloc(TEXT_MAX);
	check(text != NULL);
	str_buf_init(&b, text, TEXT_MAX);
	str_buf_add(&b,
		"sip: {listen: [udp:192.0.2.1:5060]}\n"
		"engine:\n"
		"  sessions: 31000\n"
		"  ports: {p: {host: 192.0.2.1/24}}\n"
		"  media: {m: {port: p, address: 192.0.2.2/24}}\n"
		"recording: {directory: %s}\n"
		"control: {socket: %s}\n"
		"tenants:\n"
		"  acme:\n",
		world.folder, world.socket);
	kinds_write(&b, records);
	str_buf_add(&b,
		"      '1': {flow: line%s}\n"
		"      '2': {flow: listen%s}\n"
		"      '3': {flow: room%s}\n"
		"    prompts: {p: p.wav}\n"
		"    flows:\n"
		"      line: {in: {queue: q0}}\n"
		"      listen: {in: {menu: p, digits: {1: in}, timeout: 60s}}\n"
		"      room: {in: {conference: r0}}\n",
		records, records, records);
	kind_flows_write(&b);
	str_buf_add(&b, "    trunks:\n");
	for (unsigned i = 0; i < WORLD_TRUNKS; i++)
		str_buf_add(&b, "      t%u: {peers: [192.0.%u.0/24]}\n", i, i + 2);
	str_buf_add(&b, "    conferences:\n");
	for (unsigned i = 0; i < WORLD_ROOMS; i++)
		str_buf_add(&b, "      r%u: {}\n", i);
	str_buf_add(&b, "    agents:\n");
	for (unsigned i = 0; i < WORLD_AGENTS; i++)
		str_buf_add(&b, "      a%05u: {password: p}\n", i);
	str_buf_add(&b, "    queues:\n");
	queues_write(&b);
	check(b.len + 1 < TEXT_MAX);
	return text;
}

static struct config *config_make(void)
{
	char *text = config_write();
	struct config_problems problems = {0};
	struct config *out = NULL;
	struct config_text t = {"/etc/ringhall.yaml", text, strlen(text)};
	if (config_load_text(&control_modules, &t, NULL, &out, &problems) != 0) {
		fprintf(stderr, "%s\n", problems.count ? problems.list[0].text : "not loaded");
		exit(EXIT_FAILURE);
	}
	config_problems_free(&problems);
	free(text);
	return out;
}

// --- what the operations ask besides ---

void store_status(const struct store *s, struct store_status *out)
{
	*out = (struct store_status){0};
}

int store_query_calls(struct store *s, const struct store_filter *f, const struct store_answer *a)
{
	return -1;
}

int store_query_offers(struct store *s, const char *call, const struct store_answer *a)
{
	return -1;
}

int store_query_names(struct store *s, const char *column, const struct store_answer *a)
{
	return -1;
}

int store_query_stats(
	struct store *s, const struct store_stats *stats, const struct store_answer *a)
{
	return -1;
}

int store_query_call(struct store *s, const char *call, const struct store_answer *a)
{
	return -1;
}

int store_query_file(
	struct store *s, const char *call, store_opened_h *opened, const struct store_answer *a)
{
	return -1;
}

int store_query_recordings(
	struct store *s, const struct store_filter *f, const struct store_answer *a)
{
	return -1;
}

void store_forget(struct store *s, const void *arg)
{
}

void store_resume(struct store *s)
{
}

void recorder_status(const struct recorder *r, struct recorder_status *out)
{
	*out = (struct recorder_status){0};
}

int recorder_open(struct recorder *r, const struct recording_request *q, uint32_t *number,
	uint64_t *start_ns, char file[512])
{
	struct world_recording *one = &world.recordings[world.recorded];

	if (world.recorded == WORLD_RECORDINGS)
		return -EMFILE;
	*number = world.recorded++;
	one->call = q->call;
	str_format(one->file, sizeof(one->file),
		"/var/lib/ringhall/recordings/%s/2026-10-01/%08u.wav", q->tenant, *number);
	str_copy(file, 512, one->file);
	return 0;
}

void recorder_close(struct recorder *r, uint32_t number)
{
	world.closed[world.closed_count++] = number;
}

// As the recorder's poll does: never within a call of its own.
static bool recordings_settle(void)
{
	struct recording_result result = {.law = CODEC_PCMA};

	if (world.closed_count == 0)
		return false;
	const struct world_recording *one = &world.recordings[world.closed[--world.closed_count]];
	result.call = one->call;
	str_copy(result.file, sizeof(result.file), one->file);
	str_copy_n(result.id, sizeof(result.id), strrchr(one->file, '/') + 1, 8);
	calls_recording_result(&result, world.calls);
	return true;
}

void recorder_set_result(struct recorder *r, recorder_result_h *h, void *arg)
{
}

static void world_drain(struct node *n, const struct ops_who *who)
{
}

static bool world_draining(const struct node *n)
{
	return false;
}

static int world_reload(struct node *n, const struct ops_who *who,
	void (*done)(int error, const char *problems, void *arg), void *arg)
{
	return -1; // measured by calls_configure
}

// --- life ---

struct ops *world_ops(void)
{
	return world.ops;
}

struct calls *world_calls(void)
{
	return world.calls;
}

struct eventlog *world_log(void)
{
	return world.log;
}

void world_record(void)
{
	world.records = true;
	world.recordings = calloc(WORLD_RECORDINGS, sizeof(*world.recordings));
	world.closed = calloc(WORLD_RECORDINGS, sizeof(*world.closed));
	check(world.recordings != NULL && world.closed != NULL);
}

struct media *world_media(void)
{
	return world.media;
}

struct timers *world_timers(void)
{
	return &world.timers;
}

struct config *world_config(void)
{
	return world.config;
}

const char *world_socket(void)
{
	return world.socket;
}

void world_settle(void)
{
	bool any;
	do {
		any = far_engine();
		any |= media_poll(world.media);
		any |= recordings_settle();
		any |= timers_next_ms(&world.timers) == 0;
		timers_run(&world.timers, world.now_ms);
	} while (any);
}

struct ua_leg *world_dial(const char *number)
{
	unsigned n = world.dialled++;
	struct ua_leg *leg = far_incoming(&world.config->trunks[n % WORLD_TRUNKS], number, n);
	world_settle();
	return leg;
}

// Every second one asks for something.
static void waiting_dial(void)
{
	char number[16];
	unsigned kind = world.dialled / 2 % WORLD_KINDS;
	str_format(number, sizeof(number), "%u", 100 + kind);
	world_dial(world.dialled % 2 ? number : "1");
}

struct callid world_newest(void)
{
	struct calls_counts counts;
	struct call_info info;
	calls_counts(world.calls, &counts);
	check(call_by_key(world.calls, counts.started, &info));
	return info.id;
}

struct ua_leg *world_talker(unsigned n)
{
	return world.talkers[n];
}

void world_hang_up(struct ua_leg *leg)
{
	far_hang_up(leg);
}

static void agents_register(void)
{
	struct floor *floor = calls_floor(world.calls);
	for (unsigned i = 0; i < world.config->agent_count; i++) {
		floor_registered(floor, &world.config->agents[i], true);
		world_settle();
	}
}

static int world_drain_cancel(struct node *n, const struct ops_who *who)
{
	return -EALREADY;
}

static const char *world_not_ready(const struct node *n)
{
	return NULL;
}

static void ops_begin(void)
{
	char error[512];
	struct ops_env env = {.timers = &world.timers,
		.media = world.media,
		.config = world.config,
		.calls = world.calls,
		.log = world.log,
		.load = &world.load,
		.files = &world.files,
		.reload = world_reload,
		.drain = world_drain,
		.draining = world_draining,
		.drain_cancel = world_drain_cancel,
		.not_ready = world_not_ready};
	load_init(&world.load, 1);
	if (ops_start(&env, &world.ops, error) != 0) {
		fprintf(stderr, "%s\n", error);
		exit(EXIT_FAILURE);
	}
}

void world_start(void)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	struct eventlog_options options = {.timers = &world.timers, .clock = log_clock};
	struct eventlog_report report;
	world.now_ms = 1000000;
	timers_init(&world.timers, &clock);
	log_set_level(NULL, LOG_ERROR);
	str_copy(world.folder, sizeof(world.folder), "/tmp/control-bench-XXXXXX");
	check(mkdtemp(world.folder) != NULL);
	str_format(world.socket, sizeof(world.socket), "%s/s", world.folder);
	world.config = config_make();
	check(eventlog_open(&options, &world.log, &report) == 0);
	world.media = far_media(world.config, &world.timers, 2 * WORLD_CALLS);
	struct calls_env env = {.node = "bench",
		.media = world.media,
		.timers = &world.timers,
		.config = world.config,
		.log = world.log,
		.recorder = (struct recorder *)world.recordings,
		.seed = 1};
	check(calls_start(&env, &world.calls) == 0);
	far_start(calls_handlers(world.calls));
	world_settle();
	agents_register();
	for (unsigned i = 0; i < WORLD_AGENTS; i++)
		world.talkers[i] = world_dial("1");
	while (world.dialled < WORLD_AGENTS + WORLD_WAITING)
		waiting_dial();
	for (unsigned i = 0; i < 30; i++)
		world_dial("3");
	while (world.dialled < WORLD_CALLS)
		world_dial("2");
	ops_begin();
}

void world_stop(void)
{
	ops_stop(world.ops);
	calls_stop(world.calls);
	world_settle();
	check(calls_count(world.calls) == 0);
	calls_free(world.calls);
	far_stop();
	eventlog_close(world.log);
	config_release(world.config);
	free(world.recordings);
	free(world.closed);
	check(rmdir(world.folder) == 0);
}
