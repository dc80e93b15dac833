// Whole calls in simulated time, over the real gate, event log and recorder, each time with one
// more thing refused: the n-th allocation, descriptor, io_uring submission, write, or place in a
// ring of ours. No crash, nothing left, nobody stands; the call ends in order or goes on.
//
//     refuse_flow                    every n of every kind, and a table
//     refuse_flow allocation         of one kind
//     refuse_flow allocation 17      one run, told
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/eventlog/eventlog.h"
#include "control/router/router.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/gate.h"
#include "tests/flow/sim/gate.h"
#include "tests/refusal/refuse.h"

#define STALLED_S  60
#define SLOTS	   (REFUSE_PAGES - 1) // processes beside each other
#define EXIT_FIRST 10		      // of a run's process, and its outcome

enum outcome { WENT_ON, ENDED_IN_ORDER, LEFT_SOMETHING, CRASHED, STALLED, OUTCOMES };

static struct refuse_control *control; // of this process
static char *pages;
static struct {
	refuse_page_fn *page;
	refuse_slot_fn *slot;
	refuse_live_fn *live;
} refuse; // the shim

static const char *const kind_names[REFUSE_KINDS] = {
	[REFUSE_NOTHING] = "nothing",
	[REFUSE_ALLOCATION] = "allocation",
	[REFUSE_DESCRIPTOR] = "descriptor",
	[REFUSE_SUBMIT] = "submit",
	[REFUSE_WRITE] = "write",
	[REFUSE_SLOT] = "slot",
};

// What is dry for longer: so many behind the n-th are refused too, a row of its own ("+").
static const uint32_t MORE[REFUSE_KINDS] = {
	[REFUSE_ALLOCATION] = 1000000,
	[REFUSE_DESCRIPTOR] = 1000000,
	[REFUSE_SUBMIT] = 20,
	[REFUSE_WRITE] = 20,
	[REFUSE_SLOT] = 200,
};

static const char yaml[] =
	"  trunks: {carrier: {peers: [10.9.0.0/24], calls_max: 20}}\n"
	"  numbers: {'1': hotline, '2': room, '3': {flow: hotline, record: yes}}\n"
	"  prompts: {welcome: w.wav, choice: c.wav, sorry: s.wav, music: m.wav, beep: b.wav}\n"
	"  flows:\n"
	"    hotline:\n"
	"      greeting: {play: welcome, then: choice}\n"
	"      choice: {menu: choice, digits: {1: sales}, timeout: 3s, tries: 2, masked: yes,\n"
	"               on_timeout: bye, on_invalid: bye}\n"
	"      sales: {queue: sales, then: bye}\n"
	"      bye: {hangup: sorry}\n"
	"    room: {in: {conference: board, then: bye}, bye: {hangup: sorry}}\n"
	"  conferences: {board: {music: music, join_prompt: beep, leave_prompt: beep}}\n"
	"  queues:\n"
	"    sales: {agents: [alice, bob], music: music, answer_prompt: beep, ring_timeout: 10s,\n"
	"            wrap_up: 2s, record: yes, last_agent: 7d, last_agent_wait: 5s}\n"
	"  agents: {alice: {password: a}, bob: {password: b}, sue: {password: s}}\n";

static struct {
	const char *kind, *n; // NULL: all
} asked;

// --- places in our own rings ---

int __real_gate_post(struct gate *g, unsigned worker, const struct gate_msg *m);
int __wrap_gate_post(struct gate *g, unsigned worker, const struct gate_msg *m);
bool __real_router_post(struct router *r, const struct router_message *m);
bool __wrap_router_post(struct router *r, const struct router_message *m);

int __wrap_gate_post(struct gate *g, unsigned worker, const struct gate_msg *m)
{
	if (refuse.slot("gate_post", __builtin_return_address(0)))
		return -EAGAIN;
	return __real_gate_post(g, worker, m);
}

bool __wrap_router_post(struct router *r, const struct router_message *m)
{
	if (refuse.slot("router_post", __builtin_return_address(0)))
		return false;
	return __real_router_post(r, m);
}

