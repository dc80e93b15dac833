// A command socket with all its places taken: who makes room for whom, and what the rest are told.
#include "tests/unit/unit.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
#define FOLLOW	   "{\"command\":\"events follow\"}\n"
#define NOBODY	   65534
#define FULL                                                                                    \
	"{\"end\":{\"error\":\"all 64 places of the command socket are in use (`ringctl top`, " \
	"`ringctl events follow`): end one of them, or ask as root\",\"exit\":1}}\n"
#define NEEDED "{\"end\":{\"error\":\"ended: root needed the place\",\"exit\":1}}\n$"

static struct timers timers;

static char folder[64], path[96];
static struct requests *requests;
static uint64_t now_ms = 1000;
static struct request *streams[OPS_CLIENTS_MAX + 1];
static unsigned stream_count;
static int fds[OPS_CLIENTS_MAX];

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

static void on_gone(struct request *r)
{
	request_done(r);
}

static void run_follow(struct request *r)
{
	streams[stream_count++] = r;
	r->gone = on_gone;
}

static void run_other(struct request *r)
{
	request_done(r);
}

static void start(void)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	static request_run_h *runs[COMMAND_COUNT];
	static const struct request_handlers handlers = {.timers = &timers, .run = runs};
	char error[512];

	timers_init(&timers, &clock);
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		runs[i] = run_other;
	runs[COMMAND_STATUS] = run_status;
	runs[COMMAND_EVENTS_FOLLOW] = run_follow;
	stream_count = 0;
	folder_new(folder);
	ck_assert_int_eq(chmod(folder, 0755), 0);
	str_format(path, sizeof(path), "%s/socket", folder);
	ck_assert_int_eq(requests_start(path, &handlers, &requests, error), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
}

static void stop(void)
{
	requests_stop(requests);
	folder_remove(folder);
}

static void serve(void)
{
	struct pollfd fd = {requests_fd(requests), POLLIN};

	timers_run(&timers, now_ms);
	while (poll(&fd, 1, 30) > 0)
		requests_poll(requests);
}

static void pass(unsigned ms)
{
	now_ms += ms;
	serve();
}

// Without root there is nobody else to be, and root is not looked for.
static int client(uid_t user, const char *says)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	bool other = geteuid() == 0 && user != 0;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	if (other)
		ck_assert_int_eq(seteuid(user), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (other)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(send(fd, says, strlen(says), MSG_NOSIGNAL), (ssize_t)strlen(says));
	return fd;
}

static void crowd(uid_t user, const char *says)
{
	for (int i = 0; i < OPS_CLIENTS_MAX; i++)
		fds[i] = client(user, says);
	serve();
}

static void disperse(void)
{
	for (int i = 0; i < OPS_CLIENTS_MAX; i++)
		close(fds[i]);
	serve();
}

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

// A client that comes, asks and is answered so.
static void asks(uid_t user, const char *hears)
{
	int fd = client(user, STATUS);
	serve();
	ck_assert_str_eq(unread(fd), hears);
	close(fd);
	serve();
}

START_TEST(the_silent_make_room)
{
	start();
	crowd(NOBODY, "");
	asks(NOBODY, FULL); // nobody has been silent for long
	pass(500);
	asks(NOBODY, STATUS_ALL);
	ck_assert_str_eq(unread(fds[1]), "");
	disperse();
	stop();
}
END_TEST

START_TEST(streams_keep_their_places)
{
	start();
	crowd(NOBODY, FOLLOW);
	ck_assert_uint_eq(stream_count, OPS_CLIENTS_MAX);
	pass(600000);
	asks(NOBODY, FULL);
	for (int i = 0; i < OPS_CLIENTS_MAX; i++)
		ck_assert_str_eq(unread(fds[i]), "");
	disperse();
	asks(NOBODY, STATUS_ALL);
	stop();
}
END_TEST

// Who is sent something and takes nothing of it is idle, too.
START_TEST(who_does_not_read_makes_room)
{
	static char row[65536];

	start();
	crowd(NOBODY, FOLLOW);
	memset(row, ' ', sizeof(row) - 1);
	row[0] = '{';
	row[sizeof(row) - 2] = '}';
	for (int i = 0; i < 20; i++)
		ck_assert(socket_row(streams[7], row));
	serve();
	asks(NOBODY, FULL);
	pass(6000);
	asks(NOBODY, STATUS_ALL);
	disperse();
	stop();
}
END_TEST

START_TEST(root_always_gets_in)
{
	static const uid_t crowds[] = {NOBODY, 0};
	static const char *const says[] = {"", FOLLOW};

	if (geteuid() != 0)
		return;
	for (unsigned i = 0; i < 4; i++) {
		start();
		crowd(crowds[i % 2], says[i / 2]);
		asks(0, STATUS_ALL);
		ck_assert_str_eq(unread(fds[0]), NEEDED); // who came first
		ck_assert_str_eq(unread(fds[1]), "");
		asks(0, STATUS_ALL); // that place is still free
		ck_assert_str_eq(unread(fds[1]), "");
		disperse();
		stop();
	}
}
END_TEST

// Root's own give way last.
START_TEST(root_sends_others_first)
{
	if (geteuid() != 0)
		return;
	start();
	int first = client(0, FOLLOW);
	serve();
	for (int i = 0; i < OPS_CLIENTS_MAX - 1; i++)
		fds[i] = client(NOBODY, FOLLOW);
	serve();
	asks(0, STATUS_ALL);
	ck_assert_str_eq(unread(first), "");
	ck_assert_str_eq(unread(fds[0]), NEEDED);
	for (int i = 0; i < OPS_CLIENTS_MAX - 1; i++)
		close(fds[i]);
	close(first);
	serve();
	stop();
}
END_TEST

UNIT_MAIN("socket_crowd", the_silent_make_room, streams_keep_their_places,
	who_does_not_read_makes_room, root_always_gets_in, root_sends_others_first)
