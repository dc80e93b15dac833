// The event log: the truth that call records, statistics, reports and the live feed derive from.
//
// Append only, one writer (the control thread), segments of EVENTLOG_SEGMENT bytes written
// through io_uring. A record is a fixed head and a JSON body; a torn tail (kill, power) is cut at
// the first record whose length or CRC does not fit, and said so. Each segment begins with a
// snapshot: the records that rebuild what is alive (registrations, agents, open calls,
// counters), so that a start reads one segment, not the history.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/callid.h"

#define EVENTLOG_SEGMENT  (64u << 20)
#define EVENTLOG_BODY_MAX 65536

// Numbers are for ever: never reuse one. Body members are named in docs/events.md.
#define EVENT_TYPES(X)                                                               \
	X(NODE_STARTED, 1) /* version, previous end: clean or killed */              \
	X(NODE_STOPPED, 2)                                                           \
	X(SNAPSHOT_BEGIN, 3)                                                         \
	X(SNAPSHOT_END, 4)                                                           \
	X(CALL_STARTED, 10) /* trunk, caller, called, number, sip_call_id, source */ \
	X(CALL_ANSWERED, 11)                                                         \
	X(CALL_STEP, 12)	/* flow, step */                                     \
	X(CALL_DIGIT, 13)	/* digit, sources, step; or masked */                \
	X(CALL_QUEUED, 14)	/* queue */                                          \
	X(CALL_DEQUEUED, 15)	/* queue, why, waited_ms */                          \
	X(CALL_OFFERED, 16)	/* queue, agent, why: the decision explained */      \
	X(CALL_OFFER_ENDED, 17) /* agent, why, status */                             \
	X(CALL_CONNECTED, 18)	/* agent, queue, waited_ms */                        \
	X(CALL_HELD, 19)                                                             \
	X(CALL_RESUMED, 20)                                                          \
	X(CALL_MEDIA_LOST, 21)	  /* side */                                         \
	X(CALL_ENDED, 22)	  /* why, by, status, the whole call record */       \
	X(RECORDING_STARTED, 30)  /* id, file */                                     \
	X(RECORDING_ENDED, 31)	  /* id, file, ledger */                             \
	X(RECORDING_FAILED, 32)	  /* id, why */                                      \
	X(AGENT_REGISTERED, 40)	  /* agent, contact, source, transport, expires */   \
	X(AGENT_UNREGISTERED, 41) /* agent, contact, why */                          \
	X(AGENT_STATE, 42)	  /* agent, from, to, why */                         \
	X(CONFIG_LOADED, 50)                                                         \
	X(DRAIN, 51)                                                                 \
	X(TROUBLE, 60) /* topic, text: disk full, gateway lost, … */

enum event_type {
#define X(name, number) EVENT_##name = number,
	EVENT_TYPES(X)
#undef X
};

struct event {
	enum event_type type;
	uint64_t sequence; // from 1, no gap
	uint64_t wall_ns, mono_ns;
	const char *tenant; // "" for the node's own
	struct callid call; // none: all zero
	const char *body;   // JSON object, terminated
	size_t body_len;
};

const char *event_type_name(enum event_type type);  // "call-started"; NULL if unknown
enum event_type event_type_parse(const char *name); // 0 if unknown

// --- writing: the control thread ---
struct eventlog;
typedef void eventlog_written_h(uint64_t sequence, void *arg);

struct eventlog_options {
	const char *directory;
	bool sync; // fdatasync behind each batch (power loss), else the page cache (kill -9)
	uint64_t retention_bytes, retention_ns; // of segments that the store has passed
};

// Opens, cuts a torn tail, goes on behind the last record. *torn_bytes: what was cut.
int eventlog_open(
	const struct eventlog_options *options, struct eventlog **out, uint64_t *torn_bytes);
void eventlog_close(struct eventlog *l); // waits for what is in flight
// Appends; the body is a printf-free JSON object text. Returns the sequence, never 0: what
// cannot be written now (disk full) is kept in memory up to a bound and reported once. tenant ""
// and call NULL where there is none.
uint64_t eventlog_append(struct eventlog *l, enum event_type type, const char *tenant,
	const struct callid *call, const char *body);
// Calls h once the record with this sequence (and all before it) is in the file: at once if it is.
void eventlog_when_written(struct eventlog *l, uint64_t sequence, eventlog_written_h *h, void *arg);
uint64_t eventlog_written(const struct eventlog *l); // last sequence in the file
// Called at the head of each new segment to append the snapshot's records.
void eventlog_set_snapshot(
	struct eventlog *l, void (*write)(struct eventlog *l, void *arg), void *arg);
// Live feed: every record as it is appended, before it is written.
void eventlog_set_feed(
	struct eventlog *l, void (*each)(const struct event *e, void *arg), void *arg);
void eventlog_passed(
	struct eventlog *l, uint64_t sequence); // the store has it: may be removed by age
int eventlog_fd(const struct eventlog *l);	// eventfd of its io_uring, for the loop
void eventlog_poll(struct eventlog *l);		// completions; called when the fd is readable

// --- reading: any thread, also while it is written, also by tools on a dead node's folder ---
struct eventlog_reader;
int eventlog_reader_open(
	const char *directory, uint64_t from_sequence, struct eventlog_reader **out);
// 1: *e is the next record (valid until the next call); 0: none yet; -EBADMSG: damage, and
// eventlog_reader_damage says where; reading goes on behind it at the next call where possible.
int eventlog_reader_next(struct eventlog_reader *r, struct event *e);
const char *eventlog_reader_damage(const struct eventlog_reader *r);
void eventlog_reader_close(struct eventlog_reader *r);
// From the last segment's snapshot on, for rebuilding at start.
int eventlog_reader_open_snapshot(const char *directory, struct eventlog_reader **out);