// --- the calls ---

// Time of the simulation, and a moment of the machine's for disks and the recorder's thread.
static void run(unsigned ms)
{
	static const struct timespec moment = {.tv_nsec = 200000};
	for (unsigned part = 0; part < 4; part++) {
		sim_run(ms / 4);
		nanosleep(&moment, NULL);
		eventlog_poll(sim_log());
	}
}

static void supervise(const struct sim_caller *c, enum monitor_mode mode)
{
	struct callid id = caller_id(c);
	(void)call_monitor(sim_calls(), &id, "sue", mode);
	run(600);
}

static void operate(const struct sim_caller *c)
{
	struct callid id = caller_id(c);
	supervise(c, MONITOR_LISTEN);
	supervise(c, MONITOR_BARGE);
	(void)call_mask(sim_calls(), &id, true);
	(void)conference_mute(sim_calls(), &id, true);
	run(100);
	(void)call_mask(sim_calls(), &id, false);
	supervise(c, MONITOR_OFF);
}

static void must_go_on(const struct call_info *i, void *arg)
{
	if (i->state == CALL_WAITING && control->more > 0)
		return; // for an agent who can be rung
	if (i->state != CALL_TALKING && i->state != CALL_CONFERENCE && i->state != CALL_ENDED)
		sim_violation("%s stands in %s", i->caller, i->where);
}

// The log's disk decides when; it delays no call for longer than 500 ms.
static struct sim_caller *answered(const char *from, const char *to)
{
	struct sim_caller *c = dial(from, to);
	for (unsigned i = 0; i < 100 && caller_status(c) == 0; i++)
		run(8);
	return c;
}

static bool went_through(const struct sim_caller *c, const char *by_way_of, const char *end)
{
	const char *story = caller_story(c);
	if (asked.n != NULL)
		printf("%s\n", story);
	return strstr(story, by_way_of) != NULL && strstr(story, end) != NULL;
}

// Whether every call did what it was for.
static bool calls_run(void)
{
	struct sim_caller *c[3];
	c[0] = answered("ann", "3");
	c[1] = answered("ben", "2");
	c[2] = answered("cem", "2");
	run(1200);
	caller_presses(c[0], "1");
	run(2400);
	operate(c[0]);
	operate(c[1]);
	caller_holds(c[0], true);
	run(400);
	caller_holds(c[0], false);
	run(400);
	caller_hangs_up(c[1]);
	phone_hang_up("alice");
	phone_hang_up("bob");
	run(400);
	caller_hangs_up(c[2]);
	run(90000); // who is left goes his way
	call_each(sim_calls(), must_go_on, NULL);
	for (unsigned i = 0; i < 3; i++) {
		if (caller_alive(c[i]))
			caller_hangs_up(c[i]);
	}
	run(100000);
	return went_through(c[0], "connected:", "ended:agent-hangup/agent/talking") &&
		went_through(c[1], "joined:board", "ended:caller-hangup/caller/conference") &&
		went_through(c[2], "joined:board", "ended:caller-hangup/caller/conference");
}

// In a process of its own.
static enum outcome play(enum refuse_kind kind, unsigned n)
{
	char folder[] = "/tmp/ringhall_refuse_XXXXXX", command[64];
	alarm(STALLED_S);
	if (mkdtemp(folder) == NULL)
		return LEFT_SOMETHING;
	sim_begin(&(struct sim_setup){.yaml = yaml,
		.log_folder = folder,
		.record = true,
		.faults = true,
		.lapses = true,
		.lax_order = true});
	log_set_level(NULL, LOG_ERROR);
	for (unsigned i = 0; i < 3; i++) { // that is refused is answered with 500
		static const char *const phones[] = {"alice", "bob", "sue"};
		phone_register(phones[i]);
		phone_answers(phones[i], 300);
	}
	memset(control->count, 0, sizeof(control->count));
	control->refused = 0;
	control->live = 0;
	control->kind = kind;
	control->n = n;
	control->off = 0;
	bool through = calls_run();
	control->kind = REFUSE_NOTHING;
	unsigned odd = sim_close();
	sim_story_free();
	control->off = 1;
	if (n == 0)
		control->usual = control->live;
	else if (control->live > control->usual) {
		odd++;
		refuse.live();
	}
	str_format(command, sizeof(command), "rm -rf %s", folder);
	if (system(command) != 0)
		return LEFT_SOMETHING;
	return odd ? LEFT_SOMETHING : through ? WENT_ON : ENDED_IN_ORDER;
}

