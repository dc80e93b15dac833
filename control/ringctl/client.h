// One question to the daemon: connect, send a line, read rows until the end. The wire is
// described in control/contract/wire.h.
#pragma once

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>

#include "control/contract/command.h"

#define CLIENT_ERROR_MAX 65536
#define CLIENT_ARGS_MAX	 8

struct client_catch {
	sigset_t waiting; // the mask while polling: lets the caught signals through
};

struct client_question {
	const char *socket;
	const struct command *command;
	const char *args[CLIENT_ARGS_MAX];
	unsigned arg_count;
	const json_t *options;		   // name to text; NULL: none
	const struct client_catch *caught; // signals that end it; NULL: they end the program
	int *file; // gets a file that comes along, the caller's then, or -1; NULL: unwanted
};

// row is borrowed. False: enough, the rest is not wanted.
typedef bool client_row_h(const json_t *row, void *arg);

// Returns the exit code of enum request_exit, with a sentence in error unless it is 0; then it is
// what the daemon left out, or "". A signal that client_catch caught ends it with 0.
int client_ask(const struct client_question *q, client_row_h *row, void *arg,
	char error[CLIENT_ERROR_MAX]);

// From here on SIGINT, SIGTERM, SIGHUP end what waits instead of the program.
void client_catch(struct client_catch *c);
bool client_caught(void);
// poll(2) that a caught signal interrupts, also one that came just before. c NULL: none is caught;
// timeout_ms -1: none.
struct pollfd;
int client_poll(const struct client_catch *c, struct pollfd *fds, unsigned count, int timeout_ms);
