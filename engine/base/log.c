// Formats log lines and keeps the registry of topics. Any thread but a worker may log, so the
// registry is a list that only grows, joined by compare and swap.
#include "engine/base/log.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/log_format.h"
#include "engine/base/str.h"

#define LOG_LINE_MAX   1024 // one line, its newline included; longer ones are cut
#define LOG_WISHES_MAX 64   // topics with a level of their own, seen or not
#define LOG_HELD_MAX   PIPE_BUF
#define LOG_FOLLOW     -1 // the topic follows the default level

// A level asked for by name; it also serves topics that log for the first time later.
struct log_wish {
	char name[32];
	_Atomic int level; // written by log_set_level
};

static struct log_topic *_Atomic log_topics;
static _Atomic int log_default = LOG_INFO;
static struct log_wish log_wishes[LOG_WISHES_MAX];
static _Atomic unsigned log_wishes_used; // written by log_set_level, after the name

static struct { // lines of the one thread that holds them; who crashes reads it, too
	atomic_flag taken;
	_Atomic size_t len;
	char data[LOG_HELD_MAX];
} log_held = {.taken = ATOMIC_FLAG_INIT};
static _Thread_local bool log_holds;

static _Atomic unsigned log_lost; // lines, since it was said last
static _Atomic bool log_torn;	  // the last that was written lacks its end

static bool log_journal; // reads stderr; written by log_init

static const char *const log_level_names[] = {"error", "warn", "info", "debug"};

int log_level_parse(const char *text, enum log_level *out)
{
	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
		if (str_equal(text, log_level_names[i])) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return level >= LOG_ERROR && level <= LOG_DEBUG ? log_level_names[level] : "?";
}

static struct log_wish *log_wish_find(const char *name)
{
	unsigned used = atomic_load(&log_wishes_used);

	for (unsigned i = 0; i < used; i++) {
		if (str_equal(log_wishes[i].name, name))
			return &log_wishes[i];
	}
	return NULL;
}

// First in the registry, then the wish: log_set_level goes the other way round, so that one of
// the two sees the other.
static void log_register(struct log_topic *topic)
{
	int unregistered = 0;

	if (!atomic_compare_exchange_strong(&topic->registered, &unregistered, 1))
		return;
	struct log_topic *first = atomic_load(&log_topics);
	do {
		topic->next = first;
	} while (!atomic_compare_exchange_weak(&log_topics, &first, topic));
	struct log_wish *wish = log_wish_find(topic->name);
	if (wish)
		atomic_store(&topic->level, atomic_load(&wish->level));
}

static int log_wish_set(const char *name, int level)
{
	struct log_wish *wish = log_wish_find(name);
	unsigned used = atomic_load(&log_wishes_used);

	if (wish) {
		atomic_store(&wish->level, level);
		return 0;
	}
	if (used == LOG_WISHES_MAX)
		return -ENOSPC;
	if (str_copy(log_wishes[used].name, sizeof(log_wishes[used].name), name))
		return -ENAMETOOLONG;
	atomic_store(&log_wishes[used].level, level);
	atomic_store(&log_wishes_used, used + 1);
	return 0;
}

static void log_set_all(enum log_level level)
{
	unsigned used = atomic_load(&log_wishes_used);

	for (unsigned i = 0; i < used; i++)
		atomic_store(&log_wishes[i].level, LOG_FOLLOW);
	for (struct log_topic *t = atomic_load(&log_topics); t; t = t->next)
		atomic_store(&t->level, LOG_FOLLOW);
	atomic_store(&log_default, level);
}

int log_set_level(const char *topic, enum log_level level)
{
	int found = -ENOENT;

	if (!topic || str_equal(topic, "*")) {
		log_set_all(level);
		return 0;
	}
	int err = log_wish_set(topic, level);
	if (err)
		return err;
	for (struct log_topic *t = atomic_load(&log_topics); t; t = t->next) {
		if (str_equal(t->name, topic)) {
			atomic_store(&t->level, level);
			found = 0;
		}
	}
	return found;
}

void log_topics_each(void (*each)(const char *name, void *arg), void *arg)
{
	struct log_topic *first = atomic_load(&log_topics);

	for (struct log_topic *t = first; t; t = t->next) {
		struct log_topic *same = first;
		while (!str_equal(same->name, t->name)) // several files have one topic
			same = same->next;
		if (same == t)
			each(t->name, arg);
	}
}

static unsigned log_count(const char *data, size_t len)
{
	unsigned lines = 0;

	for (const char *end = data + len; (data = memchr(data, '\n', (size_t)(end - data)));)
		data++, lines++;
	return lines;
}