// The first is the parent's, in which nothing is counted.
static struct refuse_control *page(unsigned slot)
{
	return (struct refuse_control *)(void *)(pages + (slot + 1) * REFUSE_BYTES);
}

// --- the sweep ---

struct run {
	pid_t pid; // 0: none
	unsigned n;
};

struct sweep {
	enum refuse_kind kind;
	uint32_t more; // refused behind the n-th
	struct run runs[SLOTS];
	unsigned outcomes[OUTCOMES], tried, idle;
};

// In a process of its own, with a page of its own.
static void begin(struct sweep *w, unsigned slot, unsigned n, bool told)
{
	fflush(stdout);
	w->runs[slot].n = n;
	w->runs[slot].pid = fork();
	if (w->runs[slot].pid != 0)
		return;
	control = page(slot);
	control->off = 1;
	control->more = w->more;
	refuse.page(slot + 1);
	if (!told && freopen("/dev/null", "w", stderr) == NULL)
		_exit(EXIT_FAILURE);
	exit(EXIT_FIRST + play(w->kind, n));
}

static enum outcome outcome_of(int status)
{
	int o = WEXITSTATUS(status) - EXIT_FIRST;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? STALLED : CRASHED;
	return o >= 0 && o < OUTCOMES ? (enum outcome)o : LEFT_SOMETHING;
}

static void ended(struct sweep *w, unsigned slot, int status)
{
	static const char *const bad[OUTCOMES] = {
		[LEFT_SOMETHING] = "left something", [CRASHED] = "crashed", [STALLED] = "stalled"};
	const struct refuse_control *c = page(slot);
	enum outcome o = outcome_of(status);
	w->runs[slot].pid = 0;
	if (c->refused == 0) { // so many were not asked for
		w->idle++;
		return;
	}
	w->tried++;
	w->outcomes[o]++;
	if (bad[o] != NULL)
		printf("  %s %u%s: %s: %s by %s\n", kind_names[w->kind], w->runs[slot].n,
			w->more ? " and on" : "", bad[o], c->what, c->where);
}

static unsigned wait_one(struct sweep *w)
{
	int status;
	pid_t pid = wait(&status);
	for (unsigned i = 0; i < SLOTS; i++) {
		if (w->runs[i].pid != pid || pid <= 0)
			continue;
		ended(w, i, status);
		return i;
	}
	return 0;
}

static bool any_runs(const struct sweep *w)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (w->runs[i].pid > 0)
			return true;
	}
	return false;
}

static unsigned sweep(enum refuse_kind kind, unsigned count, uint32_t more)
{
	struct sweep w = {.kind = kind, .more = more};
	unsigned slot = 0;
	for (unsigned n = 1; n <= count + 16 && w.idle < 16; n++) { // threads: the count varies
		if (n > SLOTS)
			slot = wait_one(&w);
		else
			slot = n - 1;
		begin(&w, slot, n, false);
	}
	while (any_runs(&w))
		wait_one(&w);
	const unsigned *o = w.outcomes;
	printf("%-10s%s %5u %8u %7u %8u %9u %8u\n", kind_names[kind], more ? "+" : " ", w.tried,
		o[CRASHED], o[LEFT_SOMETHING], o[STALLED], o[ENDED_IN_ORDER], o[WENT_ON]);
	fflush(stdout);
	return o[CRASHED] + o[LEFT_SOMETHING] + o[STALLED];
}

