// What a call costs the daemon beyond its voice: whole calls, SIP only, at a rate. The daemon is
// the real one in a network of its own; control and store share one CPU, all else has another one.
//
// CPU time is the kernel's account of each thread, user and system, so it says the same on a
// machine that others use, too; the largest rate is right on a machine of one's own only. Another
// program can be measured: RINGHALL_PROGRAM=PATH, for A B A B with what was before.
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/calls/load.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define SKIP	   77
#define AGENTS	   400
#define RATE	   300 // calls a second, where their cost is measured
#define SECONDS	   3   // of a run
#define RATE_MOST  4000
#define RATE_STEP  50	  // the largest clean rate is found to this
#define SETUP_US   500000 // 99 of 100 callers of a clean run are with their agent by then
#define REST_S	   2
#define STORE_S	   10 // for the store to take the last calls in
#define BARE_CALLS 100

enum { CONTROL, STORE, THREADS };

struct cost { // since the daemon's start
	double user_s, system_s, run_s;
	double faults, switches, reads, writes;
};

struct daemon {
	pid_t pid;
	char folder[64], program[PATH_MAX];
	pid_t thread[THREADS];
};

struct run {
	struct call_load_result calls;
	struct cost cost[THREADS];
	double took_s;
	unsigned long long dropped; // datagrams, in all sockets of the network
};

static struct bench bench;

// --- the daemon ---

static void write_file(const struct daemon *d, const char *name, const void *data, size_t len)
{
	char path[128];

	str_format(path, sizeof(path), "%s/%s", d->folder, name);
	FILE *f = fopen(path, "we");
	check(f && fwrite(data, 1, len, f) == len && fclose(f) == 0);
}

static void write_prompt(const struct daemon *d)
{
	static uint8_t wav[58 + 8000] = "RIFF\x72\x1f\0\0WAVEfmt \x12\0\0\0\x07\0\x01\0\x40\x1f\0\0"
					"\x40\x1f\0\0\x01\0\x08\0\0\0fact\x04\0\0\0\x40\x1f\0\0data"
					"\x40\x1f\0";

	memset(wav + 58, 0xff, 8000);
	write_file(d, "prompt.wav", wav, sizeof(wav));
}

static void write_config(const struct daemon *d)
{
	char path[128];

	str_format(path, sizeof(path), "%s/config.yaml", d->folder);
	FILE *f = fopen(path, "we");
	check(f);
	fprintf(f,
		"sip: {listen: ['udp:127.0.0.1:5060'], realm: bench}\n"
		"engine:\n  cores: [1]\n  sessions: 20000\n  rtp_timeout: 0s\n"
		"  load_busy: 0\n  load_late: 0ms\n  load_missed: 0\n  load_stolen: 0\n"
		"  ports: {media0: {kind: 'null'}}\n"
		"  media: {main: {port: media0, address: 10.98.0.2/24}}\n"
		"store: {directory: %s/store}\ncontrol: {socket: %s/ringctl.sock}\n"
		"tenants:\n  bench:\n    trunks: {callers: 127.0.0.0/8}\n"
		"    numbers: {'9000': menu, '9001': menu, '9002': menu}\n"
		"    prompts: {prompt: %s/prompt.wav}\n"
		"    flows:\n      menu:\n"
		"        choose: {menu: prompt, digits: {'1': wait}, timeout: 20s}\n"
		"        wait: {queue: service}\n    agents:\n",
		d->folder, d->folder, d->folder);
	for (unsigned i = 1; i <= AGENTS; i++)
		fprintf(f, "      agent%u: {password: open-sesame}\n", i);
	fprintf(f, "    queues:\n      service:\n        wrap_up: 0s\n        agents: [");
	for (unsigned i = 1; i <= AGENTS; i++)
		fprintf(f, "%sagent%u", i > 1 ? ", " : "", i);
	fprintf(f, "]\n        music: prompt\n");
	check(fclose(f) == 0);
}

static void pin(pid_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	check(sched_setaffinity(thread, sizeof(set), &set) == 0);
}

static void find_program(char path[PATH_MAX])
{
	const char *named = getenv("RINGHALL_PROGRAM");
	char own[PATH_MAX - 32];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	check(len > 0);
	own[len] = '\0';
	*strrchr(own, '/') = '\0';
	str_format(path, PATH_MAX, "%s%s", named ? named : own, named ? "" : "/../ringhall");
}

