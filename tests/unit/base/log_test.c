// Log lines as they reach stderr, levels per topic, and text that must not forge a line.
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("here");

static struct log_topic other = {.name = "other", .level = -1};
static char seen[8192];
static int saved_fd, pipe_fd;

static void capture_start(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	saved_fd = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	pipe_fd = fds[0];
}

static void capture_end(void)
{
	ssize_t n = read(pipe_fd, seen, sizeof(seen) - 1);

	seen[n > 0 ? n : 0] = '\0';
	dup2(saved_fd, STDERR_FILENO);
	close(saved_fd);
	close(pipe_fd);
}

START_TEST(line_has_time_level_topic_and_text)
{
	capture_start();
	log_warn("agent lost agent=%d", 7);
	capture_end();
	ck_assert_uint_eq(
		strlen(seen), strlen("2025-01-31T12:00:00.123Z warn here: agent lost agent=7\n"));
	ck_assert_int_eq(seen[10], 'T');
	ck_assert_str_eq(seen + 23, "Z warn here: agent lost agent=7\n");
}
END_TEST

START_TEST(levels_go_by_topic)
{
	capture_start();
	log_debug("hidden by default");
	ck_assert_int_eq(log_set_level("here", LOG_DEBUG), 0);
	log_debug("shown");
	log_write(&other, LOG_DEBUG, "hidden still");
	ck_assert_int_eq(log_set_level(NULL, LOG_ERROR), 0);
	log_debug("hidden again");
	log_warn("hidden too");
	log_error("an error");
	ck_assert_int_eq(log_set_level("*", LOG_INFO), 0);
	log_info("back");
	capture_end();
	ck_assert_ptr_null(strstr(seen, "hidden"));
	ck_assert_ptr_nonnull(strstr(seen, "debug here: shown\n"));
	ck_assert_ptr_nonnull(strstr(seen, "error here: an error\n"));
	ck_assert_ptr_nonnull(strstr(seen, "info here: back\n"));
}
END_TEST

START_TEST(level_waits_for_its_topic)
{
	static struct log_topic late = {.name = "late", .level = -1};

	ck_assert_int_eq(log_set_level("late", LOG_DEBUG), -ENOENT);
	capture_start();
	log_write(&late, LOG_DEBUG, "first words");
	capture_end();
	ck_assert_ptr_nonnull(strstr(seen, "debug late: first words\n"));
	ck_assert_int_eq(log_set_level("late", LOG_WARN), 0);
	ck_assert_int_eq(log_set_level("a topic with a name of more than 31 bytes", LOG_WARN),
		-ENAMETOOLONG);
}
END_TEST

START_TEST(text_cannot_forge_a_line)
{
	capture_start();
	log_error("from=%s", "a\r\n2025-01-01T00:00:00.000Z error here: forged\x1b[2J");
	capture_end();
	ck_assert_ptr_eq(strchr(seen, '\n'), seen + strlen(seen) - 1);
	ck_assert_ptr_null(strchr(seen, '\r'));
	ck_assert_ptr_null(strchr(seen, '\x1b'));
}
END_TEST

static const char *said(void)
{
	static char text[8192];
	const char *at = strstr(seen, ": ");

	ck_assert_ptr_nonnull(at);
	str_copy(text, sizeof(text), at + 2);
	return text;
}

#define SAID(wanted, ...)                         \
	do {                                      \
		capture_start();                  \
		log_warn(__VA_ARGS__);            \
		capture_end();                    \
		ck_assert_str_eq(said(), wanted); \
	} while (0)

START_TEST(text_cannot_forge_a_field)
{
	SAID("wrong password agent=\"x source=192.0.2.1\" source=203.0.113.9\n",
		"wrong password agent=%s source=%s", "x source=192.0.2.1", "203.0.113.9");
	SAID("a=\"\" b=7\n", "a=%s b=%d", "", 7);
	SAID("method=\"A B\" more=1\n", "method=%.*s more=%u", 3, "A BCD", 1u);
	SAID("said: \"x=1 y=2\"\n", "said: %s", "x=1 y=2");
	SAID("said: no room (it is full)\n", "said: %s (%s)", "no room", "it is full");
	SAID("agent=\"\\xc2\\x9b31mred\"\n", "agent=%s",
		"\xc2\x9b"
		"31mred");
}
END_TEST

