// A kernel that takes nothing from io_uring for a while: the recorder asks again by and by, with
// pauses, also where its queue has no room left, and every recording ends whole.
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sys/statvfs.h>

#include "control/config/config.h"
#include "control/record/recorder.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/sound.h"
#include "tests/unit/unit.h"

#define CALLS 1100u // more than the queue has entries

static _Atomic int refuse;
static _Atomic unsigned refused, paused, results, failed;

int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring)
{
	return refuse ? refuse : __real_io_uring_submit(ring);
}

int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask)
{
	if (!refuse)
		return __real_io_uring_submit_and_wait_timeout(ring, cqe, count, ts, mask);
	refused++;
	return refuse;
}

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	paused += !count && timeout > 0;
	return __real_poll(fds, count, timeout);
}

static void note(const struct recording_result *r, void *arg)
{
	(void)arg;
	results++;
	failed += r->error != 0;
}

static void record_all(struct recorder *r, uint32_t number[CALLS])
{
	struct recording_request q = {.tenant = "t", .caller = "1", .law = CODEC_PCMU};
	uint64_t start_ns;
	char file[512];

	for (unsigned i = 0; i < CALLS; i++) {
		q.call.counter = i;
		ck_assert_int_eq(recorder_open(r, &q, &number[i], &start_ns, file), 0);
	}
}

START_TEST(asked_again_with_pauses)
{
	static const int errors[] = {-EAGAIN, -ENOMEM, -EBUSY};
	struct config config = {.recording = {.calls_max = CALLS, .flush_s = 60}};
	static uint32_t number[CALLS];
	struct recorder *r;
	char error[512], dir[] = "/dev/shm/ringhall-test-XXXXXX"; // where a sync costs nothing

	ck_assert_ptr_nonnull(mkdtemp(dir));
	log_set_level("*", LOG_ERROR);
	str_copy(config.recording.directory, sizeof(config.recording.directory), dir);
	int rc = recorder_start(&config, NULL, &r, error);
	ck_assert_msg(!rc, "%s", error);
	recorder_set_result(r, note, NULL);
	for (unsigned n = 0; n < 3; n++) {
		refused = paused = results = 0;
		refuse = errors[n];
		record_all(r, number);
		while (refused < 10)
			usleep(1000);
		refuse = 0;
		// The last refusal may be on its way into its pause.
		ck_assert_uint_le(refused, paused + 1);
		for (unsigned i = 0; i < CALLS; i++)
			recorder_close(r, number[i]);
		while (results < CALLS) {
			usleep(1000);
			recorder_poll(r);
		}
		ck_assert_uint_eq(failed, 0);
	}
	recorder_stop(r);
	folder_remove(dir);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {asked_again_with_pauses};
	struct statvfs shared;

	// 128 KiB a call; and a limit on open files that takes so many.
	if (statvfs("/dev/shm", &shared) || shared.f_bavail * shared.f_frsize < (256u << 20))
		return 77;
	return unit_run("recorder_refused", tests, 1);
}
