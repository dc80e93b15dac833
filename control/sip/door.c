// Refuses unreadable and incomplete messages without a word, and counts them.
#include "control/sip/door.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/buffers.h"
#include "control/sip/connections.h"
#include "control/sip/pattern.h"
#include "control/sip/re.h"
#include "control/sip/text.h"
#include "engine/base/log.h"

#define LIBRE_OVERRIDE __attribute__((visibility("default"), used))

// More than any message that makes sense; TCP would take 64 KiB.
#define MESSAGE_MAX 32768

LOG_TOPIC("libre");

typedef int decode_fn(struct sip_msg **msgp, struct mbuf *mb);

static decode_fn *libre_decode;
static uint64_t malformed;

int door_init(void)
{
	libre_decode = (decode_fn *)dlsym(RTLD_NEXT, "sip_msg_decode");
	// Links them: libre finds its patterns and shortens its buffers by ours from here on.
	(void)(pattern_given_up() + buffers_moved());
	return libre_decode ? 0 : -ENOSYS;
}

uint64_t door_malformed(void)
{
	return malformed;
}

// Libre takes the first digits that it finds, and of those 32 bits.
static bool has_number(const struct sip_msg *msg)
{
	const struct sip_hdr *hdr = sip_msg_hdr(msg, SIP_HDR_CSEQ);
	struct pl number = hdr ? hdr->val : (struct pl){NULL, 0};
	uint32_t n;

	for (size_t i = 0; i < number.l; i++)
		if (strchr(" \t\r\n", number.p[i]))
			number.l = i;
	return text_number(&number, &n) && n <= INT32_MAX;
}

static bool is_complete(const struct sip_msg *msg)
{
	uint32_t length;

	if (!pl_isset(&msg->via.branch) || !pl_isset(&msg->via.sentby))
		return false;
	if (!pl_isset(&msg->callid) || !msg->from.auri.p || !msg->to.auri.p)
		return false;
	// On a connection libre cuts by the low 32 bits of it: the rest would be the next message.
	if (msg->clen.p && !text_number(&msg->clen, &length))
		return false;
	if (!pl_isset(&msg->cseq.met) || !has_number(msg))
		return false;
	return !msg->req || pl_cmp(&msg->met, &msg->cseq.met) == 0;
}

// A head that ends. On a connection libre reads anew from the first octet with each piece that
// comes; of one that is sent octet by octet nothing else is read before.
static bool has_head(const char *p, size_t len)
{
	const char *end = p + len;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		for (p++; p < end && *p == '\r'; p++)
			;
		if (p < end && *p == '\n')
			return true;
	}
	return false;
}

LIBRE_OVERRIDE int sip_msg_decode(struct sip_msg **msgp, struct mbuf *mb)
{
	size_t left = mbuf_get_left(mb);
	int err = left > MESSAGE_MAX ? EBADMSG : ENODATA;

	if (has_head((const char *)mbuf_buf(mb), left))
		err = libre_decode(msgp, mb);

	if (!err && (left > MESSAGE_MAX || !is_complete(*msgp))) {
		*msgp = mem_deref(*msgp);
		err = EBADMSG;
	}
	// ENODATA on a connection: the rest is still on its way.
	if (err && !(err == ENODATA && connections_reading()))
		malformed++;
	return err;
}

LIBRE_OVERRIDE int re_fprintf(FILE *stream, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	int n = re_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_debug("%s", text);
	return n;
}
