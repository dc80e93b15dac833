// The command socket's clients over one io_uring: accept, read lines, send.
#include "control/ops/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/ops/socket_path.h"
#include "control/ops/socket_ring.h"
#include "control/ops/socket_room.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"

LOG_TOPIC("ops");

#define BATCH_MAX 64 // completions of one turn, before calls have theirs

struct ops_socket {
	struct socket_ring ring;
	int listener;
	// A descriptor in hand: when there are none left, the operator still gets one client in.
	int spare;
	char path[108];
	struct ops_socket_handlers handlers;
	struct ops_client *clients[OPS_CLIENTS_MAX];
	int parked; // a client that waits for the place of another; -1: none
	bool accepting, stopping;
	struct retry accepts;
};

static void ops_accept(struct ops_socket *s)
{
	if (s->stopping || s->accepting || s->parked >= 0)
		return;
	s->accepting = true;
	struct io_uring_sqe *sqe = socket_ring_sqe(&s->ring);
	io_uring_prep_accept(sqe, s->listener, NULL, NULL, SOCK_CLOEXEC);
	socket_ring_submit(&s->ring, sqe, NULL, OP_ACCEPT);
}

static void client_read(struct ops_client *c)
{
	struct io_uring_sqe *sqe = socket_ring_sqe(&c->socket->ring);
	io_uring_prep_recv(sqe, c->fd, c->in + c->in_len, sizeof(c->in) - 1 - c->in_len, 0);
	c->reading = true;
	socket_ring_submit(&c->socket->ring, sqe, c, OP_READ);
}

static void client_write(struct ops_client *c)
{
	struct io_uring_sqe *sqe = socket_ring_sqe(&c->socket->ring);
	char *text = c->flight.data + c->sent;
	size_t len = c->flight.len - c->sent;
	if (c->file.fd >= 0)
		io_uring_prep_sendmsg(
			sqe, c->fd, socket_file_message(&c->file, text, len), MSG_NOSIGNAL);
	else
		io_uring_prep_send(sqe, c->fd, text, len, MSG_NOSIGNAL);
	c->sending = true;
	c->moved_ms = timers_now_ms(c->socket->handlers.timers);
	socket_ring_submit(&c->socket->ring, sqe, c, OP_SEND);
}

static void spare_take(struct ops_socket *s)
{
	if (s->spare < 0)
		s->spare = fcntl(s->ring.efd, F_DUPFD_CLOEXEC, 0);
}

static void spare_give(struct ops_socket *s)
{
	if (s->spare >= 0)
		close(s->spare);
	s->spare = -1;
}

static bool client_place(struct ops_socket *s, int fd);

// A place and a descriptor are free: who waited for one gets it.
static void client_left(struct ops_socket *s)
{
	int fd = s->parked;
	s->parked = -1;
	if (fd >= 0 && !client_place(s, fd))
		close(fd);
	bool wanted = s->spare < 0 && retry_waits(&s->accepts);
	spare_take(s);
	if (fd >= 0 || wanted)
		ops_accept(s);
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
	struct ops_socket *s = c->socket;
	if (!c->dead) {
		c->dead = true;
		shutdown(c->fd, SHUT_RDWR); // brings the operations under way to their end
	}
	if (c->reading || c->sending)
		return;
	if (!c->told) {
		c->told = true;
		s->handlers.gone(c, s->handlers.arg);
	}
	for (int i = 0; i < OPS_CLIENTS_MAX; i++)
		if (s->clients[i] == c)
			s->clients[i] = NULL;
	close(c->fd);
	client_free(c);
	client_left(s);
}

static bool client_place(struct ops_socket *s, int fd)
{
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		if (s->clients[i] != NULL)
			continue;
		struct ops_client *c = calloc(1, sizeof(*c));
		if (c == NULL)
			return false;
		c->socket = s;
		c->fd = fd;
		c->file.fd = -1;
		c->root = room_root(fd);
		c->born_ms = c->moved_ms = timers_now_ms(s->handlers.timers);
		s->clients[i] = c;
		client_read(c);
		return true;
	}
	return false;
}

static void client_new(struct ops_socket *s, int fd)
{
	char full[192];
	if (client_place(s, fd))
		return;
	bool root = room_root(fd);
	struct ops_client *least = room_least(s->clients, root, timers_now_ms(s->handlers.timers));
	if (least == NULL) {
		str_format(full, sizeof(full),
			"all %d places of the command socket are in use (`ringctl top`, `ringctl "
			"events follow`): end one of them, or ask as root",
			OPS_CLIENTS_MAX);
		room_refuse(fd, full);
		close(fd);
		return;
	}
	if (room_idle(least, timers_now_ms(s->handlers.timers)))
		log_info("an idle client of the command socket makes room for the next");
	else
		log_warn("the command socket is full, a client makes room for root");
	s->parked = fd;
	if (!least->sending) // else it would stand in the middle of a line
		room_refuse(least->fd, "ended: root needed the place");
	client_die(least);
}

