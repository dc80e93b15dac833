// The command socket with real clients: garbage, halves, slow readers, and those who leave in
// the middle.
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/ops/request.h"
#include "control/ops/socket.h"
#include "control/ops/socket_path.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/ops/socket_row.h"

static struct timers timers;

static char folder[64], path[96];
static struct requests *requests;
static struct request *streams[OPS_CLIENTS_MAX];
static unsigned stream_count, run_count, gone_count;

// `status`: one row; `events follow`: stays open; `drops`: as many rows as fit nowhere.
static void run_status(struct request *r)
{
	run_count++;
	socket_row(r, "{\"node\":\"demo\"}");
	request_done(r);
}

static void on_gone(struct request *r)
{
	gone_count++;
	for (unsigned i = 0; i < stream_count; i++)
		if (streams[i] == r)
			streams[i] = NULL;
	request_done(r);
}

static void run_follow(struct request *r)
{
	run_count++;
	streams[stream_count++] = r;
	r->gone = on_gone;
}

static void run_fail(struct request *r)
{
	request_fail(r, EXIT_MISSING, "no call %s in \xff", r->args[0]);
}

static void run_other(struct request *r)
{
	request_done(r);
}

static void listen_there(void)
{
	static request_run_h *runs[COMMAND_COUNT];
	static const struct request_handlers handlers = {.timers = &timers, .run = runs};
	char error[512];
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		runs[i] = run_other;
	runs[COMMAND_STATUS] = run_status;
	runs[COMMAND_EVENTS_FOLLOW] = run_follow;
	runs[COMMAND_CALLS_SHOW] = run_fail;
	stream_count = run_count = gone_count = 0;
	timers_init(&timers, NULL);
	ck_assert_int_eq(requests_start(path, &handlers, &requests, error), 0);
}

static void start(void)
{
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	listen_there();
}

static void stop(void)
{
	requests_stop(requests);
	ck_assert_int_ne(access(path, F_OK), 0);
	folder_remove(folder);
}

static void serve(void)
{
	struct pollfd fd = {requests_fd(requests), POLLIN};
	while (poll(&fd, 1, 20) > 0)
		requests_poll(requests);
}

