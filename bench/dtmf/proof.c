// Are the gate's digits SpanDSP's? Hours of speech, music and seeded sound through both, compared
// frame by frame; exit status 1 where they differ.
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/dtmf/corpus.h"
#include "bench/dtmf/pair.h"
#include "engine/base/check.h"

#define JOBS_MAX 64
#define SKIPPED	 77

struct proof {
	double hours;
	uint64_t seed;
	unsigned jobs;
	int percent; // how much the gate's tests are relaxed
	enum dtmf_gate_kind gate;
	int level; // of wish
	struct corpora_wish wish;
	bool json, must_differ;
	struct corpora corpora;
	atomic_uint_fast64_t next; // item
};

struct job { // written by its thread
	struct proof *proof;
	pthread_t thread;
	struct pair_tally tally[CORPORA_MAX];
};

// Items of all corpora in one row; which is the n-th?
static struct corpus *find(struct proof *p, uint64_t n, uint64_t *item)
{
	for (unsigned i = 0; i < p->corpora.count; i++) {
		struct corpus *c = &p->corpora.corpus[i];
		if (n < c->items) {
			*item = n;
			return c;
		}
		n -= c->items;
	}
	return NULL;
}

static void *work(void *arg)
{
	struct job *job = arg;
	struct proof *p = job->proof;
	struct corpus_sound *sound = malloc(sizeof(*sound));
	static _Thread_local struct pair pair;
	struct corpus *c;

	check(sound);
	pair_thread_setup();
	while ((c = find(p, atomic_fetch_add(&p->next, 1), &pair.item))) {
		pair.tally = (struct pair_tally){.frames = 0};
		pair.corpus = c->name;
		corpus_item(c, p->seed, pair.item, sound);
		pair.law = sound->law;
		pair.loss = sound->loss;
		pair_hear(&pair, sound->samples, sound->count, &sound->rng);
		pair_add(&job->tally[c - p->corpora.corpus], &pair.tally);
	}
	free(sound);
	return NULL;
}

static void run(struct proof *p)
{
	struct job *jobs = calloc(p->jobs, sizeof(*jobs));

	check(jobs);
	for (unsigned i = 0; i < p->jobs; i++) {
		jobs[i].proof = p;
		check(pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) == 0);
	}
	for (unsigned i = 0; i < p->jobs; i++) {
		pthread_join(jobs[i].thread, NULL);
		for (unsigned k = 0; k < p->corpora.count; k++)
			pair_add(&p->corpora.corpus[k].tally, &jobs[i].tally[k]);
	}
	free(jobs);
}

static void print_row(const struct proof *p, const char *name, const struct pair_tally *t)
{
	double hours = (double)t->frames * TICK_MS / 3.6e6;
	double samples = (double)t->frames * FRAME_SAMPLES;
	double share = samples > 0 ? 100 * (double)t->passed / samples : 0;

	if (p->json)
		printf("{\"bench\":\"dtmf_proof\",\"corpus\":\"%s\",\"hours\":%.4f,\"frames\":%lu,"
		       "\"digits\":%lu,\"differences\":%lu,\"passed_percent\":%.4f}\n",
			name, hours, (unsigned long)t->frames, (unsigned long)t->digits,
			(unsigned long)t->differences, share);
	else
		printf("%-20s %9.2f %11lu %10lu %10.1f %8.3f %12lu\n", name, hours,
			(unsigned long)t->frames, (unsigned long)t->digits,
			hours > 0 ? (double)t->digits / hours : 0, share,
			(unsigned long)t->differences);
}

static uint64_t print(struct proof *p, double wall_s)
{
	struct pair_tally sum = {.frames = 0};

	if (!p->json)
		printf("%-20s %9s %11s %10s %10s %8s %12s\n", "corpus", "hours", "frames", "digits",
			"digits/h", "passed %", "differences");
	for (unsigned i = 0; i < p->corpora.count; i++) {
		print_row(p, p->corpora.corpus[i].name, &p->corpora.corpus[i].tally);
		pair_add(&sum, &p->corpora.corpus[i].tally);
	}
	print_row(p, "all", &sum);
	fprintf(p->json ? stderr : stdout,
		"gate %s at %+d %%, seed %lu: %.1f h of distinct recordings in %u folders and %u "
		"files; %.0f s, %.0f s of CPU\n",
		dtmf_gate_name(p->gate), p->percent, (unsigned long)p->seed,
		(double)p->corpora.samples / FRAME_RATE / 3600, p->corpora.folders,
		p->corpora.files, wall_s, (double)clock() / CLOCKS_PER_SEC);
	return sum.differences;
}

