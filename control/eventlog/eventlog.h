// The event log: the truth that call records, statistics, reports and the live feed derive from.
//
// Append only, one writer (the control thread), segments written through io_uring. A record is a
// fixed head and a JSON body; a torn tail (kill, power) is cut at the first record whose length or
// CRC does not fit, and said so. Into the beginning of each segment goes a snapshot: the records
// that rebuild what is alive (registrations, agents, open calls), so that a start reads one
// segment, not the history. It is written in pieces, a piece a turn of the loop, with the news
// between them; until its end is in the file, a start reads from the segment before.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/callid.h"

#define EVENTLOG_SEGMENT     (64u << 20) // by default
#define EVENTLOG_SEGMENT_MIN 4096
#define EVENTLOG_BODY_MAX    65536
// One piece of a snapshot, for which the loop waits: so many records, bytes of them, and things
// that were looked at, whether or not there was anything to say of them.
#define EVENTLOG_PIECE	     64
#define EVENTLOG_PIECE_BYTES 65536
#define EVENTLOG_PIECE_LOOKS 1024

// Name, number, text; whose a record is when a start rebuilds what was alive (a function of
// control/rebuild; nothing: it leaves nothing alive); the shape of its body
// (control/contract/shapes_events.c). Numbers are for ever: never reuse one. Body members are named
// in docs/events.md.
#define EVENT_TYPES(X)                                                                      \
	X(NODE_STARTED, 1, "node-started", nothing, node_started)                           \
	X(NODE_STOPPED, 2, "node-stopped", nothing, nothing)                                \
	X(SNAPSHOT_BEGIN, 3, "snapshot-begin", nothing, nothing)                            \
	X(SNAPSHOT_END, 4, "snapshot-end", nothing, nothing)                                \
	X(CALL_STARTED, 10, "call-started", call, call_started)                             \
	X(CALL_ANSWERED, 11, "call-answered", call, nothing)                                \
	X(CALL_STEP, 12, "call-step", call, call_step)                                      \
	X(CALL_DIGIT, 13, "call-digit", call, call_digit)                                   \
	X(CALL_QUEUED, 14, "call-queued", call, call_queued)                                \
	X(CALL_DEQUEUED, 15, "call-dequeued", call, call_dequeued)                          \
	X(CALL_OFFERED, 16, "call-offered", call, call_offered)                             \
	X(CALL_OFFER_ENDED, 17, "call-offer-ended", call, call_offer_ended)                 \
	X(CALL_CONNECTED, 18, "call-connected", call, call_connected)                       \
	X(CALL_HELD, 19, "call-held", call, call_side)                                      \
	X(CALL_RESUMED, 20, "call-resumed", call, call_side)                                \
	X(CALL_MEDIA_LOST, 21, "call-media-lost", nothing, call_side)                       \
	X(CALL_ENDED, 22, "call-ended", call, call_ended)                                   \
	X(CALL_MASKED, 23, "call-masked", nothing, call_masked)                             \
	X(CALL_UNMASKED, 24, "call-unmasked", nothing, call_masked)                         \
	X(CALL_MONITORED, 25, "call-monitored", nothing, call_monitored)                    \
	X(CALL_MONITOR_ENDED, 26, "call-monitor-ended", nothing, call_monitor_ended)        \
	X(CALL_CONFERENCE_JOINED, 27, "call-conference-joined", call, call_conference)      \
	X(CALL_CONFERENCE_CHANGED, 28, "call-conference-changed", nothing, call_conference) \
	X(CALL_CONFERENCE_LEFT, 29, "call-conference-left", call, call_conference)          \
	X(RECORDING_STARTED, 30, "recording-started", recording, recording_started)         \
	X(RECORDING_ENDED, 31, "recording-ended", recording, recording_ended)               \
	X(RECORDING_FAILED, 32, "recording-failed", recording, recording_ended)             \
	X(RECORDING_FETCHED, 33, "recording-fetched", nothing, recording_fetched)           \
	X(CALL_SEGMENT, 34, "call-segment", call, call_segment)                             \
	X(AGENT_REGISTERED, 40, "agent-registered", agent, agent_registered)                \
	X(AGENT_UNREGISTERED, 41, "agent-unregistered", agent, agent_unregistered)          \
	X(AGENT_STATE, 42, "agent-state", agent, agent_state)                               \
	X(LOCKOUT, 45, "lockout", nothing, lockout)                                         \
	X(LOCKOUT_LIFTED, 46, "lockout-lifted", nothing, lockout_lifted)                    \
	X(CONFIG_LOADED, 50, "config-loaded", nothing, config_loaded)                       \
	X(DRAIN, 51, "drain", nothing, drain)                                               \
	X(TROUBLE, 60, "trouble", nothing, trouble)                                         \
	X(CALL_REFUSED, 70, "call-refused", call, call_refused)                             \
	X(FIGURES, 71, "figures", figures, nothing)                                         \
	X(CALL_VARIABLE, 80, "call-variable", nothing, call_variable)

enum event_type {
#define X(name, number, ...) EVENT_##name = number,
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
	bool snapshot; // restates what is alive at a segment's head: no news
};

const char *event_type_name(enum event_type type);  // "call-started"; NULL if unknown
enum event_type event_type_parse(const char *name); // 0 if unknown

