// One command of one client, from its line to its end.
//
// On the wire a request is a line {"command":"calls show","args":["…"],"options":{"limit":"5"}},
// an option without a value having "". The answer is any number of lines {"row":{…}} and, last,
// {"end":{"error":null,"exit":0}}; then the daemon closes. A connection carries one command.
// Exit codes: 0 done, 1 failed, 2 the command was wrong, 3 what it names does not exist.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "control/ops/command.h"

#define REQUEST_ARGS_MAX 8

enum request_exit { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_MISSING = 3 };

struct ops_client;

struct request {
	struct ops_client *client; // NULL: it left; rows go nowhere
	enum command_id command;
	const char *args[REQUEST_ARGS_MAX];
	unsigned arg_count;
	unsigned rows; // sent so far
	json_t *json;  // owns the texts
	json_t *kept;  // what the handler needs at its end; NULL: nothing
	struct request *next;
};

// Value of --name, NULL where it was not given.
const char *request_option(const struct request *r, const char *name);
// Sends a row; takes the reference. False: the client is gone.
bool request_row(struct request *r, json_t *row);
bool request_row_text(struct request *r, const char *json); // an object that is text already
// Ends and frees the request.
void request_done(struct request *r);
// For COMMAND_ACT: the sentence goes out as {"done":"…"}.
void request_acted(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void request_fail(struct request *r, enum request_exit code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

typedef void request_run_h(struct request *r);
// run: what each command does; gone: an unended request whose client left (it must still be
// ended). handlers: COMMAND_COUNT of them.
struct request_handlers {
	request_run_h *const *run;
	request_run_h *gone;
};
int requests_start(
	const char *socket_path, const struct request_handlers *handlers, char error[512]);
// What is open is handed to `gone`: store and loop still stand, nobody works for a reload any more.
void requests_stop(void);
