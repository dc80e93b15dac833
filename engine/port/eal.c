// DPDK's environment from our configuration.
#include "engine/port/eal.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include "engine/base/str.h"

#define EAL_ARGS_MAX 64
#define EAL_TEXT_MAX 8192

_Static_assert(WORKERS_MAX < RTE_MAX_LCORE, "a worker is an lcore");

struct eal { // EAL keeps pointers into its arguments
	bool started;
	int count;
	char *args[EAL_ARGS_MAX + 1];
	struct str_buf text; // where they lie, each with its NUL
	char data[EAL_TEXT_MAX];
};

static void args_begin(struct eal *a)
{
	a->args[a->count < EAL_ARGS_MAX ? a->count++ : EAL_ARGS_MAX - 1] = a->data + a->text.len;
}

static void args_end(struct eal *a)
{
	if (a->text.len + 1 < a->text.size)
		a->text.len++; // keeps the NUL
	else
		a->text.cut = true;
}

#define args_add(a, ...) (args_begin(a), str_buf_add(&(a)->text, __VA_ARGS__), args_end(a))

static unsigned eal_lcore(unsigned worker)
{
	return worker + 1; // 0 is main's
}

// CPUs that we may use, in order; returns how many.
static unsigned cpus_allowed(int cpus[CPU_SETSIZE])
{
	cpu_set_t set;
	unsigned n = 0;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[n++] = cpu;
	return n;
}

static int cpu_of(const struct engine_config *config, unsigned worker, const int *cpus, unsigned n)
{
	if (config->cores[worker] >= 0)
		return config->cores[worker];
	return cpus[n - 1 - worker % n]; // from the end: the first CPU has the interrupts
}

static bool cpu_is_worker(const struct engine_config *config, int cpu, const int *cpus, unsigned n)
{
	for (unsigned i = 0; i < config->workers; i++)
		if (cpu_of(config, i, cpus, n) == cpu)
			return true;
	return false;
}

static int cpu_look(const struct engine_config *config, unsigned worker, const int *cpus,
	unsigned n, char error[ENGINE_ERROR_MAX])
{
	int cpu = cpu_of(config, worker, cpus, n);

	for (unsigned k = 0; k < n; k++)
		if (cpus[k] == cpu)
			return 0;
	str_format(error, ENGINE_ERROR_MAX,
		"worker %u is to run on CPU %d, which this process may not use: choose one of "
		"those that taskset -p shows",
		worker, cpu);
	return -EINVAL;
}

int eal_look(const struct engine_config *config, char error[ENGINE_ERROR_MAX])
{
	int cpus[CPU_SETSIZE], rc = 0;
	unsigned n = cpus_allowed(cpus);

	for (unsigned i = 0; i < config->workers && !rc; i++)
		rc = cpu_look(config, i, cpus, n, error);
	return rc;
}

// Main (lcore 0) floats over all CPUs; where workers never nap, over those that they leave.
static int args_add_lcores(
	struct eal *a, const struct engine_config *config, char error[ENGINE_ERROR_MAX])
{
	int cpus[CPU_SETSIZE];
	unsigned n = cpus_allowed(cpus), free_cpus = 0, listed = 0;

	for (unsigned i = 0; i < n; i++)
		free_cpus += !cpu_is_worker(config, cpus[i], cpus, n);
	args_begin(a);
	str_buf_add(&a->text, "--lcores=0@(");
	for (unsigned i = 0; i < n; i++)
		if (!config->spin || free_cpus == 0 || !cpu_is_worker(config, cpus[i], cpus, n))
			str_buf_add(&a->text, "%s%d", listed++ ? "," : "", cpus[i]);
	str_buf_add(&a->text, ")");
	for (unsigned i = 0; i < config->workers; i++) {
		int rc = cpu_look(config, i, cpus, n, error);

		if (rc)
			return rc;
		str_buf_add(&a->text, ",%u@%d", eal_lcore(i), cpu_of(config, i, cpus, n));
	}
	args_end(a);
	args_add(a, "--main-lcore=0");
	return 0;
}

static void args_add_memory(struct eal *a, const struct engine_config *config, uint64_t memory)
{
	if (config->hugepages) {
		args_add(a, "--huge-unlink");
		args_add(a, "--file-prefix=ringhall-%d", (int)getpid());
	} else {
		args_add(a, "--no-huge");
		args_add(a, "--file-prefix=ringhall"); // names nothing but an empty folder
		args_add(a, "-m");
		args_add(a, "%llu", (unsigned long long)(memory >> 20) + EAL_OWN_MIB);
	}
	// --in-memory would exclude --no-huge.
	args_add(a, "--no-shconf");
	args_add(a, "--no-telemetry");
}

static void args_add_devices(struct eal *a, const struct engine_config *config)
{
	bool pci = false;

	for (unsigned i = 0; i < config->ports; i++) {
		const struct engine_port *p = &config->port[i];

		if (p->kind != PORT_PCI)
			continue;
		pci = true;
		args_add(a, "-a");
		args_add(a, "%s%s%s", p->device, p->extra[0] ? "," : "", p->extra);
	}
	if (pci)
		return;
	args_add(a, "--no-pci");
	args_add(a, "--iova-mode=va");
}

static void args_add_further(struct eal *a, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len > 0)
			args_add(a, "%.*s", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static int args_make(struct eal *a, const struct engine_config *config, uint64_t memory,
	char error[ENGINE_ERROR_MAX])
{
	int rc;

	str_buf_init(&a->text, a->data, sizeof(a->data));
	args_add(a, "ringhall");
	rc = args_add_lcores(a, config, error);
	if (rc)
		return rc;
	args_add_memory(a, config, memory);
	args_add_devices(a, config);
	args_add(a, "--log-level=error");
	args_add_further(a, config->eal_args);
	if (!a->text.cut && a->count < EAL_ARGS_MAX)
		return 0;
	str_format(error, ENGINE_ERROR_MAX,
		"the arguments for DPDK's EAL are too long: shorten eal_args");
	return -E2BIG;
}

int eal_start(const struct engine_config *config, uint64_t memory, FILE *log, struct eal **out,
	char error[ENGINE_ERROR_MAX])
{
	struct eal *a;
	int rc;

	if (rte_lcore_count() > 0) { // it has some since its first start
		str_format(error, ENGINE_ERROR_MAX,
			"DPDK starts only once in a process: start a new one");
		return -EALREADY;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	*out = a;
	rc = args_make(a, config, memory, error);
	if (rc)
		return rc;
	rte_openlog_stream(log);
	a->started = rte_eal_init(a->count, a->args) >= 0;
	return a->started ? 0 : -rte_errno;
}

void eal_stop(struct eal *eal)
{
	if (!eal)
		return;
	if (eal->started)
		rte_eal_cleanup();
	rte_openlog_stream(NULL);
	free(eal);
}

unsigned eal_cpu(unsigned worker)
{
	return (unsigned)rte_lcore_to_cpu_id((int)eal_lcore(worker));
}

int eal_socket(unsigned worker)
{
	return (int)rte_lcore_to_socket_id(eal_lcore(worker));
}

int eal_launch(unsigned worker, eal_thread_fn *thread, void *arg)
{
	return rte_eal_remote_launch(thread, arg, eal_lcore(worker));
}

void eal_wait(unsigned worker)
{
	rte_eal_wait_lcore(eal_lcore(worker));
}
