// The world of a scenario: clock, configuration, event log, calls; and its end, where nothing may
// be left.
#include <check.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/eventlog/eventlog.h"
#include "control/eventlog/trouble.h"
#include "control/base/timer.h"
#include "control/rebuild/rebuild.h"
#include "control/record/recorder.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/log.h"
#include "tests/flow/sim/parts.h"

#define WALL_START_S	1790000000 // unless SIM_WALL is another, in seconds since 1970
#define VIOLATIONS_TOLD 5

const char SIM_HEAD[] = "sip: {listen: [udp:10.9.0.1:5060]}\n"
			"engine:\n"
			"  ports: {p: {host: 10.9.0.1/24}}\n"
			"  media: {m: {port: p, address: 10.9.0.2/24}}\n";

const char SIM_ACME[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24], calls_max: 20}}\n"
	"  numbers: {'400': hotline, '500': direct, '600': closed, '700': overflow,\n"
	"            '800': {flow: hotline, record: yes}}\n"
	"  prompts: {welcome: w.wav, choice: c.wav, invalid: i.wav, sorry: s.wav, music: m.wav,\n"
	"            beep: b.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      greeting: {play: welcome, then: choice}\n"
	"      choice: {menu: choice, digits: {1: sales, 2: bye, 3: desk}, timeout: 3s, tries: 2,\n"
	"               invalid_prompt: invalid, on_timeout: bye, on_invalid: sorry}\n"
	"      sales: {queue: sales, then: sorry}\n"
	"      desk: {queue: desk, then: sorry}\n"
	"      sorry: {play: sorry, then: bye}\n"
	"      bye: {hangup: beep}\n"
	"    direct:\n"
	"      sales: {queue: sales, then: over}\n"
	"      over: {hangup: sorry}\n"
	"    closed:\n"
	"      closed: {hangup: , status: 480}\n"
	"    overflow:\n"
	"      first: {queue: short, then: second}\n"
	"      second: {queue: sales, then: end}\n"
	"      end: {hangup}\n"
	"  queues:\n"
	"    sales: {agents: [alice, bob], music: music, ring_timeout: 10s, wrap_up: 5s,\n"
	"            reject_pause: 20s}\n"
	"    desk: {agents: [carol], music: music, answer_prompt: beep, ring_timeout: 10s,\n"
	"           wrap_up: 0s, record: yes}\n"
	"    short: {agents: [carol], music: music, size_max: 1, wait_max: 4s, ring_timeout: 10s,\n"
	"            wrap_up: 0s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, carol: {password: c}}\n";

struct sim {
	struct sim_setup setup;
	struct sim_parts parts;
	struct timers timers;
	uint64_t now_ms, wall_start_s;
	int64_t wall_set_ns;
	struct config *config;
	struct eventlog *log;
	struct recorder *recorder;
	struct calls *calls;
	struct media *media;
	char folder[64];
	struct troubles told;
	unsigned violations, results, troubles, restarts;
	bool reloaded, ended;
	void (*also)(const struct event *e, void *arg);
	void *also_arg;
};

static struct sim *here; // whose scenario's lines are run

struct sim *sim_here(void)
{
	return here;
}

struct sim_parts *sim_parts(void)
{
	return &here->parts;
}

// Stories can be read behind the end of their world, until another one begins or is entered.
static void leave(void)
{
	if (here == NULL || !here->ended)
		return;
	sim_story_free();
	free(here);
}

void sim_enter(struct sim *w)
{
	if (w != here)
		leave();
	here = w;
}

static uint64_t mono_ms(void *arg)
{
	return ((const struct sim *)arg)->now_ms;
}

static uint64_t wall_ns(void *arg)
{
	const struct sim *w = arg;
	return w->wall_start_s * NS_PER_S + w->now_ms * 1000000 + (uint64_t)w->wall_set_ns;
}

void sim_set_wall(int64_t by_s)
{
	here->wall_set_ns += by_s * 1000000000;
}

static void log_clock(uint64_t *wall, uint64_t *mono, void *arg)
{
	*wall = wall_ns(arg);
	*mono = mono_ms(arg) * 1000000;
}

