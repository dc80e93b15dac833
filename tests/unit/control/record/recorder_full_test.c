// A full disk: recordings fail loudly and at once, new ones are refused, and room mends it.
// Needs root for a small tmpfs in a mount namespace of its own; skipped (77) without.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "control/config/config.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

static char dir[] = "/tmp/ringhall-test-XXXXXX";
static struct recording_result last;
static unsigned results;
static _Atomic bool lies; // statvfs, as where a quota is met
static _Atomic unsigned asked;

int __real_statvfs64(const char *path, struct statvfs *fs);
int __wrap_statvfs64(const char *path, struct statvfs *fs);
int __wrap_statvfs64(const char *path, struct statvfs *fs)
{
	int rc = __real_statvfs64(path, fs);

	asked++;
	if (lies)
		fs->f_bavail = fs->f_blocks;
	return rc;
}

static void result_note(const struct recording_result *result, void *arg)
{
	(void)arg;
	last = *result;
	results++;
}

static void wait_results(struct recorder *r, unsigned count)
{
	struct pollfd p = {.fd = recorder_fd(r), .events = POLLIN};

	while (results < count) {
		ck_assert_int_gt(poll(&p, 1, 10000), 0);
		recorder_poll(r);
	}
}

// Leaves `left` bytes on the file system.
static void fill_disk(const char *filler, size_t left)
{
	static char zeros[65536];
	int fd = open(filler, O_WRONLY | O_CREAT, 0600);
	ssize_t total = 0, put;

	ck_assert_int_ge(fd, 0);
	while ((put = write(fd, zeros, sizeof(zeros))) > 0)
		total += put;
	ck_assert_int_eq(ftruncate(fd, total - left), 0);
	close(fd);
}

static int open_one(struct recorder *r, uint32_t *number)
{
	static unsigned opened;
	struct recording_request q = {.call.counter = opened++, .tenant = "t", .law = CODEC_PCMU};
	uint64_t start_ns;
	char file[512];

	return recorder_open(r, &q, number, &start_ns, file);
}

START_TEST(full_and_mended)
{
	struct config config = {.recording = {.calls_max = 4, .flush_s = 60}};
	struct recorder_status status;
	struct recorder *r;
	struct tap_frame f;
	struct tap *tap;
	char error[512], filler[128], why[256];
	uint32_t number, other;

	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	ck_assert_int_eq(tap_new(1, 8192, &tap), 0);
	int rc = recorder_start(&config, tap, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, result_note, NULL);
	str_format(filler, sizeof(filler), "%s/filler", dir);
	fill_disk(filler, 3 << 20);
	ck_assert_int_eq(open_one(r, &number), 0);
	// 10 minutes would be 9.6 MB; pushed until told that it has failed.
	for (unsigned n = 0; n < 60000 && !results; n++) {
		sound_frame(&f, number, n & 1, n / 2 * SOUND_FRAME, 0);
		while (!tap_push(tap, 0, &f))
			tap_wake(tap);
		tap_wake(tap);
		if (n % 50 == 0)
			usleep(1000);
		recorder_poll(r);
	}
	wait_results(r, 1);
	ck_assert_int_eq(last.error, -ENOSPC);
	ck_assert_uint_gt(last.samples, 32768);
	recorder_status(r, &status);
	ck_assert(status.disk_full);
	ck_assert_int_eq(open_one(r, &other), -ENOSPC);
	ck_assert_msg(!recording_check(&last, why), "%s", why); // what it has is whole
	recorder_close(r, number);
	unlink(filler);
	for (unsigned i = 0; i < 1000 && status.disk_full; i++) {
		usleep(10000);
		recorder_status(r, &status);
	}
	ck_assert(!status.disk_full);
	ck_assert_int_eq(open_one(r, &number), 0);
	sound_frame(&f, number, 0, 0, 0);
	ck_assert(tap_push(tap, 0, &f));
	tap_wake(tap);
	recorder_close(r, number);
	wait_results(r, 2);
	ck_assert_int_eq(last.error, 0);
	ck_assert_uint_eq(last.samples, SOUND_FRAME);
	recorder_stop(r);
	tap_free(tap);
}
END_TEST

// Opens one and waits until it has failed.
static void fail_one(struct recorder *r)
{
	uint32_t number;
	unsigned before = results;

	ck_assert_int_eq(open_one(r, &number), 0);
	wait_results(r, before + 1);
	ck_assert_int_eq(last.error, -ENOSPC);
	recorder_close(r, number);
}

START_TEST(full_in_spite_of_its_figures)
{
	struct config config = {.recording = {.calls_max = 4, .flush_s = 60}};
	struct recorder_status status;
	struct recorder *r;
	char error[512], filler[128];
	uint32_t number;

	results = 0;
	lies = true;
	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	int rc = recorder_start(&config, NULL, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, result_note, NULL);
	str_format(filler, sizeof(filler), "%s/filler", dir);
	fill_disk(filler, 64 << 10);
	fail_one(r);
	// It stays full however often the figures are looked at.
	for (unsigned from = asked; asked < from + 5;) {
		usleep(10000);
		recorder_status(r, &status);
		ck_assert(status.disk_full);
		ck_assert_int_eq(open_one(r, &number), -ENOSPC);
	}
	unlink(filler);
	do {
		usleep(10000);
		recorder_status(r, &status);
	} while (status.disk_full);
	ck_assert_int_eq(open_one(r, &number), 0);
	recorder_close(r, number);
	wait_results(r, 2);
	ck_assert_int_eq(last.error, 0);
	recorder_stop(r);
	lies = false;
}
END_TEST

static void inodes_take(bool take)
{
	char path[128];

	for (unsigned i = 0; i < 2000; i++) {
		str_format(path, sizeof(path), "%s/inode%u", dir, i);
		int fd = take ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
		if (fd >= 0)
			close(fd);
		else if (take || unlink(path))
			return;
	}
}

START_TEST(no_inode_is_left)
{
	struct config config = {.recording = {.calls_max = 4, .flush_s = 60}};
	struct recorder_status status;
	struct recorder *r;
	char error[512];
	uint32_t number;

	results = 0;
	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	int rc = recorder_start(&config, NULL, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, result_note, NULL);
	inodes_take(true);
	fail_one(r);
	for (unsigned from = asked; asked < from + 3;) {
		usleep(10000);
		recorder_status(r, &status);
		ck_assert(status.disk_full);
	}
	inodes_take(false);
	do {
		usleep(10000);
		recorder_status(r, &status);
	} while (status.disk_full);
	ck_assert_int_eq(open_one(r, &number), 0);
	recorder_close(r, number);
	wait_results(r, 2);
	ck_assert_int_eq(last.error, 0);
	recorder_stop(r);
}
END_TEST

static bool small_disk(void)
{
	return mkdtemp(dir) && !unshare(CLONE_NEWNS) &&
		!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		!mount("ringhall", dir, "tmpfs", 0, "size=40m,nr_inodes=1000");
}

int main(void)
{
	const TTest *const tests[] = {
		full_and_mended, full_in_spite_of_its_figures, no_inode_is_left};

	if (!small_disk()) {
		rmdir(dir);
		puts("skipped: needs root for a disk of its own");
		return 77;
	}
	int rc = unit_run("recorder_full", tests, 3);
	umount(dir);
	rmdir(dir);
	return rc;
}
