// Challenges, and whether their answers are right, fresh and not heard before.
#include "control/sip/registrar/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/base/re.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define USED_MAX  16384 // nonces remembered, until auth_limit
#define NONCE_LEN 48	// 16 hex digits of time, 16 of a number, 16 of their keyed hash

struct used { // a nonce that a right password came with
	struct hash_node node;
	struct dlist link; // first used first
	uint64_t number, time_ms;
	uint32_t nc; // highest that was used
};

struct auth {
	uint64_t key[4];
	uint64_t number;
	struct hash used; // by number
	struct dlist all;
	unsigned used_max;
	uint64_t floor_ms; // a nonce from then or before is too old, unless it is in the table
};

struct auth *auth_new(void)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	dlist_init(&a->all);
	if (hash_init(&a->used, 1024)) {
		free(a);
		return NULL;
	}
	for (unsigned i = 0; i < 4; i++)
		a->key[i] = rng_seed_os();
	a->used_max = USED_MAX;
	return a;
}

static void forget(struct auth *a, struct used *u)
{
	hash_remove(&a->used, &u->node);
	dlist_remove(&u->link);
	free(u);
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	while (!dlist_empty(&a->all))
		forget(a, container_of(a->all.next, struct used, link));
	hash_fini(&a->used);
	free(a);
}

void auth_limit(struct auth *a, unsigned nonces_max)
{
	a->used_max = nonces_max;
}

// What a nonce is bound to: when, the how manieth, for whom.
struct nonce {
	uint64_t time_ms, number;
	uint8_t ip[16];
};

static uint64_t keyed_hash(const struct auth *a, const struct nonce *n)
{
	uint8_t mac[20];
	uint64_t out;

	hmac_sha1((const uint8_t *)a->key, sizeof(a->key), (const uint8_t *)n, sizeof(*n), mac,
		sizeof(mac));
	memcpy(&out, mac, sizeof(out));
	return out;
}

void auth_challenge(struct auth *a, const char *realm, bool stale, const struct auth_asker *asker,
	char out[AUTH_CHALLENGE_MAX])
{
	struct nonce n = {.time_ms = asker->now_ms, .number = ++a->number};

	memcpy(n.ip, asker->source->ip, sizeof(n.ip));
	(void)str_format(out, AUTH_CHALLENGE_MAX,
		"Digest realm=\"%s\", nonce=\"%016llx%016llx%016llx\", algorithm=MD5, "
		"qop=\"auth\"%s",
		realm, (unsigned long long)n.time_ms, (unsigned long long)n.number,
		(unsigned long long)keyed_hash(a, &n), stale ? ", stale=true" : "");
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n' || *p == ','))
		p++;
	return p;
}

// Reads a token or quoted string, without its quotes and back-slashes. NULL: broken or too long.
static const char *read_value(const char *p, const char *end, char *out, size_t size)
{
	bool quoted = p < end && *p == '"';
	size_t n = 0;

	for (p += quoted; p < end; p++) {
		if (quoted ? *p == '"' : strchr(", \t\r\n", *p) != NULL)
			break;
		if (quoted && *p == '\\' && ++p == end)
			return NULL;
		if (n + 1 >= size || *p == '\0')
			return NULL;
		out[n++] = *p;
	}
	if (quoted && (p == end || *p++ != '"'))
		return NULL;
	out[n] = '\0';
	return p;
}

static char *field(struct auth_credentials *c, const char *name, size_t len, size_t *size)
{
	const struct {
		const char *name;
		char *at;
		size_t size;
	} fields[] = {
		{"username", c->username, sizeof(c->username)},
		{"realm", c->realm, sizeof(c->realm)},
		{"nonce", c->nonce, sizeof(c->nonce)},
		{"uri", c->uri, sizeof(c->uri)},
		{"response", c->response, sizeof(c->response)},
		{"cnonce", c->cnonce, sizeof(c->cnonce)},
		{"nc", c->nc, sizeof(c->nc)},
		{"qop", c->qop, sizeof(c->qop)},
		{"algorithm", c->algorithm, sizeof(c->algorithm)},
	};

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].name) == len && strncasecmp(name, fields[i].name, len) == 0) {
			*size = fields[i].size;
			return fields[i].at;
		}
	}
	return NULL;
}

int auth_read(struct auth_credentials *out, const char *value, size_t len)
{
	const char *p = value, *end = value + len;
	char ignored[1024];

	*out = (struct auth_credentials){0};
	if (len < 7 || strncasecmp(p, "Digest", 6) || (p[6] != ' ' && p[6] != '\t'))
		return -EBADMSG;
	for (p = skip_blank(p + 6, end); p < end; p = skip_blank(p, end)) {
		const char *name = p;
		size_t size = sizeof(ignored), n;
		while (p < end && *p != '=' && *p != ' ' && *p != '\t' && *p != ',')
			p++;
		n = (size_t)(p - name);
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p == end || *p++ != '=')
			return -EBADMSG;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		char *to = field(out, name, n, &size);
		p = read_value(p, end, to ? to : ignored, size);
		if (!p)
			return -EBADMSG;
	}
	if (!*out->username || !*out->realm || !*out->nonce || !*out->uri || !*out->response)
		return -EBADMSG;
	if (*out->algorithm && strcasecmp(out->algorithm, "MD5"))
		return -EBADMSG;
	if (*out->qop && (strcasecmp(out->qop, "auth") || !*out->nc || !*out->cnonce))
		return -EBADMSG;
	return 0;
}

