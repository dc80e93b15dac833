// Limits on memory, each told by its own name.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/shortage.h"
#include "engine/base/str.h"

#define MIB (1ull << 20)

// A sanitizer's own memory is beyond any limit.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITABLE false
#else
#define LIMITABLE true
#endif

static char why[SHORTAGE_MAX];

static void limit(int resource, uint64_t bytes)
{
	struct rlimit r = {bytes, bytes};
	ck_assert_int_eq(setrlimit(resource, &r), 0);
}

// Each test is a process of its own.
START_TEST(address_space)
{
	if (!LIMITABLE)
		return;
	ck_assert_int_eq(shortage_of(64 * MIB, why), 0);
	ck_assert_str_eq(why, "");
	limit(RLIMIT_AS, 16384 * MIB);
	ck_assert_int_eq(shortage_of(64 * MIB, why), 0);
	ck_assert_int_eq(shortage_of(16384 * MIB, why), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(why, "may have 16384 MiB of address space"));
	ck_assert_ptr_nonnull(strstr(why, "needs 16385 more: raise LimitAS="));
}
END_TEST

START_TEST(data)
{
	if (!LIMITABLE)
		return;
	limit(RLIMIT_DATA, 4096 * MIB);
	ck_assert_int_eq(shortage_of(64 * MIB, why), 0);
	ck_assert_int_eq(shortage_of(5000 * MIB, why), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(why, "may have 4096 MiB of data"));
	ck_assert_ptr_nonnull(strstr(why, "LimitDATA="));
}
END_TEST

static void put(const char *folder, const char *name, const char *text)
{
	char path[256];

	str_format(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

// A group's limit holds for those below it; pages of files can be given back.
START_TEST(a_control_group)
{
	static const char *const files[] = {"me", "a/b/memory.max", "a/b/memory.stat",
		"a/memory.max", "a/memory.stat", "a/b", "a"};
	char folder[] = "/tmp/ringhall-test-XXXXXX", me[64], path[128];
	struct shortage_places p = {me, folder};

	ck_assert_ptr_nonnull(mkdtemp(folder));
	str_format(me, sizeof(me), "%s/me", folder);
	str_format(path, sizeof(path), "%s/a", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	str_format(path, sizeof(path), "%s/a/b", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	put(folder, "me", "12:pids:/x\n0::/a/b\n");
	put(folder, "a/b/memory.max", "max\n");
	put(folder, "a/b/memory.stat", "anon 0\n");
	put(folder, "a/memory.max", "1073741824\n");
	put(folder, "a/memory.stat", "anon 104857600\nfile 900000000\nshmem 104857600\n");
	ck_assert_int_eq(shortage_of_group(&p, 800 * MIB, why), 0);
	ck_assert_int_eq(shortage_of_group(&p, 900 * MIB, why), -ENOMEM);
	ck_assert_str_eq(why,
		"its control group may have 1024 MiB, 200 are in use and 901 more are needed: "
		"raise "
		"memory.max (MemoryMax= of the service, --memory of the container)");
	put(folder, "me", "12:pids:/x\n"); // no unified hierarchy
	ck_assert_int_eq(shortage_of_group(&p, 900 * MIB, why), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		str_format(path, sizeof(path), "%s/%s", folder, files[i]);
		remove(path);
	}
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(shortage_of_group(&p, 900 * MIB, why), 0); // nothing to read
}
END_TEST

START_TEST(hugepages)
{
	ck_assert_int_eq(shortage_of_hugepages(0, why), 0);
	ck_assert_int_eq(shortage_of_hugepages(1ull << 50, why), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(why, "vm.nr_hugepages"));
}
END_TEST

START_TEST(io_uring_has_a_cure_for_each_code)
{
	ck_assert_ptr_nonnull(strstr(shortage_of_uring(-ENOMEM), "LimitMEMLOCK="));
	ck_assert_ptr_nonnull(strstr(shortage_of_uring(-EMFILE), "LimitNOFILE="));
	ck_assert_ptr_nonnull(strstr(shortage_of_uring(-EPERM), "seccomp"));
	ck_assert_ptr_nonnull(strstr(shortage_of_uring(-ENOSYS), "io_uring_disabled"));
}
END_TEST

UNIT_MAIN("shortage", address_space, data, a_control_group, hugepages,
	io_uring_has_a_cure_for_each_code)
