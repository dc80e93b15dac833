// A file through the command socket: who asked gets it once, nobody else does, and the daemon keeps
// no copy of it, whatever the client does. Both ends are the real ones.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/ops/request.h"
#include "control/ringctl/client.h"
#include "control/ops/socket.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/ops/socket_row.h"

#define OPEN	   "{\"command\":\"recordings open\",\"args\":[\"1\"]}\n"
#define STATUS	   "{\"command\":\"status\"}\n"
#define STATUS_ALL "{\"row\":{\"node\":\"demo\"}}\n{\"end\":{\"error\":null,\"exit\":0}}\n$"
#define FILES_MAX  128
#define SOUND	   "sound"

static struct timers timers;

static char folder[64], path[96], wav[96];
static struct requests *requests;
static size_t text_len, send_most; // of the row's text; bytes that one sendmsg takes, 0: all
static struct request *kept;
static int sent_err;

// Stands before liburing's own: a socket's buffer that is nearly full.
__attribute__((visibility("default"))) int io_uring_submit(struct io_uring *ring)
{
	static int (*real)(struct io_uring * ring);

	if (real == NULL)
		real = (int (*)(struct io_uring *))dlsym(RTLD_NEXT, "io_uring_submit");
	unsigned mask = *ring->sq.kring_mask;
	for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
		struct io_uring_sqe *sqe = &ring->sq.sqes[i & mask];
		struct msghdr *m = (struct msghdr *)(uintptr_t)sqe->addr;
		if (sqe->opcode == IORING_OP_SENDMSG && send_most > 0 &&
			m->msg_iov->iov_len > send_most)
			m->msg_iov->iov_len = send_most;
	}
	return real(ring);
}

