// Folders and files that vanish while calls are recorded: told while it happens, and mended.
#include "control/record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/config.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/tap.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

static struct {
	char top[64], dir[96];
	struct config config;
	struct tap *tap;
	struct recorder *recorder;
	unsigned results;
	struct recording_result last;
} b;

static void note(const struct recording_result *r, void *arg)
{
	b.last = *r;
	b.results++;
}

static void begin(void)
{
	char error[512];

	memset(&b, 0, sizeof(b));
	log_set_level("record", (enum log_level) - 1); // what they tell is the status' matter
	str_format(b.dir, sizeof(b.dir), "%s/recordings", folder_new(b.top));
	b.config.recording.calls_max = 4;
	b.config.recording.flush_s = 60;
	str_copy(b.config.recording.directory, sizeof(b.config.recording.directory), b.dir);
	ck_assert_int_eq(tap_new(1, 4096, &b.tap), 0);
	int rc = recorder_start(&b.config, b.tap, &b.recorder, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(b.recorder, note, NULL);
}

static void end(void)
{
	recorder_stop(b.recorder);
	tap_free(b.tap);
	folder_remove(b.top);
}

// A recording that has sound in its file.
static uint32_t record(char file[512])
{
	struct recording_request q = {.tenant = "acme", .caller = "1", .law = CODEC_PCMU};
	struct tap_frame f;
	struct stat there;
	uint64_t start_ns;
	uint32_t number;

	ck_assert_int_eq(recorder_open(b.recorder, &q, &number, &start_ns, file), 0);
	sound_frame(&f, number, 0, 0, 0);
	ck_assert(tap_push(b.tap, 0, &f));
	tap_wake(b.tap);
	while (stat(file, &there) || there.st_size < 4096)
		usleep(1000);
	return number;
}

static void wait_results(unsigned results)
{
	struct pollfd p = {.fd = recorder_fd(b.recorder), .events = POLLIN};

	while (b.results < results) {
		ck_assert_int_gt(poll(&p, 1, 20000), 0);
		recorder_poll(b.recorder);
	}
}

static void wait_folder(int error)
{
	struct recorder_status s;

	do {
		usleep(10000);
		recorder_status(b.recorder, &s);
	} while (s.folder_error != error);
}

// The next one is whole.
static void records_again(void)
{
	unsigned results = b.results;
	char file[512];

	recorder_close(b.recorder, record(file));
	wait_results(results + 1);
	ck_assert_int_eq(b.last.error, 0);
	ck_assert_uint_eq(b.last.samples, SOUND_FRAME);
}

START_TEST(a_removed_folder_is_told_in_the_call)
{
	char file[512], lock[128];

	begin();
	uint32_t number = record(file);
	folder_remove(b.dir);
	wait_results(1); // nobody has closed it
	ck_assert_int_eq(b.last.error, -ENOENT);
	ck_assert_uint_eq(b.last.samples, 0);
	wait_folder(ENOENT);
	recorder_close(b.recorder, number);
	records_again();
	wait_folder(0);
	// The new folder is ours as the old one was.
	str_format(lock, sizeof(lock), "%s/.lock", b.dir);
	int fd = open(lock, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
	end();
}
END_TEST

START_TEST(another_file_of_its_name_is_not_it)
{
	char file[512], aside[520];

	begin();
	uint32_t number = record(file);
	str_format(aside, sizeof(aside), "%s.old", file);
	ck_assert_int_eq(rename(file, aside), 0);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	recorder_close(b.recorder, number);
	wait_results(1);
	ck_assert_int_eq(b.last.error, -ESTALE);
	records_again();
	end();
}
END_TEST

START_TEST(a_file_in_the_folders_place_is_told_until_it_goes)
{
	char file[512], aside[100];

	begin();
	uint32_t number = record(file);
	str_format(aside, sizeof(aside), "%s.old", b.dir);
	ck_assert_int_eq(rename(b.dir, aside), 0);
	close(open(b.dir, O_CREAT | O_WRONLY, 0600));
	wait_folder(ENOTDIR);
	recorder_close(b.recorder, number);
	wait_results(1);
	ck_assert_int_eq(b.last.error, -ENOTDIR);
	ck_assert_int_eq(unlink(b.dir), 0);
	ck_assert_int_eq(rename(aside, b.dir), 0);
	wait_folder(0); // though nothing is recorded
	records_again();
	end();
}
END_TEST

UNIT_MAIN("recorder_folder", a_removed_folder_is_told_in_the_call,
	another_file_of_its_name_is_not_it, a_file_in_the_folders_place_is_told_until_it_goes)