void sim_violation(const char *fmt, ...)
{
	if (here->violations++ >= VIOLATIONS_TOLD)
		return;
	va_list args;
	fprintf(stderr, "violation at %.3f s, seed %llu: ", here->now_ms / 1e3,
		(unsigned long long)here->setup.seed);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static struct config *load(const char *acme, const struct config *previous)
{
	char text[1 << 16];
	struct config_problems problems = {0};
	struct config *out = NULL;
	const char *head = here->setup.head ? here->setup.head : SIM_HEAD;
	snprintf(text, sizeof(text),
		"%srecording: {directory: %s/recordings, calls_max: 4%s}\ntenants:\n acme:\n%s",
		head, here->folder,
		strstr(head, "# full") ? ", free_min: 8000000GiB" : ", free_min: 0", acme);
	struct config_text t = {"/etc/sim.yaml", text, strlen(text)};
	int err = config_load_text(&control_modules, &t, previous, &out, &problems);
	ck_assert_msg(err == 0, "%s", problems.count ? problems.list[0].text : "not loaded");
	config_problems_free(&problems);
	return out;
}

struct timers *sim_timers(void)
{
	return &here->timers;
}

struct config *sim_config(void)
{
	return here->config;
}

const char *sim_prompt_name(uint32_t id)
{
	for (unsigned i = 0; i < here->config->prompt_count; i++)
		if (here->config->prompts[i].id == id)
			return here->config->prompts[i].name;
	return "?";
}

static void on_event(const struct event *e, void *arg)
{
	if (arg != here)
		sim_violation("%s of another world", event_type_name(e->type));
	sim_log_event(e);
	if (e->type == EVENT_RECORDING_ENDED)
		here->results++;
	if (e->type == EVENT_RECORDING_FAILED)
		here->troubles++;
	if (e->type == EVENT_RECORDING_FAILED && !strstr(e->body, "\"id\":\"\"")) // had begun
		here->results++;
	if (here->also != NULL)
		here->also(e, here->also_arg);
}

static void folder_make(void)
{
	sim_folder_make(here->folder, sizeof(here->folder));
}

static bool log_is_judged(void)
{
	return here->setup.log_folder == NULL && !here->setup.log_in_memory;
}

static void log_make(void)
{
	struct eventlog_options options = {.timers = &here->timers,
		.directory = here->setup.log_folder,
		.clock = log_clock,
		.clock_arg = here};
	struct eventlog_report report;
	char path[sizeof(here->folder) + 8];
	if (log_is_judged()) {
		str_format(path, sizeof(path), "%s/log", here->folder);
		options.directory = path;
		options.segment_bytes = SIM_SEGMENT;
	}
	ck_assert_int_eq(eventlog_open(&options, &here->log, &report), 0);
	sim_log_begin(here->log);
	eventlog_set_feed(here->log, on_event, here);
}

static void recorder_make(void)
{
	char error[512] = "";
	int err = recorder_start(here->config, NULL, &here->recorder, error);
	ck_assert_msg(err == 0, "recorder: %s", error);
}

// Under the shim of the refusal sweep (tests/refusal) its count holds meanwhile.
void *sim_calloc(size_t bytes)
{
	void (*hold)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "refuse_hold");
	if (hold != NULL)
		hold(1);
	void *p = calloc(1, bytes);
	ck_assert_ptr_nonnull(p);
	if (hold != NULL)
		hold(-1);
	return p;
}

// Calls over what there is: voices, event log, a user agent that has not begun.
static void calls_make(void)
{
	const struct sim_setup *setup = &here->setup;
	const struct calls_env env = {
		.timers = &here->timers,
		.media = here->media,
		.node = setup->node ? setup->node : "sim",
		.config = here->config,
		.log = here->log,
		.recorder = here->recorder,
		.ua = far_ua(),
		.history = setup->history,
		.seed = (setup->seed ? setup->seed : 1) + here->restarts,
		.router_thread = setup->router_thread,
		.troubles = &here->told,
	};
	troubles_start(&here->told, here->log);
	ck_assert_int_eq(calls_start(&env, &here->calls), 0);
	sim_ua_begin(calls_handlers(here->calls));
}

struct sim *sim_begin(const struct sim_setup *setup)
{
	leave();
	here = sim_calloc(sizeof(*here));
	const struct timers_clock clock = {mono_ms, wall_ns, here};
	here->setup = *setup;
	here->parts.setup = &here->setup;
	here->now_ms = 1000000;
	const char *wall = getenv("SIM_WALL"); // the moment at which the world begins
	here->wall_start_s = wall ? strtoull(wall, NULL, 10) - here->now_ms / 1000 : WALL_START_S;
	folder_make();
	timers_init(&here->timers, &clock);
	log_set_level(NULL, getenv("SIM_DEBUG") ? LOG_DEBUG : LOG_ERROR);
	here->config = load(setup->yaml ? setup->yaml : SIM_ACME, NULL);
	log_make();
	if (setup->record)
		recorder_make();
	sim_story_begin(setup->lax_order);
	sim_ua_make();
	here->media = sim_media_begin();
	calls_make();
	sim_run(1);
	return here;
}

// A router on its own thread: until it has said all there is to say.
static void router_settle(void)
{
	struct router_counts c;
	static const struct timespec nap = {.tv_nsec = 20000};
	if (!here->setup.router_thread)
		return;
	do {
		while (calls_poll(here->calls))
			;
		floor_router_counts(calls_floor(here->calls), &c);
		if (c.messages < c.posted)
			nanosleep(&nap, NULL);
	} while (c.messages < c.posted);
	while (calls_poll(here->calls))
		;
}

// What was due at this moment, and what comes of it.
static void moment(void)
{
	timers_run(&here->timers, here->now_ms);
	sim_media_turn();
	router_settle();
	sim_judge_hearing();
	if (log_is_judged())
		sim_log_settle();
}

