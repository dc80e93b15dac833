// One command of one client, from its line to its end.
//
// On the wire a request is a line {"command":"calls show","args":["…"],"options":{"limit":"5"}},
// an option without a value having "". The answer is any number of lines {"row":{…}} and, last,
// {"end":{"error":null,"exit":0}}, with "note" where rows were left out; then the daemon closes. A
// connection carries one command.
// Exit codes: 0 done, 1 failed, 2 the command was wrong, 3 what it names does not exist.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/contract/command.h"
#include "control/contract/member.h"

#define REQUEST_ARGS_MAX 8

enum request_exit { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_MISSING = 3 };

// Entries that one page of an answer looks at: some 2 ms, if each of them makes a row.
#define REQUEST_PAGE 128

struct ops_client;
struct request;

// A page of an answer. True: there is more; false: the request is done. It never ends it itself.
typedef bool request_page_h(struct request *r);

struct request {
	struct ops_client *client; // NULL: it left; rows go nowhere
	enum command_id command;
	const char *args[REQUEST_ARGS_MAX];
	unsigned arg_count;
	unsigned rows;	      // sent so far
	unsigned lost;	      // could not be made
	json_t *json;	      // owns the texts
	json_t *kept;	      // what the handler needs at its end; NULL: nothing
	request_page_h *page; // NULL: not in pages
	void *place;	      // between pages, owned
	void (*leave)(void *place);
	uint64_t turn;		   // of its last page
	bool listing, listed;	   // within an array of a row in parts; it has an item
	const struct shape *items; // of that array
	bool full;		   // it was told that there is no room
	char *note;		   // for the end; NULL: none
	struct request *next;
};

// Value of --name, NULL where it was not given.
const char *request_option(const struct request *r, const char *name);
// Sends a row in the form of the command's shape (member.h); takes the reference. False: the client
// is gone.
bool request_row(struct request *r, json_t *row);
// The same with a file that the client may read, as the only row; fd is closed here in any case.
bool request_row_file(struct request *r, json_t *row, int fd);
// A row in parts, for arrays that are longer than a page: the object without its end, then for each
// array its name and its items, then the end. Each takes the reference.
void request_open(struct request *r, json_t *row);
void request_list(struct request *r, const char *name);
void request_item(struct request *r, json_t *item);
void request_close(struct request *r);
// Whether the client takes more rows now; if not, the handlers hear of it when it does. For answers
// that somebody else makes: those in pages are asked for when there is room.
bool request_has_room(struct request *r);
// The answer comes in pages: one in a turn of the loop, of one request, and none while its client
// does not read. Returns the request's place, zeroed, `bytes` long and freed with it, after leave
// (NULL: nothing to do); NULL: no memory, the request was failed.
void *request_pages(
	struct request *r, request_page_h *page, size_t bytes, void (*leave)(void *place));
// What was left out, said at the end.
void request_note(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Ends and frees the request.
void request_done(struct request *r);
// For COMMAND_ACT: the sentence goes out as {"done":"…"}.
void request_acted(struct request *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void request_fail(struct request *r, enum request_exit code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

typedef void request_run_h(struct request *r);
// run: what each command does, COMMAND_COUNT of them; gone: an unended request whose client left
// (it must still be ended); room: some that had no room have it now, NULL: none asks.
struct request_handlers {
	request_run_h *const *run;
	request_run_h *gone;
	void (*room)(void);
};
int requests_start(
	const char *socket_path, const struct request_handlers *handlers, char error[512]);
// What is open is handed to `gone`: store and loop still stand, nobody works for a reload any more.
void requests_stop(void);
void requests_turn(void); // the next page; called in every turn in which the socket was polled
