// Profiles: which streams are served, what the others are answered, and keys in the text.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/sdp/sdp.h"
#include "engine/base/str.h"

#define HEAD	 "v=0\r\no=a 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define KEY_128	 "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // RFC 4568 section 9
#define KEY_GCM	 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define KEY_NONE "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub!=="

static char out[SDP_TEXT_MAX];
static struct media_params media;

static enum sdp_refusal answer(const char *offer)
{
	struct sdp_local l = {.codecs = {CODEC_PCMA, CODEC_PCMU}, .codec_count = 2, .session = 77};
	struct sdp_text text = {offer, strlen(offer)};

	ck_assert_int_eq(addr_parse("198.51.100.5:4000", &l.rtp), 0);
	media = (struct media_params){0};
	return sdp_answer(&l, &text, &media, out, sizeof(out));
}

static const struct {
	const char *protocol;
	enum media_profile profile;
	bool served;
} all[] = {
	{"RTP/AVP", PROFILE_AVP, true},
	{"rtp/avp", PROFILE_AVP, true},
	{"RTP/AVPF", PROFILE_AVPF, false},
	{"RTP/SAVP", PROFILE_SAVP, false},
	{"RTP/SAVPF", PROFILE_SAVPF, false},
	{"UDP/TLS/RTP/SAVP", PROFILE_DTLS_SAVP, false},
	{"UDP/TLS/RTP/SAVPF", PROFILE_DTLS_SAVPF, false},
	{"RTP/AVPX", PROFILE_NONE, false},
	{"udp", PROFILE_NONE, false},
	{"TCP/MSRP", PROFILE_NONE, false},
};

START_TEST(each_profile_is_known_and_one_is_served)
{
	char offer[512];
	struct sdp sdp;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		str_format(offer, sizeof(offer), HEAD "m=audio 4 %s 8\r\n", all[i].protocol);
		ck_assert_int_eq(sdp_read(&sdp, offer, strlen(offer)), 0);
		ck_assert_int_eq(sdp.streams[0].profile, all[i].profile);
		ck_assert_int_eq(answer(offer), all[i].served ? SDP_MEETS : SDP_PROTOCOL);
		ck_assert_int_eq(media.profile, all[i].served ? all[i].profile : PROFILE_NONE);
	}
}
END_TEST