static void start(struct daemon *d)
{
	char path[128];

	str_copy(d->folder, sizeof(d->folder), "/tmp/call_bench.XXXXXX");
	check(mkdtemp(d->folder));
	find_program(d->program);
	write_prompt(d);
	write_config(d);
	fflush(stdout);
	d->pid = fork();
	check(d->pid >= 0);
	if (d->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	str_format(path, sizeof(path), "%s/log", d->folder);
	int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	check(log >= 0 && dup2(log, STDERR_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0);
	str_format(path, sizeof(path), "%s/config.yaml", d->folder);
	execl(d->program, "ringhall", path, (char *)NULL);
	_exit(127);
}

static void each_thread(struct daemon *d)
{
	char path[64], name[32];
	struct dirent *e;

	str_format(path, sizeof(path), "/proc/%d/task", d->pid);
	DIR *dir = opendir(path);
	check(dir);
	while ((e = readdir(dir))) {
		char comm[PATH_MAX];
		pid_t thread = (pid_t)strtol(e->d_name, NULL, 10);

		str_format(comm, sizeof(comm), "%s/%s/comm", path, e->d_name);
		FILE *f = thread ? fopen(comm, "re") : NULL;
		if (!f)
			continue;
		if (!fgets(name, sizeof(name), f))
			name[0] = '\0';
		fclose(f);
		bool store = str_equal(name, "store\n");
		if (store)
			d->thread[STORE] = thread;
		pin(thread, store || thread == d->pid ? 0 : 1);
	}
	closedir(dir);
	d->thread[CONTROL] = d->pid;
	check(d->thread[STORE]);
}

static void stop(struct daemon *d, int number)
{
	const char *end = d->folder + strlen("/tmp/call_bench.");
	char command[128];
	int status = 0;

	kill(d->pid, number);
	for (unsigned i = 0; i < 100 && waitpid(d->pid, &status, WNOHANG) == 0; i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 100000000}, NULL);
	kill(d->pid, SIGKILL);
	check(*end);
	str_format(command, sizeof(command), "rm -rf '%s'", d->folder);
	if (!getenv("CALL_BENCH_KEEP") && system(command))
		fprintf(stderr, "call_bench: %s is left\n", d->folder);
}

// --- what was used ---

static double number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtod(at + strlen(name), NULL) : 0;
}

static void read_proc(const struct daemon *d, unsigned thread, const char *name, char out[4096])
{
	char path[96];

	str_format(path, sizeof(path), "/proc/%d/task/%d/%s", d->pid, d->thread[thread], name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, out, 4095) : 0;
	out[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static void read_cost(const struct daemon *d, unsigned thread, struct cost *c)
{
	char text[4096], state;
	unsigned long long minor = 0, user = 0, system = 0;

	read_proc(d, thread, "stat", text);
	const char *rest = strrchr(text, ')');
	check(rest &&
		sscanf(rest, ") %c %*d %*d %*d %*d %*d %*u %llu %*u %*u %*u %llu %llu", &state,
			&minor, &user, &system) == 4);
	c->user_s = (double)user / (double)sysconf(_SC_CLK_TCK);
	c->system_s = (double)system / (double)sysconf(_SC_CLK_TCK);
	c->faults = (double)minor;
	read_proc(d, thread, "schedstat", text);
	c->run_s = strtod(text, NULL) / NS_PER_S;
	read_proc(d, thread, "status", text);
	c->switches = number_after(text, "\nvoluntary_ctxt_switches:");
	read_proc(d, thread, "io", text);
	c->reads = number_after(text, "syscr: ");
	c->writes = number_after(text, "syscw: ");
}

static void cost_since(struct cost *now, const struct cost *then)
{
	now->user_s -= then->user_s;
	now->system_s -= then->system_s;
	now->run_s -= then->run_s;
	now->faults -= then->faults;
	now->switches -= then->switches;
	now->reads -= then->reads;
	now->writes -= then->writes;
}

// Datagrams that found no room, of this network.
static unsigned long long dropped(void)
{
	unsigned long long in = 0, none = 0, errors = 0, out = 0, full = 0;
	char line[512];
	FILE *f = fopen("/proc/self/net/snmp", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Udp: %llu %llu %llu %llu %llu", &in, &none, &errors, &out,
			    &full) == 5)
			break;
	if (f)
		fclose(f);
	return full;
}

// The store is behind: until a moment passes in which it did nothing.
static void settle(const struct daemon *d)
{
	struct cost before, now;

	read_cost(d, STORE, &before);
	for (unsigned i = 0; i < 5 * STORE_S; i++) {
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 200000000}, NULL);
		read_cost(d, STORE, &now);
		if (now.run_s - before.run_s < 0.001)
			return;
		before = now;
	}
}

