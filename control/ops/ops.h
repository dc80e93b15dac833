// Operations: what the command socket can ask of the node. main.c hands over what it wired.
// Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct calls;
struct config;
struct event;
struct eventlog;
struct files;
struct load;
struct recorder;
struct store;

// Who asked for it: whoever asked through the socket, or sent a signal.
struct ops_who {
	const char *by; // "operator", "signal"
	uint32_t uid;
	int pid; // 0: neither is known
};

struct body;
// Its members of an event's body: "by", and who that is where it is known.
void ops_who_tell(const struct ops_who *who, struct body *b);

struct ops_env {
	struct config *config; // in force; ops_configure replaces it
	struct calls *calls;
	struct eventlog *log;
	struct store *store;
	struct recorder *recorder;
	const struct load *load;
	const struct files *files;
	uint64_t started_wall_ns, started_ms; // the latter by timers_now_ms
	// Reads the configuration anew without blocking; done is called (once, from the loop) with
	// 0 or -errno and, on failure, what is wrong, one problem a line. -EBUSY: one is under way.
	int (*reload)(const struct ops_who *who,
		void (*done)(int error, const char *problems, void *arg), void *arg);
	void (*drain)(const struct ops_who *who);
	bool (*draining)(void);
	// Takes a drain back: 0, -EALREADY: there is none, -EBUSY: the node ends already, -EPERM:
	// its service manager stops it.
	int (*drain_cancel)(const struct ops_who *who);
	const char *(*not_ready)(void); // one sentence; NULL: the node takes calls
};

int ops_start(const struct ops_env *env, char error[512]); // 0 or -errno with one sentence
void ops_configure(struct config *config);
void ops_stop(void);
int ops_fd(void); // for the loop
void ops_poll(void);
void ops_event(const struct event *e); // the event log's feed