static int client(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

// What lies there unread; its end is marked by '$' where the daemon has closed.
static const char *unread(int fd)
{
	static char text[65536];
	size_t len = 0;
	ssize_t n = 1;
	while (len < sizeof(text) - 2 && n > 0) {
		n = recv(fd, text + len, sizeof(text) - 2 - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n == 0)
		text[len++] = '$';
	text[len] = '\0';
	return text;
}

static const char *hear(int fd)
{
	serve();
	return unread(fd);
}

#define STATUS	   "{\"command\":\"status\"}\n"
#define FOLLOW	   "{\"command\":\"events follow\",\"args\":[],\"options\":{}}\n"
#define STATUS_ROW "{\"row\":{\"node\":\"demo\"}}\n"
#define STATUS_END "{\"end\":{\"error\":null,\"exit\":0}}\n$"

static void expect_once(const char *said, const char *heard)
{
	int fd = client();
	say(fd, said);
	ck_assert_str_eq(hear(fd), heard);
	close(fd);
	serve();
}

START_TEST(an_answer_and_its_end)
{
	start();
	expect_once(STATUS, STATUS_ROW STATUS_END);
	struct stat s;
	ck_assert_int_eq(stat(path, &s), 0);
	ck_assert_uint_eq(s.st_mode & 0777, 0660);
	stop();
}
END_TEST

START_TEST(garbage_is_refused)
{
	static const struct {
		const char *said, *error;
	} cases[] = {
		{"hello\n", "the request is not JSON"},
		{"\n", "the request is not JSON"},
		{"[]\n", "no such command"},
		{"{}\n", "no such command"},
		{"{\"command\":7}\n", "no such command"},
		{"{\"command\":\"top\"}\n", "no such command"},
		{"{\"command\":\"status\",\"args\":[\"x\"]}\n", "usage: status [--ready]"},
		{"{\"command\":\"status\",\"args\":[7]}\n", "usage: status [--ready]"},
		{"{\"command\":\"calls show\",\"args\":[]}\n", "usage: calls show CALL"},
		{"{\"command\":\"calls show\",\"args\":\"x\"}\n", "usage: calls show CALL"},
		{"{\"command\":\"status\",\"options\":{\"all\":\"\"}}\n",
			"status has no option --all"},
		{"{\"command\":\"drops\",\"options\":{\"all\":7}}\n", "drops has no option --all"},
		{"{\"command\":\"trace sip\",\"args\":[\"a\"],\"options\":{\"pcap\":\"f\"}}\n",
			"trace sip has no option --pcap"},
	};
	start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char wanted[256];
		str_format(wanted, sizeof(wanted), "{\"end\":{\"error\":\"%s\",\"exit\":2}}\n$",
			cases[i].error);
		expect_once(cases[i].said, wanted);
	}
	ck_assert_uint_eq(run_count, 0);
	// A sentence that is no UTF-8 cannot go out as JSON; the code still does.
	expect_once("{\"command\":\"calls show\",\"args\":[\"1\"]}\n",
		"{\"end\":{\"error\":\"failed\",\"exit\":3}}\n$");
	stop();
}
END_TEST

START_TEST(half_lines_wait_for_their_end)
{
	start();
	int fd = client();
	const char *line = STATUS;
	for (size_t i = 0; line[i] != '\n'; i++) {
		char one[2] = {line[i], '\0'};
		say(fd, one);
		if (i % 5 == 0)
			ck_assert_str_eq(hear(fd), "");
	}
	say(fd, "\n");
	ck_assert_str_eq(hear(fd), STATUS_ROW STATUS_END);
	close(fd);
	stop();
}
END_TEST

START_TEST(a_line_without_an_end_is_cut)
{
	char junk[1024];
	start();
	int fd = client();
	memset(junk, 'x', sizeof(junk) - 1);
	junk[sizeof(junk) - 1] = '\0';
	for (int i = 0; i < OPS_LINE_MAX / 1023 + 2; i++)
		if (send(fd, junk, 1023, MSG_NOSIGNAL) < 0)
			break;
	serve();
	char byte; // closed, or reset because it had not all been read
	ck_assert_int_le(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	ck_assert_int_ne(errno, EAGAIN);
	close(fd);
	expect_once(STATUS, STATUS_ROW STATUS_END);
	stop();
}
END_TEST

START_TEST(one_command_a_connection)
{
	start();
	expect_once(STATUS STATUS, STATUS_ROW STATUS_END);
	ck_assert_uint_eq(run_count, 1);
	int fd = client();
	say(fd, FOLLOW STATUS);
	ck_assert_str_eq(hear(fd), "");
	ck_assert_uint_eq(run_count, 2);
	say(fd, "not even JSON\n");
	ck_assert_str_eq(hear(fd), "");
	socket_row(streams[0], "{\"n\":1}");
	ck_assert_str_eq(hear(fd), "{\"row\":{\"n\":1}}\n");
	request_done(streams[0]);
	ck_assert_str_eq(hear(fd), STATUS_END);
	close(fd);
	stop();
}
END_TEST

START_TEST(who_leaves_is_forgotten)
{
	start();
	int a = client(), b = client();
	say(a, FOLLOW);
	say(b, FOLLOW);
	serve();
	ck_assert_uint_eq(stream_count, 2);
	close(a);
	serve();
	ck_assert_uint_eq(gone_count, 1);
	ck_assert(streams[0] == NULL || streams[1] == NULL);
	struct request *left = streams[0] ? streams[0] : streams[1];
	ck_assert(socket_row(left, "{}"));
	ck_assert_str_eq(hear(b), "{\"row\":{}}\n");
	stop(); // hands the open one back
	ck_assert_uint_eq(gone_count, 2);
	ck_assert_str_eq(unread(b), "$");
	close(b);
}
END_TEST

// It is cut at its bound; others are served meanwhile.
START_TEST(a_slow_reader_is_cut)
{
	static char row[65536];
	start();
	int slow = client(), rows = 0;
	say(slow, FOLLOW);
	serve();
	memset(row, ' ', sizeof(row) - 1);
	row[0] = '{';
	row[sizeof(row) - 2] = '}';
	while (rows < 1000 && socket_row(streams[0], row)) {
		rows++;
		if (rows == 50)
			expect_once(STATUS, STATUS_ROW STATUS_END);
	}
	ck_assert_int_lt(rows, 1000);
	ck_assert_int_ge((size_t)rows * sizeof(row), OPS_OUT_MAX);
	serve();
	ck_assert_uint_eq(gone_count, 1);
	close(slow);
	stop();
}
END_TEST

// All of a long answer comes, however slowly it is read.
START_TEST(a_long_answer_arrives_whole)
{
	static char row[32768];
	size_t heard = 0, wanted = 0;
	start();
	int fd = client();
	say(fd, FOLLOW);
	serve();
	memset(row, ' ', sizeof(row) - 1);
	row[0] = '{';
	row[sizeof(row) - 2] = '}';
	for (int i = 0; i < 100; i++) {
		ck_assert(socket_row(streams[0], row));
		wanted += strlen("{\"row\":") + sizeof(row) - 1 + strlen("}\n");
	}
	request_done(streams[0]);
	wanted += strlen(STATUS_END) - 1;
	for (int i = 0; i < 10000; i++) {
		const char *text = hear(fd);
		heard += strlen(text);
		if (strchr(text, '$') != NULL)
			break;
	}
	ck_assert_uint_eq(heard, wanted + 1);
	close(fd);
	stop();
}
END_TEST

START_TEST(a_living_socket_is_not_taken)
{
	static const struct request_handlers none = {.timers = &timers};
	struct requests *other;
	char error[512];
	start();
	pid_t pid = fork(); // another process: this one has its socket
	if (pid == 0)
		_exit(requests_start(path, &none, &other, error) == -EADDRINUSE &&
					strstr(error, "another ringhall (pid ") != NULL
				? 0
				: 1);
	int status;
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	expect_once(STATUS, STATUS_ROW STATUS_END);
	stop();
}
END_TEST

START_TEST(a_dead_socket_is_replaced)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd); // the file stays, as after a kill
	listen_there();
	expect_once(STATUS, STATUS_ROW STATUS_END);
	stop();
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
	static const struct request_handlers none = {.timers = &timers};
	char error[512], longer[200];
	ck_assert_int_eq(requests_start("/nowhere/s", &none, &requests, error), -ENOENT);
	ck_assert_str_eq(error,
		"cannot listen on the command socket /nowhere/s: No such file or directory; its "
		"folder must exist and be writable");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(requests_start(longer, &none, &requests, error), -ENAMETOOLONG);
}
END_TEST

// What root left behind, killed, in a folder of the user's is no reason not to start; what root
// still answers on is.
START_TEST(roots_socket_is_replaced_when_it_is_dead)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char error[512] = "";
	if (geteuid() != 0)
		return; // there is nobody to be
	folder_new(folder);
	str_format(path, sizeof(path), "%s/sock", folder);
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(chown(folder, 65534, 65534), 0);
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(socket_path_listen(path, error), -EACCES);
	close(fd);
	fd = socket_path_listen(path, error);
	ck_assert_msg(fd >= 0, "%s", error);
	close(fd);
	ck_assert_int_eq(seteuid(0), 0);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("socket", roots_socket_is_replaced_when_it_is_dead, an_answer_and_its_end,
	garbage_is_refused, half_lines_wait_for_their_end, a_line_without_an_end_is_cut,
	one_command_a_connection, who_leaves_is_forgotten, a_slow_reader_is_cut,
	a_long_answer_arrives_whole, a_living_socket_is_not_taken, a_dead_socket_is_replaced,
	a_folder_that_is_not_there_is_named)
