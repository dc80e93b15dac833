// The command socket: newline-ended JSON lines over a Unix stream socket, through io_uring.
//
// Control thread only. A client that does not read is cut when its unsent output passes
// OPS_OUT_MAX: it can delay nobody. What a line means is control/ops/request.h's business.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/ops/socket_room.h"

struct ops_client;
struct ops_socket;
struct timers;

struct ops_socket_handlers {
	struct timers *timers; // by which it tries again and tells who is idle
	// A whole line, terminated, without its newline.
	void (*line)(struct ops_client *c, char *line, void *arg);
	void (*gone)(struct ops_client *c, void *arg); // c is dead when this returns
	void *arg;
};

// Binds path (a dead socket there is replaced, a live one refused) with mode 0660. On failure
// -errno and one sentence in error.
int ops_socket_start(const char *path, const struct ops_socket_handlers *handlers,
	struct ops_socket **out, char error[512]);
// Sends what it can without waiting, then closes and removes the path, and frees it.
void ops_socket_stop(struct ops_socket *s);
int ops_socket_fd(const struct ops_socket *s); // eventfd for the loop
void ops_socket_poll(struct ops_socket *s);

// Calls ops_socket_poll again in the loop's next turn.
void ops_socket_again(struct ops_socket *s);

// Whether the next page may come: what came before is on its way, or nearly. When a client that had
// no room has it again, ops_socket_poll is called.
bool ops_client_has_room(const struct ops_client *c);
// The user and the process at the other end; both as they were where they are not known.
void ops_client_who(const struct ops_client *c, uint32_t *uid, int *pid);
// Queues text for the client. -EPIPE: it is gone or was cut.
int ops_client_send(struct ops_client *c, const char *text, size_t len);
// The same with a file along with its first byte. fd is closed here in any case, at the latest when
// the client is gone. -EBUSY: something else is still on its way.
int ops_client_send_file(struct ops_client *c, const char *text, size_t len, int fd);
// Closes once everything queued has been sent.
void ops_client_finish(struct ops_client *c);
