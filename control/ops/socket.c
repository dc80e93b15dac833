// The command socket's clients over one io_uring: accept, read lines, send.
#include "control/ops/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/base/retry.h"
#include "control/base/timer.h"
#include "control/ops/socket_path.h"
#include "control/ops/socket_room.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"

LOG_TOPIC("ops");

// An accept, a read and a send of each client at most: there is always a place for one more.
#define RING_ENTRIES 256
_Static_assert(2 * OPS_CLIENTS_MAX + 1 <= RING_ENTRIES, "one entry for each operation");

#define BATCH_MAX 64 // completions of one turn, before calls have theirs

enum op { OP_ACCEPT, OP_READ, OP_SEND };

static struct {
	struct io_uring ring;
	int listener, efd;
	// A descriptor in hand: when there are none left, the operator still gets one client in.
	int spare;
	char path[108];
	struct ops_socket_handlers handlers;
	struct ops_client *clients[OPS_CLIENTS_MAX];
	int parked; // a client that waits for the place of another; -1: none
	bool running, accepting;
	struct retry accepts, submits;
} ops;

static void on_submit_retry(void *arg);

// Entries that the kernel refuses now stay in the ring and go with the next submission.
static void ops_push(void)
{
	int rc = io_uring_submit(&ops.ring);
	if (io_uring_sq_ready(&ops.ring) > 0)
		retry_refused(&ops.submits, rc < 0 ? rc : EAGAIN, on_submit_retry, NULL);
	else
		retry_done(&ops.submits);
}

static void on_submit_retry(void *arg)
{
	ops_push();
}

// The low two bits of user_data are the operation, the rest the client.
static void ops_submit(struct io_uring_sqe *sqe, struct ops_client *c, enum op op)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | op);
	ops_push();
}

static struct io_uring_sqe *ops_sqe(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ops.ring);
	check(sqe != NULL); // see RING_ENTRIES
	return sqe;
}

static void ops_accept(void)
{
	if (!ops.running || ops.accepting || ops.parked >= 0)
		return;
	ops.accepting = true;
	struct io_uring_sqe *sqe = ops_sqe();
	io_uring_prep_accept(sqe, ops.listener, NULL, NULL, SOCK_CLOEXEC);
	ops_submit(sqe, NULL, OP_ACCEPT);
}

static void client_read(struct ops_client *c)
{
	struct io_uring_sqe *sqe = ops_sqe();
	io_uring_prep_recv(sqe, c->fd, c->in + c->in_len, sizeof(c->in) - 1 - c->in_len, 0);
	c->reading = true;
	ops_submit(sqe, c, OP_READ);
}

static void client_write(struct ops_client *c)
{
	struct io_uring_sqe *sqe = ops_sqe();
	char *text = c->flight.data + c->sent;
	size_t len = c->flight.len - c->sent;
	if (c->file.fd >= 0)
		io_uring_prep_sendmsg(
			sqe, c->fd, socket_file_message(&c->file, text, len), MSG_NOSIGNAL);
	else
		io_uring_prep_send(sqe, c->fd, text, len, MSG_NOSIGNAL);
	c->sending = true;
	c->moved_ms = timers_now_ms();
	ops_submit(sqe, c, OP_SEND);
}

static void spare_take(void)
{
	if (ops.spare < 0)
		ops.spare = fcntl(ops.efd, F_DUPFD_CLOEXEC, 0);
}

static void spare_give(void)
{
	if (ops.spare >= 0)
		close(ops.spare);
	ops.spare = -1;
}

static bool client_place(int fd);

// A place and a descriptor are free: who waited for one gets it.
static void client_left(void)
{
	int fd = ops.parked;
	ops.parked = -1;
	if (fd >= 0 && !client_place(fd))
		close(fd);
	bool wanted = ops.spare < 0 && retry_waits(&ops.accepts);
	spare_take();
	if (fd >= 0 || wanted)
		ops_accept();
}

static void client_free(struct ops_client *c)
{
	socket_file_drop(&c->file);
	free(c->flight.data);
	free(c->queued.data);
	free(c);
}

// Ends the connection; the memory goes when the kernel holds no operation of it any more.
static void client_die(struct ops_client *c)
{
	if (!c->dead) {
		c->dead = true;
		shutdown(c->fd, SHUT_RDWR); // brings the operations under way to their end
	}
	if (c->reading || c->sending)
		return;
	if (!c->told) {
		c->told = true;
		ops.handlers.gone(c, ops.handlers.arg);
	}
	for (int i = 0; i < OPS_CLIENTS_MAX; i++)
		if (ops.clients[i] == c)
			ops.clients[i] = NULL;
	close(c->fd);
	client_free(c);
	client_left();
}

