// Stands between libre's transport and its STUN and answers.
#include "control/sip/transport/bounds.h"

#include <errno.h>
#include <stdarg.h>

#include "control/sip/transport/libre.h"
#include "control/sip/transport/refuse.h"

int bounds_init(void)
{
	return libre_found() ? 0 : -ENOSYS;
}

// The transport's own two attributes, the mapped address and the software's name, are all that
// is ever asked for.
LIBRE_OVERRIDE int stun_reply(int proto, void *sock, const struct sa *dst, size_t presz,
	const struct stun_msg *req, const uint8_t *key, size_t keylen, bool fp, uint32_t attrc, ...)
{
	const struct libre_end *e = libre_end_of_socket(sock);
	va_list ap;

	if (attrc != 2 || !libre_found())
		return EINVAL;
	if (!e || !refusals_may_answer(e->refusals, dst))
		return EPERM;
	va_start(ap, attrc);
	int first = va_arg(ap, int);
	const void *first_value = va_arg(ap, const void *);
	int second = va_arg(ap, int);
	const void *second_value = va_arg(ap, const void *);
	va_end(ap);
	return libre.stun_reply(proto, sock, dst, presz, req, key, keylen, fp, attrc, first,
		first_value, second, second_value);
}

// RFC 3261 18.2.2 without maddr: to the source, on the Via's port unless rport asks for the
// source's.
LIBRE_OVERRIDE void sip_reply_addr(struct sa *addr, const struct sip_msg *msg, bool rport)
{
	if (!addr || !msg)
		return;
	*addr = msg->src;
	if (transport_of(transport_of_libre(msg->tp))->connects || !rport)
		sa_set_port(addr, sip_transp_port(msg->tp, sa_port(&msg->via.addr)));
}
