// Drives bridge_fuzz from a seed: bridge_fuzz --packets 50000000 --seed 7. Says where it stands
// each million packets, and at the end one line; a finding ends it with a word on how to see it
// again.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/rng.h"
#include "tests/fuzz/bridge_fuzz.h"
#include "tests/fuzz/bridge_node.h"

#define PIECE 1000000

static struct rng rng;
static uint64_t seed = 1;
static struct timespec began;

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began.tv_sec) + (double)(now.tv_nsec - began.tv_nsec) / 1e9;
}

static size_t more(const uint8_t **data)
{
	static uint64_t words[64];

	for (unsigned i = 0; i < 64; i++)
		words[i] = rng_u64(&rng);
	*data = (const uint8_t *)words;
	return sizeof(words);
}

static void died(int sig)
{
	fprintf(stderr, "bridge_fuzz: signal %d after %llu packets, %.1f s: --seed %llu\n", sig,
		(unsigned long long)node.packets, seconds(), (unsigned long long)seed);
	signal(sig, SIG_DFL);
	raise(sig);
}

int main(int argc, char **argv)
{
	uint64_t packets = 100000, sent = 0;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--packets") == 0)
			packets = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	rng_seed(&rng, seed);
	signal(SIGSEGV, died);
	signal(SIGBUS, died);
	signal(SIGABRT, died);
	while (sent < packets) {
		sent = fuzz_rounds(more, packets - sent < PIECE ? packets - sent : PIECE);
		if (packets > PIECE)
			printf("%llu packets in, %llu out, %llu rounds, %.0f s\n",
				(unsigned long long)sent, (unsigned long long)node.sent,
				(unsigned long long)node.rounds, seconds());
		fflush(stdout);
	}
	printf("bridge_fuzz: seed %llu: %llu packets in, %llu judged, %llu rounds, no finding, "
	       "%.0f s\n",
		(unsigned long long)seed, (unsigned long long)sent, (unsigned long long)node.sent,
		(unsigned long long)node.rounds, seconds());
	return 0;
}
