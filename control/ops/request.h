// One command of one client, from its line to its end; the wire is described in
// control/contract/wire.h.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/contract/cause.h"
#include "control/contract/command.h"
#include "control/contract/member.h"
#include "control/contract/wire.h"

#define REQUEST_ARGS_MAX 8

// Entries that one page of an answer looks at: half a millisecond, if each of them makes a row, and
// still within the 10 ms of a turn while the machine's memory is ten times as slow.
#define REQUEST_PAGE 32

struct ops;
struct ops_client;
struct request;
struct requests;
struct timers;

typedef void request_run_h(struct request *r);

// A page of an answer. True: there is more; false: the request is done. It never ends it itself.
typedef bool request_page_h(struct request *r);

struct request {
	struct requests *among;
	struct ops *ops;	   // whose answers it wants
	struct ops_client *client; // NULL: it left; rows go nowhere
	enum command_id command;
	const char *args[REQUEST_ARGS_MAX];
	unsigned arg_count;
	unsigned rows; // sent so far
	unsigned lost; // could not be made
	json_t *json;  // owns the texts
	json_t *kept;  // what the handler needs at its end; NULL: nothing
	// Its client left before its end: it must be ended now. NULL: somebody will end it.
	request_run_h *gone;
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
// The same with the cause's own sentence and exit code.
void request_fail_for(struct request *r, enum cause cause, const char *what);

// ops: handed on to each request; timers: of the socket; run: what each command does, COMMAND_COUNT
// of them; room: some that had no room have it now, NULL: none asks.
struct request_handlers {
	struct ops *ops;
	struct timers *timers;
	request_run_h *const *run;
	void (*room)(struct ops *ops);
};
// 0, or -errno with one sentence.
int requests_start(const char *socket_path, const struct request_handlers *handlers,
	struct requests **out, char error[512]);
// What is open is handed to `gone`: store and loop still stand, nobody works for a reload any more.
void requests_stop(struct requests *rs);    // and frees it
int requests_fd(const struct requests *rs); // for the loop
void requests_poll(struct requests *rs);    // lines that came, and the next page of an answer