// Hands out the whole lines of c->in. A handler may finish c, never free it.
static void client_lines(struct ops_client *c)
{
	const struct ops_socket_handlers *handlers = &c->socket->handlers;
	size_t begin = 0;
	for (size_t i = 0; i < c->in_len && !c->dead; i++) {
		if (c->in[i] != '\n')
			continue;
		c->in[i] = '\0';
		c->asked = true;
		if (!c->finish) // answered: what comes behind is not looked at
			handlers->line(c, c->in + begin, handlers->arg);
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
	ops_accept(arg);
}

// In the place of the descriptor in hand, which is given only to a client that is there: the
// kernel refuses an accept even while nobody comes. Where it is given away already who is idle
// gives his back.
static int accept_by_spare(struct ops_socket *s)
{
	struct pollfd waiting = {s->listener, POLLIN};
	struct ops_client *idle = s->spare < 0
		? room_least(s->clients, false, timers_now_ms(s->handlers.timers))
		: NULL;
	if (poll(&waiting, 1, 0) <= 0)
		return -1;
	if (idle != NULL)
		client_die(idle);
	if (s->spare < 0)
		return -1;
	spare_give(s);
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		spare_take(s);
	return fd;
}

static void on_accept(struct ops_socket *s, int result)
{
	s->accepting = false;
	int fd = result;
	if (result == -EMFILE || result == -ENFILE)
		fd = accept_by_spare(s);
	if (fd >= 0)
		client_new(s, fd);
	if (result >= 0) {
		retry_done(&s->accepts);
		spare_take(s);
	}
	if (result >= 0 || result == -ECONNABORTED)
		ops_accept(s);
	else
		retry_refused(&s->accepts, result, on_accept_retry, s);
}

static void ops_completed(struct ops_socket *s, uint64_t data, int result)
{
	struct ops_client *c;
	switch (socket_ring_done(data, &c)) {
	case OP_ACCEPT:
		on_accept(s, result);
		break;
	case OP_READ:
		on_read(c, result);
		break;
	case OP_SEND:
		on_sent(c, result);
		break;
	}
}

void ops_socket_again(struct ops_socket *s)
{
	eventfd_write(s->ring.efd, 1);
}

void ops_socket_poll(struct ops_socket *s)
{
	uint64_t count;
	if (read(s->ring.efd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		log_error("eventfd failed: error=%s", strerror(errno));
	struct io_uring_cqe *cqe;
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		if (io_uring_peek_cqe(&s->ring.uring, &cqe) != 0)
			return;
		uint64_t data = io_uring_cqe_get_data64(cqe);
		int result = cqe->res;
		io_uring_cqe_seen(&s->ring.uring, cqe);
		ops_completed(s, data, result);
	}
	ops_socket_again(s); // the rest
}

int ops_socket_start(const char *path, const struct ops_socket_handlers *handlers,
	struct ops_socket **out, char error[512])
{
	struct ops_socket *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		str_copy(error, 512, "out of memory");
		return -ENOMEM;
	}
	s->handlers = *handlers;
	s->accepts.timers = handlers->timers;
	s->accepts.what = "accept on the command socket";
	s->spare = s->parked = -1;
	str_copy(s->path, sizeof(s->path), path);
	s->listener = socket_path_listen(path, error);
	int err = s->listener < 0 ? s->listener : 0;
	if (err) {
		free(s);
		return err;
	}
	err = socket_ring_open(&s->ring, handlers->timers);
	if (err) {
		str_format(error, 512, "cannot set up io_uring for the command socket: %s; %s",
			strerror(-err), shortage_of_uring(err));
		close(s->listener);
		unlink(path);
		free(s);
		return err;
	}
	*out = s;
	spare_take(s);
	ops_accept(s);
	return 0;
}

// What is still queued goes out as far as the socket takes it at once.
static void client_flush(struct ops_client *c)
{
	if (!c->sending && c->queued.len > 0)
		send(c->fd, c->queued.data, c->queued.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ops_socket_stop(struct ops_socket *s)
{
	s->stopping = true;
	retry_stop(&s->accepts);
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		struct ops_client *c = s->clients[i];
		if (c == NULL)
			continue;
		client_flush(c);
		shutdown(c->fd, SHUT_RDWR);
		close(c->fd);
	}
	socket_ring_close(&s->ring);
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		struct ops_client *c = s->clients[i];
		if (c == NULL)
			continue;
		client_free(c);
	}
	if (s->parked >= 0)
		close(s->parked);
	spare_give(s);
	close(s->listener);
	unlink(s->path);
	free(s);
}

int ops_socket_fd(const struct ops_socket *s)
{
	return s->ring.efd;
}
