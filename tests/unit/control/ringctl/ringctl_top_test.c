// `ringctl top` on a terminal of its own: what it draws, and that it gives the terminal back.
#include "tests/unit/unit.h"

#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "tests/unit/control/ops/ops_fake.h"

#define ENTER "\033[?1049h"
#define LEAVE "\033[?1049l"

static struct ops_fake fake;

struct screen {
	pid_t pid;
	int fd;
	struct termios before;
	char text[1 << 16]; // all that was drawn
	size_t len;
};

static struct screen screen;

static void open_screen(const char *term)
{
	struct winsize size = {.ws_row = 40, .ws_col = 100};
	screen.len = 0;
	screen.pid = forkpty(&screen.fd, NULL, NULL, &size);
	if (screen.pid == 0) {
		setenv("TERM", term, 1);
		setenv("LANG", "C.UTF-8", 1);
		usleep(50000); // until the settings before it have been read
		execl(getenv("RINGCTL"), "ringctl", "--socket", fake.socket, "top", (char *)NULL);
		_exit(127);
	}
	tcgetattr(screen.fd, &screen.before);
}

// Reads on until the text has come (true), the program has ended or has drawn far too much.
static bool wait_for(const char *text)
{
	struct pollfd fd = {screen.fd, POLLIN};
	while (strstr(screen.text, text) == NULL) {
		if (screen.len + 1 == sizeof(screen.text) || poll(&fd, 1, 20000) <= 0)
			return false;
		ssize_t n = read(
			screen.fd, screen.text + screen.len, sizeof(screen.text) - 1 - screen.len);
		if (n <= 0)
			return false;
		screen.len += (size_t)n;
		screen.text[screen.len] = '\0';
	}
	return true;
}

static int close_screen(void)
{
	int status;
	struct termios after;
	wait_for("never drawn"); // to the end
	ck_assert_int_eq(tcgetattr(screen.fd, &after), 0);
	ck_assert_uint_eq(after.c_lflag, screen.before.c_lflag);
	waitpid(screen.pid, &status, 0);
	close(screen.fd);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_given_back(void)
{
	ck_assert_int_eq(close_screen(), 0);
	const char *enter = strstr(screen.text, ENTER), *leave = strstr(screen.text, LEAVE);
	ck_assert(enter != NULL && leave != NULL && enter < leave);
	ck_assert_str_eq(leave, LEAVE);				 // nothing behind it
	ck_assert_ptr_nonnull(strstr(screen.text, "\033[?25h")); // the cursor is back
}

START_TEST(draws_what_the_daemon_says)
{
	memset(screen.text, 0, sizeof(screen.text));
	open_screen("xterm");
	ck_assert(wait_for("q quit"));
	ck_assert(wait_for("王芳"));
	ck_assert_int_eq(write(screen.fd, "q", 1), 1);
	expect_given_back();
}
END_TEST

START_TEST(control_c_and_kill_give_the_terminal_back)
{
	memset(screen.text, 0, sizeof(screen.text));
	open_screen("xterm");
	ck_assert(wait_for("q quit"));
	ck_assert_int_eq(write(screen.fd, "\003", 1), 1);
	expect_given_back();
	static const int numbers[] = {SIGTERM, SIGHUP};
	for (int i = 0; i < 2; i++) {
		memset(screen.text, 0, sizeof(screen.text));
		open_screen("xterm");
		ck_assert(wait_for("q quit"));
		kill(screen.pid, numbers[i]);
		expect_given_back();
	}
}
END_TEST

START_TEST(a_dumb_terminal_is_refused)
{
	memset(screen.text, 0, sizeof(screen.text));
	open_screen("dumb");
	ck_assert_int_eq(close_screen(), 1);
	ck_assert_str_eq(screen.text,
		"ringctl: top needs a terminal that can draw, this one is TERM=dumb; use the "
		"lists\r\n");
}
END_TEST

// The daemon's end leaves the last figures and says so; a resize draws anew.
START_TEST(goes_on_without_the_daemon)
{
	memset(screen.text, 0, sizeof(screen.text));
	open_screen("xterm");
	ck_assert(wait_for("王芳"));
	ops_fake_stop(&fake);
	ck_assert(wait_for("ringhall is not running"));
	ck_assert_int_eq(write(screen.fd, "s", 1), 1);
	ck_assert(wait_for("sorted by state"));
	ck_assert_int_eq(write(screen.fd, "Q", 1), 1);
	expect_given_back();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {draws_what_the_daemon_says,
		control_c_and_kill_give_the_terminal_back, a_dumb_terminal_is_refused,
		goes_on_without_the_daemon};
	if (!ops_fake_start(&fake))
		return 1;
	int code = unit_run("ringctl_top", tests, sizeof(tests) / sizeof(tests[0]));
	if (access(fake.socket, F_OK) == 0)
		ops_fake_stop(&fake);
	return code;
}
