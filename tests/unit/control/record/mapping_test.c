// The shared mapping at a start: what others have put in its place is left alone, what a killed
// process left is never lost, and a result is told until the log has it.
#include "control/record/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/unit.h"

#define OTHER_USER 65534

static char dir[64];
static char prefix[MAPPING_PREFIX_MAX];
static struct eventlog *event_log;
static unsigned told;

static int no_locks; // what the recording folder's file system says instead of locking

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation)
{
	char link[64], path[300] = "";

	str_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!no_locks || readlink(link, path, sizeof(path) - 1) < 0 || !strstr(path, "/.lock"))
		return __real_flock(fd, operation);
	errno = no_locks;
	return -1;
}

static void begin(void)
{
	folder_new(dir);
	ck_assert_int_eq(mapping_prefix(dir, prefix), 0);
}

static const char *shared_path(char path[128], const char *end)
{
	str_format(path, 128, MAPPING_FOLDER "/%s%s", prefix, end);
	return path;
}

static void note(const struct recording_result *r, void *arg)
{
	(void)arg;
	told++;
	if (event_log)
		eventlog_append(event_log, EVENT_RECORDING_ENDED, "t", &r->call, "{}");
}

static struct recorder *start(void)
{
	struct config config = {.recording = {.calls_max = 2, .flush_s = 5}};
	struct recorder *r;
	char error[512];

	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	int rc = recorder_start(&config, NULL, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, note, NULL);
	return r;
}

static void expect_start(unsigned results)
{
	told = 0;
	struct recorder *r = start();
	recorder_poll(r);
	ck_assert_uint_eq(told, results);
	recorder_stop(r);
}

