// Log lines to stderr, one write(2) each or, of a thread that holds them, one for many; level per
// topic changeable at run time.
// LOG_TOPIC("queue"); once at the top of a .c file, then log_warn("..."): lower case, no full
// stop, key=value at the end. Workers never log: they count and post.
// What stderr does not take is lost, as nobody waits for its reader; the next line that it takes
// says how many lines there were.
//
// Every %s is taken for text of others: behind '=' it is quoted unless it is one plain word,
// elsewhere when it could be taken for key=value, and nothing in it ends the line or steers a
// terminal (engine/base/quote.h). So a format writes key=%s without quotes of its own, and is a
// literal (lint).
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log_topic {
	const char *name;
	_Atomic int level;	// written by log_set_level, read by everyone
	struct log_topic *next; // the registry's; set on first use
	_Atomic int registered;
};

#define LOG_TOPIC(topic_name) \
	static struct log_topic log_topic_here = {.name = topic_name, .level = -1}

// topic NULL or "*" sets every topic, the default included. Returns 0, or -ENOENT for a topic
// that nothing has logged on yet (it is remembered and applies when it appears), or
// -ENAMETOOLONG, -ENOSPC when it cannot be remembered. Called by one thread.
int log_set_level(const char *topic, enum log_level level);
int log_level_parse(const char *text, enum log_level *out); // "error" … "debug"; 0 or -EINVAL
const char *log_level_name(enum log_level level);
// If the journal reads stderr (JOURNAL_STREAM): lines begin with their priority (sd-daemon(3)) and
// say neither time nor level, which the journal has. Before there are threads.
void log_init(void);
// The calling thread's lines wait from now on until log_flush, but for errors, which take what
// waits before them along, and what is more than a pipe takes whole (PIPE_BUF). One thread does so,
// others go on writing each by itself. What waits is written where the process crashes, after what
// a failed check says, or leaves by exit; a kill -9 loses it.
void log_hold(void);
void log_flush(void);	// harmless where nothing waits
void log_release(void); // flushes, and holds no more
// Text for stderr that is no line of a topic: each of its lines, with "ringhall: " before the first
// when named.
void log_text(enum log_level level, bool named, const char *text);

// Each topic that has logged something, once.
void log_topics_each(void (*each)(const char *name, void *arg), void *arg);

void log_write(struct log_topic *topic, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(&log_topic_here, LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(&log_topic_here, LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(&log_topic_here, LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(&log_topic_here, LOG_DEBUG, __VA_ARGS__)
