// Told and true addresses of media.
#include "control/sip/dialog/nat.h"

#include <string.h>

#include "control/sip/message/text.h"

bool nat_is_private(const struct addr *a)
{
	const uint8_t *ip = a->ip;

	if (a->family == ADDR_IP6)
		return (ip[0] & 0xfe) == 0xfc || addr_is_link_local(a);
	return ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
		(ip[0] == 192 && ip[1] == 168) || (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

void nat_heard(struct nat *n, const struct sip_msg *msg)
{
	n->source = addr_of_sa(&msg->src);
	n->proxied = sip_msg_hdr_count(msg, SIP_HDR_VIA) > 1 ||
		sip_msg_hdr(msg, SIP_HDR_RECORD_ROUTE) != NULL;
}

static bool names(const char *contact, const struct addr *a)
{
	enum ua_transport transport;
	struct addr named;
	struct pl uri;

	pl_set_str(&uri, contact ? contact : "");
	return text_uri_addr(&uri, &named, &transport) && addr_same_ip(&named, a);
}

static void set_ip(struct addr *a, const struct addr *ip)
{
	uint16_t port = a->port;

	*a = *ip;
	a->port = port;
}

void nat_media(const struct nat *n, const char *contact, struct media_params *m)
{
	const struct addr told = m->rtp;

	m->anywhere = n->anywhere;
	if (n->source.family != told.family || !nat_is_private(&told) ||
		addr_same_ip(&told, &n->source))
		return;
	bool public = !nat_is_private(&n->source);
	if (n->proxied) {
		m->anywhere |= public;
		return;
	}
	if (!public && !names(contact, &told))
		return;
	set_ip(&m->rtp, &n->source);
	if (m->rtcp.port && addr_same_ip(&m->rtcp, &told))
		set_ip(&m->rtcp, &n->source);
}