void sim_run(uint64_t ms)
{
	uint64_t until_ms = here->now_ms + ms;
	moment();
	while (here->now_ms < until_ms) {
		uint64_t step_ms = timers_next_ms(&here->timers);
		if (step_ms > until_ms - here->now_ms)
			step_ms = until_ms - here->now_ms;
		here->now_ms += step_ms;
		moment();
	}
}

void sim_reload(const char *yaml)
{
	struct config *c = load(yaml, here->config);
	calls_configure(here->calls, c);
	sim_ua_configure(c); // in the daemon's order
	config_release(here->config);
	here->config = c;
	here->reloaded = true;
}

void sim_also_tells(void (*also)(const struct event *e, void *arg), void *arg)
{
	here->also = also;
	here->also_arg = arg;
}

void sim_restart(const char *log_folder)
{
	struct rebuild found;
	eventlog_set_feed(here->log, NULL, NULL);
	calls_stop(here->calls);
	sim_run(1);
	sim_ua_kill();
	calls_free(here->calls);
	eventlog_close(here->log);
	sim_log_end();
	ck_assert_int_eq(rebuild_load(log_folder, wall_ns(here), &found), 0);
	here->restarts++;
	here->setup.log_folder = log_folder;
	log_make();
	calls_make();
	sim_ua_restore(&found);
	rebuild_free(&found);
}

bool sim_reloaded(void)
{
	return here->reloaded;
}

struct calls *sim_calls(void)
{
	return here->calls;
}

struct eventlog *sim_log(void)
{
	return here->log;
}

uint64_t sim_now_ms(void)
{
	return here->now_ms;
}

unsigned sim_troubles(void)
{
	return here->troubles;
}

bool sim_recordings_wait(unsigned count)
{
	for (unsigned i = 0; i < 100 && here->results < count; i++) {
		struct pollfd p = {.fd = recorder_fd(here->recorder), .events = POLLIN};
		poll(&p, 1, 50);
		recorder_poll(here->recorder);
	}
	return here->results == count;
}

static void queue_empty(const struct floor_queue_info *q, void *arg)
{
	if (q->waiting)
		sim_violation("queue %s: %u still wait", q->name, q->waiting);
	if (q->joined != q->answered + q->abandoned + q->timed_out + q->removed)
		sim_violation("queue %s: %llu joined, not as many left", q->name,
			(unsigned long long)q->joined);
}

static void agent_idle(const struct floor_agent_info *a, void *arg)
{
	if (a->state == AGENT_OFFERED || a->state == AGENT_TALKING)
		sim_violation("agent %s left %s", a->name, agent_state_name(a->state));
}

static void judge_call(const struct call_info *i, void *arg)
{
	struct floor_queue_info q;
	if (i->state != CALL_WAITING || i->agent[0])
		return;
	if (floor_queue_find(calls_floor(here->calls), i->tenant, i->queue, &q) && q.ready > 0)
		sim_violation("%s waits in %s, where %u are ready", i->caller, i->queue, q.ready);
}

void sim_judge_idle(void)
{
	sim_run(1);
	call_each(here->calls, judge_call, NULL);
}

void sim_stop(void)
{
	calls_stop(here->calls);
	sim_run(100);
}

static void folder_remove(void)
{
	char command[128];
	str_format(command, sizeof(command), "rm -rf %s", here->folder);
	if (system(command) != 0)
		sim_violation("folder stays: %s", here->folder);
}

static void log_end(void)
{
	char path[sizeof(here->folder) + 8];
	eventlog_close(here->log);
	str_format(path, sizeof(path), "%s/log", here->folder);
	if (log_is_judged())
		sim_log_judge(path, here->setup.seed);
	sim_log_end();
}

unsigned sim_close(void)
{
	struct calls_counts counts;
	struct router_counts router;
	sim_run(40000); // the slowest transaction
	sim_story_end();
	calls_counts(here->calls, &counts);
	floor_router_counts(calls_floor(here->calls), &router);
	floor_queues(calls_floor(here->calls), queue_empty, NULL);
	floor_agents(calls_floor(here->calls), agent_idle, NULL);
	if (counts.alive || counts.started != counts.ended || counts.recording)
		sim_violation("%u calls alive, %llu started, %llu ended", counts.alive,
			(unsigned long long)counts.started, (unsigned long long)counts.ended);
	if ((counts.surprises && !here->setup.faults) || router.surprises ||
		(router.lapsed && !here->setup.lapses))
		sim_violation("%llu surprises, router %llu, lapsed %llu",
			(unsigned long long)counts.surprises, (unsigned long long)router.surprises,
			(unsigned long long)router.lapsed);
	sim_ua_end();
	sim_media_end();
	if (here->recorder)
		recorder_stop(here->recorder);
	calls_free(here->calls);
	log_end();
	config_release(here->config);
	if (timers_count(&here->timers))
		sim_violation("%u timers left", timers_count(&here->timers));
	folder_remove();
	here->ended = true;
	return here->violations;
}

void sim_end(void)
{
	unsigned violations = sim_close();
	ck_assert_msg(violations == 0, "%u violations, seed %llu", violations,
		(unsigned long long)here->setup.seed);
}