_Noreturn static void usage(int status)
{
	fputs("usage: dtmf_proof [OPTION]...\n"
	      "  --hours N       of sound in all (10)\n"
	      "  --seed N        of what is drawn (1)\n"
	      "  --jobs N        threads (2)\n"
	      "  --speech DIR    one folder of WAV files a corpus, as bench/speech_corpus makes\n"
	      "                  them (/usr/share/asterisk/sounds)\n"
	      "  --only NAME     one corpus\n"
	      "  --level DBM0    recordings alone, all of them at this level: talk-off\n"
	      "  --gate KIND     none, avx2 or avx512, the best that may be taken (avx512)\n"
	      "  --percent N     how much the gate's tests are relaxed (3)\n"
	      "  --must-differ   exit 0 only where there are differences: is a bad gate seen?\n"
	      "  --json          one object a line\n",
		status ? stderr : stdout);
	exit(status);
}

static enum dtmf_gate_kind kind_of(const char *name)
{
	for (int k = DTMF_GATE_NONE; k <= DTMF_GATE_AVX512; k++)
		if (strcmp(name, dtmf_gate_name((enum dtmf_gate_kind)k)) == 0)
			return (enum dtmf_gate_kind)k;
	usage(2);
}

static void set_level(struct proof *p, const char *text)
{
	p->level = (int)strtol(text, NULL, 10);
	p->wish.level = &p->level;
}

static void option(struct proof *p, int c)
{
	if (c == 'h')
		p->hours = strtod(optarg, NULL);
	else if (c == 's')
		p->seed = strtoull(optarg, NULL, 10);
	else if (c == 'j')
		p->jobs = (unsigned)strtoul(optarg, NULL, 10);
	else if (c == 'd')
		p->wish.speech = optarg;
	else if (c == 'o')
		p->wish.only = optarg;
	else if (c == 'l')
		set_level(p, optarg);
	else if (c == 'g')
		p->gate = kind_of(optarg);
	else if (c == 'p')
		p->percent = (int)strtol(optarg, NULL, 10);
	else if (c == 'm')
		p->must_differ = true;
	else if (c == 'J')
		p->json = true;
	else
		usage(c == 'H' ? 0 : 2);
}

static void options(struct proof *p, int argc, char **argv)
{
	static const struct option known[] = {{"hours", required_argument, NULL, 'h'},
		{"seed", required_argument, NULL, 's'}, {"jobs", required_argument, NULL, 'j'},
		{"speech", required_argument, NULL, 'd'}, {"only", required_argument, NULL, 'o'},
		{"level", required_argument, NULL, 'l'}, {"gate", required_argument, NULL, 'g'},
		{"percent", required_argument, NULL, 'p'}, {"must-differ", no_argument, NULL, 'm'},
		{"json", no_argument, NULL, 'J'}, {"help", no_argument, NULL, 'H'},
		{NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		option(p, c);
	if (optind < argc || p->jobs < 1 || p->jobs > JOBS_MAX || p->hours <= 0)
		usage(2);
}

int main(int argc, char **argv)
{
	static struct proof p = {.hours = 10,
		.seed = 1,
		.jobs = 2,
		.percent = DTMF_GATE_PERCENT,
		.gate = DTMF_GATE_AVX512};

	options(&p, argc, argv);
	p.gate = dtmf_gate_setup(p.gate, p.percent);
	if (p.must_differ && p.gate == DTMF_GATE_NONE) {
		puts("this processor has no gate");
		return SKIPPED;
	}
	if (corpora_load(&p.corpora, &p.wish) || corpora_share(&p.corpora, p.hours)) {
		fputs("dtmf_proof: no such corpus, or so little speech that clips would repeat\n",
			stderr);
		return 2;
	}
	uint64_t start = bench_ns();
	run(&p);
	uint64_t differences = print(&p, (double)(bench_ns() - start) / 1e9);
	return (differences > 0) == p.must_differ ? EXIT_SUCCESS : EXIT_FAILURE;
}
