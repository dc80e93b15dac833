// Whole centres in simulated time, by the thousand: random configurations with every policy, and
// all that callers, agents, phones and operators do and fail to do in them. What must hold is
// judged from outside (judge.c, and sim/ of what phones and voices are told).
//
//	centre                          a few worlds
//	centre --calls 100000 --seed 1  many; one that fails is told, made smaller, told again
//	centre --world 17 --calls 40 --with skills,phones
//	                                that one alone
#include "tests/unit/unit.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct options {
	uint64_t calls, seed;
	bool alone, with; // one world; features as told
	uint32_t features;
};

static void usage(void)
{
	fprintf(stderr,
		"usage: centre [--calls N] [--seed N] [--world N] [--with FEATURE,…]\n"
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
	static const struct option names[] = {{"calls", 1, NULL, 'c'}, {"seed", 1, NULL, 's'},
		{"world", 1, NULL, 'w'}, {"with", 1, NULL, 'f'}, {0}};
	int c;
	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		bool good = true;
		if (c == 'c')
			good = str_u64(optarg, &o->calls) == 0;
		else if (c == 's' || c == 'w')
			good = str_u64(optarg, &o->seed) == 0;
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
	return 50 + (unsigned)(hash_u64(~seed) % (CENTRE_CALLS - 49));
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

static double cpu_s(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static void report(const struct options *o, uint64_t calls, uint64_t worlds, unsigned failed)
{
	const struct judge_counts *j = judge_counts();
	const struct mail_counts *m = mail_counts();
	printf("%llu calls in %llu worlds from seed %llu: %u failed\n", (unsigned long long)calls,
		(unsigned long long)worlds, (unsigned long long)o->seed, failed);
	printf("offers %llu, connected %llu, dropped %llu, elsewhere %llu; looks %llu\n",
		(unsigned long long)j->offers, (unsigned long long)j->connected,
		(unsigned long long)j->dropped, (unsigned long long)j->elsewhere,
		(unsigned long long)j->looks);
	printf("messages to the router %llu, full %llu, twice %llu\n",
		(unsigned long long)m->posted, (unsigned long long)m->full,
		(unsigned long long)m->twice);
	printf("%.1f s of CPU, %.0f calls/s\n", cpu_s(), (double)calls / cpu_s());
}

static struct options options = {.calls = CALLS, .seed = 1};

START_TEST(nothing_is_broken)
{
	const struct options *o = &options;
	unsigned failed = 0;
	uint64_t done = 0, worlds = 0;
	for (uint64_t seed = o->seed; done < o->calls && failed < FAILURES; seed++, worlds++) {
		uint64_t left = o->calls - done, most = o->alone ? CENTRE_CALLS : size_of(seed);
		playing = (struct centre){.seed = seed,
			.calls = (unsigned)(left < most ? left : most),
			.features = o->with ? o->features : features_of(seed)};
		done += playing.calls;
		if (centre_play(&playing) > 0) {
			failed++;
			again(&playing, "again");
			if (!o->alone)
				shrink(&playing);
			if (!o->alone)
				again(&playing, "smaller");
		}
		if (o->alone)
			break;
	}
	report(o, done, worlds, failed);
	ck_assert_uint_eq(failed, 0);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const tests[] = {nothing_is_broken};
	options_read(argc, argv, &options);
	(void)signal(SIGABRT, aborted);
	return unit_run("centre", tests, 1);
}
