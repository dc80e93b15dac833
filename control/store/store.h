// The store: call records and recordings in SQLite, derived from the event log.
//
// A thread of its own reads the log's files from the last sequence it has committed and commits
// the rows derived together with that sequence in one transaction, so that kill -9 leaves no gap
// and no double. Nothing waits for it: control tells it how far the log is written, asks
// questions by message and hears the answers from store_poll. Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/base/callid.h"
#include "control/figures/figures.h"
#include "control/figures/interval.h"

#define STORE_QUERIES_MAX 64	// questions open at once
#define STORE_OPENED_MAX  8	// of them for a recording's file
#define STORE_ROWS_MAX	  10000 // rows of one answer
#define STORE_PARTIES_MAX 6
#define STORE_TEXT_MAX	  768 // of a trouble

struct store;

struct store_bounds { // 0: without
	unsigned history_days, recording_days;
	uint64_t history_bytes;	  // of the database file
	uint64_t recording_bytes; // that recordings take on the disk
};

struct store_options {
	const char *directory; // holds the event log and gets ringhall.db
	uint64_t log_end;      // last sequence that the log had when it was opened; 0: it was empty
	const char *recordings; // their folder; NULL: none, and no file is touched
	struct store_bounds bounds;
	// From one commit to the next, unless a question waits: what a transaction costs beside
	// its rows, each page that it touches, is shared by the calls of so long. 0: none waits.
	unsigned gather_ms;
};

// On failure -errno and one sentence. A damaged database is none: it is set aside.
int store_start(const struct store_options *options, struct store **out, char error[512]);
void store_bound(struct store *s, const struct store_bounds *bounds); // others from now on
void store_stop(struct store *s);    // takes in what the log has, commits, ends the thread
int store_fd(const struct store *s); // eventfd for the loop
void store_poll(struct store *s);    // answers and progress; called when the fd is readable

// The log is in the file so far: at start and after every eventlog_poll.
void store_written(struct store *s, uint64_t sequence);
// Called by store_poll when more of the log is committed: for eventlog_passed.
void store_set_passed(struct store *s, void (*passed)(uint64_t sequence, void *arg), void *arg);

enum store_trouble {
	STORE_COMMIT,	 // rows cannot be written now
	STORE_DAMAGED,	 // a damaged database was set aside and lies there
	STORE_LOG,	 // the log does not fit what was committed, or has bad places
	STORE_RETENTION, // what is to go cannot be removed
	STORE_TROUBLES,
};

const char *store_topic(enum store_trouble kind); // of its events: "store-log"

// Called by store_poll with a sentence: what is wrong and its cure; `over`: that it has passed.
typedef void store_trouble_h(enum store_trouble kind, const char *text, bool over, void *arg);
void store_set_trouble(struct store *s, store_trouble_h *h, void *arg);

struct store_status {
	uint64_t passed;		     // sequence committed
	uint64_t calls, recordings, damaged; // rows written, log damages met by this process
	int error;			     // why it cannot commit now, 0 or -errno
	// By kind, the sentence of what stands now, NULL: nothing. Until the next store_poll.
	const char *trouble[STORE_TROUBLES];
};
void store_status(const struct store *s, struct store_status *out);

struct store_filter { // empty text and 0: any
	char tenant[64], agent[64], queue[64], trunk[64];
	// Caller or called begins with one of them; "" behind the last.
	char party[STORE_PARTIES_MAX][64];
	char why[32];		     // how it ended
	char call[33];		     // text of a call id, or its beginning
	uint64_t since_ns, until_ns; // start of the call, wall clock
	unsigned limit;		     // newest first, STORE_ROWS_MAX + 1 at most; 0: STORE_ROWS_MAX
};

struct store_stats {
	enum figures_by by;
	unsigned sources; // bits 1 << enum figures_source; 0: all
	enum figures_every every;
	uint64_t since_ns, until_ns; // wall clock; what is not an interval whole is cut
	unsigned within_s;	     // the level of service
	char tenant[64];	     // "": all
};

struct store_answer {
	void (*row)(const char *json, void *arg); // a JSON object; members: docs/events.md
	void (*end)(int error, void *arg);	  // once, last: 0 or -errno
	void *arg;
	// Whether there is room for rows; NULL: always. Where not, it waits for store_resume.
	bool (*room)(void *arg);
};
void store_resume(struct store *s);

// 0, or -EBUSY: too many questions are open. The answer comes by store_poll.
int store_query_calls(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer);
int store_query_recordings(
	struct store *s, const struct store_filter *filter, const struct store_answer *answer);
// The recordings of calls that begin so and, where there is one and it is whole, its file. opened
// comes before the rows, with a descriptor to read it by, the handler's from then on, or -errno:
// -ENODATA: there is none to open; -EXDEV: it is no file of the recording folder.
typedef void store_opened_h(int fd, void *arg);
int store_query_file(struct store *s, const char *call, store_opened_h *opened,
	const struct store_answer *answer);
// Of the calls' "tenant", "queue", "agent", "trunk" or "why": each name once, plain texts.
int store_query_names(struct store *s, const char *column, const struct store_answer *answer);
// The figures of each interval in which there was anything (figures.h), in the order of time.
// Each is read by itself, between commits and other questions: a later one may tell of a call that
// has ended since. -EFBIG: these are more than STORE_ROWS_MAX.
int store_query_stats(
	struct store *s, const struct store_stats *stats, const struct store_answer *answer);
int store_query_call(struct store *s, const char *call, const struct store_answer *answer);
// What began each offer of the call to an agent and what ended it, live or not, in the order of the
// event log: members and event as there, with time.
int store_query_offers(struct store *s, const char *call, const struct store_answer *answer);
// No more of this arg's answers, its owner is about to be freed.
void store_forget(struct store *s, const void *arg);