static bool client_place(int fd)
{
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		if (ops.clients[i] != NULL)
			continue;
		struct ops_client *c = calloc(1, sizeof(*c));
		if (c == NULL)
			return false;
		c->fd = fd;
		c->file.fd = -1;
		c->root = room_root(fd);
		c->born_ms = c->moved_ms = timers_now_ms();
		ops.clients[i] = c;
		client_read(c);
		return true;
	}
	return false;
}

static void client_new(int fd)
{
	char full[192];
	if (client_place(fd))
		return;
	bool root = room_root(fd);
	struct ops_client *least = room_least(ops.clients, root);
	if (least == NULL) {
		str_format(full, sizeof(full),
			"all %d places of the command socket are in use (`ringctl top`, `ringctl "
			"events follow`): end one of them, or ask as root",
			OPS_CLIENTS_MAX);
		room_refuse(fd, full);
		close(fd);
		return;
	}
	if (room_idle(least, timers_now_ms()))
		log_info("an idle client of the command socket makes room for the next");
	else
		log_warn("the command socket is full, a client makes room for root");
	ops.parked = fd;
	if (!least->sending) // else it would stand in the middle of a line
		room_refuse(least->fd, "ended: root needed the place");
	client_die(least);
}

// Hands out the whole lines of c->in. A handler may finish c, never free it.
static void client_lines(struct ops_client *c)
{
	size_t begin = 0;
	for (size_t i = 0; i < c->in_len && !c->dead; i++) {
		if (c->in[i] != '\n')
			continue;
		c->in[i] = '\0';
		c->asked = true;
		if (!c->finish) // answered: what comes behind is not looked at
			ops.handlers.line(c, c->in + begin, ops.handlers.arg);
		begin = i + 1;
	}
	memmove(c->in, c->in + begin, c->in_len - begin);
	c->in_len -= begin;
}

static void on_read(struct ops_client *c, int result)
{
	c->reading = false;
	if (result <= 0 || c->dead) {
		client_die(c);
		return;
	}
	c->in_len += result;
	c->reading = true; // keeps c alive while its lines are handled
	client_lines(c);
	c->reading = false;
	if (c->in_len == sizeof(c->in) - 1) {
		log_warn("client cut: its request has no end within %d bytes", OPS_LINE_MAX);
		client_die(c);
	} else if (c->dead) {
		client_die(c);
	} else {
		client_read(c);
	}
}

// Puts what is queued into flight; ends a finished client that has nothing left.
static void client_next(struct ops_client *c)
{
	struct ops_out done = c->flight;
	c->flight = c->queued;
	c->queued = done;
	c->queued.len = 0;
	c->sent = 0;
	if (c->flight.len > 0)
		client_write(c);
	else if (c->finish)
		client_die(c);
}

static void on_sent(struct ops_client *c, int result)
{
	c->sending = false;
	if (result < 0 && result != -EPIPE && c->file.fd >= 0)
		log_warn("a client does not get its file: error=%s", strerror(-result));
	if (result < 0 || c->dead) {
		client_die(c);
		return;
	}
	if (result > 0) // however few bytes went out, it went with the first
		socket_file_drop(&c->file);
	c->sent += result;
	if (c->sent < c->flight.len)
		client_write(c);
	else
		client_next(c);
}

void ops_client_who(const struct ops_client *c, uint32_t *uid, int *pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return;
	*uid = peer.uid;
	*pid = peer.pid;
}

bool ops_client_has_room(const struct ops_client *c)
{
	size_t unsent = c->flight.len - c->sent + c->queued.len;
	return !c->dead && !c->finish && unsent <= OPS_AHEAD_MAX;
}

int ops_client_send(struct ops_client *c, const char *text, size_t len)
{
	if (c->dead || c->finish)
		return -EPIPE;
	struct ops_out *q = &c->queued;
	if (q->len + len > OPS_OUT_MAX) {
		log_warn("client cut: it does not read");
		client_die(c);
		return -EPIPE;
	}
	if (q->len + len > q->size) {
		size_t size = (q->len + len) * 2;
		char *data = realloc(q->data, size);
		if (data == NULL)
			return -ENOMEM;
		q->data = data;
		q->size = size;
	}
	memcpy(q->data + q->len, text, len);
	q->len += len;
	if (!c->sending)
		client_next(c);
	return 0;
}

int ops_client_send_file(struct ops_client *c, const char *text, size_t len, int fd)
{
	if (c->flight.len + c->queued.len > 0 || c->file.fd >= 0 || len > OPS_OUT_MAX) {
		close(fd);
		return -EBUSY;
	}
	c->file.fd = fd;
	int err = ops_client_send(c, text, len);
	if (err)
		socket_file_drop(&c->file);
	return err;
}

