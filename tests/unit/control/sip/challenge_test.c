// Digests of our own requests: the RFCs' examples, what is read, and what is not answered again.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/base/digest.h"
#include "control/sip/trunk/challenge.h"
#include "engine/base/str.h"

static struct challenge c;

static bool reads(const char *value)
{
	return challenge_read(&c, value, strlen(value));
}

static const char *answer(const struct challenge_request *q)
{
	static char out[CHALLENGE_ANSWER_MAX];

	ck_assert_int_eq(challenge_answer(&c, q, out), 0);
	return out;
}

static void says(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}

static void hashes(const char *text, const char *hex)
{
	char out[DIGEST_HEX_MAX];

	ck_assert_int_eq(digest_hex(DIGEST_SHA256, text, out), 0);
	ck_assert_str_eq(out, hex);
}

START_TEST(sha256_is_that_of_fips_180)
{
	char text[201];

	hashes("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hashes("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hashes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(text, 'a', 200);
	text[200] = '\0';
	hashes(text, "c2a908d98f5df987ade41b5fce213067efbcc21ef2240212a41e54b5e7c28ae5");
	text[64] = '\0';
	hashes(text, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}
END_TEST

static const struct challenge_request mufasa = {.user = "Mufasa",
	.password = "Circle of Life",
	.method = "GET",
	.uri = "/dir/index.html",
	.cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};

#define RFC_7616                                                                         \
	"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=%s, " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "                       \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

START_TEST(answers_are_those_of_rfc_7616)
{
	char value[512];

	str_format(value, sizeof(value), RFC_7616, "MD5");
	ck_assert(reads(value));
	const char *said = answer(&mufasa);
	says(said, "response=\"8ca523f5e9506fed4657c9700eebdbec\"");
	says(said, "algorithm=MD5");
	says(said, "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
	says(said,
		"qop=auth, nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\"");
	str_format(value, sizeof(value), RFC_7616, "SHA-256");
	ck_assert(reads(value));
	says(answer(&mufasa),
		"response=\"753927fa0e85d155564e2e272a28d1802ca10daf449"
		"6794697cf8db5856cb6c1\"");
	says(answer(&mufasa), "nc=00000002"); // the same nonce again
}
END_TEST

START_TEST(answers_are_those_of_rfc_2617)
{
	struct challenge_request q = mufasa;

	q.password = "Circle Of Life";
	q.cnonce = "0a4f113b";
	ck_assert(reads("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
			"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
			"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""));
	says(answer(&q), "response=\"6629fae49393a05397450978507c4ef1\"");
	ck_assert_ptr_null(strstr(answer(&q), "algorithm"));
	// As of RFC 2069, without qop (with the erratum's response).
	ck_assert(reads("Digest realm=\"testrealm@host.com\", "
			"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""));
	const char *said = answer(&q);
	says(said, "response=\"670fd8c2df070c60b045671b8b24ff02\"");
	ck_assert_ptr_null(strstr(said, "nc="));
}
END_TEST

START_TEST(odd_challenges_are_read)
{
	ck_assert(reads("digest  Realm = \"a \\\"b\\\", c\" ,nonce=n1,, stale=TRUE,x=y"));
	ck_assert_str_eq(c.realm, "a \\\"b\\\", c"); // as it is written, as it is hashed so
	ck_assert_str_eq(c.nonce, "n1");
	ck_assert(c.stale);
	ck_assert_int_eq(c.hash, CHALLENGE_MD5);
	static const char *const broken[] = {"", "Digest", "Basic realm=\"x\"",
		"Digest realm=\"x\"", "Digest nonce=\"x\"", "Digest realm=\"x\", nonce=\"y",
		"Digest realm=\"x\", nonce",
		"Digest realm=\"x\", nonce=", "Digest realm=\"x\", =\"y\", nonce=\"z\"",
		"Digest realm=\"x\", nonce=\"y\", algorithm=MD5-sess",
		"Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\""};
	for (unsigned i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		ck_assert_msg(!reads(broken[i]), "%s", broken[i]);
	char nonce[CHALLENGE_VALUE_MAX + 1] = "", longer[CHALLENGE_VALUE_MAX + 64];
	memset(nonce, 'n', CHALLENGE_VALUE_MAX);
	str_format(longer, sizeof(longer), "Digest realm=\"x\", nonce=\"%s\"", nonce);
	ck_assert(!reads(longer));
	nonce[CHALLENGE_VALUE_MAX - 1] = '\0';
	str_format(longer, sizeof(longer), "Digest realm=\"x\", nonce=\"%s\"", nonce);
	ck_assert(reads(longer));
}
END_TEST

static enum challenge_verdict takes(struct challenge *have, const char *value)
{
	struct challenge asked;

	(void)challenge_read(&asked, value, strlen(value));
	return challenge_take(have, &asked);
}

START_TEST(each_is_answered_once_and_stale_once_more)
{
	static const char first[] = "Digest realm=\"x\", nonce=\"1\", algorithm=SHA-256",
			  stale[] =
				  "Digest realm=\"x\", nonce=\"2\", algorithm=SHA-256, stale=true",
			  weak[] = "Digest realm=\"x\", nonce=\"3\", stale=true";
	struct challenge have = {0};

	ck_assert_int_eq(
		takes(&have, "Digest realm=\"x\", nonce=\"y\", algorithm=no"), CHALLENGE_UNKNOWN);
	ck_assert_int_eq(takes(&have, first), CHALLENGE_ANSWERED);
	ck_assert_int_eq(takes(&have, first), CHALLENGE_WRONG);
	ck_assert_int_eq(takes(&have, weak), CHALLENGE_WEAKER);
	ck_assert_int_eq(takes(&have, stale), CHALLENGE_ANSWERED);
	ck_assert_str_eq(have.nonce, "2");
	ck_assert_int_eq(takes(&have, stale), CHALLENGE_WRONG);
	for (unsigned v = 0; v < CHALLENGE_VERDICTS; v++)
		ck_assert_ptr_nonnull(challenge_text(v));
}
END_TEST

START_TEST(the_best_of_several_is_taken)
{
	struct challenge best = {0};

	ck_assert(reads("Digest realm=\"x\", nonce=\"1\", algorithm=MD5"));
	challenge_prefer(&best, &c, "");
	ck_assert(reads("Digest realm=\"x\", nonce=\"2\", algorithm=SHA-256"));
	challenge_prefer(&best, &c, "");
	ck_assert(reads("Digest realm=\"x\", nonce=\"3\", algorithm=MD5"));
	challenge_prefer(&best, &c, "");
	ck_assert_str_eq(best.nonce, "2");
	ck_assert(reads("Digest realm=\"y\", nonce=\"4\", algorithm=SHA-256"));
	challenge_prefer(&best, &c, "x");
	ck_assert_str_eq(best.nonce, "2");
	challenge_prefer(&best, &c, "y");
	ck_assert_str_eq(best.nonce, "4");
}
END_TEST

// A password is for one realm, however strongly another asks.
START_TEST(one_realm_is_answered)
{
	static const char ours[] = "Digest realm=\"x\", nonce=\"1\"",
			  stale[] = "Digest realm=\"x\", nonce=\"2\", stale=true",
			  theirs[] =
				  "Digest realm=\"y\", nonce=\"3\", algorithm=SHA-256, stale=true";
	struct challenge have = {0};

	ck_assert_int_eq(takes(&have, ours), CHALLENGE_ANSWERED);
	ck_assert_int_eq(takes(&have, theirs), CHALLENGE_REALM);
	ck_assert_str_eq(have.nonce, "1");
	ck_assert_int_eq(takes(&have, stale), CHALLENGE_ANSWERED);
}
END_TEST

UNIT_MAIN("challenge", sha256_is_that_of_fips_180, answers_are_those_of_rfc_7616,
	answers_are_those_of_rfc_2617, odd_challenges_are_read,
	each_is_answered_once_and_stale_once_more, the_best_of_several_is_taken,
	one_realm_is_answered)
