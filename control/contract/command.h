// The commands as one table: the daemon dispatches by it, ringctl parses its command line,
// prints its help, its man page and its completion from it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_USAGE_MAX 256
#define COMMAND_GROUP_MAX 64

enum command_flag {
	COMMAND_STREAM = 1, // goes on until the client leaves
	COMMAND_ONE = 2,    // answers with one object, shown as a list of its members
	COMMAND_ACT = 4,    // changes something: the one row's "done" says in a sentence what
	COMMAND_HIDDEN = 8, // for programs: in no help
	COMMAND_SAYS = 16,  // its rows' "text" are sentences: people read nothing else
};

struct command {
	const char *words; // "calls show"
	const char *args;  // "CALL", "LEVEL [TOPIC]": for people
	const char *help;  // one sentence without its full stop
	unsigned args_min, args_max;
	const char *options; // names of command_options, separated by spaces
	unsigned flags;
};

// A command is a row here, its function command_run_ID in control/ops/commands_*.c, and what it
// answers: a shape (member.h), deed for what COMMAND_ACT says.
// id, words, args, help, least and most arguments, options, flags, shape
#define COMMANDS(X)                                                                                \
	X(STATUS, "status", "", "what the node is and how it does", 0, 0, "ready", COMMAND_ONE,    \
		status)                                                                            \
	X(CALLS_LIST, "calls list", "", "calls in progress, or ended ones with --history", 0, 0,   \
		"history since until tenant queue agent trunk party why limit", 0, call)           \
	X(CALLS_SHOW, "calls show", "CALL", "one call, live or from the records", 1, 1, "",        \
		COMMAND_ONE, call_details)                                                         \
	X(CALLS_WHY, "calls why", "CALL",                                                          \
		"to which agents a call was offered, why to them, and how that ended", 1, 1, "",   \
		COMMAND_SAYS, handout)                                                             \
	X(CALLS_HANGUP, "calls hangup", "CALL", "ends a call", 1, 1, "", COMMAND_ACT, deed)        \
	X(CALLS_ORIGINATE, "calls originate", "NAME",                                              \
		"calls a number through a trunk, and leads who answers to the flow, queue or "     \
		"agent NAME",                                                                      \
		1, 1, "trunk to from connect tenant", COMMAND_ACT, deed)                           \
	X(CALLS_MASK, "calls mask", "CALL on|off",                                                 \
		"hides the caller's digits from agent, listeners, recording, log and traces", 2,   \
		2, "", COMMAND_ACT, deed)                                                          \
	X(CALLS_MONITOR, "calls monitor", "CALL AGENT listen|whisper|barge|off",                   \
		"puts a supervisor's phone on a conversation: it hears both, the agent hears it, " \
		"or both do; in a conference the caller, or all",                                  \
		3, 3, "", COMMAND_ACT, deed)                                                       \
	X(CONFERENCES_LIST, "conferences list", "", "conferences and how many are in them", 0, 0,  \
		"tenant", 0, conference)                                                           \
	X(CONFERENCES_SHOW, "conferences show", "CONFERENCE",                                      \
		"one conference: who is in it, who is heard", 1, 1, "tenant", COMMAND_ONE,         \
		conference_details)                                                                \
	X(CONFERENCES_MUTE, "conferences mute", "CALL on|off",                                     \
		"whether a caller in a conference is not heard", 2, 2, "", COMMAND_ACT, deed)      \
	X(CONFERENCES_GAIN, "conferences gain", "CALL DB",                                         \
		"how loud the others hear a caller in a conference: -40 to 12 dB", 2, 2, "",       \
		COMMAND_ACT, deed)                                                                 \
	X(QUEUES_LIST, "queues list", "", "queues with waiting callers and agents", 0, 0,          \
		"tenant", 0, queue)                                                                \
	X(QUEUES_SHOW, "queues show", "QUEUE", "one queue: who waits, who may answer", 1, 1,       \
		"tenant", COMMAND_ONE, queue_details)                                              \
	X(AGENTS_LIST, "agents list", "", "agents and what they do", 0, 0, "tenant", 0, agent)     \
	X(AGENTS_SHOW, "agents show", "AGENT", "one agent", 1, 1, "", COMMAND_ONE, agent)          \
	X(AGENTS_SET, "agents set", "AGENT ready|away", "changes an agent's state", 2, 2,          \
		"reason", COMMAND_ACT, deed)                                                       \
	X(AGENTS_PAUSE, "agents pause", "AGENT",                                                   \
		"sets an agent away, by a code of tenants.NAME.pauses", 1, 1, "code", COMMAND_ACT, \
		deed)                                                                              \
	X(AGENTS_RESUME, "agents resume", "AGENT", "sets an agent ready again", 1, 1, "",          \
		COMMAND_ACT, deed)                                                                 \
	X(WHY_AGENT, "why agent", "AGENT",                                                         \
		"what an agent waits for, and until when, in sentences", 1, 1, "", COMMAND_SAYS,   \
		reason)                                                                            \
	X(WHY_CALL, "why call", "CALL",                                                            \
		"what a call in progress waits for, and until when, in sentences", 1, 1, "",       \
		COMMAND_SAYS, reason)                                                              \
	X(WHY_QUEUE, "why queue", "QUEUE",                                                         \
		"what a queue's callers wait for, and until when, in sentences", 1, 1, "tenant",   \
		COMMAND_SAYS, reason)                                                              \
	X(REGISTRATIONS_LIST, "registrations list", "", "agents' phones as registered", 0, 0, "",  \
		0, registration)                                                                   \
	X(LOCKOUTS_LIST, "lockouts list", "", "who is locked out after wrong passwords", 0, 0, "", \
		0, lockout)                                                                        \
	X(LOCKOUTS_LIFT, "lockouts lift", "[ACCOUNT|ADDRESS]", "lets them try again", 0, 1, "all", \
		COMMAND_ACT, deed)                                                                 \
	X(TRUNKS_LIST, "trunks list", "", "trunks and their calls", 0, 0, "tenant", 0, trunk)      \
	X(TRUNKS_SHOW, "trunks show", "TRUNK", "one trunk", 1, 1, "tenant", COMMAND_ONE,           \
		trunk_details)                                                                     \
	X(SESSIONS_LIST, "sessions list", "", "the engine's sessions with live RTP figures", 0, 0, \
		"", 0, session)                                                                    \
	X(SESSIONS_SHOW, "sessions show", "SESSION", "one session's RTP figures", 1, 1, "",        \
		COMMAND_ONE, session)                                                              \
	X(WORKERS, "workers", "", "the engine's workers: load, ticks, host gaps", 0, 0, "", 0,     \
		worker)                                                                            \
	X(DROPS, "drops", "", "packets dropped, by reason; delivered + dropped = received", 0, 0,  \
		"all", 0, drop)                                                                    \
	X(PORTS, "ports", "", "DPDK ports", 0, 0, "", 0, port)                                     \
	X(MEDIA, "media", "", "media addresses and their gateways", 0, 0, "", 0, address)          \
	X(EVENTS_FOLLOW, "events follow", "", "events as they happen", 0, 0, "call type tenant",   \
		COMMAND_STREAM, event)                                                             \
	X(RECORDINGS_LIST, "recordings list", "", "recordings on disk with their ledgers", 0, 0,   \
		"since until tenant queue agent party limit", 0, recording)                        \
	X(RECORDINGS_SHOW, "recordings show", "CALL", "one recording", 1, 1, "", COMMAND_ONE,      \
		recording)                                                                         \
	X(RECORDINGS_CHECK, "recordings check", "[CALL]",                                          \
		"compares files with their ledgers: length and checksum", 0, 1, "limit", 0,        \
		verdict)                                                                           \
	X(STATS, "stats", "",                                                                      \
		"answer rate, service level and the other figures, from the records", 0, 0,        \
		"by every live since until tenant within", 0, stats)                               \
	X(TRACE_SIP, "trace sip", "CALL",                                                          \
		"the SIP messages of a call as a ladder, or as a capture file", 1, 1, "pcap", 0,   \
		message)                                                                           \
	X(LOG_LEVEL, "log level", "LEVEL [TOPIC]",                                                 \
		"sets the log level: error, warn, info or debug, of one topic or all", 1, 2, "",   \
		COMMAND_ACT, deed)                                                                 \
	X(RELOAD, "reload", "", "reads the configuration anew; calls in progress stay untouched",  \
		0, 0, "", COMMAND_ACT, deed)                                                       \
	X(DRAIN, "drain", "", "takes no new calls and ends when the last one has", 0, 0, "cancel", \
		COMMAND_ACT, deed)                                                                 \
	X(RECORDINGS_OPEN, "recordings open", "CALL",                                              \
		"one recording and its file, for who may not open it by its name", 1, 1, "",       \
		COMMAND_ONE | COMMAND_HIDDEN, recording)                                           \
	X(NAMES, "names", "KIND [BEGINNING]", "what the shell may complete", 1, 2, "",             \
		COMMAND_HIDDEN, a_name)                                                            \
	X(VERSION, "version", "", "versions of daemon, kernel and libraries", 0, 0, "",            \
		COMMAND_ONE, version)

