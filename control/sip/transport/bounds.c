// Stands between libre's transport and its STUN and answers.
#include "control/sip/transport/bounds.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>

#include "control/base/timer.h"
#include "control/sip/core.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/message/text.h"
#include "control/sip/trunk/trunk.h"

typedef int stun_reply_fn(int proto, void *sock, const struct sa *dst, size_t presz,
	const struct stun_msg *req, const uint8_t *key, size_t keylen, bool fp, uint32_t attrc,
	...);

static stun_reply_fn *libre_stun_reply;

int bounds_init(void)
{
	libre_stun_reply = (stun_reply_fn *)dlsym(RTLD_NEXT, "stun_reply");
	return libre_stun_reply ? 0 : -ENOSYS;
}

bool bounds_knows(const struct addr *source)
{
	return trunk_find(source) || registrar_agent_at(source);
}

bool bounds_may_answer(const struct sa *to)
{
	struct addr source = addr_of_sa(to);

	if (bounds_knows(&source))
		return true;
	core.counts.unknown_source++;
	if (core.config->sip.unknown_silent)
		return false;
	if (guard_answer(core.guard, &source, timers_now_ms(core.timers)))
		return true;
	core.counts.rate_limited++;
	return false;
}

// The transport's own two attributes, the mapped address and the software's name, are all that
// is ever asked for.
LIBRE_OVERRIDE int stun_reply(int proto, void *sock, const struct sa *dst, size_t presz,
	const struct stun_msg *req, const uint8_t *key, size_t keylen, bool fp, uint32_t attrc, ...)
{
	va_list ap;

	if (attrc != 2 || !libre_stun_reply)
		return EINVAL;
	if (!bounds_may_answer(dst))
		return EPERM;
	va_start(ap, attrc);
	int first = va_arg(ap, int);
	const void *first_value = va_arg(ap, const void *);
	int second = va_arg(ap, int);
	const void *second_value = va_arg(ap, const void *);
	va_end(ap);
	return libre_stun_reply(proto, sock, dst, presz, req, key, keylen, fp, attrc, first,
		first_value, second, second_value);
}

// RFC 3261 18.2.2 without maddr: to the source, on the Via's port unless rport asks for the
// source's.
LIBRE_OVERRIDE void sip_reply_addr(struct sa *addr, const struct sip_msg *msg, bool rport)
{
	if (!addr || !msg)
		return;
	*addr = msg->src;
	if (msg->tp == SIP_TRANSP_TCP || (msg->tp == SIP_TRANSP_UDP && !rport))
		sa_set_port(addr, sip_transp_port(msg->tp, sa_port(&msg->via.addr)));
}
