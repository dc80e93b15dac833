// UDP in libre's place: its whole interface, over control/sip/transport/datagrams,
// which reads and sends many at a time where libre makes a call of the kernel for each,
// and one of epoll between them.
//
// This file defines all of libre's udp_* and nobody calls it but by those names: so another program
// may define them itself (a simulated network), and then nothing of this one is linked. Such a
// udp_listen calls door_opened, as this one does.
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/base/re.h"
#include "control/sip/transport/datagrams.h"
#include "control/sip/transport/door.h"

#define RECEIVED_MOST 8192 // of a datagram, where nobody says otherwise: libre's

enum { FOUR, SIX, FAMILIES };

struct udp_sock {
	struct list helpers; // struct udp_helper, by layer
	udp_recv_h *receive;
	udp_error_h *error;
	void *arg;
	int fd[FAMILIES]; // -1: none
	struct datagrams *datagrams[FAMILIES];
	bool connected, attached;
	struct sa local; // what libre asks for with each message: the kernel is asked once
	size_t before;	 // octets that are left before what is received
};

struct udp_helper {
	struct le le;
	int layer;
	udp_helper_send_h *send;
	udp_helper_recv_h *receive;
	void *arg;
};

static void receive_nothing(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
}

static bool helper_sends_all(int *err, struct sa *dst, struct mbuf *mb, void *arg)
{
	(void)err;
	(void)dst;
	(void)mb;
	(void)arg;
	return false;
}

static bool helper_receives_all(struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
	return false;
}

// --- what comes ---

// Helpers hear it first, until one keeps it. Any of them may drop the socket: then we hold it last.
static void pass_on(struct udp_sock *us, struct sa *from, struct mbuf *mb)
{
	for (struct le *le = us->helpers.head; le;) {
		struct udp_helper *helper = le->data;
		le = le->next;
		if (helper->receive(from, mb, helper->arg) || mem_nrefs(us) == 1)
			return;
	}
	us->receive(from, mb, us->arg);
}

static bool on_datagram(
	const struct sockaddr *from, socklen_t from_len, const uint8_t *data, size_t len, void *arg)
{
	struct udp_sock *us = arg;
	struct mbuf *mb = mbuf_alloc(us->before + len ? us->before + len : 1);
	struct sa sa = {.len = sizeof(sa.u)};

	if (!mb)
		return true; // lost, as on the way
	mb->pos = mb->end = us->before;
	(void)mbuf_write_mem(mb, data, len); // it has the room
	mb->pos = us->before;
	if (from_len && from_len <= sizeof(sa.u))
		memcpy(&sa.u, from, from_len);
	sa.len = from_len;
	pass_on(us, &sa, mb);
	mem_deref(mb);
	return mem_nrefs(us) > 1 && us->attached;
}

static void read_all(struct udp_sock *us, unsigned family)
{
	mem_ref(us);
	int err = datagrams_receive(us->datagrams[family], on_datagram, us);
	if (err && us->error)
		us->error(err, us->arg);
	mem_deref(us);
}

static void on_readable_four(int flags, void *arg)
{
	(void)flags;
	read_all(arg, FOUR);
}

static void on_readable_six(int flags, void *arg)
{
	(void)flags;
	read_all(arg, SIX);
}

// --- what goes ---

static unsigned family_for(const struct udp_sock *us, int af)
{
	return af == AF_INET6 && us->fd[SIX] >= 0 ? SIX : FOUR;
}

// Through the helpers from le downwards.
static int put(struct udp_sock *us, const struct sa *to, struct mbuf *mb, struct le *le)
{
	unsigned family = family_for(us, sa_af(to));
	struct sa changed = *to;
	int err = 0;

	while (le) {
		struct udp_helper *helper = le->data;
		le = le->prev;
		if (helper->send(&err, &changed, mb, helper->arg) || err)
			return err;
	}
	if (!us->datagrams[family])
		return EBADF;
	return datagrams_send(us->datagrams[family], us->connected ? NULL : &changed.u.sa,
		us->connected ? 0 : changed.len, mbuf_buf(mb), mbuf_get_left(mb));
}

LIBRE_OVERRIDE int udp_send(struct udp_sock *us, const struct sa *dst, struct mbuf *mb)
{
	return us && dst && mb ? put(us, dst, mb, us->helpers.tail) : EINVAL;
}