START_TEST(the_first_stream_that_is_served_is_taken)
{
	ck_assert_int_eq(answer(HEAD "m=audio 4 UDP/TLS/RTP/SAVPF 8\r\n"
				     "m=audio 6 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
				     "inline:" KEY_128 "\r\n"
				     "m=audio 8 RTP/AVP 8\r\nm=audio 10 RTP/AVP 0\r\n"),
		SDP_MEETS);
	ck_assert_uint_eq(media.rtp.port, 8);
	ck_assert_uint_eq(media.rx_keys.suite, 0);
	ck_assert_ptr_nonnull(strstr(out,
		"m=audio 0 UDP/TLS/RTP/SAVPF 8\r\nm=audio 0 RTP/SAVP 8\r\n"
		"m=audio 4000 RTP/AVP 8\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "m=audio 0 RTP/AVP 0\r\n"));
	ck_assert_ptr_null(strstr(out, "crypto"));
}
END_TEST

static unsigned keys_of(const char *lines, struct sdp *sdp)
{
	char text[1024];

	str_format(text, sizeof(text), HEAD "m=audio 4 RTP/SAVP 8\r\n%s", lines);
	ck_assert_int_eq(sdp_read(sdp, text, strlen(text)), 0);
	return sdp->streams[0].crypto_count;
}

#define SHA80 "AES_CM_128_HMAC_SHA1_80"

START_TEST(keys_are_read)
{
	static const uint8_t gcm[28] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27};
	struct sdp sdp;
	const struct sdp_crypto *c = sdp.streams[0].crypto;

	ck_assert_uint_eq(keys_of("a=crypto:1 " SHA80 " inline:" KEY_128 "|2^20\r\n"
				  "a=crypto:12 AEAD_AES_128_GCM inline:" KEY_GCM "\r\n",
				  &sdp),
		2);
	ck_assert_uint_eq(c[0].tag, 1);
	ck_assert_uint_eq(c[0].keys.suite, 1);
	ck_assert_uint_eq(c[0].keys.bytes, 30);
	ck_assert_int_eq(memcmp(c[0].keys.key, "YS___semctl () {\t220;}\n}\nunles", 30), 0);
	ck_assert_uint_eq(c[1].tag, 12);
	ck_assert_uint_eq(c[1].keys.suite, 7);
	ck_assert_uint_eq(c[1].keys.bytes, sizeof(gcm));
	ck_assert_int_eq(memcmp(c[1].keys.key, gcm, sizeof(gcm)), 0);
}
END_TEST

START_TEST(lines_that_cannot_be_used_are_none)
{
	static const char *const lines[] = {
		"",
		"a=crypto\r\n",
		"a=crypto:1\r\n",
		"a=crypto:1 " SHA80 "\r\n",
		"a=crypto:1 " SHA80 " inline:\r\n",
		"a=crypto:x " SHA80 " inline:" KEY_128 "\r\n",
		"a=crypto:1234567890 " SHA80 " inline:" KEY_128 "\r\n",
		"a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY_128 "\r\n",
		"a=crypto:1 " SHA80 " uri:" KEY_128 "\r\n",
		"a=crypto:1 " SHA80 " inline:" KEY_GCM "\r\n",
		"a=crypto:1 " SHA80 " inline:" KEY_NONE "\r\n",
		"a=crypto:1 " SHA80 " inline:" KEY_128 "A\r\n",
		"a=crypto:1 " SHA80 " inline:" KEY_128 "|2^20|1:4\r\n", // with an identifier
		"a=crypto:1 " SHA80 " inline:" KEY_128 ";inline:" KEY_128 "\r\n",
		"a=crypto:1 " SHA80 " inline:" KEY_128 " UNENCRYPTED_SRTP\r\n",
	};
	struct sdp sdp;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(keys_of(lines[i], &sdp) == 0, "%s", lines[i]);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_left_out)
{
	struct sdp sdp;
	char text[1024];
	struct str_buf b;

	str_buf_init(&b, text, sizeof(text));
	for (unsigned i = 1; i <= SDP_CRYPTO_MAX + 2; i++)
		str_buf_add(&b, "a=crypto:%u " SHA80 " inline:" KEY_128 "\r\n", i);
	ck_assert_uint_eq(keys_of(text, &sdp), SDP_CRYPTO_MAX);
	ck_assert_uint_eq(sdp.streams[0].crypto[SDP_CRYPTO_MAX - 1].tag, SDP_CRYPTO_MAX);
}
END_TEST

START_TEST(settled_media_differ_by_profile_and_keys)
{
	struct media_params a = {.profile = PROFILE_AVP}, b = a;

	ck_assert(media_params_equal(&a, &b));
	b.profile = PROFILE_AVPF;
	ck_assert(!media_params_equal(&a, &b));
	b = a;
	b.rx_keys = (struct media_keys){1, 30, "one"};
	ck_assert(!media_params_equal(&a, &b));
	a.rx_keys = (struct media_keys){1, 30, "two"};
	ck_assert(!media_params_equal(&a, &b));
	a.rx_keys = b.rx_keys;
	ck_assert(media_params_equal(&a, &b));
	a.tx_keys = (struct media_keys){1, 30, "one"};
	ck_assert(!media_params_equal(&a, &b));
}
END_TEST

UNIT_MAIN("sdp_profile", each_profile_is_known_and_one_is_served,
	the_first_stream_that_is_served_is_taken, keys_are_read, lines_that_cannot_be_used_are_none,
	more_than_there_is_room_for_are_left_out, settled_media_differ_by_profile_and_keys)