static struct run *run(struct daemon *d, int fd, const struct call_load *l)
{
	struct run *r = calloc(1, sizeof(*r));
	struct cost before[THREADS];
	uint64_t begin_ns = clock_mono_ns();

	check(r);
	for (unsigned i = 0; i < THREADS; i++)
		read_cost(d, i, &before[i]);
	r->dropped = dropped();
	call_load_run(fd, l, &r->calls);
	r->took_s = (double)(clock_mono_ns() - begin_ns) / NS_PER_S;
	settle(d);
	r->dropped = dropped() - r->dropped;
	for (unsigned i = 0; i < THREADS; i++) {
		read_cost(d, i, &r->cost[i]);
		cost_since(&r->cost[i], &before[i]);
	}
	check(waitpid(d->pid, &(int){0}, WNOHANG) == 0);
	return r;
}

// --- what is told ---

static void tell(
	const char *prefix, const char *name, const char *unit, double value, double budget)
{
	char text[64];

	str_format(text, sizeof(text), "%s%s", prefix, name);
	bench_report(&bench, &(struct bench_metric){text, unit, budget}, &value, 1);
}

static double per_call(const struct run *r, double value)
{
	return r->calls.tried ? value / r->calls.tried : 0;
}

static void tell_thread(const struct run *r, unsigned thread, double budget_ms)
{
	static const char *const names[] = {[CONTROL] = "control", [STORE] = "store"};
	const struct cost *c = &r->cost[thread];
	const char *name = names[thread];
	double ticks = c->user_s + c->system_s, ms = 1e3 * per_call(r, c->run_s);

	tell(name, "", "ms/call", ms, budget_ms);
	tell(name, "_user", "ms/call", ticks > 0 ? ms * c->user_s / ticks : 0, 0);
	tell(name, "_system", "ms/call", ticks > 0 ? ms * c->system_s / ticks : 0, 0);
	tell(name, "_sleeps", "/call", per_call(r, c->switches), 0);
	tell(name, "_faults", "/call", per_call(r, c->faults), 0);
	tell(name, "_reads", "/call", per_call(r, c->reads), 0);
	tell(name, "_writes", "/call", per_call(r, c->writes), 0);
}

static bool clean(const struct run *r)
{
	const struct call_load_result *c = &r->calls;

	return c->done == c->tried && !c->resent && !r->dropped && c->setups &&
		c->setup_us[c->setups * 99 / 100] <= SETUP_US;
}

static void tell_failure(const struct run *r, double rate)
{
	const struct call_load_result *c = &r->calls;

	fprintf(stderr,
		"%4.0f calls/s: %u tried, %u done, %u refused, %u lost, %u resent, %llu datagrams "
		"dropped, p99 to the agent %.0f ms, CPU control %.0f %%, store %.0f %%: %s\n",
		rate, c->tried, c->done, c->refused, c->lost, c->resent, r->dropped,
		c->setups ? c->setup_us[c->setups * 99 / 100] / 1e3 : 0,
		100 * r->cost[CONTROL].run_s / r->took_s, 100 * r->cost[STORE].run_s / r->took_s,
		clean(r) ? "clean" : "not clean");
}

// What it does when nobody calls, which a second pays whatever comes in it.
static void measure_rest(struct daemon *d)
{
	struct cost before, now;

	settle(d);
	read_cost(d, CONTROL, &before);
	uint64_t begin_ns = clock_mono_ns();
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_sec = REST_S}, NULL);
	read_cost(d, CONTROL, &now);
	double took_s = (double)(clock_mono_ns() - begin_ns) / NS_PER_S;
	cost_since(&now, &before);
	tell("control", "_rest", "ms/s", 1e3 * now.run_s / took_s, 0);
	tell("control", "_rest_sleeps", "/s", now.switches / took_s, 0);
}

