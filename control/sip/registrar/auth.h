// Digest authentication of requests to us (RFC 2617, MD5, qop=auth), server side.
//
// A nonce is made of the time and a keyed hash of it and of the asker's address, so that handing
// one out costs no memory; only a nonce that a right password came with is remembered, with its
// highest nonce-count, as long as it is good. Where that needs more than the limit, the oldest
// make room, and whatever nonce is as old as those is too old: none can be heard twice.
//
// What a nonce is (AUTH_FRESH, AUTH_OLD, AUTH_FOREIGN) and whether the password is right are two
// answers, because the first may be told to anyone (stale=true over an old one, RFC 7616 3.3)
// and the second to nobody but who is let in. A foreign one, from before a restart, given to
// another address or invented, proves nothing: anyone can write it on a forged datagram.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define AUTH_NONCE_AGE_MS  300000
#define AUTH_VALUE_MAX	   256
#define AUTH_CHALLENGE_MAX 512

struct auth;

struct auth_credentials { // of an Authorization header
	char username[128], realm[64], nonce[64], uri[AUTH_VALUE_MAX], response[64];
	char cnonce[AUTH_VALUE_MAX], nc[16], qop[16], algorithm[16];
};

enum auth_nonce {
	AUTH_FRESH,
	AUTH_OLD,     // ours, but too long ago or with this count before
	AUTH_FOREIGN, // not ours, or not given to this address
};

struct auth_asker {
	const struct addr *source;
	uint64_t now_ms;
};

struct auth *auth_new(void); // NULL: no memory
void auth_free(struct auth *a);
void auth_limit(struct auth *a, unsigned nonces_max); // to be remembered
// Value of a WWW-Authenticate header.
void auth_challenge(struct auth *a, const char *realm, bool stale, const struct auth_asker *asker,
	char out[AUTH_CHALLENGE_MAX]);
// Reads `Digest username="…", …`. 0, or -EBADMSG when it is no digest that we can check.
int auth_read(struct auth_credentials *out, const char *value, size_t len);

struct auth_secret {
	const char *method, *password;
};
bool auth_is_right(const struct auth_credentials *c, const struct auth_secret *secret);
enum auth_nonce auth_nonce(
	struct auth *a, const struct auth_credentials *c, const struct auth_asker *asker);
// Takes a right digest over a fresh nonce: its count is used from now on. False: no memory, and
// it may not pass.
bool auth_use(struct auth *a, const struct auth_credentials *c, const struct auth_asker *asker);