// Nobody waits for a reader who takes no more (a pipe that does not block, a full disk). Called by
// handlers of signals, too. Returns what is left of it.
static size_t log_send(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		data += n;
		len -= (size_t)n;
		atomic_store(&log_torn, data[-1] != '\n');
	}
	return len;
}

static void log_put(const char *data, size_t len)
{
	size_t left = log_send(data, len);

	if (left > 0)
		atomic_fetch_add(&log_lost, log_count(data + len - left, left));
}

// By whom ever: the process ends, or the holder flushes.
static void log_held_write(void)
{
	size_t len = atomic_exchange(&log_held.len, 0);

	if (len)
		log_put(log_held.data, len);
}

static void log_crash(int number)
{
	log_held_write();
	raise(number); // its default again: as if nobody had caught it
}

void log_hold(void)
{
	log_holds = log_holds || !atomic_flag_test_and_set(&log_held.taken);
}

void log_flush(void)
{
	if (log_holds)
		log_held_write();
}

void log_release(void)
{
	if (!log_holds)
		return;
	log_held_write();
	log_holds = false;
	atomic_flag_clear(&log_held.taken);
}

static void log_line(enum log_level level, const char *data, size_t len)
{
	if (!log_holds) {
		log_put(data, len);
		return;
	}
	size_t held = atomic_load(&log_held.len);
	if (held + len > LOG_HELD_MAX) {
		log_held_write();
		held = 0;
	}
	memcpy(log_held.data + held, data, len);
	atomic_store(&log_held.len, held + len);
	if (level == LOG_ERROR)
		log_held_write();
}

// What is caught otherwise (a sanitizer's) stays so.
static void log_catch_crashes(void)
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct sigaction ours = {.sa_handler = log_crash, .sa_flags = SA_RESETHAND}, now;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(numbers[i], &ours, NULL);
	atexit(log_held_write);
}

void log_init(void)
{
	log_catch_crashes();
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	log_journal = stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
		fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

// syslog's numbers: err, warning, info, debug.
static unsigned log_priority(enum log_level level)
{
	static const unsigned char priorities[] = {3, 4, 6, 7};

	return priorities[level];
}

void log_text(enum log_level level, bool named, const char *text)
{
	log_flush();
	while (*text) {
		int len = (int)strcspn(text, "\n");

		if (log_journal)
			fprintf(stderr, "<%u>", log_priority(level));
		fprintf(stderr, "%s%.*s\n", named && !log_journal ? "ringhall: " : "", len, text);
		named = false;
		text += len + (text[len] == '\n');
	}
}

// "2025-01-31T12:00:00.123Z warn queue: ", or "<4>queue: "
static void log_prefix(struct str_buf *line, const struct log_topic *topic, enum log_level level)
{
	if (log_journal) {
		str_buf_add(line, "<%u>%s: ", log_priority(level), topic->name);
		return;
	}
	uint64_t ns = clock_wall_ns();
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	str_buf_add(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ %s %s: ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		(unsigned)(ns % NS_PER_S / NS_PER_MS), log_level_name(level), topic->name);
}

// As soon as somebody reads again.
static void log_say_lost(void)
{
	const struct log_topic about = {.name = "log"};
	unsigned lost = atomic_exchange(&log_lost, 0);
	char data[256];
	struct str_buf line;

	if (!lost)
		return;
	str_buf_init(&line, data, sizeof(data));
	if (atomic_load(&log_torn))
		str_buf_add(&line, "\n");
	log_prefix(&line, &about, LOG_WARN);
	str_buf_add(&line, "lines could not be written and are lost count=%u\n", lost);
	if (log_send(data, line.len) > 0)
		atomic_fetch_add(&log_lost, lost);
}

void log_write(struct log_topic *topic, enum log_level level, const char *fmt, ...)
{
	char data[LOG_LINE_MAX];
	struct str_buf line;
	va_list ap;

	if (!atomic_load_explicit(&topic->registered, memory_order_relaxed))
		log_register(topic);
	int limit = atomic_load_explicit(&topic->level, memory_order_relaxed);
	if (limit == LOG_FOLLOW)
		limit = atomic_load_explicit(&log_default, memory_order_relaxed);
	if ((int)level > limit)
		return;

	if (atomic_load_explicit(&log_lost, memory_order_relaxed))
		log_say_lost();
	str_buf_init(&line, data, sizeof(data) - 1);
	log_prefix(&line, topic, level);
	va_start(ap, fmt);
	size_t end = line.len + log_format(data + line.len, line.size - line.len, fmt, ap);
	va_end(ap);
	data[end] = '\n';
	log_line(level, data, end + 1);
}
