// The client's end of the command socket, where the daemon is quicker than it.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/ops/request.h"
#include "control/ringctl/client.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

#define REFUSAL "{\"end\":{\"error\":\"no place\",\"exit\":1}}\n"

static bool silent; // the daemon
static time_t waited_s;

// Stands before libc's own: it returns when the other side has closed.
__attribute__((visibility("default"))) int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	static int (*real)(int fd, const struct sockaddr *to, socklen_t len);

	if (real == NULL)
		real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(
			RTLD_NEXT, "connect");
	int rc = real(fd, to, len);
	struct pollfd closed = {fd, POLLRDHUP};
	if (!silent)
		poll(&closed, 1, 5000);
	return rc;
}

// The same: nothing ever comes.
__attribute__((visibility("default"))) int ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *most, const sigset_t *mask)
{
	waited_s = most ? most->tv_sec : -1;
	return silent ? 0 : poll(fds, count, 5000);
}

static bool on_row(const json_t *row, void *arg)
{
	return true;
}

static int listening(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

// What ringctl says of a daemon that says this and closes, before it has asked.
static void said(const char *daemon, const char *wanted)
{
	char folder[64], path[96], error[CLIENT_ERROR_MAX];
	struct client_question q = {.socket = path, .command = &commands[COMMAND_STATUS]};

	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	int listener = listening(path);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		_exit(send(fd, daemon, strlen(daemon), MSG_NOSIGNAL) < 0);
	}
	close(listener);
	ck_assert_int_eq(client_ask(&q, on_row, NULL, error), EXIT_FAILED);
	ck_assert_msg(strstr(error, wanted) != NULL, "%s", error);
	waitpid(pid, NULL, 0);
	folder_remove(folder);
}

START_TEST(a_refusal_before_the_question_is_heard)
{
	said(REFUSAL, "no place");
}
END_TEST

START_TEST(a_close_before_the_question_is_told)
{
	said("", "ended in the middle of its answer");
}
END_TEST

// Whoever probes is told before its own patience ends; who asks for much has time.
START_TEST(a_silent_daemon_is_not_ready)
{
	char folder[64], path[96], error[CLIENT_ERROR_MAX];
	json_t *ready = json_pack("{s:s}", "ready", "");
	struct client_question q = {.socket = path, .command = &commands[COMMAND_STATUS]};

	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	int listener = listening(path);
	silent = true;
	for (unsigned i = 0; i < 2; i++) {
		q.options = i ? ready : NULL;
		ck_assert_int_eq(client_ask(&q, on_row, NULL, error), EXIT_FAILED);
		ck_assert_msg(strstr(error, "ringhall does not answer on") != NULL, "%s", error);
		ck_assert_int_eq(waited_s, i ? 3 : 30);
	}
	silent = false;
	close(listener);
	json_decref(ready);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("ringctl_client", a_refusal_before_the_question_is_heard,
	a_close_before_the_question_is_told, a_silent_daemon_is_not_ready)
