// Who calls whom, from any bytes: an INVITE whose From, P-Asserted-Identity, Privacy, Diversion and
// History-Info lines and whose request URI are the input's. What is told is UTF-8 and fits.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/transport/door.h"
#include "control/sip/message/identity.h"
#include "control/sip/message/party.h"
#include "engine/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size || !utf8_is(text, len))
		abort();
}

static void describe(const struct sip_msg *msg, bool trusted)
{
	struct ua_incoming in = {0};

	identity_read(msg, trusted, &in);
	judge(in.called, sizeof(in.called));
	judge(in.caller, sizeof(in.caller));
	judge(in.caller_name, sizeof(in.caller_name));
	judge(in.privacy, sizeof(in.privacy));
	judge(in.original_called, sizeof(in.original_called));
	judge(in.redirected_by, sizeof(in.redirected_by));
	judge(in.redirect_reason, sizeof(in.redirect_reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP "
				   "192.0.2.9;branch=z9hG4bK1\r\nTo: <sip:x@y>\r\nCall-ID: 1\r\n"
				   "CSeq: 1 INVITE\r\n";
	struct pl value, rest = {(const char *)data, size};
	struct mbuf *mb = mbuf_alloc(sizeof(head) + size + 8);
	struct sip_msg *msg;
	struct party p;
	char text[64];

	if (door_init() || !mb)
		abort();
	while (party_next(&rest, &value))
		if (party_read(&value, &p) && party_number(&p.uri, text, sizeof(text)))
			judge(text, sizeof(text));
	(void)mbuf_write_mem(mb, (const uint8_t *)head, sizeof(head) - 1);
	(void)mbuf_write_mem(mb, data, size);
	(void)mbuf_write_str(mb, "\r\n\r\n");
	mb->pos = 0;
	if (sip_msg_decode(&msg, mb) == 0) {
		describe(msg, true);
		describe(msg, false);
		mem_deref(msg);
	}
	mem_deref(mb);
	return 0;
}