// The rate is the environment's, where it names one.
static double rate(void)
{
	const char *named = getenv("CALL_BENCH_RATE");
	double rate = named ? strtod(named, NULL) : RATE;

	return rate > 0 && rate <= RATE_MOST ? rate : RATE;
}

static void measure_cost(struct daemon *d, int fd, struct call_load *l)
{
	static const char *const parts[] = {[CALL_LOAD_ANSWER] = "answer",
		[CALL_LOAD_MENU] = "answer_menu",
		[CALL_LOAD_AGENT] = "answer_menu_agent"};

	measure_rest(d);
	l->rate = rate();
	for (unsigned i = 0; i < CALL_LOAD_KINDS; i++) {
		l->kind = (enum call_load_kind)i;
		struct run *r = run(d, fd, l);
		double ms = 1e3 * per_call(r, r->cost[CONTROL].run_s);

		tell("control_", parts[i], "ms/call", ms, 0);
		tell("store_", parts[i], "ms/call", 1e3 * per_call(r, r->cost[STORE].run_s), 0);
		if (i == CALL_LOAD_AGENT) {
			tell_thread(r, CONTROL, 0.4);
			tell_thread(r, STORE, 0.2);
			tell("messages", "", "/call",
				per_call(r, r->calls.sent + r->calls.received), 0);
			tell("setup_p50", "", "ms",
				r->calls.setups ? r->calls.setup_us[r->calls.setups / 2] / 1e3 : 0,
				0);
		}
		if (r->calls.done != r->calls.tried)
			tell_failure(r, l->rate);
		free(r);
	}
}

// Calls that an overload left behind would be in the way of the next run: a new daemon.
static int start_again(struct daemon *d, int fd, struct call_load *l)
{
	close(fd);
	stop(d, SIGKILL);
	*d = (struct daemon){0};
	start(d);
	fd = call_load_open(l);
	check(fd >= 0);
	each_thread(d);
	return fd;
}

static int measure_rate(struct daemon *d, int fd, struct call_load *l)
{
	double low = 0, high = RATE_MOST, cost_s = 0;

	l->kind = CALL_LOAD_AGENT;
	for (l->rate = 400; high - low > RATE_STEP; l->rate = (low + high) / 2) {
		struct run *r = run(d, fd, l);

		tell_failure(r, l->rate);
		if (clean(r)) {
			low = l->rate;
			cost_s = per_call(r, r->cost[CONTROL].run_s + r->cost[STORE].run_s);
		} else {
			high = l->rate;
			fd = start_again(d, fd, l);
		}
		free(r);
	}
	tell("clean_rate", "", "calls/s", low, -1000);
	tell("cost_there", "", "ms/call", 1e3 * cost_s, 0);
	return fd;
}

// A network of our own, with a loopback that is up. False: not allowed here.
static bool enter(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	if (unshare(CLONE_NEWNET))
		return false;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	if (fd >= 0)
		close(fd);
	return up;
}

int main(int argc, char **argv)
{
	struct daemon d = {0};
	struct call_load l = {.agents = AGENTS};

	bench_init(&bench, "call", argc, argv);
	l.seconds = bench.seconds ? bench.seconds : SECONDS;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || geteuid() || !enter()) {
		printf("skipped: needs root, a network namespace and two CPUs\n");
		return SKIP;
	}
	check(addr_parse("127.0.0.1:5060", &l.target) == 0);
	start(&d);
	pin(0, 1);
	int fd = call_load_open(&l);
	if (fd < 0) {
		fprintf(stderr, "call_bench: %s does not register phones: see %s/log\n", d.program,
			d.folder);
		kill(d.pid, SIGKILL);
		return 1;
	}
	each_thread(&d);
	if (bench_wants(&bench, "cost"))
		measure_cost(&d, fd, &l);
	if (bench_wants(&bench, "clean_rate"))
		fd = measure_rate(&d, fd, &l);
	close(fd);
	stop(&d, SIGTERM);
	return bench_end(&bench);
}
