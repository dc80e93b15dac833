// Two challenges of one request.
#include "control/sip/trunk/credentials.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/str.h"

enum who { USER_AGENT, PROXY, ASKERS };
_Static_assert(ASKERS == CREDENTIALS_ASKERS, "a turn each");

struct credentials {
	unsigned holders;
	struct challenge of[ASKERS];
	char lines[CREDENTIALS_LINES_MAX];
};

struct asking {
	const char *realm; // that asked before; "": none did
	struct challenge best;
};

static bool prefer(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct asking *a = arg;
	struct challenge one;

	if (challenge_read(&one, hdr->val.p, hdr->val.l))
		challenge_prefer(&a->best, &one, a->realm);
	return false;
}

static enum who who_asks(const struct sip_msg *msg)
{
	return msg->scode == 407 ? PROXY : USER_AGENT;
}

// False: no memory.
static bool read_asked(struct credentials **c, const struct sip_msg *msg, struct challenge *asked)
{
	enum who who = who_asks(msg);

	if (!*c)
		*c = credentials_share(calloc(1, sizeof(**c)));
	struct asking a = {.realm = *c ? (*c)->of[who].realm : ""};
	(void)sip_msg_hdr_apply(msg, true,
		who == PROXY ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE, prefer, &a);
	*asked = a.best;
	return *c != NULL;
}

enum challenge_verdict credentials_take(struct credentials **c, const struct sip_msg *msg)
{
	struct challenge asked;

	if (!read_asked(c, msg, &asked))
		return CHALLENGE_UNKNOWN;
	return challenge_take(&(*c)->of[who_asks(msg)], &asked);
}

enum challenge_verdict credentials_take_in(
	struct credentials **c, struct credentials_turn *turn, const struct sip_msg *msg)
{
	enum who who = who_asks(msg);
	struct challenge asked;

	if (!read_asked(c, msg, &asked))
		return CHALLENGE_UNKNOWN;
	return challenge_take_in(&(*c)->of[who], &turn->of[who], &asked);
}

void credentials_anew(struct credentials *c)
{
	for (unsigned who = 0; c && who < ASKERS; who++)
		c->of[who].own = (struct challenge_turn){0};
}

int credentials_sign(struct credentials *c, const struct challenge_request *request,
	char lines[CREDENTIALS_LINES_MAX])
{
	static const char *const names[ASKERS] = {
		[USER_AGENT] = "Authorization", [PROXY] = "Proxy-Authorization"};
	char value[CHALLENGE_ANSWER_MAX], cnonce[20];
	struct challenge_request q = *request;
	struct str_buf b;

	str_buf_init(&b, lines, CREDENTIALS_LINES_MAX);
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

int credentials_write(struct credentials *c, const struct challenge_request *request)
{
	return c ? credentials_sign(c, request, c->lines) : 0;
}

const char *credentials_lines(const struct credentials *c)
{
	return c ? c->lines : "";
}

struct credentials *credentials_share(struct credentials *c)
{
	if (c)
		c->holders++;
	return c;
}

void credentials_free(struct credentials *c)
{
	if (c && --c->holders == 0)
		free(c);
}
