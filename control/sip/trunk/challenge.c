// Reads challenges, and answers them.
#include "control/sip/trunk/challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "control/base/digest.h"
#include "engine/base/str.h"

const char *challenge_text(enum challenge_verdict v)
{
	static const char *const texts[CHALLENGE_VERDICTS] = {
		[CHALLENGE_ANSWERED] = "answered",
		[CHALLENGE_WRONG] = "our user or password is refused",
		[CHALLENGE_UNKNOWN] = "a password is asked for in a way that is not known",
		[CHALLENGE_REALM] = "a password is asked for by another realm than before",
		[CHALLENGE_WEAKER] = "a password is asked for by a weaker hash than before",
	};

	return texts[v];
}

// --- reading ---

struct pair { // name=value
	const char *name, *value;
	size_t name_len, value_len;
};

static size_t blanks(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && strchr(" \t\r\n,", p[n]) && p[n])
		n++;
	return n;
}

static size_t token(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] && !strchr(" \t\r\n,=\"", p[n]))
		n++;
	return n;
}

// Behind the quote that closes; what is quoted stays as it is written, as it is hashed so (RFC
// 7616 3.4). 0: it does not close.
static size_t quoted(const char *p, size_t len)
{
	for (size_t n = 1; n < len; n++) {
		if (p[n] == '\\')
			n++;
		else if (p[n] == '"')
			return n + 1;
	}
	return 0;
}

// False: no more, or *broken.
static bool next_pair(const char **p, size_t *len, struct pair *out, bool *broken)
{
	size_t skip = blanks(*p, *len), n, quotes = 0;
	const char *at = *p + skip;
	size_t left = *len - skip;

	if (left == 0)
		return false;
	*broken = true;
	n = token(at, left);
	*out = (struct pair){.name = at, .name_len = n};
	n += blanks(at + n, left - n);
	if (n == 0 || n >= left || at[n] != '=')
		return false;
	n++;
	n += blanks(at + n, left - n);
	if (n < left && at[n] == '"')
		quotes = quoted(at + n, left - n);
	size_t size = quotes ? quotes : token(at + n, left - n);
	if (size == 0)
		return false;
	out->value = at + n + (quotes > 0);
	out->value_len = size - (quotes ? 2 : 0);
	*p = at + n + size;
	*len = left - n - size;
	*broken = false;
	return true;
}

static bool is(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(p, word, len) == 0;
}

static bool offers_auth(const struct pair *pair)
{
	const char *p = pair->value;
	size_t left = pair->value_len;

	for (;;) {
		size_t skip = blanks(p, left);
		p += skip;
		left -= skip;
		size_t n = token(p, left);
		if (n == 0)
			return false;
		if (is(p, n, "auth"))
			return true;
		p += n;
		left -= n;
	}
}

static enum challenge_hash hash_named(const struct pair *p)
{
	if (is(p->value, p->value_len, "MD5"))
		return CHALLENGE_MD5;
	return is(p->value, p->value_len, "SHA-256") ? CHALLENGE_SHA256 : CHALLENGE_NONE;
}

// What is repeated in a line of ours ends no line.
static bool is_line(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			return false;
	return true;
}

// 0, or what makes it one that cannot be answered.
static int take_pair(struct challenge *c, const struct pair *p, bool seen[2])
{
	if (!is_line(p->value, p->value_len))
		return -EBADMSG;
	if (is(p->name, p->name_len, "realm")) {
		seen[0] = true;
		return str_copy_n(c->realm, sizeof(c->realm), p->value, p->value_len);
	}
	if (is(p->name, p->name_len, "nonce")) {
		seen[1] = true;
		return str_copy_n(c->nonce, sizeof(c->nonce), p->value, p->value_len);
	}
	if (is(p->name, p->name_len, "opaque")) {
		c->opaque_given = true;
		return str_copy_n(c->opaque, sizeof(c->opaque), p->value, p->value_len);
	}
	if (is(p->name, p->name_len, "stale")) {
		c->stale = is(p->value, p->value_len, "true");
	} else if (is(p->name, p->name_len, "algorithm")) {
		c->named = true;
		c->hash = hash_named(p);
		return c->hash ? 0 : -ENOTSUP;
	} else if (is(p->name, p->name_len, "qop")) {
		c->qop = offers_auth(p);
		return c->qop ? 0 : -ENOTSUP; // auth-int alone
	}
	return 0;
}

