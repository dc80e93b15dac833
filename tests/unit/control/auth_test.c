// Digests: RFC 2617's own example, and what must not pass.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/auth.h"
#include "control/sip/re.h"

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
	char value[1024];

	snprintf(value, sizeof(value), RFC_2617, "6629fae49393a05397450978507c4ef1");
	ck_assert_int_eq(read_text(value), 0);
	// Right, but the nonce is none of ours: as after a restart.
	ck_assert_int_eq(auth_check(a, &c, &mufasa, at(0)), AUTH_STALE);
	snprintf(value, sizeof(value), RFC_2617, "6629FAE49393A05397450978507C4EF1");
	ck_assert_int_eq(read_text(value), 0);
	ck_assert_int_eq(auth_check(a, &c, &mufasa, at(0)), AUTH_STALE);
	snprintf(value, sizeof(value), RFC_2617, "6629fae49393a05397450978507c4ef2");
	ck_assert_int_eq(read_text(value), 0);
	ck_assert_int_eq(auth_check(a, &c, &mufasa, at(0)), AUTH_FOREIGN);
	snprintf(value, sizeof(value), RFC_2617, "6629fae49393a05397450978507c4ef");
	ck_assert_int_eq(read_text(value), 0);
	ck_assert_int_eq(auth_check(a, &c, &mufasa, at(0)), AUTH_FOREIGN);
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
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_PASSED);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1002)), AUTH_STALE);
	respond(challenge, "right", 3);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1003)), AUTH_PASSED);
	respond(challenge, "right", 2);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1004)), AUTH_STALE);
	respond(challenge, "wrong", 4);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1005)), AUTH_FAILED);
	respond(challenge, "right", 4);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1006)), AUTH_PASSED);
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
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_PASSED);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_STALE);
	auth_free(a);
}
END_TEST

START_TEST(a_nonce_ages_and_cannot_be_forged)
{
	struct auth *a = auth_new(), *other = auth_new();
	char challenge[AUTH_CHALLENGE_MAX];

	auth_challenge(a, "hotline", false, at(1000), challenge);
	respond(challenge, "right", 1);
	ck_assert_int_eq(auth_check(other, &c, &secret, at(1001)), AUTH_STALE);
	// Given to another address: neither good nor a failure of this one.
	home.ip[3]++;
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_STALE);
	respond(challenge, "wrong", 1);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_FOREIGN);
	home.ip[3]--;
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001)), AUTH_FAILED);
	respond(challenge, "right", 1);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1001 + AUTH_NONCE_AGE_MS)), AUTH_STALE);
	strstr(challenge, "nonce=\"")[7 + 15] ^= 1; // a younger time
	respond(challenge, "right", 1);
	ck_assert_int_eq(auth_check(a, &c, &secret, at(1002)), AUTH_STALE);
	auth_free(a);
	auth_free(other);
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
	a_nonce_ages_and_cannot_be_forged, odd_headers)