// --- writing: the control thread ---
struct eventlog;
typedef void eventlog_written_h(uint64_t sequence, void *arg);

// Against kill -9 the page cache is enough; this is about the power.
enum eventlog_sync {
	EVENTLOG_SYNC_NEVER,
	EVENTLOG_SYNC_SECOND, // once a second, beside the writing: nobody waits for it
	EVENTLOG_SYNC_ALWAYS, // behind each batch: written means safe
};

struct eventlog_options {
	// For its syncs by the second, and for what the kernel takes late; NULL: neither comes by
	// itself (tests).
	struct timers *timers;
	const char *directory; // NULL: no files; each record counts as written at once (tests)
	enum eventlog_sync sync;
	uint64_t segment_bytes; // news that fill one, its snapshot not counted; 0: EVENTLOG_SEGMENT
	uint32_t piece_records; // of a snapshot's piece at most; 0: EVENTLOG_PIECE
	uint64_t retention_bytes,
		retention_ns; // of segments that the store has passed; 0: no limit
	// The folder's (control/base/claim.h), from here on the log's; NULL: it makes its own.
	const int *claim;
	// The time that records carry; NULL: the system's clocks.
	void (*clock)(uint64_t *wall_ns, uint64_t *mono_ns, void *arg);
	void *clock_arg;
};

struct eventlog_report {	// of eventlog_open
	uint64_t last_sequence; // found in the log; 0: it was empty
	uint64_t torn_bytes;	// cut from its end
	char error[512];	// one sentence with the cure, when it failed
};

struct eventlog_status {
	uint64_t appended, written, passed; // sequences
	uint64_t synced;		    // safe against a power cut; 0: never synced
	uint64_t held_bytes;		    // not yet in the file
	uint64_t dropped; // records refused because the bound on held bytes was met
	int error;	  // why nothing can be written now, 0 or -errno
};

// Opens (and locks against a second writer), cuts a torn tail, goes on behind the last record.
int eventlog_open(const struct eventlog_options *options, struct eventlog **out,
	struct eventlog_report *report);
// Waits for what is in flight; returns the last sequence in the file, which the store may still
// have to be told.
uint64_t eventlog_close(struct eventlog *l);
// Other limits from here on: sync, segment_bytes, retention.
void eventlog_configure(struct eventlog *l, const struct eventlog_options *options);
// Appends; the body is a printf-free JSON object text. It is copied before anything else happens,
// and nothing but the feed runs within. Returns the sequence, never 0: what cannot be written now
// (disk full) is kept in memory up to a bound, reported once, retried every second and reported as
// mended. tenant "" and call NULL where there is none.
uint64_t eventlog_append(struct eventlog *l, enum event_type type, const char *tenant,
	const struct callid *call, const char *body);
// The same of what is no news, as a snapshot's records are: only a start will read it.
void eventlog_restate(
	struct eventlog *l, enum event_type type, const char *tenant, const char *body);
bool eventlog_may_restate(const struct eventlog *l); // false: the disk refuses, try again later
// Calls h once the record with this sequence (and all before it) is in the file: at once if it is.
// 0; -ENOMEM: h will not be called.
int eventlog_when_written(struct eventlog *l, uint64_t sequence, eventlog_written_h *h, void *arg);
// Takes back what was asked with this arg, before its owner is freed.
void eventlog_forget(struct eventlog *l, void *arg);
// The node is alive now, with calls: a start after a kill reads when that was last said.
void eventlog_alive(struct eventlog *l);
uint64_t eventlog_written(const struct eventlog *l); // last sequence in the file
void eventlog_status(const struct eventlog *l, struct eventlog_status *out);
// What is alive, for a new segment: called from eventlog_poll, piece by piece, until it returns
// false. It appends AGENT_REGISTERED and AGENT_STATE with the bodies they had, CALL_STARTED with
// the call record so far (the members of CALL_ENDED that are known, "where", and "queued" while it
// waits), RECORDING_STARTED of open recordings, as they are at that moment, and asks before each
// thing that it looks at whether the piece goes on. News come between the pieces: what comes after
// the beginning need not be restated, what has gone by its turn must not be. Replayed with the
// log's further records they lead to the same state; restating twice does no harm.
struct eventlog_place { // where the next piece begins: at first all zero, then whatever write makes
	uint32_t part;
	uint64_t at;
};
typedef bool eventlog_snapshot_h(struct eventlog *l, struct eventlog_place *place, void *arg);
void eventlog_set_snapshot(struct eventlog *l, eventlog_snapshot_h *write, void *arg);
// Whether there is work left in this piece for one more look and what is appended of it; where
// there is none write returns, and the next piece begins with the full measure.
bool eventlog_piece_goes_on(struct eventlog *l);
// Live feed: every record as it is appended, before it is written; not those of a snapshot.
void eventlog_set_feed(
	struct eventlog *l, void (*each)(const struct event *e, void *arg), void *arg);
void eventlog_passed(
	struct eventlog *l, uint64_t sequence); // the store has it: may be removed by age
int eventlog_fd(const struct eventlog *l);	// eventfd of its io_uring, for the loop
void eventlog_poll(struct eventlog *l); // completions, a piece; called when the fd is readable

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