LIBRE_OVERRIDE int udp_send_helper(
	struct udp_sock *us, const struct sa *dst, struct mbuf *mb, struct udp_helper *uh)
{
	return us && dst && mb && uh ? put(us, dst, mb, uh->le.prev) : EINVAL;
}

LIBRE_OVERRIDE int udp_send_anon(const struct sa *dst, struct mbuf *mb)
{
	struct udp_sock *us;

	if (!dst || !mb)
		return EINVAL;
	int err = udp_listen(&us, NULL, NULL, NULL);
	if (err)
		return err;
	err = put(us, dst, mb, NULL);
	mem_deref(us);
	return err;
}

// --- a socket's life ---

LIBRE_OVERRIDE void udp_thread_detach(struct udp_sock *us)
{
	if (!us)
		return;
	for (unsigned i = 0; i < FAMILIES; i++)
		if (us->fd[i] >= 0)
			fd_close(us->fd[i]);
	us->attached = false;
}

LIBRE_OVERRIDE int udp_thread_attach(struct udp_sock *us)
{
	static fd_h *const readers[FAMILIES] = {[FOUR] = on_readable_four, [SIX] = on_readable_six};
	int err = us ? 0 : EINVAL;

	for (unsigned i = 0; i < FAMILIES && !err; i++)
		if (us->fd[i] >= 0)
			err = fd_listen(us->fd[i], FD_READ, readers[i], us);
	if (err)
		udp_thread_detach(us);
	else
		us->attached = true;
	return err;
}

static void drop(void *arg)
{
	struct udp_sock *us = arg;

	list_flush(&us->helpers);
	udp_thread_detach(us);
	for (unsigned i = 0; i < FAMILIES; i++) {
		datagrams_free(us->datagrams[i]);
		if (us->fd[i] >= 0)
			close(us->fd[i]);
	}
}