START_TEST(numbers_as_printf_has_them)
{
	SAID("1 -2 3 -4 5 006 07 0000000000000008 100%\n",
		"%d %i %u %ld %llu %03d %02x %016llx %u%%", 1, -2, 3u, -4L, 5ull, 6, 7u, 8ull,
		100u);
	SAID("9 1.50 a c=b 12\n", "%zu %.2f %c c=%c %hhu", (size_t)9, 1.5, 'a', 'b',
		(unsigned char)12);
}
END_TEST

START_TEST(long_text_is_cut_to_one_line)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	capture_start();
	log_error("%s", text);
	capture_end();
	ck_assert_uint_eq(strlen(seen), 1023);
	ck_assert_int_eq(seen[1022], '\n');
}
END_TEST

START_TEST(level_names_go_both_ways)
{
	enum log_level level;

	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
		ck_assert_int_eq(log_level_parse(log_level_name((enum log_level)i), &level), 0);
		ck_assert_int_eq(level, i);
	}
	ck_assert_int_eq(log_level_parse("loud", &level), -EINVAL);
}
END_TEST

static size_t waiting(void)
{
	ssize_t n = read(pipe_fd, seen, sizeof(seen) - 1);

	seen[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

START_TEST(lines_that_are_held_leave_together)
{
	unsigned lines = 0;

	capture_start();
	log_hold();
	log_info("one");
	log_info("two");
	ck_assert_uint_eq(waiting(), 0);
	log_flush();
	ck_assert_uint_gt(waiting(), 0);
	ck_assert(strstr(seen, "one\n") < strstr(seen, "two\n"));
	log_info("before");
	log_error("at once");
	ck_assert_uint_gt(waiting(), 0);
	ck_assert(strstr(seen, "before\n") < strstr(seen, "at once\n"));
	for (unsigned i = 0; i < 80; i++)
		log_info("n=%u, and enough of them for more than one piece", i);
	log_release();
	ck_assert_uint_gt(waiting(), 5000);
	for (const char *p = seen; (p = strstr(p, "n=")); p++, lines++)
		ck_assert_uint_eq(strtoul(p + 2, NULL, 10), lines);
	ck_assert_uint_eq(lines, 80);
	log_info("held no more");
	ck_assert_uint_gt(waiting(), 0);
	capture_end();
}
END_TEST

static void die(int how)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		log_init();
		log_hold();
		log_info("the last words");
		if (how == 0)
			exit(0);
		if (how == 1)
			abort();
		raise(SIGSEGV);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (how)
		ck_assert(WIFSIGNALED(status));
}

// A sanitizer's handler of SIGSEGV stands before ours.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WAYS_TO_DIE 2
#else
#define WAYS_TO_DIE 3
#endif

START_TEST(who_dies_says_what_it_held)
{
	for (int how = 0; how < WAYS_TO_DIE; how++) {
		capture_start();
		die(how);
		ck_assert_uint_gt(waiting(), 0);
		ck_assert_ptr_nonnull(strstr(seen, "the last words\n"));
		capture_end();
	}
}
END_TEST

// A disk that is full in the midst of a line, and has room again.
START_TEST(lines_that_are_lost_are_counted)
{
	char path[] = "/tmp/log_test.XXXXXX";
	struct rlimit before, now;
	int fd = mkstemp(path), saved = dup(STDERR_FILENO);

	ck_assert_int_ge(fd, 0);
	unlink(path);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	now = before;
	now.rlim_cur = 60;
	dup2(fd, STDERR_FILENO);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &now), 0);
	log_warn("whole");
	for (unsigned i = 0; i < 3; i++)
		log_warn("without an end");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	log_warn("again");
	log_warn("and on");
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = pread(fd, seen, sizeof(seen) - 1, 0);
	ck_assert_int_gt(n, 60);
	seen[n] = '\0';
	close(fd);
	char *torn = strchr(seen, '\n') + 1, *said = strchr(torn, '\n') + 1;
	ck_assert_int_eq(said - seen, 61);
	const char *const lines[] = {
		"Z warn log: lines could not be written and are lost count=3\n",
		"Z warn here: again\n", "Z warn here: and on\n"};
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(str_starts(said + 23, lines[i]));
		said = strchr(said, '\n') + 1;
	}
	ck_assert_str_eq(said, "");
}
END_TEST

UNIT_MAIN("log", lines_that_are_lost_are_counted, lines_that_are_held_leave_together,
	who_dies_says_what_it_held, line_has_time_level_topic_and_text, levels_go_by_topic,
	level_waits_for_its_topic, text_cannot_forge_a_line, text_cannot_forge_a_field,
	numbers_as_printf_has_them, long_text_is_cut_to_one_line, level_names_go_both_ways)