static int plant(const char *end, mode_t mode, const void *bytes, size_t len)
{
	char path[128];
	int fd = open(shared_path(path, end), O_RDWR | O_CREAT | O_EXCL, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	return fd;
}

static off_t planted_size(const char *end)
{
	char path[128];
	struct stat file;

	return lstat(shared_path(path, end), &file) ? -1 : file.st_size;
}

static void unplant(const char *end)
{
	char path[128];

	ck_assert_int_eq(unlink(shared_path(path, end)), 0);
}

START_TEST(what_is_not_ours_is_left_alone)
{
	static const char text[] = "somebody's file";
	char path[128], victim[128];

	begin();
	str_format(victim, sizeof(victim), "%s/victim", dir);
	int fd = open(victim, O_RDWR | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
	ck_assert_int_eq(symlink(victim, shared_path(path, "")), 0); // where it lay once
	ck_assert_int_eq(symlink(victim, shared_path(path, "-link")), 0);
	ck_assert_int_eq(mkfifo(shared_path(path, "-fifo"), 0600), 0);
	close(plant("-open", 0666, text, sizeof(text)));
	close(plant("-named-twice", 0600, text, sizeof(text)));
	char twice[128];
	str_format(twice, sizeof(twice), MAPPING_FOLDER "/x%s", prefix);
	ck_assert_int_eq(link(shared_path(path, "-named-twice"), twice), 0);
	if (!geteuid()) {
		fd = plant("-others", 0600, text, sizeof(text));
		ck_assert_int_eq(fchown(fd, OTHER_USER, OTHER_USER), 0);
		close(fd);
	}
	expect_start(0);
	struct stat file;
	ck_assert_int_eq(stat(victim, &file), 0);
	ck_assert_int_eq(file.st_size, sizeof(text));
	ck_assert_int_eq(planted_size("-open"), sizeof(text));
	ck_assert_int_eq(planted_size("-named-twice"), sizeof(text));
	if (!geteuid()) {
		ck_assert_int_eq(planted_size("-others"), sizeof(text));
		unplant("-others");
	}
	unplant("");
	unplant("-link");
	unplant("-fifo");
	unplant("-open");
	unplant("-named-twice");
	unlink(twice);
	folder_remove(dir);
}
END_TEST

// A mapping as a killed process leaves it, with one recording of `samples` in it.
static void leave(const char *file, uint64_t samples)
{
	struct mapping m;
	char error[512];

	ck_assert_msg(!mapping_make(&m, dir, 2, error), "%s", error);
	struct mapping_recording *e = &m.recordings[1];
	e->law = CODEC_PCMU;
	e->call.counter = 7;
	str_copy(e->id, sizeof(e->id), "id");
	str_copy(e->file, sizeof(e->file), file);
	memset(m.sound + 2 * TAP_LANE_BYTES, 0x55, samples);
	atomic_store(&mapping_lane(&m, 1, 0)->filled[0], samples);
	atomic_store(&e->state, MAPPING_OPEN);
	mapping_close(&m, true);
}

static unsigned count_left(const char *end)
{
	char command[256];

	str_format(command, sizeof(command),
		"exit $(ls " MAPPING_FOLDER "/%s*%s 2>/dev/null | wc -l)", prefix, end);
	return WEXITSTATUS(system(command));
}

static void remove_left(void)
{
	char command[128];

	str_format(command, sizeof(command), "rm -f " MAPPING_FOLDER "/%s*", prefix);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(what_cannot_be_read_is_kept)
{
	static char page[3 * 4096] = "RHCHUNK\0\x02";

	begin();
	close(plant("-version", 0600, page, sizeof(page)));
	close(plant("-damaged", 0600, page + 9, sizeof(page) - 9));
	close(plant("-short", 0600, page, 20));
	close(plant("-empty", 0600, page, 0));
	expect_start(0);
	ck_assert_int_eq(planted_size("-version.unsaved"), sizeof(page));
	ck_assert_int_eq(planted_size("-damaged.unsaved"), sizeof(page) - 9);
	ck_assert_int_eq(planted_size("-short.unsaved"), 20);
	ck_assert_int_eq(planted_size("-empty"), -1);
	expect_start(0); // what was put aside is nobody's any more
	ck_assert_uint_eq(count_left(".unsaved"), 3);
	ck_assert_uint_eq(count_left(""), 3);
	remove_left();
	folder_remove(dir);
}
END_TEST

START_TEST(names_lead_nowhere_else)
{
	char outside[64], path[192];

	begin();
	folder_new(outside);
	str_format(path, sizeof(path), "%s/../../..%s/x.wav", dir, outside);
	leave(path, 100);
	str_format(path, sizeof(path), "%s/../..%s", dir, "/x.wav");
	leave(path, 100);
	leave("x.wav", 100);
	str_format(path, sizeof(path), "%s/tenant", dir);
	ck_assert_int_eq(symlink(outside, path), 0);
	ck_assert_int_eq(chmod(dir, 0770), 0); // others may have laid it
	str_format(path, sizeof(path), "%s/tenant/day/x.wav", dir);
	leave(path, 100);
	expect_start(2); // one below our folder, whatever stood before; one that failed by the link
	ck_assert_uint_eq(count_left(".unsaved"), 3);
	ck_assert_int_eq(rmdir(outside), 0);
	remove_left();
	folder_remove(dir);
}
END_TEST

// A tenant's recordings on a disk of their own are written out there.
START_TEST(a_link_of_ours_is_followed)
{
	char disk[64], path[192];
	struct stat file;

	begin();
	folder_new(disk);
	str_format(path, sizeof(path), "%s/tenant", dir);
	ck_assert_int_eq(symlink(disk, path), 0);
	str_format(path, sizeof(path), "%s/tenant/day/x.wav", dir);
	leave(path, 100);
	expect_start(1);
	ck_assert_uint_eq(count_left(".unsaved"), 0);
	str_format(path, sizeof(path), "%s/day/x.wav", disk);
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert_int_eq(file.st_size, 4096 + 200);
	folder_remove(disk);
	folder_remove(dir);
}
END_TEST

// A process that records, hears the result and is gone; polls: of the log before that.
static void child_run(bool written)
{
	const struct eventlog_options options = {.directory = dir};
	struct eventlog_report report;
	struct recording_request q = {.tenant = "t", .caller = "1", .law = CODEC_PCMU};
	struct recorder *r = start();
	uint32_t number;
	uint64_t start_ns;
	char file[512];

	ck_assert_int_eq(eventlog_open(&options, &event_log, &report), 0);
	recorder_set_log(r, event_log, report.last_sequence);
	ck_assert_int_eq(recorder_open(r, &q, &number, &start_ns, file), 0);
	recorder_close(r, number);
	for (struct pollfd p = {recorder_fd(r), POLLIN}; !told; recorder_poll(r))
		ck_assert_int_gt(poll(&p, 1, 10000), 0);
	for (struct pollfd p = {eventlog_fd(event_log), POLLIN};
		written && eventlog_written(event_log) < 1; eventlog_poll(event_log))
		ck_assert_int_gt(poll(&p, 1, 10000), 0);
	_exit(0);
}

static void killed_after_telling(bool written)
{
	int status;

	begin();
	told = 0;
	pid_t child = fork();
	if (!child)
		child_run(written);
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status) && !WEXITSTATUS(status));
}

// The start after it, whose log was found with so many records; returns how many results it told.
static unsigned started_on(uint64_t found)
{
	const struct eventlog_options options = {0};
	struct eventlog_report report;

	told = 0;
	ck_assert_int_eq(eventlog_open(&options, &event_log, &report), 0);
	struct recorder *r = start();
	recorder_set_log(r, event_log, found);
	recorder_poll(r);
	recorder_stop(r);
	eventlog_close(event_log);
	event_log = NULL;
	recorder_free(r);
	return told;
}

START_TEST(a_result_is_told_until_the_log_has_it)
{
	killed_after_telling(false);
	ck_assert_uint_eq(started_on(0), 1);
	ck_assert_uint_eq(started_on(0), 0); // that one had it written
	folder_remove(dir);
	killed_after_telling(false);
	ck_assert_uint_eq(started_on(1), 0); // the kernel had written what nobody waited for
	folder_remove(dir);
	killed_after_telling(true);
	ck_assert_uint_eq(started_on(0), 0);
	ck_assert_uint_eq(count_left(""), 0);
	folder_remove(dir);
}
END_TEST

// A network's file system without locks is recorded to all the same.
START_TEST(without_locks_it_records)
{
	static const int errors[] = {ENOLCK, EOPNOTSUPP, ENOSYS};

	begin();
	for (unsigned i = 0; i < 3; i++) {
		no_locks = errors[i];
		expect_start(0);
	}
	no_locks = 0;
	folder_remove(dir);
}
END_TEST

UNIT_MAIN("mapping", what_is_not_ours_is_left_alone, what_cannot_be_read_is_kept,
	names_lead_nowhere_else, a_link_of_ours_is_followed, a_result_is_told_until_the_log_has_it,
	without_locks_it_records)