static int open_at(struct udp_sock *us, const struct sa *local)
{
	int fd = socket(sa_af(local), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	unsigned family = sa_af(local) == AF_INET6 ? SIX : FOUR;

	if (fd < 0)
		return errno;
	int err = bind(fd, &local->u.sa, local->len) ? errno : 0;
	if (!err)
		us->datagrams[family] = datagrams_new(fd, RECEIVED_MOST);
	if (us->datagrams[family]) {
		us->fd[family] = fd;
		return 0;
	}
	close(fd);
	return err ? err : ENOMEM;
}

// At no address: of both families, or of the one that the kernel has.
static int open_anywhere(struct udp_sock *us)
{
	struct sa four, six;

	(void)sa_set_str(&four, "0.0.0.0", 0);
	(void)sa_set_str(&six, "::", 0);
	int err = open_at(us, &four), other = open_at(us, &six);
	return err && other ? err : 0;
}

static void find_local(struct udp_sock *us)
{
	us->local = (struct sa){.len = sizeof(us->local.u)};
	(void)getsockname(us->fd[us->fd[FOUR] >= 0 ? FOUR : SIX], &us->local.u.sa, &us->local.len);
}

LIBRE_OVERRIDE int udp_listen(
	struct udp_sock **usp, const struct sa *local, udp_recv_h *rh, void *arg)
{
	struct udp_sock *us = usp ? mem_zalloc(sizeof(*us), drop) : NULL;

	if (!us)
		return usp ? ENOMEM : EINVAL;
	list_init(&us->helpers);
	us->fd[FOUR] = us->fd[SIX] = -1;
	us->receive = rh ? rh : receive_nothing;
	us->arg = arg;
	int err = local ? open_at(us, local) : open_anywhere(us);
	if (!err) {
		find_local(us);
		err = udp_thread_attach(us);
	}
	if (!err)
		err = door_opened(us);
	if (err)
		mem_deref(us);
	else
		*usp = us;
	return err;
}

LIBRE_OVERRIDE int udp_connect(struct udp_sock *us, const struct sa *peer)
{
	if (!us || !peer)
		return EINVAL;
	if (connect(us->fd[family_for(us, sa_af(peer))], &peer->u.sa, peer->len))
		return errno;
	us->connected = true;
	find_local(us);
	return 0;
}

// --- what it is ---

LIBRE_OVERRIDE int udp_local_get(const struct udp_sock *us, struct sa *local)
{
	if (!us || !local)
		return EINVAL;
	*local = us->local;
	return 0;
}

LIBRE_OVERRIDE int udp_setsockopt(
	struct udp_sock *us, int level, int optname, const void *optval, uint32_t optlen)
{
	int err = us ? 0 : EINVAL;

	for (unsigned i = 0; us && i < FAMILIES; i++)
		if (us->fd[i] >= 0 && setsockopt(us->fd[i], level, optname, optval, optlen))
			err |= errno;
	return err;
}

LIBRE_OVERRIDE int udp_sockbuf_set(struct udp_sock *us, int size)
{
	if (!us)
		return EINVAL;
	int err = udp_setsockopt(us, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return err | udp_setsockopt(us, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

// Without memory for more it stays as it is, which cuts what is longer.
LIBRE_OVERRIDE void udp_rxsz_set(struct udp_sock *us, size_t rxsz)
{
	for (unsigned i = 0; us && i < FAMILIES; i++)
		if (us->datagrams[i])
			(void)datagrams_most(us->datagrams[i], rxsz);
}

LIBRE_OVERRIDE void udp_rxbuf_presz_set(struct udp_sock *us, size_t rx_presz)
{
	if (us)
		us->before = rx_presz;
}

LIBRE_OVERRIDE void udp_handler_set(struct udp_sock *us, udp_recv_h *rh, void *arg)
{
	if (!us)
		return;
	us->receive = rh ? rh : receive_nothing;
	us->arg = arg;
}

LIBRE_OVERRIDE void udp_error_handler_set(struct udp_sock *us, udp_error_h *eh)
{
	if (us)
		us->error = eh;
}

LIBRE_OVERRIDE int udp_sock_fd(const struct udp_sock *us, int af)
{
	return us ? us->fd[family_for(us, af)] : -1;
}

static int set_member(struct udp_sock *us, const struct sa *group, bool join)
{
	struct ip_mreq four = {.imr_multiaddr = group->u.in.sin_addr};
	struct ipv6_mreq six = {.ipv6mr_multiaddr = group->u.in6.sin6_addr};

	if (sa_af(group) == AF_INET)
		return udp_setsockopt(us, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
			&four, sizeof(four));
	if (sa_af(group) == AF_INET6)
		return udp_setsockopt(us, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP,
			&six, sizeof(six));
	return EAFNOSUPPORT;
}

LIBRE_OVERRIDE int udp_multicast_join(struct udp_sock *us, const struct sa *group)
{
	return us && group ? set_member(us, group, true) : EINVAL;
}

LIBRE_OVERRIDE int udp_multicast_leave(struct udp_sock *us, const struct sa *group)
{
	return us && group ? set_member(us, group, false) : EINVAL;
}

// --- helpers ---

static void helper_drop(void *arg)
{
	struct udp_helper *helper = arg;

	list_unlink(&helper->le);
}

static bool by_layer(struct le *a, struct le *b, void *arg)
{
	const struct udp_helper *first = a->data, *second = b->data;

	(void)arg;
	return first->layer <= second->layer;
}

LIBRE_OVERRIDE int udp_register_helper(struct udp_helper **uhp, struct udp_sock *us, int layer,
	udp_helper_send_h *sh, udp_helper_recv_h *rh, void *arg)
{
	struct udp_helper *helper = us ? mem_zalloc(sizeof(*helper), helper_drop) : NULL;

	if (!helper)
		return us ? ENOMEM : EINVAL;
	helper->layer = layer;
	helper->send = sh ? sh : helper_sends_all;
	helper->receive = rh ? rh : helper_receives_all;
	helper->arg = arg;
	list_append(&us->helpers, &helper->le, helper);
	list_sort(&us->helpers, by_layer, NULL);
	if (uhp)
		*uhp = helper;
	return 0;
}

LIBRE_OVERRIDE struct udp_helper *udp_helper_find(const struct udp_sock *us, int layer)
{
	for (struct le *le = us ? us->helpers.head : NULL; le; le = le->next) {
		struct udp_helper *helper = le->data;
		if (helper->layer == layer)
			return helper;
	}
	return NULL;
}
