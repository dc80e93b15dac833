// A SIP message from any bytes: the door, the refusal of what it does not let in, then everything
// of ours that reads header text.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/sip/registrar/auth.h"
#include "control/sip/dialog/dialog.h"
#include "control/sip/transport/door.h"
#include "control/sip/message/head.h"
#include "control/sip/transport/refuse.h"
#include "control/sip/message/text.h"
#include "control/sip/transport/trace.h"
#include "engine/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_header(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct auth_credentials credentials;
	enum ua_transport transport;
	struct sip_addr a;
	struct addr where;
	char text[64];

	(void)auth_read(&credentials, hdr->val.p, hdr->val.l);
	(void)text_uri_addr(&hdr->val, &where, &transport);
	text_name(text, sizeof(text), &hdr->val);
	text_line(text, sizeof(text), &hdr->val);
	if (sip_addr_decode(&a, &hdr->val))
		return false;
	(void)text_uri_addr(&a.auri, &where, &transport);
	return false;
}

static void ignore(const struct ua_trace_entry *e, void *arg)
{
}

static void read_message(const struct sip_msg *msg)
{
	static const enum sip_hdrid ids[] = {SIP_HDR_CONTACT, SIP_HDR_FROM, SIP_HDR_AUTHORIZATION,
		SIP_HDR_RECORD_ROUTE, SIP_HDR_P_ASSERTED_IDENTITY};
	static struct stack_end end;
	struct dialog d;

	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		(void)sip_msg_hdr_apply(msg, true, ids[i], read_header, NULL);
	if (msg->req)
		(void)dialog_from_invite(&d, &end, msg, DIALOG_SYMMETRIC);
	else
		(void)dialog_from_answer(&d,
			&(struct dialog_sent){
				&(struct flow){.end = &end}, "sip:a@192.0.2.1", DIALOG_SYMMETRIC},
			msg);
	(void)dialog_matches(&d, msg);
	dialog_drop(&d);
}

static bool anybody(const struct sa *source, void *arg)
{
	return true;
}

static void refuse(struct refusals *rs, const struct mbuf *mb)
{
	struct strict_fault why = {400, "Bad Request", false};
	struct sa source, to;
	struct refuse_request r = {(const char *)mbuf_buf(mb), mbuf_get_left(mb), &source};

	sa_set_in(&source, 0x7f000001, 5060);
	mem_deref(refuse_answer(rs, &r, &why));
	refuse_destination(&r, &to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace *trace;
	static struct refusals *refusals;
	static struct timers timers;
	struct ua_trace_entry e = {.text = (const char *)data};
	struct sip_msg *msg;

	if (!trace) {
		trace = trace_new(1 << 16, 64);
		timers_init(&timers, NULL);
		refusals = refusals_new(
			&timers, &(struct refuse_handlers){.may_answer = anybody}, "fuzz");
		if (!trace || !refusals || door_init())
			abort();
		(void)log_set_level("sip", LOG_ERROR);
	}
	struct mbuf *mb = mbuf_alloc(size + 1);
	if (!mb)
		return 0;
	(void)mbuf_write_mem(mb, data, size);
	mb->pos = 0;
	(void)trace_add(trace, &e, size);
	trace_blank_last(trace);
	trace_walk(trace, "1", ignore, NULL);
	refuse(refusals, mb);
	head_tame((char *)mbuf_buf(mb), head_size((const char *)mbuf_buf(mb), size, 0));
	if (sip_msg_decode(&msg, mb) == 0) {
		read_message(msg);
		mem_deref(msg);
	}
	mem_deref(mb);
	return 0;
}
