// Finds libre's functions behind ours, and the user agent that one of them is called for.
#include "control/sip/transport/libre.h"

#include <dlfcn.h>
#include <errno.h>

#include "engine/base/rng.h"

struct libre libre; // written by control

static bool find(void)
{
#define FIND(name)                                                            \
	do {                                                                  \
		libre.name = (__typeof__(libre.name))dlsym(RTLD_NEXT, #name); \
		if (!libre.name)                                              \
			return false;                                         \
	} while (0)
	FIND(fd_listen);
	FIND(sip_listen);
	FIND(sip_msg_decode);
	FIND(sip_transp_send);
	FIND(sip_via_decode);
	FIND(stun_reply);
	FIND(tcp_accept);
	FIND(tcp_connect);
#undef FIND
	libre.seed = rng_seed_os();
	return true;
}

bool libre_found(void)
{
	if (!libre.found)
		libre.found = find();
	return libre.found;
}

static const enum sip_transp libre_transports[UA_TRANSPORTS] = {
	[UA_UDP] = SIP_TRANSP_UDP, [UA_TCP] = SIP_TRANSP_TCP};

enum sip_transp transport_libre(enum ua_transport t)
{
	return libre_transports[t];
}

enum ua_transport transport_of_libre(enum sip_transp tp)
{
	for (enum ua_transport t = UA_UDP; t < UA_TRANSPORTS; t++)
		if (libre_transports[t] == tp)
			return t;
	return UA_UDP;
}

void libre_join(struct libre_end *e)
{
	e->next = libre.ends;
	libre.ends = e;
}

void libre_leave(struct libre_end *e)
{
	struct libre_end **at = &libre.ends;

	while (*at && *at != e)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = e->next;
	if (libre.reading == e->refusals)
		libre.reading = NULL;
	libre.ready.msg = mem_deref(libre.ready.msg);
}

// There are a few: an address and a transport each.
struct libre_end *libre_end_of_sip(const struct sip *sip)
{
	struct libre_end *e = libre.ends;

	while (e && e->sip != sip)
		e = e->next;
	return e;
}

struct libre_end *libre_end_of_socket(const struct udp_sock *socket)
{
	struct libre_end *e = libre.ends;

	while (e && e->socket != socket)
		e = e->next;
	return e;
}

// A datagram that the host refuses, its buffers being full or a route gone for a moment, is one
// that was lost: its transaction sends it again, or gives up in time. Libre would drop the
// transaction, and the far end of a BYE, a final answer or an INVITE that rings would never hear.
static int lost(int err)
{
	return err == EMSGSIZE || err == ENOMEM || libre.elsewhere ? err : 0;
}

// Over UDP nothing begins.
LIBRE_OVERRIDE int sip_transp_send(struct sip_connqent **qentp, struct sip *sip, void *sock,
	enum sip_transp tp, const struct sa *to, struct mbuf *mb, void (*sent)(int err, void *arg),
	void *arg)
{
	struct connections *outer = libre.beginning;
	const struct libre_end *e = tp == SIP_TRANSP_UDP ? NULL : libre_end_of_sip(sip);

	if (!libre_found())
		return ENOSYS;
	libre.beginning = e ? e->connections : NULL;
	int err = libre.sip_transp_send(qentp, sip, sock, tp, to, mb, sent, arg);
	libre.beginning = outer;
	return err && tp == SIP_TRANSP_UDP ? lost(err) : err;
}
