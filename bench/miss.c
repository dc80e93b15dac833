// One walk through all lines of a large mapping.
#include "bench/miss.h"

#include <stddef.h>
#include <sys/mman.h>

#include "engine/base/check.h"
#include "engine/base/rng.h"

#define PROBE_BYTES (256u << 20)
#define PROBES	    2000000u

struct probe {
	uint32_t *next;
	uint32_t at;
};

static double probe_run(void *arg)
{
	struct probe *p = arg;
	uint64_t start_ns = bench_ns();
	for (unsigned i = 0; i < PROBES; i++)
		p->at = p->next[p->at];
	bench_keep(&p->at);
	return (double)(bench_ns() - start_ns) / PROBES;
}

double bench_miss(struct bench *b)
{
	uint32_t step = 64 / sizeof(uint32_t), lines = PROBE_BYTES / 64;
	struct probe p = {.next = mmap(NULL, PROBE_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
	struct rng rng;
	check(p.next != MAP_FAILED);
	madvise(p.next, PROBE_BYTES, MADV_HUGEPAGE);
	rng_seed(&rng, 5);
	for (uint32_t i = 0; i < lines; i++)
		p.next[i * step] = i * step;
	for (uint32_t i = lines - 1; i > 0; i--) { // Sattolo: one cycle
		uint32_t other = rng_below(&rng, i), kept = p.next[i * step];
		p.next[i * step] = p.next[other * step];
		p.next[other * step] = kept;
	}
	double ns =
		bench_measure(b, &(struct bench_metric){"dependent_miss", "ns", 0}, probe_run, &p);
	munmap(p.next, PROBE_BYTES);
	return ns;
}
