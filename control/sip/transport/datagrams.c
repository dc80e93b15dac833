// recvmmsg and sendmmsg over slots that are made once.
#include "control/sip/transport/datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "control/base/loop.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"

#define READ	  32   // received at once: a turn's share, rings and timers have theirs
#define WAIT	  64   // sent at once
#define WAIT_MOST 4096 // octets of one that waits: longer ones go at once
#define KNOWN	  4096 // addresses that something was sent to

LOG_TOPIC("sip");

struct slots { // of datagrams that go or come
	struct mmsghdr head[WAIT];
	struct iovec part[WAIT];
	struct sockaddr_storage peer[WAIT];
};

struct datagrams {
	int fd;
	size_t most;
	uint8_t *read;	// READ times most: pages that nothing came into are none
	uint8_t *write; // WAIT times WAIT_MOST
	unsigned waiting;
	struct loop_late late;
	uint64_t seed, refused;
	uint64_t known[KNOWN]; // hashes of addresses
	struct slots in, out;
};

static uint8_t *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void unmap(uint8_t *p, size_t size)
{
	if (p)
		munmap(p, size);
}

bool datagrams_most(struct datagrams *d, size_t most)
{
	uint8_t *read = map(READ * most);

	if (!read)
		return false;
	unmap(d->read, READ * d->most);
	d->read = read;
	d->most = most;
	for (unsigned i = 0; i < READ; i++) {
		d->in.part[i] = (struct iovec){d->read + i * most, most};
		d->in.head[i].msg_hdr = (struct msghdr){
			.msg_name = &d->in.peer[i], .msg_iov = &d->in.part[i], .msg_iovlen = 1};
	}
	return true;
}

struct datagrams *datagrams_new(int fd, size_t most)
{
	struct datagrams *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fd = fd;
	d->seed = rng_seed_os();
	d->write = map((size_t)WAIT * WAIT_MOST);
	if (d->write && datagrams_most(d, most))
		return d;
	datagrams_free(d);
	return NULL;
}

// --- what comes ---

int datagrams_receive(struct datagrams *d, datagrams_h *fn, void *arg)
{
	for (unsigned i = 0; i < READ; i++)
		d->in.head[i].msg_hdr.msg_namelen = sizeof(d->in.peer[i]);
	int n = recvmmsg(d->fd, d->in.head, READ, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN ? 0 : errno;
	for (int i = 0; i < n; i++) {
		const struct msghdr *m = &d->in.head[i].msg_hdr;
		if (!fn(m->msg_name, m->msg_namelen, m->msg_iov->iov_base, d->in.head[i].msg_len,
			    arg))
			break;
	}
	return 0;
}

// --- what goes ---

// Where nothing was sent to: the route, and what stands in its way, are its address's.
static uint64_t *known(struct datagrams *d, const struct sockaddr *to, uint64_t *hash)
{
	const struct sockaddr_in *four = (const void *)to;
	const struct sockaddr_in6 *six = (const void *)to;

	*hash = 1; // connected
	if (to && to->sa_family == AF_INET)
		*hash = hash_bytes(&four->sin_addr, sizeof(four->sin_addr), d->seed) | 1;
	else if (to)
		*hash = hash_bytes(&six->sin6_addr, sizeof(six->sin6_addr), d->seed) | 1;
	return &d->known[*hash / 2 % KNOWN];
}

static void told(struct datagrams *d, const struct msghdr *m, int err)
{
	uint64_t hash, *at = known(d, m->msg_namelen ? m->msg_name : NULL, &hash);

	if (*at == hash)
		*at = 0;
	if (d->refused++ % 1000 == 0)
		log_info("a datagram cannot be sent: %s; count=%llu", strerror(err),
			(unsigned long long)d->refused);
}

static void keep(struct datagrams *d, unsigned from)
{
	for (unsigned i = from; i < d->waiting; i++) {
		struct mmsghdr *to = &d->out.head[i - from];
		const struct mmsghdr *of = &d->out.head[i];
		memcpy(to->msg_hdr.msg_iov->iov_base, of->msg_hdr.msg_iov->iov_base,
			of->msg_hdr.msg_iov->iov_len);
		to->msg_hdr.msg_iov->iov_len = of->msg_hdr.msg_iov->iov_len;
		to->msg_hdr.msg_namelen = of->msg_hdr.msg_namelen;
		d->out.peer[i - from] = d->out.peer[i];
		to->msg_hdr.msg_name = of->msg_hdr.msg_name ? &d->out.peer[i - from] : NULL;
	}
	d->waiting -= from;
}

static bool is_full(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == ENOBUFS;
}

static void flush(struct datagrams *d)
{
	unsigned done = 0;

	while (done < d->waiting) {
		int n = sendmmsg(d->fd, d->out.head + done, d->waiting - done, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && is_full(errno))
			break;
		if (n <= 0)
			told(d, &d->out.head[done].msg_hdr, errno);
		done += n > 0 ? (unsigned)n : 1;
	}
	if (done)
		keep(d, done);
}

static void at_end(void *arg)
{
	struct datagrams *d = arg;

	flush(d);
	if (d->waiting)
		(void)loop_later(
			&d->late); // the socket is full: the next turn has room, or the one after
}

void datagrams_free(struct datagrams *d)
{
	if (!d)
		return;
	loop_never(&d->late);
	if (d->waiting)
		flush(d);
	unmap(d->read, READ * d->most);
	unmap(d->write, (size_t)WAIT * WAIT_MOST);
	free(d);
}

static int at_once(struct datagrams *d, const struct sockaddr *to, socklen_t to_len,
	const uint8_t *data, size_t len)
{
	uint64_t hash, *at = known(d, to, &hash);

	flush(d);
	if (d->waiting)
		return ENOBUFS;
	if (sendto(d->fd, data, len, 0, to, to_len) < 0)
		return errno;
	*at = hash;
	return 0;
}

int datagrams_send(struct datagrams *d, const struct sockaddr *to, socklen_t to_len,
	const uint8_t *data, size_t len)
{
	uint64_t hash;
	bool sent_before = *known(d, to, &hash) == hash;

	if (d->waiting == WAIT)
		flush(d);
	d->late.fn = at_end;
	d->late.arg = d;
	if (!sent_before || len > WAIT_MOST || d->waiting == WAIT || !loop_later(&d->late))
		return at_once(d, to, to_len, data, len);
	unsigned i = d->waiting++;
	uint8_t *copy = d->write + (size_t)i * WAIT_MOST;
	memcpy(copy, data, len);
	if (to)
		memcpy(&d->out.peer[i], to, to_len);
	d->out.part[i] = (struct iovec){copy, len};
	d->out.head[i].msg_hdr = (struct msghdr){.msg_name = to ? &d->out.peer[i] : NULL,
		.msg_namelen = to ? to_len : 0,
		.msg_iov = &d->out.part[i],
		.msg_iovlen = 1};
	return 0;
}
