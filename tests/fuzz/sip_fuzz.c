// A SIP message from any bytes: the door, then everything of ours that reads header text.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/auth.h"
#include "control/sip/dialog.h"
#include "control/sip/door.h"
#include "control/sip/text.h"
#include "control/sip/trace.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace *trace;
	struct ua_trace_entry e = {.text = (const char *)data};
	struct sip_msg *msg;

	if (!trace) {
		trace = trace_new(1 << 16, 64);
		if (!trace || door_init())
			abort();
	}
	struct mbuf *mb = mbuf_alloc(size + 1);
	if (!mb)
		return 0;
	(void)mbuf_write_mem(mb, data, size);
	mb->pos = 0;
	(void)trace_add(trace, &e, size);
	trace_blank_last(trace);
	trace_walk(trace, "1", ignore, NULL);
	if (sip_msg_decode(&msg, mb) == 0) {
		read_message(msg);
		mem_deref(msg);
	}
	mem_deref(mb);
	return 0;
}