void ops_client_finish(struct ops_client *c)
{
	c->finish = true;
	if (!c->sending && c->queued.len == 0)
		client_die(c);
}

static void on_accept_retry(void *arg)
{
	ops_accept();
}

// In the place of the descriptor in hand, which is given only to a client that is there: the
// kernel refuses an accept even while nobody comes. Where it is given away already who is idle
// gives his back.
static int accept_by_spare(void)
{
	struct pollfd waiting = {ops.listener, POLLIN};
	struct ops_client *idle = ops.spare < 0 ? room_least(ops.clients, false) : NULL;
	if (poll(&waiting, 1, 0) <= 0)
		return -1;
	if (idle != NULL)
		client_die(idle);
	if (ops.spare < 0)
		return -1;
	spare_give();
	int fd = accept4(ops.listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		spare_take();
	return fd;
}

static void on_accept(int result)
{
	ops.accepting = false;
	int fd = result;
	if (result == -EMFILE || result == -ENFILE)
		fd = accept_by_spare();
	if (fd >= 0)
		client_new(fd);
	if (result >= 0) {
		retry_done(&ops.accepts);
		spare_take();
	}
	if (result >= 0 || result == -ECONNABORTED)
		ops_accept();
	else
		retry_refused(&ops.accepts, result, on_accept_retry, NULL);
}

static void ops_completed(uint64_t data, int result)
{
	struct ops_client *c = (struct ops_client *)(uintptr_t)(data & ~(uint64_t)3);
	switch ((enum op)(data & 3)) {
	case OP_ACCEPT:
		on_accept(result);
		break;
	case OP_READ:
		on_read(c, result);
		break;
	case OP_SEND:
		on_sent(c, result);
		break;
	}
}

void ops_socket_again(void)
{
	eventfd_write(ops.efd, 1);
}

void ops_socket_poll(void)
{
	uint64_t count;
	if (read(ops.efd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("eventfd failed: error=%s", strerror(errno));
	struct io_uring_cqe *cqe;
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		if (io_uring_peek_cqe(&ops.ring, &cqe) != 0)
			return;
		uint64_t data = io_uring_cqe_get_data64(cqe);
		int result = cqe->res;
		io_uring_cqe_seen(&ops.ring, cqe);
		ops_completed(data, result);
	}
	ops_socket_again(); // the rest
}

int ops_socket_start(const char *path, const struct ops_socket_handlers *handlers, char error[512])
{
	memset(&ops, 0, sizeof(ops));
	ops.handlers = *handlers;
	ops.accepts.what = "accept on the command socket";
	ops.submits.what = "io_uring of the command socket";
	ops.spare = ops.parked = -1;
	str_copy(ops.path, sizeof(ops.path), path);
	int fd = socket_path_listen(path, error);
	if (fd < 0)
		return fd;
	ops.listener = fd;
	ops.efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int err = ops.efd < 0 ? -errno : io_uring_queue_init(RING_ENTRIES, &ops.ring, 0);
	if (!err)
		err = io_uring_register_eventfd(&ops.ring, ops.efd);
	if (err) {
		str_format(error, 512, "cannot set up io_uring for the command socket: %s; %s",
			strerror(-err), shortage_of_uring(err));
		close(ops.listener);
		if (ops.efd >= 0)
			close(ops.efd);
		unlink(path);
		return err;
	}
	ops.running = true;
	spare_take();
	ops_accept();
	return 0;
}

// What is still queued goes out as far as the socket takes it at once.
static void client_flush(struct ops_client *c)
{
	if (!c->sending && c->queued.len > 0)
		send(c->fd, c->queued.data, c->queued.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ops_socket_stop(void)
{
	if (!ops.running)
		return;
	ops.running = false;
	retry_stop(&ops.accepts);
	retry_stop(&ops.submits);
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		struct ops_client *c = ops.clients[i];
		if (c == NULL)
			continue;
		client_flush(c);
		shutdown(c->fd, SHUT_RDWR);
		close(c->fd);
	}
	io_uring_queue_exit(&ops.ring); // after this the kernel holds no buffer of ours
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		struct ops_client *c = ops.clients[i];
		if (c == NULL)
			continue;
		client_free(c);
	}
	if (ops.parked >= 0)
		close(ops.parked);
	spare_give();
	close(ops.listener);
	close(ops.efd);
	unlink(ops.path);
}

int ops_socket_fd(void)
{
	return ops.efd;
}
