// Takes dialogs from messages, keeps to their next hop.
#include "control/sip/dialog/dialog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/dialog/nat.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/transport/branch.h"
#include "control/sip/trunk/credentials.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/str.h"

#define ROUTES_MAX 4096

static bool add_route(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	str_buf_add(arg, "Route: %.*s\r\n", (int)hdr->val.l, hdr->val.p);
	return false;
}

static char *read_routes(const struct sip_msg *msg)
{
	char text[ROUTES_MAX];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	(void)sip_msg_hdr_apply(msg, msg->req, SIP_HDR_RECORD_ROUTE, add_route, &b);
	return b.cut ? NULL : str_clone(text);
}

static char *read_contact(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	struct sip_addr a;

	if (!hdr || sip_addr_decode(&a, &hdr->val) || pl_strcasecmp(&a.uri.scheme, "sip") ||
		!text_is_uri(&a.auri))
		return NULL;
	return text_clone(&a.auri);
}

// The first route, else the target.
static bool literal_hop(const struct dialog *d, struct addr *out, enum ua_transport *transport)
{
	struct sip_addr route;
	struct pl pl;

	if (strncmp(d->routes, "Route: ", 7) == 0) {
		pl.p = d->routes + 7;
		pl.l = strcspn(pl.p, "\r");
		return sip_addr_decode(&route, &pl) == 0 &&
			text_uri_addr(&route.auri, out, transport);
	}
	pl_set_str(&pl, d->target);
	return text_uri_addr(&pl, out, transport);
}

// d->flow is where the message came from, or where we sent ours, and stays so unless the far
// end names a better place.
static void choose_hop(struct dialog *d, enum dialog_path path)
{
	enum ua_transport transport;
	struct addr to;

	if (path == DIALOG_SYMMETRIC || !literal_hop(d, &to, &transport))
		return;
	if (nat_is_private(&to) && !nat_is_private(&d->flow.peer))
		return; // behind a NAT that it does not know of
	if (transport_of(d->flow.transport)->connects && addr_same_ip(&to, &d->flow.peer) &&
		flow_open(&d->flow))
		return; // the connection that stands, whatever the Contact forgot to say
	struct stack_end *end = d->flow.end;
	if (stack_address(end, transport)->family != to.family)
		end = stack_route(end->stack, &to, transport);
	if (!end)
		return;
	flow_drop(&d->flow);
	d->flow = (struct flow){.end = end, .transport = transport, .peer = to};
}

static char *with_tag(const struct pl *value, uint64_t tag)
{
	size_t size = value->l + 32;
	char *s = malloc(size);

	if (s)
		(void)str_format(s, size, "%.*s;tag=%016llx", (int)value->l, value->p,
			(unsigned long long)tag);
	return s;
}

static bool is_whole(const struct dialog *d)
{
	return d->call_id && d->local_tag && d->remote_tag && d->local && d->remote && d->routes &&
		d->target;
}

// A caller of RFC 2543 need not say where it is: it is called back by its From, on the way by
// which it came.
static char *read_caller(const struct sip_msg *msg)
{
	return pl_strcasecmp(&msg->from.uri.scheme, "sip") || !text_is_uri(&msg->from.auri)
		? NULL
		: text_clone(&msg->from.auri);
}

int dialog_from_invite(
	struct dialog *d, struct stack_end *end, const struct sip_msg *msg, enum dialog_path path)
{
	char tag[20];

	*d = (struct dialog){.cseq_remote = msg->cseq.num, .cseq_local = rand_u16() + 1u};
	(void)str_format(tag, sizeof(tag), "%016llx", (unsigned long long)msg->tag);
	bool somewhere = sip_msg_hdr(msg, SIP_HDR_CONTACT) || !branch_is_ours(msg);
	d->target = somewhere ? read_contact(msg) : read_caller(msg);
	d->call_id = text_clone(&msg->callid);
	d->local_tag = str_clone(tag);
	d->remote_tag = text_clone(&msg->from.tag);
	d->local = with_tag(&msg->to.val, msg->tag);
	d->remote = text_clone(&msg->from.val);
	d->routes = read_routes(msg);
	flow_init(&d->flow, end, msg);
	if (!d->target || !d->routes)
		return -EBADMSG;
	if (!is_whole(d))
		return -ENOMEM;
	choose_hop(d, somewhere || *d->routes ? path : DIALOG_SYMMETRIC);
	return 0;
}

int dialog_from_answer(struct dialog *d, const struct dialog_sent *sent, const struct sip_msg *msg)
{
	*d = (struct dialog){.cseq_local = msg->cseq.num};
	d->target = read_contact(msg);
	if (!d->target)
		d->target = str_clone(sent->uri);
	d->call_id = text_clone(&msg->callid);
	d->local_tag = text_clone(&msg->from.tag);
	d->remote_tag = text_clone(&msg->to.tag);
	d->local = text_clone(&msg->from.val);
	d->remote = text_clone(&msg->to.val);
	d->routes = read_routes(msg);
	d->credentials = sent->credentials ? str_clone(credentials_lines(sent->credentials)) : NULL;
	d->asked = credentials_share(sent->credentials);
	dialog_trust(d, sent->trunk);
	flow_copy(&d->flow, sent->flow);
	if (!d->routes)
		return -EBADMSG;
	if (!is_whole(d))
		return -ENOMEM;
	choose_hop(d, sent->path);
	return 0;
}

void dialog_trust(struct dialog *d, struct trunk *trunk)
{
	d->trunk = trunk;
	if (trunk)
		trunk_hold(trunk);
}

int dialog_copy(struct dialog *to, const struct dialog *d)
{
	*to = *d;
	to->call_id = str_clone(d->call_id);
	to->local_tag = str_clone(d->local_tag);
	to->remote_tag = str_clone(d->remote_tag);
	to->local = str_clone(d->local);
	to->remote = str_clone(d->remote);
	to->target = str_clone(d->target);
	to->routes = str_clone(d->routes);
	to->credentials = NULL;
	to->asked = credentials_share(d->asked);
	dialog_trust(to, d->trunk);
	flow_copy(&to->flow, &d->flow);
	if (is_whole(to))
		return 0;
	dialog_drop(to);
	return -ENOMEM;
}

void dialog_drop(struct dialog *d)
{
	free(d->call_id);
	free(d->local_tag);
	free(d->remote_tag);
	free(d->local);
	free(d->remote);
	free(d->target);
	free(d->routes);
	free(d->credentials);
	credentials_free(d->asked);
	if (d->trunk)
		trunk_release(d->trunk);
	flow_drop(&d->flow);
	*d = (struct dialog){0};
}

bool dialog_matches(const struct dialog *d, const struct sip_msg *msg)
{
	const struct pl *local = msg->req ? &msg->to.tag : &msg->from.tag;
	const struct pl *remote = msg->req ? &msg->from.tag : &msg->to.tag;

	return d->remote_tag && pl_strcmp(&msg->callid, d->call_id) == 0 &&
		pl_strcmp(local, d->local_tag) == 0 &&
		(pl_strcmp(remote, d->remote_tag) == 0 || (!remote->l && !*d->remote_tag));
}

int dialog_refresh(
	struct dialog *d, struct stack_end *end, const struct sip_msg *msg, enum dialog_path path)
{
	char *target = read_contact(msg);

	if (!target)
		return -EBADMSG;
	free(d->target);
	d->target = target;
	flow_drop(&d->flow);
	flow_init(&d->flow, end, msg);
	choose_hop(d, path);
	return 0;
}