bool challenge_read(struct challenge *out, const char *value, size_t len)
{
	size_t skip = blanks(value, len);
	const char *p = value + skip;
	bool seen[2] = {false, false}, broken = false;
	struct pair pair;

	*out = (struct challenge){.hash = CHALLENGE_MD5};
	len -= skip;
	size_t scheme = token(p, len);
	bool answerable = is(p, scheme, "Digest");
	p += scheme;
	len -= scheme;
	while (answerable && next_pair(&p, &len, &pair, &broken))
		answerable = take_pair(out, &pair, seen) == 0;
	if (!answerable || broken || !seen[0] || !seen[1])
		out->hash = CHALLENGE_NONE;
	return out->hash != CHALLENGE_NONE;
}

// --- judging ---

// Of realms that were never heard of, the first (RFC 8760 2.4: the far end's order).
void challenge_prefer(struct challenge *best, const struct challenge *other, const char *realm)
{
	bool ours = *realm && str_equal(other->realm, realm);
	bool better = best->hash == CHALLENGE_NONE ||
		(str_equal(other->realm, best->realm) ? other->hash > best->hash : ours);

	if (better)
		*best = *other;
}

enum challenge_verdict challenge_take_in(
	struct challenge *c, struct challenge_turn *turn, const struct challenge *asked)
{
	struct challenge_turn own = c->own;
	uint32_t nc = strcmp(c->nonce, asked->nonce) == 0 ? c->nc : 0;

	if (asked->hash == CHALLENGE_NONE)
		return CHALLENGE_UNKNOWN;
	if (c->hash != CHALLENGE_NONE && !str_equal(asked->realm, c->realm))
		return CHALLENGE_REALM;
	if (asked->hash < c->hash)
		return CHALLENGE_WEAKER;
	if (turn->answered && (!asked->stale || turn->stales > 0))
		return CHALLENGE_WRONG;
	turn->stales += turn->answered;
	turn->answered = true;
	*c = *asked;
	c->nc = nc;
	c->own = own;
	return CHALLENGE_ANSWERED;
}

enum challenge_verdict challenge_take(struct challenge *c, const struct challenge *asked)
{
	struct challenge_turn turn = c->own;
	enum challenge_verdict v = challenge_take_in(c, &turn, asked);

	c->own = turn;
	return v;
}

// --- answering ---

struct respond_texts { // the password among them, and a1, which is worth as much
	char a1[DIGEST_HEX_MAX], a2[DIGEST_HEX_MAX], text[1024];
};

// RFC 7616 3.4.1; without qop RFC 2617 3.2.2.1.
static int hash_all(const struct challenge *c, const struct challenge_request *q,
	struct respond_texts *t, char out[DIGEST_HEX_MAX])
{
	enum digest_hash h = c->hash == CHALLENGE_SHA256 ? DIGEST_SHA256 : DIGEST_MD5;

	if (str_format(t->text, sizeof(t->text), "%s:%s:%s", q->user, c->realm, q->password) ||
		digest_hex(h, t->text, t->a1) ||
		str_format(t->text, sizeof(t->text), "%s:%s", q->method, q->uri) ||
		digest_hex(h, t->text, t->a2))
		return -EMSGSIZE;
	if (c->qop ? str_format(t->text, sizeof(t->text), "%s:%s:%08x:%s:auth:%s", t->a1, c->nonce,
			     c->nc, q->cnonce, t->a2)
		   : str_format(t->text, sizeof(t->text), "%s:%s:%s", t->a1, c->nonce, t->a2))
		return -EMSGSIZE;
	return digest_hex(h, t->text, out) ? -EMSGSIZE : 0;
}

static int respond(
	const struct challenge *c, const struct challenge_request *q, char out[DIGEST_HEX_MAX])
{
	struct respond_texts t;
	int rc = hash_all(c, q, &t, out);

	explicit_bzero(&t, sizeof(t));
	return rc;
}

int challenge_answer(
	struct challenge *c, const struct challenge_request *q, char out[CHALLENGE_ANSWER_MAX])
{
	char response[DIGEST_HEX_MAX];
	struct str_buf b;

	c->nc++;
	if (respond(c, q, response))
		return -EMSGSIZE;
	str_buf_init(&b, out, CHALLENGE_ANSWER_MAX);
	str_buf_add(&b,
		"Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
		"response=\"%s\"",
		q->user, c->realm, c->nonce, q->uri, response);
	if (c->named)
		str_buf_add(&b, ", algorithm=%s", c->hash == CHALLENGE_SHA256 ? "SHA-256" : "MD5");
	if (c->opaque_given)
		str_buf_add(&b, ", opaque=\"%s\"", c->opaque);
	if (c->qop)
		str_buf_add(&b, ", qop=auth, nc=%08x, cnonce=\"%s\"", c->nc, q->cnonce);
	return b.cut ? -EMSGSIZE : 0;
}