static void *map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, REFUSE_PAGES * REFUSE_BYTES) != 0)
		return MAP_FAILED;
	void *mem =
		mmap(NULL, REFUSE_PAGES * REFUSE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return mem;
}

// Once more, under the shim.
static int again(char **argv)
{
	char path[] = "/tmp/ringhall_refuse_XXXXXX", asan[256];
	const char *shim = getenv("REFUSE_SHIM"), *options = getenv("ASAN_OPTIONS");
	int fd = shim ? mkstemp(path) : -1, status;
	if (fd < 0 || ftruncate(fd, REFUSE_PAGES * REFUSE_BYTES) != 0) {
		fprintf(stderr, "REFUSE_SHIM names no shim\n");
		return EXIT_FAILURE;
	}
	close(fd);
	str_format(asan, sizeof(asan), "verify_asan_link_order=0:%s", options ? options : "");
	setenv("ASAN_OPTIONS", asan, 1);
	setenv("REFUSE_CONTROL", path, 1);
	setenv("LD_PRELOAD", shim, 1);
	struct refuse_control *c = map(path);
	if (c == MAP_FAILED)
		return EXIT_FAILURE;
	c->off = 1;
	pid_t pid = fork();
	if (pid == 0) {
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EXIT_FAILURE;
	unlink(path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static int sweep_all(const char *only)
{
	unsigned bad = 0, count[REFUSE_KINDS];
	struct sweep nothing = {0};
	int status;
	begin(&nothing, 0, 0, true);
	if (waitpid(nothing.runs[0].pid, &status, 0) < 0 || outcome_of(status) != WENT_ON) {
		printf("nothing is refused, and it does not go on: %#x\n", (unsigned)status);
		return EXIT_FAILURE;
	}
	for (unsigned i = 1; i < SLOTS; i++)
		page(i)->usual = page(0)->usual;
	memcpy(count, page(0)->count, sizeof(count));
	printf("%-11s %5s %8s %7s %8s %9s %8s\n", "refused", "n", "crashed", "left", "stalled",
		"in order", "went on");
	for (unsigned k = REFUSE_ALLOCATION; k < REFUSE_KINDS; k++)
		if (only == NULL || str_equal(only, kind_names[k]))
			bad += sweep((enum refuse_kind)k, count[k], 0) +
				sweep((enum refuse_kind)k, count[k], MORE[k]);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int one(void)
{
	if (getenv("REFUSE_MORE") != NULL)
		control->more = UINT32_MAX;
	for (unsigned k = REFUSE_ALLOCATION; k < REFUSE_KINDS; k++) {
		uint64_t n;
		if (!str_equal(asked.kind, kind_names[k]) || str_u64(asked.n, &n) != 0)
			continue;
		enum outcome o = play((enum refuse_kind)k, (unsigned)n);
		printf("outcome %d; refused: %s by %s\n", o, control->what, control->where);
		return o > ENDED_IN_ORDER;
	}
	return EXIT_FAILURE;
}

START_TEST(refusals)
{
	ck_assert_int_eq(asked.n != NULL ? one() : sweep_all(asked.kind), EXIT_SUCCESS);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {refusals};
	if (getenv("REFUSE_CONTROL") == NULL)
		return again(argv);
	pages = map(getenv("REFUSE_CONTROL"));
	refuse.page = (refuse_page_fn *)dlsym(RTLD_DEFAULT, "refuse_page");
	refuse.slot = (refuse_slot_fn *)dlsym(RTLD_DEFAULT, "refuse_slot");
	refuse.live = (refuse_live_fn *)dlsym(RTLD_DEFAULT, "refuse_live");
	if (pages == MAP_FAILED || refuse.page == NULL || refuse.slot == NULL ||
		refuse.live == NULL)
		return EXIT_FAILURE;
	control = (struct refuse_control *)(void *)pages;
	asked.kind = argc > 1 ? argv[1] : NULL;
	asked.n = argc > 2 ? argv[2] : NULL;
	return unit_run("refuse", tests, 1);
}
