// Writes INVITEs: everything that is not of one contact alone.
#include "control/sip/dialog/invite_head.h"

#include <errno.h>
#include <stdlib.h>

#include "control/sip/message/text.h"
#include "control/sip/shared.h"

int invite_identify(struct ua_leg *leg)
{
	char id[40], tag[20];

	(void)str_format(id, sizeof(id), "%016llx%016llx", (unsigned long long)rand_u64(),
		(unsigned long long)rand_u64());
	(void)str_format(tag, sizeof(tag), "%016llx", (unsigned long long)rand_u64());
	leg->dialog.call_id = str_clone(id);
	leg->dialog.local_tag = str_clone(tag);
	return leg->dialog.call_id && leg->dialog.local_tag ? 0 : -ENOMEM;
}

// --- headers ---

static void add_identity(struct str_buf *b, const struct invite_party *p, bool hidden)
{
	const char *caller = p->caller && *p->caller ? p->caller : "anonymous";

	if (hidden) { // RFC 3323 4.1.1.3
		str_buf_add(b, "\"Anonymous\" <sip:anonymous@anonymous.invalid>");
		return;
	}
	if (p->caller_name && *p->caller_name) {
		str_buf_add(b, "\"");
		text_add_quoted(b, p->caller_name);
		str_buf_add(b, "\" ");
	}
	str_buf_add(b, "<sip:");
	text_add_user(b, caller);
	str_buf_add(b, "@%s>", p->from_host);
}

static void add_extra(struct str_buf *b, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_buf_add(b, "%s: ", name);
	text_add_user(b, value); // a queue's name may hold anything
	str_buf_add(b, "\r\n");
}

int invite_write_head(struct ua_leg *leg, const struct invite_party *p)
{
	char text[2048];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	str_buf_add(&b, "To: <sip:");
	text_add_user(&b, p->user);
	str_buf_add(&b, "@%s>\r\nFrom: ", p->host);
	add_identity(&b, p, p->hidden);
	str_buf_add(&b, ";tag=%s\r\nCall-ID: %s\r\n", leg->dialog.local_tag, leg->dialog.call_id);
	if (p->hidden)
		str_buf_add(&b, "Privacy: id\r\n");
	if (!p->hidden || p->asserted) {
		str_buf_add(&b, "P-Asserted-Identity: ");
		add_identity(&b, p, false);
		str_buf_add(&b, "\r\n");
	}
	add_extra(&b, "X-Ringhall-Queue", p->queue);
	add_extra(&b, "X-Ringhall-Call", p->call);
	if (b.cut)
		return -EMSGSIZE;
	free(leg->headers);
	leg->headers = str_clone(text);
	return leg->headers ? 0 : -ENOMEM;
}

// --- the offer ---

static void set_codecs(struct ua_leg *leg, const struct invite_sound *s)
{
	const struct config_engine *engine = &leg->ua->config->engine;
	unsigned n = 0;

	leg->sdp.rtp = s->rtp;
	if (s->media < engine->media_count)
		leg->sdp.bits = (uint8_t)engine->media[s->media].address.bits;
	leg->sdp.ptime_ms = s->ptime_ms;
	leg->nat.anywhere = s->anywhere;
	for (unsigned i = 0; i < s->codec_count; i++)
		if (s->first != CODEC_NONE && s->codecs[i] == s->first)
			leg->codecs[n++] = s->first;
	for (unsigned i = 0; i < s->codec_count && n < 4; i++)
		if (s->codecs[i] != s->first || s->first == CODEC_NONE)
			leg->codecs[n++] = s->codecs[i];
	leg->codec_count = n;
	leg_hold_codecs(leg);
}

int invite_write_offer(struct ua_leg *leg, const struct invite_sound *s)
{
	char sdp[SDP_TEXT_MAX];

	set_codecs(leg, s);
	if (leg->sdp.codec_count == 0)
		return -ENOBUFS;
	if (sdp_offer(&leg->sdp, sdp, sizeof(sdp)))
		return -EMSGSIZE;
	free(leg->offer);
	leg->offer = str_clone(sdp);
	return leg->offer ? 0 : -ENOMEM;
}
