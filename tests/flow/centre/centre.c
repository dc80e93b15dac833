// Whole centres in simulated time, by the thousand: random configurations with every policy, and
// all that callers, agents, phones and operators do and fail to do in them. What must hold is
// judged from outside (judge.c, and sim/ of what phones and voices are told).
//
//	centre                          a few worlds
//	centre --calls 100000 --from 1 --jobs 2
//	                                many, in two processes; one that fails is told, made
//	                                smaller, told again; each minute, and at the end, it
//	                                says from which seed to go on
//	centre --world 17 --calls 40 --with skills,phones
//	                                that one alone
#include "tests/unit/unit.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/str.h"
#include "tests/flow/centre/centre.h"
#include "tests/flow/centre/judge.h"
#include "tests/flow/centre/mail.h"
#include "tests/flow/centre/plan.h"

#define CALLS	 700 // by default
#define DISKS	 8   // one world in so many has its event log on the disk; as many are killed
#define FAILURES 5   // that are told
#define JOBS	 64
#define TELLS_S	 60

struct options {
	uint64_t calls, seed, jobs;
	bool alone, with; // one world; features as told
	uint32_t features;
};

static void usage(void)
{
	fprintf(stderr,
		"usage: centre [--calls N] [--from SEED] [--jobs N] [--world N] [--with "
		"FEATURE,…]\n"
		"features:");
	for (unsigned i = 0; i < PLAN_FEATURES; i++)
		fprintf(stderr, " %s", plan_features[i]);
	fputc('\n', stderr);
	exit(2);
}

static uint32_t features_read(const char *text)
{
	uint32_t features = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		unsigned i = 0;
		while (i < PLAN_FEATURES &&
			(strncmp(plan_features[i], text, len) != 0 ||
				plan_features[i][len] != '\0'))
			i++;
		if (i == PLAN_FEATURES)
			usage();
		features |= 1u << i;
		text += len + (text[len] == ',');
	}
	return features;
}

static void options_read(int argc, char **argv, struct options *o)
{
	static const struct option names[] = {{"calls", 1, NULL, 'c'}, {"from", 1, NULL, 's'},
		{"jobs", 1, NULL, 'j'}, {"world", 1, NULL, 'w'}, {"with", 1, NULL, 'f'}, {0}};
	int c;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		bool good = true;
		if (c == 'c')
			good = str_u64(optarg, &o->calls) == 0;
		else if (c == 's' || c == 'w')
			good = str_u64(optarg, &o->seed) == 0;
		else if (c == 'j')
			good = str_u64(optarg, &o->jobs) == 0 && o->jobs > 0 && o->jobs <= JOBS;
		else if (c == 'f')
			o->features = features_read(optarg);
		if (!good || c == '?')
			usage();
		o->alone |= c == 'w';
		o->with |= c == 'f';
	}
}

// Each of them half the time; files are dear.
static uint32_t features_of(uint64_t seed)
{
	uint32_t features = (uint32_t)hash_u64(seed) & ((1u << PLAN_FEATURES) - 1);
	features &= ~(1u << PLAN_DISK | 1u << PLAN_KILL);
	if (seed % DISKS == 0)
		features |= 1u << PLAN_DISK;
	else if (seed % DISKS == DISKS / 2)
		features |= 1u << PLAN_KILL;
	return features;
}

static unsigned size_of(uint64_t seed)
{
	return 50 + (unsigned)(hash_u64(~seed) % (PLAN_CALLS - 49));
}

static void again(const struct centre *c, const char *what)
{
	printf("%s: centre --world %llu --calls %u --with ", what, (unsigned long long)c->seed,
		c->calls);
	const char *before = "";
	for (unsigned i = 0; i < PLAN_FEATURES; i++) {
		if (!plan_has(c->features, i))
			continue;
		printf("%s%s", before, plan_features[i]);
		before = ",";
	}
	printf("%s\n", *before ? "" : "''");
	fflush(stdout);
}

// In a process of its own, and silent: it may end it.
static bool fails(const struct centre *c)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
			_exit(2);
		_exit(centre_play(c) ? 1 : 0);
	}
	int status = 0;
	return pid > 0 && waitpid(pid, &status, 0) == pid && status != 0;
}

// Fewer callers and features that fail still.
static void shrink(struct centre *c)
{
	bool less = true;
	while (less) {
		less = false;
		for (unsigned i = 0; i < PLAN_FEATURES; i++) {
			struct centre t = *c;
			t.features &= ~(1u << i);
			if (t.features == c->features || !fails(&t))
				continue;
			*c = t;
			less = true;
		}
		for (unsigned part = 2; part <= 16; part *= 2) {
			struct centre t = *c;
			t.calls -= t.calls / part;
			if (t.calls == c->calls || !fails(&t))
				continue;
			*c = t;
			less = true;
			break;
		}
	}
}

static struct centre playing;

static void aborted(int signal)
{
	again(&playing, "ended in");
	_exit(3);
}

// --- all jobs' ---