// What ringctl does by itself, with any number of the daemon's commands or none: the last is its
// function there, run_NAME in control/ringctl/ringctl.c.
#define LOCAL_COMMANDS(X)                                                                          \
	X(TOP, "top", "", "a live view of the whole screen: queues, agents, calls, workers", 0, 0, \
		"", 0, top)                                                                        \
	X(HELP, "help", "[COMMAND]", "this list, or how to use one command", 0, 3, "", 0, help)    \
	X(COMPLETION, "completion", "bash", "prints a completion script for the shell", 1, 1, "",  \
		0, completion)                                                                     \
	X(SCHEMA, "schema", "[NAME]",                                                              \
		"prints the JSON Schema of a command's answer or of events, or their names", 0, 1, \
		"", 0, schema)                                                                     \
	X(MAN, "man", "PAGE",                                                                      \
		"prints ringctl or ringhall as a manual page, or docs' cli.md or figures.md", 1,   \
		1, "", 0, man)                                                                     \
	X(RECORDINGS_FETCH, "recordings fetch", "CALL [FILE]",                                     \
		"writes a call's recording to a file or to the output", 1, 2, "force", 0, fetch)

enum command_id {
#define X(id, ...) COMMAND_##id,
	COMMANDS(X) LOCAL_COMMANDS(X)
#undef X
		COMMAND_ALL,
	COMMAND_COUNT = COMMAND_TOP, // of the daemon's
};

extern const struct command commands[COMMAND_ALL];

struct command_option {
	const char *name;
	const char *value; // for people; NULL: takes none
	const char *help;
	bool local; // ringctl's own matter: not sent
};

extern const struct command_option command_options[];
extern const size_t command_option_count;

// The command that the words begin with (longest match); *used: how many words it took.
// NULL: none.
const struct command *command_find(const char *const *words, size_t count, size_t *used);
bool command_is_hidden(enum command_id id); // no help names it
// "calls" of "calls list" and others: the first word of several commands, and none itself.
bool command_is_group(const char *word);
// Whether a group's first command is this one; the group's name then.
bool command_begins_group(enum command_id id, char group[COMMAND_GROUP_MAX]);
bool command_in_group(enum command_id id, const char *group);
// NULL: the command has no such option.
const struct command_option *command_option(const struct command *c, const char *name);
// "calls list [--history] [--tenant TENANT]"; returns out.
char *command_usage(const struct command *c, char out[COMMAND_USAGE_MAX]);