static void answer(struct request *r)
{
	static char text[1 << 20];
	size_t len = text_len;
	memset(text, 'x', len);
	text[len] = '\0';
	int fd = open(wav, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	sent_err = request_row_file(r, json_pack("{s:s,s:s}", "call", text, "state", "whole"), fd);
	request_done(r);
}

static void on_gone(struct request *r)
{
	kept = r;
}

static void keep(struct request *r)
{
	kept = r;
	r->gone = on_gone;
}

static void run_open(struct request *r)
{
	if (strcmp(r->args[0], "later") == 0)
		keep(r);
	else
		answer(r);
}

static void run_status(struct request *r)
{
	socket_row(r, "{\"node\":\"demo\"}");
	request_done(r);
}

static void start(void)
{
	static request_run_h *runs[COMMAND_COUNT];
	static const struct request_handlers handlers = {.timers = &timers, .run = runs};
	char error[512];
	runs[COMMAND_STATUS] = run_status;
	runs[COMMAND_RECORDINGS_OPEN] = run_open;
	text_len = 1;
	send_most = 0;
	kept = NULL;
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	str_format(wav, sizeof(wav), "%s/a.wav", folder);
	FILE *f = fopen(wav, "wb");
	fputs(SOUND, f);
	fclose(f);
	timers_init(&timers, NULL);
	ck_assert_int_eq(requests_start(path, &handlers, &requests, error), 0);
}

static void stop(void)
{
	requests_stop(requests);
	folder_remove(folder);
}

static void serve(void)
{
	struct pollfd fd = {requests_fd(requests), POLLIN};
	while (poll(&fd, 1, 20) > 0)
		requests_poll(requests);
}

static unsigned open_files(void)
{
	unsigned n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int client(const char *said)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(send(fd, said, strlen(said), MSG_NOSIGNAL), (ssize_t)strlen(said));
	return fd;
}

// Bytes that lie there unread; *got: the first descriptor that came, *count: how many did.
static size_t hear(int fd, int *got, unsigned *count)
{
	static char bytes[65536];
	size_t len = 0;
	ssize_t n;
	*got = -1;
	*count = 0;
	do {
		_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
		struct iovec text = {bytes, sizeof(bytes)};
		struct msghdr m = {.msg_iov = &text,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		serve();
		n = recvmsg(fd, &m, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
		for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL; c != NULL;
			c = CMSG_NXTHDR(&m, c)) {
			ck_assert_uint_eq(c->cmsg_len, CMSG_LEN(sizeof(int)));
			memcpy(got, CMSG_DATA(c), sizeof(int));
			++*count;
		}
	} while (n > 0);
	return len;
}

static void expect_file(int fd, unsigned own)
{
	char sound[16] = "";
	unsigned count;
	int got;
	size_t len = hear(fd, &got, &count);
	ck_assert_uint_gt(len, text_len);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(read(got, sound, sizeof(sound)), strlen(SOUND));
	ck_assert_str_eq(sound, SOUND);
	ck_assert_int_lt(write(got, "x", 1), 0); // to be read, no more
	close(got);
	close(fd);
	serve();
	ck_assert_uint_eq(open_files(), own);
}

START_TEST(who_asks_gets_it_once)
{
	start();
	unsigned own = open_files();
	expect_file(client(OPEN), own);
	text_len = 500000; // more than the socket holds
	expect_file(client(OPEN), own);
	for (send_most = 1; send_most < 20; send_most += 6) { // the first bytes alone
		text_len = 100;
		expect_file(client(OPEN), own);
	}
	stop();
}
END_TEST

START_TEST(who_asks_for_something_else_gets_none)
{
	unsigned count;
	int got, other;
	start();
	unsigned own = open_files();
	int before = client("{\"command\":\"recordings open\",\"args\":[\"later\"]}\n");
	serve();
	other = client(STATUS);
	ck_assert_uint_eq(hear(other, &got, &count), strlen(STATUS_ALL) - 1);
	ck_assert_uint_eq(count, 0);
	close(other);
	answer(kept);
	kept = NULL;
	expect_file(before, own);
	// The next one in its place, and in its memory.
	other = client(STATUS);
	hear(other, &got, &count);
	ck_assert_uint_eq(count, 0);
	close(other);
	serve();
	ck_assert_uint_eq(open_files(), own);
	stop();
}
END_TEST

START_TEST(who_vanishes_leaves_nothing_open)
{
	start();
	unsigned own = open_files();
	// Before it is answered,
	close(client("{\"command\":\"recordings open\",\"args\":[\"later\"]}\n"));
	serve();
	ck_assert_ptr_nonnull(kept);
	answer(kept);
	ck_assert(!sent_err);
	// while it is, without having read any,
	text_len = 500000;
	int fd = client(OPEN);
	serve();
	close(fd);
	serve();
	// between asking and the daemon's look,
	close(client(OPEN));
	serve();
	ck_assert_uint_eq(open_files(), own);
	// and whoever is still there when the daemon stops.
	fd = client(OPEN);
	serve();
	stop();
	close(fd);
}
END_TEST

// What goes out already has a file's place: it is not handed out with something else.
START_TEST(a_file_goes_first)
{
	unsigned count;
	int got;
	start();
	unsigned own = open_files();
	int fd = client("{\"command\":\"recordings open\",\"args\":[\"later\"]}\n");
	serve();
	socket_row(kept, "{}");
	ck_assert(!request_row_file(
		kept, json_pack("{s:s}", "state", "whole"), open(wav, O_RDONLY | O_CLOEXEC)));
	request_done(kept);
	kept = NULL;
	hear(fd, &got, &count);
	ck_assert_uint_eq(count, 0);
	close(fd);
	serve();
	ck_assert_uint_eq(open_files(), own);
	stop();
}
END_TEST

// --- ringctl's end ---
static bool on_row(const json_t *row, void *arg)
{
	++*(unsigned *)arg;
	return true;
}

// Asks as a process of its own, with so many descriptors to spare; its exit code.
static int ask(enum command_id id, bool wants, int spare, const char *wanted)
{
	pid_t pid = fork();
	if (pid == 0) {
		char error[CLIENT_ERROR_MAX];
		int file = -2, taken;
		unsigned rows = 0;
		char sound[16] = "";
		struct client_question q = {.socket = path,
			.command = &commands[id],
			.args = {"1"},
			.arg_count = id == COMMAND_RECORDINGS_OPEN,
			.file = wants ? &file : NULL};
		const struct rlimit limit = {FILES_MAX, FILES_MAX};
		setrlimit(RLIMIT_NOFILE, &limit);
		while (spare >= 0 && (taken = dup(STDERR_FILENO)) >= 0)
			if (taken + spare == FILES_MAX - 1)
				break;
		int code = client_ask(&q, on_row, &rows, error);
		bool good = wants && code == 0 && id == COMMAND_RECORDINGS_OPEN
			? rows == 1 && read(file, sound, sizeof(sound)) == strlen(SOUND) &&
				fcntl(file, F_GETFD) == FD_CLOEXEC
			: file == (wants ? -1 : -2);
		if (!good || strstr(error, wanted) == NULL)
			fprintf(stderr, "code=%d rows=%u file=%d %s\n", code, rows, file, error);
		_exit(good && strstr(error, wanted) != NULL ? code : 99);
	}
	int status = -1;
	for (unsigned i = 0; i < 500 && waitpid(pid, &status, WNOHANG) == 0; i++)
		serve();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

START_TEST(ringctl_takes_it)
{
	start();
	unsigned own = open_files();
	ck_assert_int_eq(ask(COMMAND_RECORDINGS_OPEN, true, -1, ""), EXIT_DONE);
	// One descriptor for the socket, and none for the file.
	ck_assert_int_eq(
		ask(COMMAND_RECORDINGS_OPEN, true, 1, "no descriptor is left"), EXIT_FAILED);
	ck_assert_int_eq(ask(COMMAND_RECORDINGS_OPEN, true, 2, ""), EXIT_DONE);
	// It is not for who does not look for it; and where none comes there is none.
	ck_assert_int_eq(ask(COMMAND_RECORDINGS_OPEN, false, 2, ""), EXIT_DONE);
	ck_assert_int_eq(ask(COMMAND_STATUS, true, 2, ""), EXIT_DONE);
	serve();
	ck_assert_uint_eq(open_files(), own);
	stop();
}
END_TEST

UNIT_MAIN("socket_file", who_asks_gets_it_once, who_asks_for_something_else_gets_none,
	who_vanishes_leaves_nothing_open, a_file_goes_first, ringctl_takes_it)
