// What stands at control.socket before a start: files, links, pipes, other programs, the dead.
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/ops/socket_path.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

static char folder[64], path[96], error[512];

static void begin(void)
{
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	error[0] = '\0';
}

static int bound(int type)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

// Both ways refuse with the same sentence, and what stands there is the same as before.
static void refused(const char *place, int code, const char *sentence)
{
	struct stat before, after;
	ck_assert_int_eq(lstat(place, &before), 0);
	for (int listens = 0; listens < 2; listens++) {
		error[0] = '\0';
		int rc = listens ? socket_path_listen(place, error)
				 : socket_path_probe(place, error);
		ck_assert_msg(rc == code, "%s: %d %s", place, rc, error);
		ck_assert_msg(strstr(error, sentence) != NULL, "%s", error);
		ck_assert_msg(strstr(error, place) != NULL, "%s", error);
	}
	ck_assert_int_eq(lstat(place, &after), 0);
	ck_assert_uint_eq(after.st_ino, before.st_ino);
	ck_assert_uint_eq(after.st_mode, before.st_mode);
	ck_assert_int_eq(after.st_size, before.st_size);
}

#define NO_SOCKET "something that is no socket stands there and is left alone; name another path"

START_TEST(what_is_no_socket_is_left_alone)
{
	char file[128], link[128], dangling[128], pipe[128], text[16] = "";
	begin();
	str_format(file, sizeof(file), "%s/precious", folder);
	str_format(link, sizeof(link), "%s/link", folder);
	str_format(dangling, sizeof(dangling), "%s/dangling", folder);
	str_format(pipe, sizeof(pipe), "%s/pipe", folder);
	FILE *f = fopen(file, "w");
	fputs("precious", f);
	fclose(f);
	ck_assert_int_eq(chmod(file, 0640), 0);
	ck_assert_int_eq(symlink(file, link), 0);
	ck_assert_int_eq(symlink("nowhere", dangling), 0);
	ck_assert_int_eq(mkfifo(pipe, 0600), 0);
	refused(file, -EEXIST, NO_SOCKET);
	refused(link, -EEXIST, NO_SOCKET);
	refused(dangling, -EEXIST, NO_SOCKET);
	refused(pipe, -EEXIST, NO_SOCKET);
	refused(folder, -EEXIST, NO_SOCKET);
	f = fopen(file, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	ck_assert_str_eq(text, "precious");
	folder_remove(folder);
}
END_TEST

// A link to a socket that is dead is somebody's link all the same.
START_TEST(a_link_to_a_socket_is_left_alone)
{
	char link[128];
	begin();
	str_format(link, sizeof(link), "%s/link", folder);
	close(bound(SOCK_STREAM));
	ck_assert_int_eq(symlink(path, link), 0);
	refused(link, -EEXIST, NO_SOCKET);
	folder_remove(folder);
}
END_TEST

START_TEST(who_listens_is_named)
{
	char wanted[128];
	begin();
	int fd = bound(SOCK_STREAM);
	ck_assert_int_eq(socket_path_probe(path, error), 0); // nobody listens yet
	ck_assert_int_eq(listen(fd, 8), 0);
	str_format(wanted, sizeof(wanted), "another ringhall (pid %d) runs and answers on",
		(int)getpid());
	refused(path, -EADDRINUSE, wanted);
	close(fd);
	folder_remove(folder);
}
END_TEST

// The sentence must not send anybody to stop a ringhall that there is not.
START_TEST(another_program_is_named)
{
	char wanted[128], byte;
	int ready[2], end[2];
	begin();
	ck_assert_int_eq(pipe(ready) | pipe(end), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(end[1]);
		prctl(PR_SET_NAME, "chrony");
		ck_assert_int_eq(listen(bound(SOCK_STREAM), 8), 0);
		if (write(ready[1], "", 1) != 1 || read(end[0], &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	str_format(wanted, sizeof(wanted), "another program, chrony (pid %d), listens there", pid);
	refused(path, -EADDRINUSE, wanted);
	close(end[1]);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(socket_path_probe(path, error), 0); // dead, and its to replace
	folder_remove(folder);
}
END_TEST

// As when a killed process's io_uring is not yet taken down: its socket outlives it for a moment.
START_TEST(who_is_gone_is_waited_for)
{
	begin();
	int fd = bound(SOCK_STREAM);
	pid_t listener = fork();
	if (listener == 0)
		_exit(listen(fd, 8) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(listener, NULL, 0), listener);
	pid_t holder = fork();
	if (holder == 0) {
		usleep(50000);
		_exit(0);
	}
	close(fd);
	int rc = socket_path_probe(path, error);
	ck_assert_msg(rc == 0, "%s", error);
	waitpid(holder, NULL, 0);
	folder_remove(folder);
}
END_TEST

START_TEST(a_socket_of_another_kind_is_left_alone)
{
	begin();
	int fd = bound(SOCK_DGRAM);
	refused(path, -EADDRINUSE, "answers on");
	close(fd);
	fd = socket_path_listen(path, error); // its owner is gone
	ck_assert_msg(fd >= 0, "%s", error);
	close(fd);
	folder_remove(folder);
}
END_TEST

START_TEST(a_full_queue_belongs_to_somebody)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	begin();
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = bound(SOCK_STREAM), other = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(listen(fd, 0), 0);
	ck_assert_int_eq(connect(other, (struct sockaddr *)&sun, sizeof(sun)), 0);
	// Another connect would wait for ever.
	refused(path, -EADDRINUSE, "another ringhall runs and answers on");
	close(other);
	close(fd);
	folder_remove(folder);
}
END_TEST

UNIT_MAIN("socket_path", what_is_no_socket_is_left_alone, a_link_to_a_socket_is_left_alone,
	who_listens_is_named, another_program_is_named, who_is_gone_is_waited_for,
	a_socket_of_another_kind_is_left_alone, a_full_queue_belongs_to_somebody)
