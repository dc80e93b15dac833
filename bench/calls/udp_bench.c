// What a datagram costs the thread that answers it: read by recvmmsg in a turn of epoll and
// answered by sendmmsg, as the daemon does (control/sip/transport/datagrams), or received by a
// multishot request of io_uring into a ring of buffers and answered by one submission, with the
// ring's completions brought by epoll or waited for in the ring itself. Thread CPU time, the
// kernel's share included.
#include <arpa/inet.h>
#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define MOST	 64 // of a burst
#define BUFFERS	 256
#define SIZE	 2048
#define LENGTH	 600
#define RUN_NS	 NS_PER_S
#define RECEIVES BUFFERS // user data of the multishot request; below: a buffer that is sent

enum way { MMSG, RING_UNDER_EPOLL, RING_ALONE, WAYS };

struct server {
	enum way way;
	unsigned burst;
	int fd, client;
	atomic_bool over;
	uint64_t seen;
	double cpu_us;
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

static int watch(int fd)
{
	struct epoll_event e = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	check(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0);
	return epoll;
}

static void serve_mmsg(struct server *s)
{
	static char data[MOST][SIZE];
	static struct sockaddr_in peer[MOST];
	struct mmsghdr head[MOST] = {};
	struct iovec part[MOST];
	struct epoll_event e;
	int epoll = watch(s->fd);

	while (!s->over) {
		if (epoll_wait(epoll, &e, 1, 50) <= 0)
			continue;
		for (unsigned i = 0; i < MOST; i++) {
			part[i] = (struct iovec){data[i], SIZE};
			head[i].msg_hdr = (struct msghdr){.msg_name = &peer[i],
				.msg_namelen = sizeof(peer[i]),
				.msg_iov = &part[i],
				.msg_iovlen = 1};
		}
		int n = recvmmsg(s->fd, head, MOST, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			part[i].iov_len = head[i].msg_len;
		if (n > 0)
			sendmmsg(s->fd, head, (unsigned)n, MSG_DONTWAIT);
		s->seen += n > 0 ? (uint64_t)n : 0;
	}
	close(epoll);
}

// --- io_uring ---

struct ring {
	struct io_uring ring;
	struct io_uring_buf_ring *buffers;
	struct msghdr wanted, head[BUFFERS];
	struct iovec part[BUFFERS];
	char data[BUFFERS][SIZE];
	bool armed;
};

static void give_back(struct ring *r, unsigned id)
{
	io_uring_buf_ring_add(r->buffers, r->data[id], SIZE, (unsigned short)id, BUFFERS - 1, 0);
	io_uring_buf_ring_advance(r->buffers, 1);
}

static struct ring *ring_open(const struct server *s)
{
	struct ring *r = calloc(1, sizeof(*r));
	struct io_uring_params p = {};
	struct io_uring_buf_reg reg = {.ring_entries = BUFFERS, .bgid = 1};

	check(r);
	if (s->way == RING_ALONE)
		p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	check(io_uring_queue_init_params(2 * BUFFERS, &r->ring, &p) == 0);
	r->buffers = aligned_alloc(4096, BUFFERS * sizeof(struct io_uring_buf));
	check(r->buffers);
	reg.ring_addr = (uintptr_t)r->buffers;
	check(io_uring_register_buf_ring(&r->ring, &reg, 0) == 0);
	io_uring_buf_ring_init(r->buffers);
	for (unsigned i = 0; i < BUFFERS; i++)
		give_back(r, i);
	r->wanted.msg_namelen = sizeof(struct sockaddr_in);
	return r;
}

// ENOBUFS and errors end the request.
static void arm(struct server *s, struct ring *r)
{
	struct io_uring_sqe *sqe = r->armed ? NULL : io_uring_get_sqe(&r->ring);

	if (!sqe)
		return;
	io_uring_prep_recvmsg_multishot(sqe, s->fd, &r->wanted, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = 1;
	io_uring_sqe_set_data64(sqe, RECEIVES);
	r->armed = true;
}

static void answer(struct server *s, struct ring *r, const struct io_uring_cqe *cqe)
{
	unsigned id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
	struct io_uring_recvmsg_out *m =
		cqe->res < 0 ? NULL : io_uring_recvmsg_validate(r->data[id], cqe->res, &r->wanted);
	struct io_uring_sqe *sqe = m ? io_uring_get_sqe(&r->ring) : NULL;

	r->armed = r->armed && (cqe->flags & IORING_CQE_F_MORE);
	if (!sqe)
		return;
	s->seen++;
	r->part[id] = (struct iovec){io_uring_recvmsg_payload(m, &r->wanted),
		io_uring_recvmsg_payload_length(m, cqe->res, &r->wanted)};
	r->head[id] = (struct msghdr){.msg_name = io_uring_recvmsg_name(m),
		.msg_namelen = sizeof(struct sockaddr_in),
		.msg_iov = &r->part[id],
		.msg_iovlen = 1};
	io_uring_prep_sendmsg(sqe, s->fd, &r->head[id], MSG_DONTWAIT);
	io_uring_sqe_set_data64(sqe, id);
}

static void take_all(struct server *s, struct ring *r)
{
	struct io_uring_cqe *cqe;
	unsigned head, count = 0;

	io_uring_for_each_cqe(&r->ring, head, cqe)
	{
		count++;
		if (cqe->user_data == RECEIVES)
			answer(s, r, cqe);
		else
			give_back(r, (unsigned)cqe->user_data);
	}
	io_uring_cq_advance(&r->ring, count);
	arm(s, r);
}

static void serve_ring(struct server *s)
{
	struct __kernel_timespec patience = {.tv_nsec = 50000000};
	struct ring *r = ring_open(s);
	int efd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), epoll = watch(efd);
	struct epoll_event e;
	struct io_uring_cqe *cqe;
	uint64_t count;

	if (s->way == RING_UNDER_EPOLL)
		check(io_uring_register_eventfd(&r->ring, efd) == 0);
	arm(s, r);
	while (!s->over) {
		if (s->way == RING_ALONE) {
			io_uring_submit_and_wait_timeout(&r->ring, &cqe, 1, &patience, NULL);
		} else {
			io_uring_submit(&r->ring);
			if (epoll_wait(epoll, &e, 1, 50) > 0)
				check(read(efd, &count, sizeof(count)) == sizeof(count));
		}
		take_all(s, r);
	}
	io_uring_queue_exit(&r->ring);
	close(efd);
	close(epoll);
	free(r->buffers);
	free(r);
}

static void *serve(void *arg)
{
	struct server *s = arg;

	pin(0);
	double begin_us = cpu_us();
	if (s->way == MMSG)
		serve_mmsg(s);
	else
		serve_ring(s);
	s->cpu_us = cpu_us() - begin_us;
	return NULL;
}

// --- the other end ---

static void ask(const struct server *s)
{
	static char data[LENGTH], answers[MOST][SIZE];
	struct mmsghdr out[MOST] = {}, in[MOST] = {};
	struct iovec part = {data, LENGTH}, parts[MOST];

	for (unsigned i = 0; i < MOST; i++) {
		parts[i] = (struct iovec){answers[i], SIZE};
		out[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
		in[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	for (uint64_t end_ns = clock_mono_ns() + RUN_NS; clock_mono_ns() < end_ns;) {
		check(sendmmsg(s->client, out, s->burst, 0) > 0);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
		while (recvmmsg(s->client, in, MOST, MSG_DONTWAIT, NULL) > 0)
			;
	}
}

static double run(void *arg)
{
	struct server s = *(struct server *)arg;
	struct sockaddr_in local = {.sin_family = AF_INET};
	socklen_t len = sizeof(local);
	pthread_t thread;

	local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s.client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	check(s.fd >= 0 && bind(s.fd, (struct sockaddr *)&local, sizeof(local)) == 0);
	check(getsockname(s.fd, (struct sockaddr *)&local, &len) == 0);
	check(connect(s.client, (struct sockaddr *)&local, len) == 0);
	check(pthread_create(&thread, NULL, serve, &s) == 0);
	ask(&s);
	s.over = true;
	pthread_join(thread, NULL);
	close(s.fd);
	close(s.client);
	return s.seen ? s.cpu_us / (double)s.seen : 0;
}

int main(int argc, char **argv)
{
	static const char *const ways[WAYS] = {[MMSG] = "recvmmsg",
		[RING_UNDER_EPOLL] = "multishot_epoll",
		[RING_ALONE] = "multishot_alone"};
	static const unsigned bursts[] = {1, 4, 32};
	struct bench b;
	char name[64];

	bench_init(&b, "udp", argc, argv);
	pin(1);
	for (unsigned i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++)
		for (enum way w = 0; w < WAYS; w++) {
			struct server s = {.way = w, .burst = bursts[i]};
			str_format(name, sizeof(name), "%s_%u", ways[w], bursts[i]);
			if (bench_wants(&b, name))
				bench_measure(&b, &(struct bench_metric){name, "us", 0}, run, &s);
		}
	return bench_end(&b);
}
