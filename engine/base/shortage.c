// The limits on memory, one by one.
#include "engine/base/shortage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/str.h"

#define MIB(bytes) ((unsigned long long)(bytes) >> 20)

const struct shortage_places shortage_places = {"/proc/self/cgroup", "/sys/fs/cgroup"};

// A number that stands behind `name` at a line's beginning, times `unit`; 0: there is none.
static uint64_t file_number(const char *path, const char *name, uint64_t unit)
{
	char line[512];
	uint64_t value = 0;
	size_t len = strlen(name);
	FILE *f = fopen(path, "re");

	if (!f)
		return 0;
	while (!value && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len))
			value = strtoull(line + len, NULL, 10) * unit;
	fclose(f);
	return value;
}

static const struct limited {
	int resource;
	const char *field, *what, *cure;
} limited[] = {
	{RLIMIT_AS, "VmSize:", "address space", "LimitAS= of the service (ulimit -v)"},
	{RLIMIT_DATA, "VmData:", "data", "LimitDATA= of the service (ulimit -d)"},
};

static int beyond_limit(const struct limited *l, uint64_t bytes, char out[SHORTAGE_MAX])
{
	struct rlimit limit;
	uint64_t has = file_number("/proc/self/status", l->field, 1024);

	if (getrlimit(l->resource, &limit) || limit.rlim_cur == RLIM_INFINITY ||
		has + bytes <= limit.rlim_cur)
		return 0;
	str_format(out, SHORTAGE_MAX,
		"the process may have %llu MiB of %s, has %llu and needs %llu more: raise %s",
		MIB(limit.rlim_cur), l->what, MIB(has), MIB(bytes) + 1, l->cure);
	return -ENOMEM;
}

static int beyond_promise(uint64_t bytes, char out[SHORTAGE_MAX])
{
	uint64_t limit = file_number("/proc/meminfo", "CommitLimit:", 1024);
	uint64_t promised = file_number("/proc/meminfo", "Committed_AS:", 1024);

	if (file_number("/proc/sys/vm/overcommit_memory", "", 1) != 2 || promised + bytes <= limit)
		return 0;
	str_format(out, SHORTAGE_MAX,
		"the kernel promises %llu MiB of memory in all and has promised %llu: add swap, or "
		"raise vm.overcommit_ratio",
		MIB(limit), MIB(promised));
	return -ENOMEM;
}

// The group's folder; "" where there is no unified hierarchy.
static void group_folder(const struct shortage_places *p, char out[512])
{
	char line[400];
	FILE *f = fopen(p->cgroup, "re");

	out[0] = '\0';
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			str_format(out, 512, "%s%s", p->groups, line + 3);
	}
	fclose(f);
}

// What of a group's memory cannot be given back: anonymous, and files that lie in memory alone.
static uint64_t group_held(const char *folder)
{
	char path[600];

	str_format(path, sizeof(path), "%s/memory.stat", folder);
	return file_number(path, "anon ", 1) + file_number(path, "shmem ", 1);
}

int shortage_of_group(const struct shortage_places *p, uint64_t bytes, char out[SHORTAGE_MAX])
{
	char folder[512], path[600];

	out[0] = '\0';
	group_folder(p, folder);
	while (strlen(folder) >= strlen(p->groups) && folder[0]) {
		str_format(path, sizeof(path), "%s/memory.max", folder);
		uint64_t max = file_number(path, "", 1); // "max": no limit
		if (max && group_held(folder) + bytes > max) {
			str_format(out, SHORTAGE_MAX,
				"its control group may have %llu MiB, %llu are in use and %llu "
				"more are needed: raise memory.max (MemoryMax= of the service, "
				"--memory of the container)",
				MIB(max), MIB(group_held(folder)), MIB(bytes) + 1);
			return -ENOMEM;
		}
		char *last = strrchr(folder, '/');
		if (!last)
			break;
		*last = '\0';
	}
	return 0;
}

int shortage_of(uint64_t bytes, char out[SHORTAGE_MAX])
{
	int rc = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sizeof(limited) / sizeof(limited[0]) && !rc; i++)
		rc = beyond_limit(&limited[i], bytes, out);
	if (!rc)
		rc = beyond_promise(bytes, out);
	return rc ? rc : shortage_of_group(&shortage_places, bytes, out);
}

const char *shortage_why(uint64_t bytes, char out[SHORTAGE_MAX])
{
	return shortage_of(bytes, out) ? out : "configure fewer, or give the machine more memory";
}

int shortage_of_hugepages(uint64_t bytes, char out[SHORTAGE_MAX])
{
	uint64_t total = file_number("/proc/meminfo", "HugePages_Total:", 1);
	uint64_t each = file_number("/proc/meminfo", "Hugepagesize:", 1024);
	uint64_t free_pages = file_number("/proc/meminfo", "HugePages_Free:", 1);
	uint64_t pages = each ? (bytes + each - 1) / each : 0;

	out[0] = '\0';
	if (pages <= free_pages)
		return 0;
	str_format(out, SHORTAGE_MAX,
		"%llu hugepages are needed, %llu are reserved and %llu of them free: reserve more "
		"(sysctl vm.nr_hugepages) or set engine.hugepages to no",
		(unsigned long long)pages, (unsigned long long)total,
		(unsigned long long)free_pages);
	return -ENOMEM;
}

const char *shortage_of_uring(int rc)
{
	switch (rc) {
	case -ENOMEM:
		return "raise the limits on locked memory and address space (LimitMEMLOCK=, "
		       "LimitAS= of the service)";
	case -EMFILE:
	case -ENFILE:
		return "raise LimitNOFILE= of the service";
	default:
		return "allow io_uring_setup (a container's seccomp profile, "
		       "kernel.io_uring_disabled)";
	}
}