static void hex_md5(char out[33], const char *text)
{
	uint8_t digest[MD5_SIZE];

	md5((const uint8_t *)text, strlen(text), digest);
	for (unsigned i = 0; i < MD5_SIZE; i++)
		str_format(out + 2 * i, 3, "%02x", digest[i]);
}

// RFC 2617 3.2.2.1.
bool auth_is_right(const struct auth_credentials *c, const struct auth_secret *s)
{
	char a1[33], a2[33], want[33], text[1024];
	unsigned char differ = 0;

	if (str_format(text, sizeof(text), "%s:%s:%s", c->username, c->realm, s->password))
		return false;
	hex_md5(a1, text);
	if (str_format(text, sizeof(text), "%s:%s", s->method, c->uri))
		return false;
	hex_md5(a2, text);
	if (*c->qop ? str_format(text, sizeof(text), "%s:%s:%s:%s:%s:%s", a1, c->nonce, c->nc,
			      c->cnonce, c->qop, a2)
		    : str_format(text, sizeof(text), "%s:%s:%s", a1, c->nonce, a2))
		return false;
	hex_md5(want, text);
	if (strlen(c->response) != 32)
		return false;
	// All 32 digits whatever the first difference: the time tells nothing.
	for (unsigned i = 0; i < 32; i++) {
		char got = c->response[i];
		if (got >= 'A' && got <= 'F')
			got = (char)(got - 'A' + 'a');
		differ |= (unsigned char)(got ^ want[i]);
	}
	return differ == 0;
}

static bool read_hex(const char *p, unsigned digits, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < digits; i++) {
		char c = p[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

// Ours, and given to this very address?
static bool read_nonce(
	const struct auth *a, const char *nonce, const struct auth_asker *asker, struct nonce *n)
{
	uint64_t mac;

	*n = (struct nonce){0};
	if (strlen(nonce) != NONCE_LEN || !read_hex(nonce, 16, &n->time_ms) ||
		!read_hex(nonce + 16, 16, &n->number) || !read_hex(nonce + 32, 16, &mac))
		return false;
	memcpy(n->ip, asker->source->ip, sizeof(n->ip));
	return mac == keyed_hash(a, n);
}

// Without qop there is no count, so the nonce is good once. False: it is none.
static bool read_count(const struct auth_credentials *c, uint64_t *nc)
{
	*nc = 1;
	return !*c->qop || (strlen(c->nc) == 8 && read_hex(c->nc, 8, nc) && *nc != 0);
}

static struct used *find_used(const struct auth *a, uint64_t number)
{
	for (struct hash_node *n = hash_first(&a->used, hash_u64(number)); n; n = hash_next(n)) {
		struct used *u = container_of(n, struct used, node);
		if (u->number == number)
			return u;
	}
	return NULL;
}

enum auth_nonce auth_nonce(
	struct auth *a, const struct auth_credentials *c, const struct auth_asker *asker)
{
	struct nonce n;
	uint64_t nc;

	if (!read_nonce(a, c->nonce, asker, &n))
		return AUTH_FOREIGN;
	if (asker->now_ms - n.time_ms > AUTH_NONCE_AGE_MS || !read_count(c, &nc))
		return AUTH_OLD;
	// A count is good once (RFC 2617 3.2.2).
	struct used *u = find_used(a, n.number);
	if (u ? nc <= u->nc : a->floor_ms && n.time_ms <= a->floor_ms)
		return AUTH_OLD;
	return AUTH_FRESH;
}

static void make_room(struct auth *a, uint64_t now_ms)
{
	dlist_for_each_safe (it, &a->all) {
		struct used *u = container_of(it, struct used, link);
		bool over = now_ms - u->time_ms > AUTH_NONCE_AGE_MS;
		if (!over && a->used.count < a->used_max)
			return;
		if (!over && u->time_ms > a->floor_ms)
			a->floor_ms = u->time_ms;
		forget(a, u);
	}
}

bool auth_use(struct auth *a, const struct auth_credentials *c, const struct auth_asker *asker)
{
	struct nonce n;
	uint64_t nc;

	if (!read_nonce(a, c->nonce, asker, &n) || !read_count(c, &nc))
		return false;
	struct used *u = find_used(a, n.number);
	if (!u) {
		make_room(a, asker->now_ms);
		u = calloc(1, sizeof(*u));
		if (!u)
			return false;
		u->number = n.number;
		u->time_ms = n.time_ms;
		hash_insert(&a->used, &u->node, hash_u64(u->number));
		dlist_push_back(&a->all, &u->link);
	}
	u->nc = (uint32_t)nc;
	return true;
}