struct tally {
	_Atomic uint64_t next, calls, worlds, failed;
	_Atomic uint64_t at[JOBS]; // the seed that it plays, UINT64_MAX: none
	_Atomic uint64_t offers, connected, dropped, elsewhere, looks, posted, full, twice;
};

static struct options options = {.calls = CALLS, .seed = 1, .jobs = 1};
static struct tally *tally;

static void tally_make(void)
{
	tally = mmap(
		NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(tally != MAP_FAILED);
	tally->next = options.seed;
	for (unsigned i = 0; i < JOBS; i++)
		tally->at[i] = UINT64_MAX;
}

// All before it have been played to their end.
static uint64_t done_before(void)
{
	uint64_t seed = tally->next;
	for (unsigned i = 0; i < JOBS; i++)
		if (tally->at[i] < seed)
			seed = tally->at[i];
	return seed;
}

static void tell_now_and_then(void)
{
	static time_t told;
	time_t now = time(NULL);
	if (told == 0)
		told = now;
	if (now - told < TELLS_S)
		return;
	told = now;
	printf("%" PRIu64 " calls, %" PRIu64 " failed; goes on --from %" PRIu64 "\n", tally->calls,
		tally->failed, done_before());
	fflush(stdout);
}

// False: there have been enough of them.
static bool next_world(struct centre *c, unsigned job)
{
	const struct options *o = &options;
	tally->at[job] = tally->next; // not before it is another one's
	uint64_t seed = tally->at[job] = atomic_fetch_add(&tally->next, 1);
	unsigned size = o->alone ? PLAN_CALLS : size_of(seed);
	uint64_t before = atomic_fetch_add(&tally->calls, size);
	if (before >= o->calls || tally->failed >= FAILURES) {
		tally->calls -= size;
		tally->next--; // the others end, too
		tally->at[job] = UINT64_MAX;
		return false;
	}
	uint64_t left = o->calls - before;
	if (left < size)
		tally->calls -= size - left;
	*c = (struct centre){.seed = seed,
		.calls = (unsigned)(left < size ? left : size),
		.features = o->with ? o->features : features_of(seed)};
	return true;
}

static void counts_add(void)
{
	const struct judge_counts *j = judge_counts();
	const struct mail_counts *m = mail_counts();
	tally->offers += j->offers;
	tally->connected += j->connected;
	tally->dropped += j->dropped;
	tally->elsewhere += j->elsewhere;
	tally->looks += j->looks;
	tally->posted += m->posted;
	tally->full += m->full;
	tally->twice += m->twice;
}

static void play(unsigned job)
{
	while (next_world(&playing, job)) {
		tally->worlds++;
		if (centre_play(&playing) > 0) {
			tally->failed++;
			again(&playing, "again");
			if (!options.alone)
				shrink(&playing);
			if (!options.alone)
				again(&playing, "smaller");
		}
		if (job == 0)
			tell_now_and_then();
		if (options.alone)
			break;
	}
	tally->at[job] = UINT64_MAX;
	counts_add();
}

// One that ends in the middle is a failure; the others go on.
static void play_in_jobs(void)
{
	fflush(stdout);
	for (unsigned i = 0; i < options.jobs; i++) {
		pid_t pid = fork();
		ck_assert_int_ge(pid, 0);
		if (pid > 0)
			continue;
		play(i);
		fflush(stdout);
		_exit(0);
	}
	int status;
	while (wait(&status) > 0)
		tally->failed += status != 0;
}

static double cpu_s(void)
{
	struct tms t;
	(void)times(&t);
	return (double)(t.tms_utime + t.tms_stime + t.tms_cutime + t.tms_cstime) /
		(double)sysconf(_SC_CLK_TCK);
}

static void report(time_t began)
{
	const struct tally *t = tally;
	double cpu = cpu_s() + 0.01, wall = difftime(time(NULL), began) + 1;
	printf("%" PRIu64 " calls in %" PRIu64 " worlds from seed %" PRIu64 ": %" PRIu64
	       " failed; goes on --from %" PRIu64 "\n",
		t->calls, t->worlds, options.seed, t->failed, done_before());
	printf("offers %" PRIu64 ", connected %" PRIu64 ", dropped %" PRIu64 ", elsewhere %" PRIu64
	       "; looks %" PRIu64 "\n",
		t->offers, t->connected, t->dropped, t->elsewhere, t->looks);
	printf("messages to the router %" PRIu64 ", full %" PRIu64 ", twice %" PRIu64 "\n",
		t->posted, t->full, t->twice);
	printf("%.0f calls/s of CPU, %.0f calls/s in %" PRIu64 " jobs, %.1f s of CPU\n",
		(double)t->calls / cpu, (double)t->calls / wall, options.jobs, cpu);
}

START_TEST(nothing_is_broken)
{
	time_t began = time(NULL);
	tally_make();
	if (options.jobs > 1)
		play_in_jobs();
	else
		play(0);
	report(began);
	ck_assert_uint_eq(tally->failed, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {nothing_is_broken};
	options_read(argc, argv, &options);
	(void)signal(SIGABRT, aborted);
	return unit_run("centre", tests, 1);
}
