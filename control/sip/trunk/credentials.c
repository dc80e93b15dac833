// Two challenges of one request.
#include "control/sip/trunk/credentials.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/str.h"

enum who { USER_AGENT, PROXY, ASKERS };

struct credentials {
	struct challenge of[ASKERS];
	char lines[CREDENTIALS_LINES_MAX];
};

static bool prefer(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct challenge one;

	if (challenge_read(&one, hdr->val.p, hdr->val.l))
		challenge_prefer(arg, &one);
	return false;
}

enum challenge_verdict credentials_take(struct credentials **c, const struct sip_msg *msg)
{
	enum who who = msg->scode == 407 ? PROXY : USER_AGENT;
	struct challenge asked = {0};

	if (!*c)
		*c = calloc(1, sizeof(**c));
	if (!*c)
		return CHALLENGE_UNKNOWN;
	(void)sip_msg_hdr_apply(msg, true,
		who == PROXY ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE, prefer,
		&asked);
	return challenge_take(&(*c)->of[who], &asked);
}

int credentials_write(struct credentials *c, const struct challenge_request *request)
{
	static const char *const names[ASKERS] = {
		[USER_AGENT] = "Authorization", [PROXY] = "Proxy-Authorization"};
	char value[CHALLENGE_ANSWER_MAX], cnonce[20];
	struct challenge_request q = *request;
	struct str_buf b;

	if (!c)
		return 0;
	str_buf_init(&b, c->lines, sizeof(c->lines));
	(void)str_format(cnonce, sizeof(cnonce), "%016llx", (unsigned long long)rand_u64());
	q.cnonce = cnonce;
	for (unsigned who = 0; who < ASKERS; who++) {
		if (c->of[who].hash == CHALLENGE_NONE)
			continue;
		if (challenge_answer(&c->of[who], &q, value))
			return -EMSGSIZE;
		str_buf_add(&b, "%s: %s\r\n", names[who], value);
	}
	return b.cut ? -EMSGSIZE : 0;
}

const char *credentials_lines(const struct credentials *c)
{
	return c ? c->lines : "";
}

void credentials_free(struct credentials *c)
{
	free(c);
}
