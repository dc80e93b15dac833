// Keeps the answers of provisional responses.
#include "control/sip/dialog/early.h"

#include <stdlib.h>
#include <string.h>

#include "control/sip/message/text.h"
#include "control/sip/sdp/body.h"
#include "engine/base/hash.h"

static uint64_t tag_hash(const struct early *e, const struct sip_msg *msg)
{
	return hash_bytes(msg->to.tag.p ? msg->to.tag.p : "", msg->to.tag.l, e->seed);
}

static const char *find(const struct early *e, uint64_t tag)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->kept[i].tag == tag)
			return e->kept[i].sdp;
	return NULL;
}

void early_keep(struct early *e, const struct sip_msg *msg)
{
	struct sdp_text text = sdp_body(msg);
	struct pl pl = {text.p, text.len};

	if (text.len == 0 || text.len >= SDP_TEXT_MAX || e->count == EARLY_MAX ||
		!msg_ctype_cmp(&msg->ctyp, "application", "sdp") || find(e, tag_hash(e, msg)))
		return;
	char *sdp = text_clone(&pl);
	if (!sdp)
		return;
	e->kept[e->count].tag = tag_hash(e, msg);
	e->kept[e->count++].sdp = sdp;
}

struct sdp_text early_answer(const struct early *e, const struct sip_msg *ok)
{
	struct sdp_text text = sdp_body(ok);
	const char *kept = text.len ? NULL : find(e, tag_hash(e, ok));

	return kept ? (struct sdp_text){kept, strlen(kept)} : text;
}

void early_drop(struct early *e)
{
	for (unsigned i = 0; i < e->count; i++)
		free(e->kept[i].sdp);
	*e = (struct early){0};
}
