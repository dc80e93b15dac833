// A branch for those that come without one.
#include "control/sip/transport/branch.h"

#include <errno.h>
#include <string.h>

#include "control/sip/transport/libre.h"
#include "engine/base/hash.h"

#define COOKIE	  "z9hG4bK"
#define TEXT_SIZE 32
#define OURS	  "2543-"

// Of a Via in which all is right but that there is no branch, libre says that one was not found;
// its value is set by then.
LIBRE_OVERRIDE int sip_via_decode(struct sip_via *via, const struct pl *pl)
{
	if (!libre_found())
		return ENOSYS;
	int err = libre.sip_via_decode(via, pl);
	return err == ENOENT && via && pl && via->val.p == pl->p ? 0 : err;
}

static uint64_t add(uint64_t hash, const struct pl *pl)
{
	return hash_bytes(pl->p ? pl->p : "", pl->p ? pl->l : 0, hash);
}

static uint64_t hash_of(const struct sip_msg *msg)
{
	const struct pl *from = pl_isset(&msg->from.tag) ? &msg->from.tag : &msg->from.val;
	uint64_t hash = add(libre.seed, &msg->ruri);

	hash = add(hash, from);
	hash = add(hash, &msg->callid);
	hash = add(hash, &msg->via.val);
	return hash_bytes(&msg->cseq.num, sizeof(msg->cseq.num), hash);
}

int branch_complete(struct sip_msg *msg)
{
	static const struct pl cookie = {COOKIE, sizeof(COOKIE) - 1};
	struct pl start = msg->via.branch;

	start.l = start.l < cookie.l ? start.l : cookie.l;
	// The cookie alone (RFC 4475 3.3.8) tells nothing apart either.
	if (!msg->req || (pl_casecmp(&start, &cookie) == 0 && msg->via.branch.l > cookie.l))
		return 0;
	// A header nobody asks for: it lives as long as the message.
	struct sip_hdr *hdr = mem_zalloc(sizeof(*hdr) + TEXT_SIZE, NULL);
	if (!hdr)
		return ENOMEM;
	char *text = (char *)(hdr + 1);
	int n = re_snprintf(text, TEXT_SIZE, OURS "%016llx", (unsigned long long)hash_of(msg));
	hdr->id = SIP_HDR_NONE;
	list_append(&msg->hdrl, &hdr->le, hdr);
	msg->via.branch = (struct pl){text, (size_t)n};
	return 0;
}

bool branch_is_ours(const struct sip_msg *msg)
{
	// What a peer sends that looks like it was replaced.
	return msg->via.branch.l > sizeof(OURS) - 1 &&
		memcmp(msg->via.branch.p, OURS, sizeof(OURS) - 1) == 0;
}
