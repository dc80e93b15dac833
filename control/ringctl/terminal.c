// Terminal modes by termios(3) and the escape sequences that every terminal since xterm knows.
#include "control/ringctl/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "engine/base/str.h"

static struct termios before;
static bool opened;

// Alternate screen, no cursor, lines that are too long are clipped instead of wrapped.
static const char enter[] = "\033[?1049h\033[?25l\033[?7l";
static const char leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

static void on_resize(int number)
{
	// Only there to interrupt the wait; the size is read before each drawing.
}

// What kills the program by its own fault gives the terminal back first.
static void on_fatal(int number)
{
	terminal_close();
	signal(number, SIG_DFL);
	raise(number);
}

bool terminal_open(const char **why)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	const char *term = getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		*why = "top needs a terminal; in scripts use `ringctl --json status` and the lists";
		return false;
	}
	if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0) {
		*why = "top needs a terminal that can draw, this one is TERM=dumb; use the lists";
		return false;
	}
	if (tcgetattr(STDIN_FILENO, &before) != 0) {
		*why = "the terminal's settings cannot be read";
		return false;
	}
	struct termios raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VSUSP] = _POSIX_VDISABLE; // stopped, it would leave the screen as it is
	raw.c_cc[VQUIT] = _POSIX_VDISABLE;
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	struct sigaction resize = {.sa_handler = on_resize};
	sigaction(SIGWINCH, &resize, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], on_fatal);
	opened = true;
	atexit(terminal_close);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	terminal_write(enter, sizeof(enter) - 1);
	return true;
}

void terminal_close(void)
{
	if (!opened)
		return;
	opened = false;
	terminal_write(leave, sizeof(leave) - 1);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

struct terminal_size terminal_size(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
		return (struct terminal_size){80, 24};
	return (struct terminal_size){size.ws_col, size.ws_row};
}

void terminal_write(const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

enum terminal_key terminal_key(const char *text, size_t len, size_t *used)
{
	static const struct {
		const char *typed;
		enum terminal_key key;
	} keys[] = {
		{"\033[A", KEY_UP},
		{"\033OA", KEY_UP},
		{"k", KEY_UP},
		{"\033[B", KEY_DOWN},
		{"\033OB", KEY_DOWN},
		{"j", KEY_DOWN},
		{"\033[5~", KEY_PAGE_UP},
		{"b", KEY_PAGE_UP},
		{"\033[6~", KEY_PAGE_DOWN},
		{" ", KEY_PAGE_DOWN},
		{"\033[H", KEY_HOME},
		{"\033[1~", KEY_HOME},
		{"g", KEY_HOME},
		{"\033[F", KEY_END},
		{"\033[4~", KEY_END},
		{"G", KEY_END},
		{"q", KEY_QUIT},
		{"Q", KEY_QUIT},
		{"s", KEY_SORT},
	};
	*used = 0;
	if (len == 0)
		return KEY_NONE;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i].typed);
		if (n <= len && memcmp(text, keys[i].typed, n) == 0) {
			*used = n;
			return keys[i].key;
		}
	}
	*used = 1;
	if (text[0] == '\033' && len > 1) { // an unknown sequence: up to its last letter
		*used = 2;
		while (*used < len && (*used == 2 || text[*used - 1] < '@'))
			++*used;
	}
	return KEY_OTHER;
}
