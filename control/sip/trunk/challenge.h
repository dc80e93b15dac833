// Digest authentication of our own requests (RFC 7616, 2617), client side: what a 401 or 407 asks
// for, whether it is answered, and the answer. Pure text, no messages.
//
// A challenge is answered once in a request, and once more where it says that our nonce was stale:
// whoever asks again has refused our password. Who has asked by the stronger hash is not answered
// by the weaker one afterwards, as somebody in the middle would ask so. A password is for one realm
// (RFC 3261 22.1), that which asked first: whoever asks by another one, on the way or in its stead,
// is not answered, as each answer is something to try passwords on. RFC 3261 22.3 would have one
// for each realm; a trunk has one user and one password.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHALLENGE_VALUE_MAX  256
#define CHALLENGE_ANSWER_MAX 1536

enum challenge_hash { CHALLENGE_NONE, CHALLENGE_MD5, CHALLENGE_SHA256 }; // the stronger the greater

struct challenge_turn { // what was answered in one request; zeroed: nothing
	bool answered;
	unsigned stales; // nonces that had grown stale
};

struct challenge {		  // of one who asks; zeroed: nobody has
	enum challenge_hash hash; // NONE: it is none that we can answer
	bool named;		  // the hash was
	bool qop;		  // "auth" was offered
	bool stale, opaque_given;
	char realm[CHALLENGE_VALUE_MAX], nonce[CHALLENGE_VALUE_MAX], opaque[CHALLENGE_VALUE_MAX];
	uint32_t nc; // answers over this nonce
	struct challenge_turn own;
};

enum challenge_verdict {
	CHALLENGE_ANSWERED, // it may be
	CHALLENGE_WRONG,    // our password was refused
	CHALLENGE_UNKNOWN,  // no hash or no protection that we know
	CHALLENGE_WEAKER,   // by a weaker hash than before
	CHALLENGE_REALM,    // for another realm than before
	CHALLENGE_VERDICTS,
};
const char *challenge_text(enum challenge_verdict v); // for people

// Value of a WWW-Authenticate or Proxy-Authenticate header. False: none that we can answer.
bool challenge_read(struct challenge *out, const char *value, size_t len);
// The best of those of one answer, as often as there are such headers; realm: that which asked
// before, is preferred; "": none did. Then whether it is answered: then *c is what challenge_answer
// answers.
void challenge_prefer(struct challenge *best, const struct challenge *other, const char *realm);
enum challenge_verdict challenge_take(struct challenge *c, const struct challenge *asked);
// The same in one of several requests, of which each has its turn: a nonce may have grown old since
// the one before, and is no refusal. A nonce that is asked by again counts on.
enum challenge_verdict challenge_take_in(
	struct challenge *c, struct challenge_turn *turn, const struct challenge *asked);

struct challenge_request {
	const char *user, *password;
	const char *method, *uri;
	const char *cnonce; // fresh for each, without quotes
};
// Value of the Authorization or Proxy-Authorization header; counts. 0, or -EMSGSIZE: too long, or
// no such hash here.
int challenge_answer(
	struct challenge *c, const struct challenge_request *q, char out[CHALLENGE_ANSWER_MAX]);
