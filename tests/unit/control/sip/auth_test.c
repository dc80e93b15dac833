// Digests: RFC 2617's own example, and what must not pass.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/registrar/auth.h"
#include "control/base/re.h"

#define RFC_2617                                                                            \
	"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "                        \
	"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, " \
	"nc=00000001, cnonce=\"0a4f113b\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", "   \
	"response=\"%s\""

static struct auth_credentials c;

static int read_text(const char *value)
{
	return auth_read(&c, value, strlen(value));
}

static void md5_hex(char out[33], const char *text)
{
	uint8_t digest[MD5_SIZE];

	md5((const uint8_t *)text, strlen(text), digest);
	for (unsigned i = 0; i < MD5_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

// What a phone makes of a challenge.
static void respond(const char *challenge, const char *password, unsigned nc)
{
	char nonce[64], a1[33], a2[33], response[33], text[512];

	ck_assert_int_eq(sscanf(strstr(challenge, "nonce=\""), "nonce=\"%63[^\"]", nonce), 1);
	snprintf(text, sizeof(text), "anna:hotline:%s", password);
	md5_hex(a1, text);
	md5_hex(a2, "REGISTER:sip:hotline");
	if (nc)
		snprintf(text, sizeof(text), "%s:%s:%08x:abc:auth:%s", a1, nonce, nc, a2);
	else
		snprintf(text, sizeof(text), "%s:%s:%s", a1, nonce, a2);
	md5_hex(response, text);
	int n = snprintf(text, sizeof(text),
		"Digest username=\"anna\",realm=\"hotline\",nonce=\"%s\",uri=\"sip:hotline\","
		"response=\"%s\"",
		nonce, response);
	if (nc)
		snprintf(
			text + n, sizeof(text) - (size_t)n, ",qop=auth,nc=%08x,cnonce=\"abc\"", nc);
	ck_assert_int_eq(read_text(text), 0);
}

static struct addr home = {.family = ADDR_IP4, .ip = {192, 0, 2, 1}};

static const struct auth_asker *at(uint64_t now_ms)
{
	static struct auth_asker asker;

	asker = (struct auth_asker){&home, now_ms};
	return &asker;
}

static const struct auth_secret secret = {"REGISTER", "right"};

START_TEST(rfc_2617_example)
{
	struct auth *a = auth_new();
	struct auth_secret mufasa = {"GET", "Circle Of Life"};
	static const struct {
		const char *response;
		bool right;
	} cases[] = {
		{"6629fae49393a05397450978507c4ef1", true},
		{"6629FAE49393A05397450978507C4EF1", true},
		{"6629fae49393a05397450978507c4ef2", false},
		{"6629fae49393a05397450978507c4ef", false},
	};
	char value[1024];

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(value, sizeof(value), RFC_2617, cases[i].response);
		ck_assert_int_eq(read_text(value), 0);
		ck_assert(auth_is_right(&c, &mufasa) == cases[i].right);
		// The nonce is none of ours, as after a restart: right or wrong alike.
		ck_assert_int_eq(auth_nonce(a, &c, at(0)), AUTH_FOREIGN);
	}
	ck_assert(!auth_use(a, &c, at(0)));
	auth_free(a);
}
END_TEST

START_TEST(a_count_is_good_once)
{
	struct auth *a = auth_new();
	char challenge[AUTH_CHALLENGE_MAX];

	auth_challenge(a, "hotline", false, at(1000), challenge);
	ck_assert_ptr_null(strstr(challenge, "stale"));
	respond(challenge, "right", 1);
	ck_assert(auth_is_right(&c, &secret));
	ck_assert_int_eq(auth_nonce(a, &c, at(1001)), AUTH_FRESH);
	ck_assert_int_eq(auth_nonce(a, &c, at(1001)), AUTH_FRESH); // looking does not use it
	ck_assert(auth_use(a, &c, at(1001)));
	ck_assert_int_eq(auth_nonce(a, &c, at(1002)), AUTH_OLD);
	respond(challenge, "right", 3);
	ck_assert_int_eq(auth_nonce(a, &c, at(1003)), AUTH_FRESH);
	ck_assert(auth_use(a, &c, at(1003)));
	respond(challenge, "right", 2);
	ck_assert_int_eq(auth_nonce(a, &c, at(1004)), AUTH_OLD);
	// What a nonce is does not hang on the password.
	respond(challenge, "wrong", 2);
	ck_assert(!auth_is_right(&c, &secret));
	ck_assert_int_eq(auth_nonce(a, &c, at(1005)), AUTH_OLD);
	respond(challenge, "wrong", 4);
	ck_assert_int_eq(auth_nonce(a, &c, at(1005)), AUTH_FRESH);
	snprintf(c.nc, sizeof(c.nc), "00000000");
	ck_assert_int_eq(auth_nonce(a, &c, at(1005)), AUTH_OLD);
	snprintf(c.nc, sizeof(c.nc), "100000004");
	ck_assert_int_eq(auth_nonce(a, &c, at(1005)), AUTH_OLD);
	snprintf(c.nc, sizeof(c.nc), "ffffffff");
	ck_assert(auth_use(a, &c, at(1005)));
	respond(challenge, "right", 5);
	ck_assert_int_eq(auth_nonce(a, &c, at(1005)), AUTH_OLD);
	auth_free(a);
}
END_TEST

START_TEST(without_qop_a_nonce_is_good_once)
{
	struct auth *a = auth_new();
	char challenge[AUTH_CHALLENGE_MAX];

	auth_challenge(a, "hotline", true, at(1000), challenge);
	ck_assert_ptr_nonnull(strstr(challenge, "stale=true"));
	respond(challenge, "right", 0);
	ck_assert(auth_is_right(&c, &secret));
	ck_assert_int_eq(auth_nonce(a, &c, at(1001)), AUTH_FRESH);
	ck_assert(auth_use(a, &c, at(1001)));
	ck_assert_int_eq(auth_nonce(a, &c, at(1001)), AUTH_OLD);
	auth_free(a);
}
END_TEST

START_TEST(a_nonce_ages_and_cannot_be_forged)
{
	struct auth *a = auth_new(), *other = auth_new();
	char challenge[AUTH_CHALLENGE_MAX];

	auth_challenge(a, "hotline", false, at(1000), challenge);
	respond(challenge, "right", 1);
	ck_assert_int_eq(auth_nonce(other, &c, at(1001)), AUTH_FOREIGN);
	home.ip[3]++; // given to another address
	ck_assert_int_eq(auth_nonce(a, &c, at(1001)), AUTH_FOREIGN);
	ck_assert(!auth_use(a, &c, at(1001)));
	home.ip[3]--;
	ck_assert_int_eq(auth_nonce(a, &c, at(1000 + AUTH_NONCE_AGE_MS)), AUTH_FRESH);
	ck_assert_int_eq(auth_nonce(a, &c, at(1001 + AUTH_NONCE_AGE_MS)), AUTH_OLD);
	strstr(challenge, "nonce=\"")[7 + 15] ^= 1; // a younger time
	respond(challenge, "right", 1);
	ck_assert_int_eq(auth_nonce(a, &c, at(1002)), AUTH_FOREIGN);
	auth_free(a);
	auth_free(other);
}
END_TEST

// Many phones within the age of a nonce: each of their nonces is good once, also beyond what is
// remembered one by one; then the older ones are refused unseen, never heard twice.
START_TEST(no_nonce_is_heard_twice_however_many_there_are)
{
	enum { PHONES = 4000, KEPT = 3000 };
	static char challenges[PHONES][AUTH_CHALLENGE_MAX];
	struct auth *a = auth_new();
	char late[AUTH_CHALLENGE_MAX];

	auth_limit(a, KEPT);
	auth_challenge(a, "hotline", false, at(1), late);
	for (unsigned i = 0; i < PHONES; i++)
		auth_challenge(a, "hotline", false, at(1000 + i), challenges[i]);
	for (unsigned i = 0; i < PHONES; i++) {
		respond(challenges[i], "right", 1);
		ck_assert_int_eq(auth_nonce(a, &c, at(50000)), AUTH_FRESH);
		ck_assert(auth_use(a, &c, at(50000)));
	}
	for (unsigned i = 0; i < PHONES; i++) {
		respond(challenges[i], "right", 1);
		ck_assert_int_eq(auth_nonce(a, &c, at(50001)), AUTH_OLD);
		respond(challenges[i], "right", 2); // forgotten, or known to be at 1
		ck_assert_int_eq(
			auth_nonce(a, &c, at(50001)), i < PHONES - KEPT ? AUTH_OLD : AUTH_FRESH);
	}
	respond(late, "right", 1); // never used, but as old as those that were forgotten
	ck_assert_int_eq(auth_nonce(a, &c, at(50001)), AUTH_OLD);
	// All of them aged: nothing is held against a new one.
	auth_challenge(a, "hotline", false, at(900000), late);
	respond(late, "right", 1);
	ck_assert_int_eq(auth_nonce(a, &c, at(900000)), AUTH_FRESH);
	ck_assert(auth_use(a, &c, at(900000)));
	ck_assert_int_eq(auth_nonce(a, &c, at(900000)), AUTH_OLD);
	auth_free(a);
}
END_TEST

START_TEST(odd_headers)
{
	static const char *const wrong[] = {
		"",
		"Digest",
		"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
		"Digest username=\"a\"",
		"Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e",
		"Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=",
		"Digest username=\"a\" realm",
		"Digest username=\"a\\",
		"Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\", "
		"qop=auth",
		"Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\", "
		"algorithm=SHA-256",
		"Digest username=\"a\", realm=\"b\", nonce=\"c\", uri=\"d\", response=\"e\", "
		"qop=auth-int, nc=00000001, cnonce=\"x\"",
	};
	char longer[4096];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(read_text(wrong[i]) == -EBADMSG, "%zu", i);
	snprintf(longer, sizeof(longer), "Digest username=\"%0500d\"", 1);
	ck_assert_int_eq(read_text(longer), -EBADMSG);
	ck_assert_int_eq(read_text("digest USERNAME = \"a\\\"b, c\" ,,realm=b\r\n ,nonce=c, "
				   "uri=\"d\", response=e, algorithm=md5, x=\"y,z\""),
		0);
	ck_assert_str_eq(c.username, "a\"b, c");
	ck_assert_str_eq(c.realm, "b");
}
END_TEST

UNIT_MAIN("auth", rfc_2617_example, a_count_is_good_once, without_qop_a_nonce_is_good_once,
	a_nonce_ages_and_cannot_be_forged, no_nonce_is_heard_twice_however_many_there_are,
	odd_headers)
