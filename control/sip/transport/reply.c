// Writes answers.
#include "control/sip/transport/reply.h"

#include <string.h>

#include "control/sip/message/strict.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"

void reply_once(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers)
{
	(void)sip_replyf(end->sip, msg, status, reason, "%sContent-Length: 0\r\n\r\n",
		headers ? headers : "");
}

void reply_kept(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *headers)
{
	(void)sip_treplyf(NULL, NULL, end->sip, msg, false, status, reason,
		"%sContent-Length: 0\r\n\r\n", headers ? headers : "");
}

void reply_to_source(const struct sip_msg *msg)
{
	// Libre hands out its message as const and reads the answer's port from here.
	struct sip_msg *m = (struct sip_msg *)(uintptr_t)msg;

	sa_set_port(&m->via.addr, sa_port(&msg->src));
}

struct required {
	struct str_buf lines;
	bool timers; // RFC 4028 is served
};

static bool add_required(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct required *r = arg;

	if (hdr->val.l && !(r->timers && pl_strcasecmp(&hdr->val, "timer") == 0))
		str_buf_add(&r->lines, "%s%.*s",
			r->lines.len ? ", " : "Unsupported: ", (int)hdr->val.l, hdr->val.p);
	return false;
}

// RFC 3261 8.2.2.1. Libre looks for a scheme further on where the first is odd.
static bool has_known_scheme(const struct sip_msg *msg)
{
	const char *colon = pl_strchr(&msg->ruri, ':');
	struct pl scheme = {msg->ruri.p, colon ? (size_t)(colon - msg->ruri.p) : 0};

	return strict_scheme(&scheme);
}

static bool is_sdp(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	static const char *const ranges[] = {"application/sdp", "application/*", "*/*"};
	size_t len = 0;

	while (len < hdr->val.l && !strchr("; \t\r\n", hdr->val.p[len]))
		len++;
	struct pl type = {hdr->val.p, len};
	for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (pl_strcasecmp(&type, ranges[i]) == 0)
			return true;
	return len == 0;
}

// A caller that says what it can read, and our answer is not among it (RFC 4475 3.3.15).
static bool takes_no_sdp(const struct sip_msg *msg)
{
	return pl_strcmp(&msg->met, "INVITE") == 0 && sip_msg_hdr(msg, SIP_HDR_ACCEPT) &&
		!sip_msg_hdr_apply(msg, true, SIP_HDR_ACCEPT, is_sdp, NULL);
}

// What Proxy-Require asks is asked of proxies alone (20.29).
uint16_t reply_unsupported_status(const struct ua *ua, const struct sip_msg *msg, char headers[512])
{
	struct required r = {.timers = ua->config->sip.session_expires_s > 0};

	headers[0] = '\0';
	if (!has_known_scheme(msg))
		return 416;
	str_buf_init(&r.lines, headers, 512);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, add_required, &r);
	if (r.lines.len == 0)
		return takes_no_sdp(msg) ? 406 : 0;
	str_buf_add(&r.lines, "\r\n");
	if (r.lines.cut)
		headers[0] = '\0';
	return 420;
}

bool reply_unsupported(struct stack_end *end, const struct sip_msg *msg)
{
	char headers[512];
	uint16_t status = reply_unsupported_status(end->ua, msg, headers);

	if (status)
		reply_once(end, msg, status,
			status == 416		? "Unsupported URI Scheme"
				: status == 406 ? "Not Acceptable"
						: "Bad Extension",
			headers);
	return status != 0;
}
