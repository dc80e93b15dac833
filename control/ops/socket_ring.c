// Entries, submissions and their retries.
#include "control/ops/socket_ring.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/ops/socket_room.h"
#include "engine/base/check.h"

// An accept, a read and a send of each client at most: there is always a place for one more.
#define RING_ENTRIES 256
_Static_assert(2 * OPS_CLIENTS_MAX + 1 <= RING_ENTRIES, "one entry for each operation");

static void on_submit_retry(void *arg);

// Entries that the kernel refuses now stay in the ring and go with the next submission.
static void push_ready(struct socket_ring *r)
{
	int rc = io_uring_submit(&r->uring);
	if (io_uring_sq_ready(&r->uring) > 0)
		retry_refused(&r->submits, rc < 0 ? rc : EAGAIN, on_submit_retry, r);
	else
		retry_done(&r->submits);
}

static void on_submit_retry(void *arg)
{
	push_ready(arg);
}

// The low two bits of user_data are the operation, the rest the client.
void socket_ring_submit(
	struct socket_ring *r, struct io_uring_sqe *sqe, struct ops_client *c, enum ring_op op)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | op);
	push_ready(r);
}

enum ring_op socket_ring_done(uint64_t data, struct ops_client **c)
{
	*c = (struct ops_client *)(uintptr_t)(data & ~(uint64_t)3);
	return (enum ring_op)(data & 3);
}

struct io_uring_sqe *socket_ring_sqe(struct socket_ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->uring);
	check(sqe != NULL); // see RING_ENTRIES
	return sqe;
}

int socket_ring_open(struct socket_ring *r, struct timers *timers)
{
	*r = (struct socket_ring){
		.submits = {.timers = timers, .what = "io_uring of the command socket"}};
	r->efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (r->efd < 0)
		return -errno;
	int err = io_uring_queue_init(RING_ENTRIES, &r->uring, 0);
	if (!err) {
		err = io_uring_register_eventfd(&r->uring, r->efd);
		if (err)
			io_uring_queue_exit(&r->uring);
	}
	if (err)
		close(r->efd);
	return err;
}

void socket_ring_close(struct socket_ring *r)
{
	retry_stop(&r->submits);
	io_uring_queue_exit(&r->uring);
	close(r->efd);
}
