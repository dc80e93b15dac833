// The commands as one table: the daemon dispatches by it, ringctl parses its command line,
// prints its help, its man page and its completion from it.
#pragma once

#include <stddef.h>

enum command_flag {
	COMMAND_STREAM = 1, // goes on until the client leaves
	COMMAND_ONE = 2,    // answers with one object, shown as a list of its members
};

struct command {
	const char *words; // "calls show"
	const char *args;  // "CALL", "[--limit N]": for people
	const char *help;  // one sentence without its full stop
	unsigned args_min, args_max;
	const char *options; // names that --NAME VALUE may have, separated by spaces
	unsigned flags;
};

// id, words, args, help, least and most arguments, options, flags
#define COMMANDS(X)                                                                                \
	X(STATUS, "status", "", "what the node is and how it does", 0, 0, "", COMMAND_ONE)         \
	X(CALLS_LIST, "calls list",                                                                \
		"[--tenant T] [--history] [--agent A] [--queue Q] [--limit N]",                    \
		"calls in progress, or ended ones with --history", 0, 0,                           \
		"tenant agent queue party why limit history", 0)                                   \
	X(CALLS_SHOW, "calls show", "CALL", "one call, live or from the records", 1, 1, "",        \
		COMMAND_ONE)                                                                       \
	X(CALLS_HANGUP, "calls hangup", "CALL", "ends a call", 1, 1, "", 0)                        \
	X(QUEUES_LIST, "queues list", "[--tenant T]", "queues with waiting callers and agents", 0, \
		0, "tenant", 0)                                                                    \
	X(QUEUES_SHOW, "queues show", "QUEUE", "one queue: who waits, who may answer", 1, 1,       \
		"tenant", COMMAND_ONE)                                                             \
	X(AGENTS_LIST, "agents list", "[--tenant T]", "agents and what they do", 0, 0, "tenant",   \
		0)                                                                                 \
	X(AGENTS_SHOW, "agents show", "AGENT", "one agent", 1, 1, "", COMMAND_ONE)                 \
	X(AGENTS_SET, "agents set", "AGENT ready|away", "changes an agent's state", 2, 2, "", 0)   \
	X(REGISTRATIONS_LIST, "registrations list", "", "agents' phones as registered", 0, 0, "",  \
		0)                                                                                 \
	X(TRUNKS_LIST, "trunks list", "", "trunks and their calls", 0, 0, "", 0)                   \
	X(TRUNKS_SHOW, "trunks show", "TRUNK", "one trunk", 1, 1, "", COMMAND_ONE)                 \
	X(SESSIONS_LIST, "sessions list", "", "the engine's sessions with live RTP figures", 0, 0, \
		"", 0)                                                                             \
	X(SESSIONS_SHOW, "sessions show", "SESSION", "one session's RTP figures", 1, 1, "",        \
		COMMAND_ONE)                                                                       \
	X(WORKERS, "workers", "", "the engine's workers: load, ticks, host gaps", 0, 0, "", 0)     \
	X(DROPS, "drops", "[--all]", "packets dropped, by reason; delivered + dropped = received", \
		0, 0, "all", 0)                                                                    \
	X(PORTS, "ports", "", "DPDK ports", 0, 0, "", 0)                                           \
	X(MEDIA, "media", "", "media addresses and their gateways", 0, 0, "", 0)                   \
	X(EVENTS_FOLLOW, "events follow", "[--call CALL] [--type TYPE] [--tenant T]",              \
		"events as they happen", 0, 0, "call type tenant", COMMAND_STREAM)                 \
	X(RECORDINGS_LIST, "recordings list", "[--limit N]",                                       \
		"recordings on disk with their ledgers", 0, 0, "tenant agent queue limit", 0)      \
	X(RECORDINGS_SHOW, "recordings show", "CALL", "one recording", 1, 1, "", COMMAND_ONE)      \
	X(RECORDINGS_CHECK, "recordings check", "[CALL]",                                          \
		"compares files with their ledgers: length and checksum", 0, 1, "limit", 0)        \
	X(TRACE_SIP, "trace sip", "CALL [--pcap FILE]",                                            \
		"the SIP messages of a call as a ladder, or as a capture file", 1, 1, "pcap", 0)   \
	X(LOG_LEVEL, "log level", "LEVEL [TOPIC]",                                                 \
		"sets the log level: error, warn, info or debug, of one topic or all", 1, 2, "",   \
		0)                                                                                 \
	X(RELOAD, "reload", "", "reads the configuration anew; calls in progress stay untouched",  \
		0, 0, "", 0)                                                                       \
	X(DRAIN, "drain", "", "takes no new calls and ends when the last one has", 0, 0, "", 0)    \
	X(VERSION, "version", "", "versions of daemon and libraries", 0, 0, "", COMMAND_ONE)

enum command_id {
#define X(id, words, args, help, least, most, options, flags) COMMAND_##id,
	COMMANDS(X)
#undef X
		COMMAND_COUNT,
};

extern const struct command commands[COMMAND_COUNT];

// The command that the words begin with (longest match); *used: how many words it took.
// NULL: none.
const struct command *command_find(const char *const *words, size_t count, size_t *used);
