// What a kept message no longer says, and that all else stays where it was.
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "control/sip/transport/conceal.h"

static const struct {
	const char *said, *kept;
} rows[] = {
	{"REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"nonce=1\", realm=\"r\", "
	 "nonce=\"abc\", uri=\"sip:x\", response=\"0a\\\"1b\", cnonce=cc ,nc=00000001\r\n"
	 "CSeq: 1 REGISTER\r\n\r\n",
		"REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"nonce=1\", "
		"realm=\"r\", "
		"nonce=\"---\", uri=\"sip:x\", response=\"------\", cnonce=-- ,nc=00000001\r\n"
		"CSeq: 1 REGISTER\r\n\r\n"},
	{"A\r\nPROXY-AUTHORIZATION :digest\r\n Response = \"01\",\r\n\tCNonce=\"2\"\r\nX: "
	 "nonce=1\r\n",
		"A\r\nPROXY-AUTHORIZATION :digest\r\n Response = \"--\",\r\n\tCNonce=\"-\"\r\n"
		"X: nonce=1\r\n"},
	{"SIP/2.0 401 No\r\nWWW-Authenticate: Digest realm=\"r\",nonce=\"n\",qop=\"auth\"\r\n"
	 "Authentication-Info: nextnonce=\"m\", rspauth=\"12\", nc=1\r\n",
		"SIP/2.0 401 No\r\nWWW-Authenticate: Digest "
		"realm=\"r\",nonce=\"-\",qop=\"auth\"\r\n"
		"Authentication-Info: nextnonce=\"-\", rspauth=\"--\", nc=1\r\n"},
	{"A\r\nAuthorization: Basic YTpi\r\nB: Basic YTpi\r\n",
		"A\r\nAuthorization: Basic ----\r\nB: Basic YTpi\r\n"},
	{"INVITE sip:a:pw@h SIP/2.0\r\nTo: sip:b@h:5060\r\nContact: <sips:c:d:e@h>, <sip:h:1>\r\n",
		"INVITE sip:a:--@h SIP/2.0\r\nTo: sip:b@h:5060\r\n"
		"Contact: <sips:c:---@h>, <sip:h:1>\r\n"},
	{"A\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc/+=|2^20|1:4\r\n"
	 "a=ice-pwd:pw\na=sendrecv\rk=clear:x\r\na=key-mgmt:mikey AQ\r\nnonce=1\r\n",
		"A\r\n\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:---------------\r\n"
		"a=ice-pwd:--\na=sendrecv\rk=-------\r\na=key-mgmt:----- --\r\nnonce=1\r\n"},
	{"", ""},
	{"\r\n\r\n", "\r\n\r\n"},
	{"Authorization", "Authorization"},
};

// With nothing behind it that may be read.
static char *cut(const char *text, size_t len)
{
	char *s = malloc(len + !len);

	ck_assert_ptr_nonnull(s);
	memcpy(s, text, len);
	conceal(s, len);
	return s;
}

START_TEST(secrets_go_and_all_else_stays)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].said);
		char *kept = cut(rows[i].said, len);
		ck_assert_msg(len == strlen(rows[i].kept) && memcmp(kept, rows[i].kept, len) == 0,
			"%.*s", (int)len, kept);
		free(kept);
	}
}
END_TEST

// What is kept of a message that is cut tells no more than of the whole.
START_TEST(cut_messages_tell_no_more)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t len = 0; len < strlen(rows[i].said); len++) {
			char *kept = cut(rows[i].said, len);
			for (size_t k = 0; k < len; k++)
				if (rows[i].kept[k] == '-' && !strchr("-\"", rows[i].said[k]) &&
					!strstr(rows[i].said, "@h"))
					ck_assert_msg(kept[k] == '-', "%.*s", (int)len, kept);
			free(kept);
		}
}
END_TEST

UNIT_MAIN("conceal", secrets_go_and_all_else_stays, cut_messages_tell_no_more)
