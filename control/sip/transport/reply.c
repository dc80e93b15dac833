// Writes answers.
#include "control/sip/transport/reply.h"

#include <string.h>

#include "control/sip/core.h"
#include "control/sip/message/strict.h"
#include "control/sip/message/text.h"

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

void reply_warning(const struct sip_msg *msg, enum sdp_refusal why, char *headers, size_t size)
{
	if (re_snprintf(headers, size, "Warning: %u %j \"%s\"\r\n", sdp_warning(why), &msg->dst,
		    sdp_refusal_text(why)) < 0)
		*headers = '\0';
}

void reply_refusal(struct stack_end *end, const struct sip_msg *msg, struct sip_strans **st,
	enum sdp_refusal why)
{
	bool malformed = why == SDP_MALFORMED;
	char warning[256];

	reply_warning(msg, why, warning, sizeof(warning));
	(void)sip_treplyf(st, NULL, end->sip, msg, false, malformed ? 400 : 488,
		malformed ? "Bad Session Description" : "Not Acceptable Here",
		"%sContent-Length: 0\r\n\r\n", warning);
}

static bool add_required(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct str_buf *b = arg;

	if (hdr->val.l)
		str_buf_add(
			b, "%s%.*s", b->len ? ", " : "Unsupported: ", (int)hdr->val.l, hdr->val.p);
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
uint16_t reply_unsupported_status(const struct sip_msg *msg, char headers[512])
{
	struct str_buf b;

	headers[0] = '\0';
	if (!has_known_scheme(msg))
		return 416;
	str_buf_init(&b, headers, 512);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, add_required, &b);
	if (b.len == 0)
		return takes_no_sdp(msg) ? 406 : 0;
	str_buf_add(&b, "\r\n");
	if (b.cut)
		headers[0] = '\0';
	return 420;
}

bool reply_unsupported(struct stack_end *end, const struct sip_msg *msg)
{
	char headers[512];
	uint16_t status = reply_unsupported_status(msg, headers);

	if (status)
		reply_once(end, msg, status,
			status == 416		? "Unsupported URI Scheme"
				: status == 406 ? "Not Acceptable"
						: "Bad Extension",
			headers);
	return status != 0;
}

static void repeat(void *arg)
{
	struct answer *a = arg;

	if (timers_now_ms(a->end->ua->timers) >= a->deadline_ms) {
		answer_drop(a);
		a->lost(a->arg);
		return;
	}
	enum sip_transp tp = a->msg->tp;
	(void)sip_send(a->end->sip, a->msg->sock, tp, &a->dst, a->mb);
	a->interval_ms = a->interval_ms * 2 < CORE_T2_MS ? a->interval_ms * 2 : CORE_T2_MS;
	timer_start(a->end->ua->timers, &a->timer, a->interval_ms, repeat, a);
}

int answer_send(struct answer *a, struct sip_strans **st, const struct answer_text *text)
{
	struct pl rport;
	int err;

	a->mb = NULL;
	err = sip_treplyf(st, &a->mb, a->end->sip, a->msg, true, 200, "OK",
		"Contact: %s\r\n" REPLY_ALLOW "Supported:\r\nContent-Type: application/sdp\r\n"
		"Content-Length: %zu\r\n\r\n%s",
		text->contact, strlen(text->sdp), text->sdp);
	if (err)
		return -err;
	mem_ref(a->msg);
	sip_reply_addr(
		&a->dst, a->msg, msg_param_exists(&a->msg->via.params, "rport", &rport) == 0);
	a->waiting = true;
	a->interval_ms = CORE_T1_MS;
	a->deadline_ms = timers_now_ms(a->end->ua->timers) + CORE_ECHO_MS;
	timer_start(a->end->ua->timers, &a->timer, a->interval_ms, repeat, a);
	return 0;
}

bool answer_acked(struct answer *a, const struct sip_msg *ack)
{
	if (!a->waiting || ack->cseq.num != a->msg->cseq.num)
		return false;
	answer_drop(a);
	return true;
}

void answer_drop(struct answer *a)
{
	if (!a->waiting)
		return;
	a->waiting = false;
	timer_cancel(&a->timer);
	a->mb = mem_deref(a->mb);
	a->msg = mem_deref(a->msg);
}
