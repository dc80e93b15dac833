// A client of the command socket, and who makes room for whom when all places are taken.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/ops/socket_file.h"

#define OPS_CLIENTS_MAX 64
#define OPS_LINE_MAX	16384	    // bytes of one request
#define OPS_OUT_MAX	(8 << 20)   // unsent bytes of one client
#define OPS_AHEAD_MAX	(256 << 10) // so many keep the next page of an answer waiting

struct ops_socket;

struct ops_out {
	char *data;
	size_t len, size;
};

struct ops_client {
	struct ops_socket *socket; // whose client it is
	int fd;
	bool root;
	uint64_t born_ms;
	uint64_t moved_ms;     // it came, or was last sent something
	bool asked;	       // a whole line has come
	bool reading, sending; // an operation is with the kernel
	bool finish, dead;
	bool told; // the handler has heard that it is gone
	char in[OPS_LINE_MAX];
	size_t in_len;
	struct ops_out flight;	 // with the kernel while sending: must not move
	size_t sent;		 // of flight
	struct ops_out queued;	 // behind it
	struct socket_file file; // goes with the next bytes that go out
};

// Says nothing, or takes nothing of what it is sent.
bool room_idle(const struct ops_client *c, uint64_t now_ms);
// Who makes room for the next: whoever is idle. For root then anybody else's, and in the end
// root's own; of each kind who came first. NULL: nobody.
struct ops_client *room_least(
	struct ops_client *const clients[OPS_CLIENTS_MAX], bool for_root, uint64_t now_ms);
bool room_root(int fd);			      // whether root is at the other end
void room_refuse(int fd, const char *reason); // an answer's end, as far as it goes out at once
