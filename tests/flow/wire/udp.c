// Libre's datagram sockets and its chance, over the simulated network. Libre calls them through the
// symbol table, and so finds these; the daemon's own ones are not linked.
#include "tests/flow/wire/udp.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "control/sip/message/text.h"
#include "control/sip/transport/door.h"
#include "control/sip/transport/libre.h"
#include "tests/flow/wire/net.h"

struct udp_sock { // libre's memory: it counts references
	struct net_port port;
	udp_recv_h *fn;
	void *arg;
	udp_helper_recv_h *before;
	void *before_arg;
};

static void on_free(void *arg)
{
	net_close(&((struct udp_sock *)arg)->port);
}

static void on_datagram(const struct addr *from, const char *text, size_t len, void *arg)
{
	struct udp_sock *us = mem_ref(arg);
	struct mbuf *mb = mbuf_alloc(len ? len : 1);
	struct sa source;

	ck_assert_ptr_nonnull(mb);
	(void)mbuf_write_mem(mb, (const uint8_t *)text, len);
	mb->pos = 0;
	sa_of_addr(from, &source);
	if (!us->before || !us->before(&source, mb, us->before_arg))
		us->fn(&source, mb, us->arg);
	mem_deref(mb);
	mem_deref(us);
}

LIBRE_OVERRIDE int udp_listen(
	struct udp_sock **out, const struct sa *local, udp_recv_h *fn, void *arg)
{
	struct udp_sock *us = mem_zalloc(sizeof(*us), on_free);
	struct addr at = addr_of_sa(local);

	if (!us)
		return ENOMEM;
	us->fn = fn;
	us->arg = arg;
	net_open(&us->port, &at, on_datagram, us);
	int err = door_opened(us);
	if (err)
		mem_deref(us);
	else
		*out = us;
	return err;
}

void udp_simulate(void)
{
	ck_assert(libre_found());
}

LIBRE_OVERRIDE void udp_handler_set(struct udp_sock *us, udp_recv_h *fn, void *arg)
{
	us->fn = fn;
	us->arg = arg;
}

LIBRE_OVERRIDE int udp_local_get(const struct udp_sock *us, struct sa *local)
{
	sa_of_addr(&us->port.at, local);
	return 0;
}

LIBRE_OVERRIDE int udp_setsockopt(
	struct udp_sock *us, int level, int name, const void *value, uint32_t len)
{
	return 0;
}

LIBRE_OVERRIDE int udp_sockbuf_set(struct udp_sock *us, int size)
{
	return 0;
}

LIBRE_OVERRIDE void udp_rxsz_set(struct udp_sock *us, size_t size)
{
}

LIBRE_OVERRIDE int udp_register_helper(struct udp_helper **out, struct udp_sock *us, int layer,
	udp_helper_send_h *send, udp_helper_recv_h *recv, void *arg)
{
	if (out || send || us->before)
		return ENOTSUP;
	us->before = recv;
	us->before_arg = arg;
	return 0;
}

LIBRE_OVERRIDE int udp_send(struct udp_sock *us, const struct sa *to, struct mbuf *mb)
{
	struct addr dst = addr_of_sa(to);

	return net_send(&us->port.at, &dst, (const char *)mbuf_buf(mb), mbuf_get_left(mb));
}

// --- chance ---

LIBRE_OVERRIDE uint32_t rand_u32(void)
{
	return (uint32_t)(net_random() >> 32);
}

LIBRE_OVERRIDE void rand_bytes(uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(net_random() >> 56);
}

LIBRE_OVERRIDE uint16_t rand_u16(void)
{
	return (uint16_t)(net_random() >> 48);
}

LIBRE_OVERRIDE uint64_t rand_u64(void)
{
	return net_random();
}

LIBRE_OVERRIDE char rand_char(void)
{
	return (char)('a' + rand_u32() % 26);
}

LIBRE_OVERRIDE void rand_str(char *str, size_t size)
{
	for (size_t i = 0; i + 1 < size; i++)
		str[i] = rand_char();
	if (size)
		str[size - 1] = '\0';
}

// Of tags, Call-IDs and keys; the linker puts it before rng_seed_os.
uint64_t __wrap_rng_seed_os(void);
uint64_t __wrap_rng_seed_os(void)
{
	return net_random();
}
