// Digest authentication of requests to us (RFC 2617, MD5, qop=auth), server side.
//
// A nonce is made of the time and a keyed hash of it and of the asker's address, so that handing
// one out costs no memory; only a nonce that a right password came with is remembered, with its
// highest nonce-count, in a bounded table. A digest over a nonce that is too old, used before,
// from before a restart or given to another address is AUTH_STALE when it is right: the phone
// asks again by itself, and nobody has to type a password. When it is wrong it is AUTH_FOREIGN
// and proves nothing, since anyone can write another's source address on a datagram: only who
// has heard our challenge can fail, and be locked out for it.
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

enum auth_result { AUTH_PASSED, AUTH_STALE, AUTH_FOREIGN, AUTH_FAILED };

struct auth_asker {
	const struct addr *source;
	uint64_t now_ms;
};

struct auth *auth_new(void); // NULL: no memory
void auth_free(struct auth *a);
// Value of a WWW-Authenticate header.
void auth_challenge(struct auth *a, const char *realm, bool stale, const struct auth_asker *asker,
	char out[AUTH_CHALLENGE_MAX]);
// Reads `Digest username="…", …`. 0, or -EBADMSG when it is no digest that we can check.
int auth_read(struct auth_credentials *out, const char *value, size_t len);

struct auth_secret {
	const char *method, *password;
};
enum auth_result auth_check(struct auth *a, const struct auth_credentials *c,
	const struct auth_secret *secret, const struct auth_asker *asker);
