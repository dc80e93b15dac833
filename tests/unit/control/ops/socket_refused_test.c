// The command socket when the kernel says no: no descriptor, no submission.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/ops/request.h"
#include "control/ops/socket.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/ops/socket_row.h"

#define STATUS	   "{\"command\":\"status\"}\n"
#define STATUS_ALL "{\"row\":{\"node\":\"demo\"}}\n{\"end\":{\"error\":null,\"exit\":0}}\n$"
#define FILES_MAX  192

static struct timers timers;

static char folder[64], path[96];
static struct requests *requests;
static uint64_t now_ms = 1000;
static unsigned submits, refuse_from, refuse_count; // by number, from 1

// Stands before liburing's own.
__attribute__((visibility("default"))) int io_uring_submit(struct io_uring *ring)
{
	static int (*real)(struct io_uring * ring);

	if (real == NULL)
		real = (int (*)(struct io_uring *))dlsym(RTLD_NEXT, "io_uring_submit");
	submits++;
	if (submits >= refuse_from && submits < refuse_from + refuse_count)
		return -EAGAIN;
	return real(ring);
}

static uint64_t mono_ms(void *arg)
{
	return now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return now_ms * 1000000;
}

static void run_status(struct request *r)
{
	socket_row(r, "{\"node\":\"demo\"}");
	request_done(r);
}

static void run_other(struct request *r)
{
	request_done(r);
}

static void limit_files(rlim_t files)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = files;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void start(void)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	static request_run_h *runs[COMMAND_COUNT];
	static const struct request_handlers handlers = {.timers = &timers, .run = runs};
	char error[512];

	limit_files(FILES_MAX); // the kernel takes note of it when an accept is submitted
	timers_init(&timers, &clock);
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		runs[i] = run_other;
	runs[COMMAND_STATUS] = run_status;
	refuse_count = submits = 0;
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	ck_assert_int_eq(requests_start(path, &handlers, &requests, error), 0);
}

static void stop(void)
{
	requests_stop(requests);
	ck_assert_uint_eq(timers_count(&timers), 0);
	limit_files(1024);
	folder_remove(folder);
}

// Turns of the loop until nothing comes; a loop that never ends is seen by its turns.
static void serve(void)
{
	struct pollfd fd = {requests_fd(requests), POLLIN};
	unsigned turns = 0;

	timers_run(&timers, now_ms);
	while (poll(&fd, 1, 10) > 0) {
		ck_assert_uint_lt(turns++, 1000);
		requests_poll(requests);
	}
}

static void pass(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 20) {
		now_ms += 20;
		timers_run(&timers, now_ms);
	}
	serve();
}

static int client_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void client_connect(int fd)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
}

static void say(int fd)
{
	ck_assert_int_eq(send(fd, STATUS, strlen(STATUS), MSG_NOSIGNAL), (ssize_t)strlen(STATUS));
}

// What lies there unread; '$' where the daemon has closed.
static const char *unread(int fd)
{
	static char text[4096];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - 2 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	if (n == 0)
		text[len++] = '$';
	text[len] = '\0';
	return text;
}

// Takes every descriptor below the limit.
static unsigned take_all(int *taken)
{
	unsigned n = 0;

	while ((taken[n] = dup(STDERR_FILENO)) >= 0)
		ck_assert_uint_lt(++n, FILES_MAX);
	ck_assert_int_eq(errno, EMFILE);
	return n;
}

START_TEST(no_descriptor_is_left)
{
	int fds[3], taken[FILES_MAX];

	start();
	for (int i = 0; i < 3; i++)
		fds[i] = client_socket();
	unsigned n = take_all(taken), before = submits;
	for (int i = 0; i < 3; i++) {
		client_connect(fds[i]);
		say(fds[i]);
	}
	serve();
	pass(6000);
	// One in hand serves them, one after the other.
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(unread(fds[i]), STATUS_ALL);
	ck_assert_uint_lt(submits - before, 60);
	while (n > 0)
		close(taken[--n]);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}
END_TEST

// Not even the one in hand: somebody was quicker, and says nothing. It is his.
START_TEST(nothing_is_left_at_all)
{
	int fd, held, taken[FILES_MAX];

	start();
	fd = client_socket();
	held = client_socket();
	unsigned n = take_all(taken);
	client_connect(held);
	serve();
	client_connect(fd);
	say(fd);
	unsigned before = submits;
	pass(100);
	ck_assert_str_eq(unread(fd), ""); // he may still be about to speak
	pass(20000);
	ck_assert_str_eq(unread(fd), STATUS_ALL);
	ck_assert_str_eq(unread(held), "$");
	ck_assert_uint_lt(submits - before, 40); // in 20 s
	while (n > 0)
		close(taken[--n]);
	pass(2000);
	close(fd);
	close(held);
	stop();
}
END_TEST

// Whichever submission is refused, and how often: the answer comes.
START_TEST(a_refused_submission_is_tried_again)
{
	for (unsigned count = 1; count <= 4; count += 3) {
		for (unsigned from = 1; from < 12; from++) {
			start();
			refuse_from = submits + from;
			refuse_count = count;
			int fd = client_socket();
			client_connect(fd);
			say(fd);
			serve();
			pass(5000);
			ck_assert_str_eq(unread(fd), STATUS_ALL);
			close(fd);
			fd = client_socket();
			client_connect(fd);
			say(fd);
			serve();
			pass(5000);
			ck_assert_str_eq(unread(fd), STATUS_ALL);
			close(fd);
			stop();
		}
	}
}
END_TEST

START_TEST(stopping_while_refused)
{
	start();
	int fd = client_socket();
	client_connect(fd);
	refuse_from = submits + 1;
	refuse_count = 1000;
	say(fd);
	serve();
	stop();
	close(fd);
}
END_TEST

UNIT_MAIN("socket_refused", no_descriptor_is_left, nothing_is_left_at_all,
	a_refused_submission_is_tried_again, stopping_while_refused)
