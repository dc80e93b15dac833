// The io_uring of a command socket: what is asked of the kernel, and what it refuses.
#pragma once

#include <liburing.h>
#include <stdint.h>

#include "control/base/retry.h"

struct ops_client;

enum ring_op { OP_ACCEPT, OP_READ, OP_SEND };

struct socket_ring {
	struct io_uring uring;
	int efd; // written with each completion; for the loop
	struct retry submits;
};

int socket_ring_open(
	struct socket_ring *r, struct timers *timers); // 0, or -errno and nothing is open
void socket_ring_close(struct socket_ring *r); // after this the kernel holds no buffer of ours
// There is always a place for one more.
struct io_uring_sqe *socket_ring_sqe(struct socket_ring *r);
// c: NULL of an accept. What is refused now goes with the next one, or after a while.
void socket_ring_submit(
	struct socket_ring *r, struct io_uring_sqe *sqe, struct ops_client *c, enum ring_op op);
enum ring_op socket_ring_done(uint64_t data, struct ops_client **c); // of a completion's user_data
