// Offer and answer: what real phones and carriers write, what they must get back.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/sip/sdp/sdp.h"

#define HEAD "v=0\r\no=a 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static char out[SDP_TEXT_MAX];
static struct media_params media;

static struct sdp_local local_ip4(void)
{
	struct sdp_local l = {.codecs = {CODEC_PCMA, CODEC_PCMU},
		.codec_count = 2,
		.ptime_ms = 20,
		.session = 77};

	ck_assert_int_eq(addr_parse("198.51.100.5:4000", &l.rtp), 0);
	return l;
}

static enum sdp_refusal answer(struct sdp_local *l, const char *offer)
{
	struct sdp_text text = {offer, strlen(offer)};

	media = (struct media_params){0};
	return sdp_answer(l, &text, &media, out, sizeof(out));
}

static enum sdp_refusal answer_new(const char *offer)
{
	struct sdp_local l = local_ip4();

	return answer(&l, offer);
}

static enum sdp_refusal accept_new(const char *text)
{
	struct sdp_local l = local_ip4();
	struct sdp_text t = {text, strlen(text)};

	media = (struct media_params){0};
	return sdp_accept(&l, &t, &media);
}

static void rtp_is(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	ck_assert(addr_equal(&media.rtp, &a));
}

START_TEST(plain_offer_gets_one_codec_and_events)
{
	ck_assert_int_eq(
		answer_new(HEAD "m=audio 49170 RTP/AVP 0 8 101\r\n"
				"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
				"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"),
		SDP_MEETS);
	rtp_is("192.0.2.9:49170");
	ck_assert_uint_eq(media.rtcp.port, 49171);
	ck_assert_int_eq(media.codec, CODEC_PCMA); // ours first
	ck_assert_uint_eq(media.pt, 8);
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert_uint_eq(media.ptime_ms, 20);
	ck_assert_uint_eq(media.direction, MEDIA_SEND | MEDIA_RECV);
	ck_assert_str_eq(out,
		"v=0\r\no=- 77 1 IN IP4 198.51.100.5\r\ns=-\r\n"
		"c=IN IP4 198.51.100.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n"
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
		"a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
}
END_TEST

START_TEST(line_feeds_alone_will_do)
{
	ck_assert_int_eq(answer_new("v=0\no=- 1 1 IN IP4 10.0.0.1\ns= \nt=3034423619 3042462419\n"
				    "m=audio 9000 RTP/AVP 0\nc=IN IP4 10.0.0.1"),
		SDP_MEETS);
	rtp_is("10.0.0.1:9000");
	ck_assert_int_eq(media.codec, CODEC_PCMU);
	ck_assert_uint_eq(media.event_pt, 0);
	ck_assert_ptr_nonnull(strstr(out, "t=3034423619 3042462419\r\n"));
}
END_TEST

START_TEST(dynamic_payload_types)
{
	ck_assert_int_eq(
		answer_new(HEAD "m=audio 4 RTP/AVP 96 97 98\r\na=rtpmap:97 pcma/8000/1\r\n"
				"a=rtpmap:96 opus/48000/2\r\n"
				"a=fmtp:98 0-11,16\r\na=rtpmap:98 Telephone-Event/8000\r\n"),
		SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_PCMA);
	ck_assert_uint_eq(media.pt, 97);
	ck_assert_uint_eq(media.event_pt, 98);
	ck_assert_ptr_nonnull(
		strstr(out, "m=audio 4000 RTP/AVP 97 98\r\na=rtpmap:97 PCMA/8000\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=fmtp:98 0-11\r\n"));
	// A static type that is mapped to something else is no longer that codec.
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 0\r\na=rtpmap:0 G726-32/8000\r\n"),
		SDP_NO_CODEC);
	// Two channels, or another clock, are not our PCMA.
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 PCMA/8000/2\r\n"),
		SDP_NO_CODEC);
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 PCMA/16000\r\n"),
		SDP_NO_CODEC);
}
END_TEST

START_TEST(events_of_another_clock_or_without_keys_are_none)
{
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 8 100 101\r\n"
					 "a=rtpmap:100 telephone-event/48000\r\n"
					 "a=rtpmap:101 telephone-event/8000\r\n"),
		SDP_MEETS);
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 8 101\r\n"
					 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 16\r\n"),
		SDP_MEETS);
	ck_assert_uint_eq(media.event_pt, 0);
}
END_TEST

START_TEST(ptime_within_what_can_be_sent)
{
	static const struct {
		const char *lines;
		unsigned ptime_ms;
	} t[] = {
		{"", 20},
		{"a=ptime:30\r\n", 30},
		{"a=ptime:60\r\na=maxptime:40\r\n", 40},
		{"a=maxptime:10\r\n", 10},
		{"a=maxptime:5\r\n", 10},
		{"a=ptime:17\r\n", 20},
		{"a=ptime:20.0\r\n", 20},
		{"a=ptime:99999999999\r\n", 20},
		{"a=ptime:\r\na=maxptime:150\r\n", 20},
	};
	char offer[512];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(offer, sizeof(offer), HEAD "m=audio 4 RTP/AVP 8\r\n%s", t[i].lines);
		ck_assert_int_eq(answer_new(offer), SDP_MEETS);
		ck_assert_uint_eq(media.ptime_ms, t[i].ptime_ms);
	}
}
END_TEST

START_TEST(hold_by_direction_and_by_zeros)
{
	static const struct {
		const char *lines;
		unsigned direction;
		const char *answer;
	} t[] = {
		{"a=sendonly\r\n", MEDIA_RECV, "a=recvonly\r\n"},
		{"a=recvonly\r\n", MEDIA_SEND, "a=sendonly\r\n"},
		{"a=inactive\r\n", 0, "a=inactive\r\n"},
		{"c=IN IP4 0.0.0.0\r\n", MEDIA_RECV, "a=recvonly\r\n"},
		{"c=IN IP4 0.0.0.0\r\na=inactive\r\n", 0, "a=inactive\r\n"},
		{"c=IN IP6 ::\r\n", MEDIA_RECV, "a=recvonly\r\n"},
		{"c=IN IP6 0:0:0:0:0:0:0:0\r\na=sendonly\r\n", MEDIA_RECV, "a=recvonly\r\n"},
		{"c=IN IP6 ::\r\na=inactive\r\n", 0, "a=inactive\r\n"},
	};
	char offer[512];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(offer, sizeof(offer), HEAD "m=audio 4 RTP/AVP 8\r\n%s", t[i].lines);
		ck_assert_int_eq(answer_new(offer), SDP_MEETS);
		ck_assert_uint_eq(media.direction, t[i].direction);
		ck_assert_uint_eq(media.rtp.family, ADDR_IP4);
		ck_assert_ptr_nonnull(strstr(out, t[i].answer));
	}
	// At session level, overruled by the stream.
	ck_assert_int_eq(answer_new(HEAD "a=sendonly\r\nm=audio 4 RTP/AVP 8\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.direction, MEDIA_RECV);
	ck_assert_int_eq(
		answer_new(HEAD "a=sendonly\r\nm=audio 4 RTP/AVP 8\r\na=sendrecv\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.direction, MEDIA_SEND | MEDIA_RECV);
}
END_TEST

START_TEST(hold_by_zeros_in_ip6_and_by_answers)
{
	struct sdp_local l = local_ip4();

	ck_assert_int_eq(accept_new(HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP6 ::\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.direction, MEDIA_RECV);
	ck_assert_int_eq(addr_parse("[2001:db8::5]:4000", &l.rtp), 0);
	ck_assert_int_eq(answer(&l, HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.direction, MEDIA_RECV);
	ck_assert_uint_eq(media.rtp.family, ADDR_IP6);
	ck_assert_int_eq(
		answer(&l, HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 192.0.2.3\r\n"), SDP_NETWORK);
}
END_TEST

// Within a session: all streams off is a hold, a fax in the audio's place is none.
START_TEST(streams_switched_off)
{
	static const struct {
		const char *lines;
		enum sdp_refusal why;
		const char *answer;
	} t[] = {
		{"m=audio 0 RTP/AVP 8 0\r\n", SDP_MEETS, "m=audio 0 RTP/AVP 8\r\n"},
		{"m=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 31\r\n", SDP_MEETS,
			"m=audio 0 RTP/AVP 8\r\nm=video 0 RTP/AVP 31\r\n"},
		{"m=audio 0 RTP/AVP 8\r\nm=image 4 udptl t38\r\n", SDP_NO_AUDIO, NULL},
		{"m=image 0 udptl t38\r\n", SDP_NO_AUDIO, NULL},
		{"", SDP_NO_AUDIO, NULL},
		{"x\r\n", SDP_MALFORMED, NULL},
	};
	char offer[512];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sdp_local l = local_ip4();
		snprintf(offer, sizeof(offer), HEAD "%s", t[i].lines);
		struct sdp_text text = {offer, strlen(offer)};
		ck_assert_int_eq(sdp_answer_off(&l, &text, out, sizeof(out)), t[i].why);
		if (t[i].answer)
			ck_assert_ptr_nonnull(strstr(out, t[i].answer));
	}
}
END_TEST

START_TEST(where_rtcp_goes)
{
	ck_assert_int_eq(answer_new(HEAD "m=audio 4000 RTP/AVP 8\r\na=rtcp-mux\r\n"), SDP_MEETS);
	ck_assert(addr_equal(&media.rtcp, &media.rtp));
	ck_assert_ptr_nonnull(strstr(out, "a=rtcp-mux\r\n"));
	ck_assert_int_eq(answer_new(HEAD "m=audio 4000 RTP/AVP 8\r\na=rtcp:53020\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.rtcp.port, 53020);
	ck_assert(addr_same_ip(&media.rtcp, &media.rtp));
	ck_assert_int_eq(answer_new(HEAD "m=audio 4 RTP/AVP 8\r\na=rtcp:7 IN IP4 192.0.2.77\r\n"),
		SDP_MEETS);
	ck_assert_uint_eq(media.rtcp.ip[3], 77);
	ck_assert_int_eq(answer_new(HEAD "m=audio 65535 RTP/AVP 8\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.rtcp.port, 0);
}
END_TEST

START_TEST(further_streams_are_declined_in_their_place)
{
	ck_assert_int_eq(answer_new(HEAD "m=video 51372 RTP/AVP 31 34\r\na=inactive\r\n"
					 "m=audio 0 RTP/AVP 0\r\n"
					 "m=audio 4000 RTP/SAVP 0\r\n"
					 "m=audio 49172/2 RTP/AVP 0\r\nc=IN IP4 192.0.2.8\r\n"
					 "m=audio 5000 RTP/AVP 8\r\n"
					 "m=image 6000 udptl t38\r\n"),
		SDP_MEETS);
	rtp_is("192.0.2.8:49172");
	ck_assert_uint_eq(media.direction, MEDIA_SEND | MEDIA_RECV);
	ck_assert_ptr_nonnull(strstr(out,
		"m=video 0 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\n"
		"m=audio 0 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "m=audio 0 RTP/AVP 8\r\nm=image 0 udptl t38\r\n"));
}
END_TEST

START_TEST(ip6_needs_ip6)
{
	struct sdp_local l = local_ip4();
	const char *offer = "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\n"
			    "c=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4 RTP/AVP 8\r\n";

	ck_assert_int_eq(answer(&l, offer), SDP_NETWORK);
	ck_assert_uint_eq(sdp_warning(SDP_NETWORK), 300);
	ck_assert_int_eq(addr_parse("[2001:db8::5]:4000", &l.rtp), 0);
	ck_assert_int_eq(answer(&l, offer), SDP_MEETS);
	rtp_is("[2001:db8::1]:4");
	ck_assert_ptr_nonnull(strstr(out, "c=IN IP6 2001:db8::5\r\n"));
	ck_assert_ptr_nonnull(strstr(out, " IN IP6 2001:db8::5\r\n"));
}
END_TEST

START_TEST(refusals_say_why)
{
	static const struct {
		const char *offer;
		enum sdp_refusal why;
	} t[] = {
		{HEAD, SDP_NO_AUDIO},
		{HEAD "m=audio 0 RTP/AVP 8\r\n", SDP_NO_AUDIO},
		{HEAD "m=video 4 RTP/AVP 31\r\n", SDP_NO_AUDIO},
		{HEAD "m=audio 4 RTP/SAVP 8\r\n", SDP_PROTOCOL},
		{HEAD "m=audio 4 UDP/TLS/RTP/SAVPF 8\r\n", SDP_PROTOCOL},
		{HEAD "m=audio 4 RTP/AVP 18\r\n", SDP_NO_CODEC},
		{HEAD "m=audio 4 RTP/AVP 18\r\nm=audio 0 RTP/AVP 8\r\n", SDP_NO_CODEC},
		{HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 pbx.example.com\r\n", SDP_ADDRESS},
		{HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 224.2.1.1/127\r\n", SDP_ADDRESS},
		{HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 224.2.1.1\r\n", SDP_ADDRESS},
		{HEAD "m=audio 4 RTP/AVP 8\r\nc=IN IP4 192.0.2.1:80\r\n", SDP_ADDRESS},
		{"v=0\r\ns=-\r\nm=audio 4 RTP/AVP 8\r\n", SDP_ADDRESS},
		{"", SDP_MALFORMED},
		{"\r\n\r\n", SDP_MALFORMED},
		{"v=1\r\n", SDP_MALFORMED},
		{"o=- 1 1 IN IP4 1.1.1.1\r\nv=0\r\n", SDP_MALFORMED},
		{HEAD "m=audio 70000 RTP/AVP 8\r\n", SDP_MALFORMED},
		{HEAD "m=audio -1 RTP/AVP 8\r\n", SDP_MALFORMED},
		{HEAD "m=audio 4 RTP/AVP 200\r\n", SDP_MALFORMED},
		{HEAD "m=audio 4 RTP/AVP\r\n", SDP_MALFORMED},
		{HEAD "m=\r\n", SDP_MALFORMED},
		{HEAD "nonsense\r\n", SDP_MALFORMED},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		enum sdp_refusal r = answer_new(t[i].offer);
		ck_assert_msg(r == t[i].why, "%zu: %s", i, sdp_refusal_text(r));
	}
}
END_TEST

// Our media are 192.0.2.20/26; what is sent to any of these reaches nobody.
START_TEST(media_go_where_somebody_is)
{
	static const struct {
		const char *local, *far;
		unsigned bits;
		enum sdp_refusal why;
	} t[] = {
		{"192.0.2.20:4000", "192.0.2.21", 26, SDP_MEETS},
		{"192.0.2.20:4000", "10.0.0.1", 26, SDP_MEETS},
		{"192.0.2.20:4000", "0.0.0.0", 26, SDP_MEETS}, // hold
		{"192.0.2.20:4000", "127.0.0.1", 26, SDP_LOOPBACK},
		{"192.0.2.20:4000", "127.255.255.254", 26, SDP_LOOPBACK},
		{"192.0.2.20:4000", "255.255.255.255", 26, SDP_BROADCAST},
		{"192.0.2.20:4000", "240.0.0.1", 26, SDP_BROADCAST},
		{"192.0.2.20:4000", "192.0.2.63", 26, SDP_BROADCAST},
		{"192.0.2.20:4000", "192.0.2.63", 24, SDP_MEETS},
		{"192.0.2.20:4000", "192.0.2.63", 0, SDP_MEETS},
		{"192.0.2.20:4000", "192.0.2.21", 31, SDP_MEETS},
		{"192.0.2.20:4000", "192.0.2.20", 26, SDP_OURS},
		{"127.0.0.1:4000", "127.0.0.1", 8, SDP_MEETS},
		{"127.0.0.1:4000", "127.0.0.2", 8, SDP_MEETS},
		{"[2001:db8::20]:4000", "2001:db8::21", 64, SDP_MEETS},
		{"[2001:db8::20]:4000", "::", 64, SDP_MEETS},
		{"[2001:db8::20]:4000", "::1", 64, SDP_LOOPBACK},
		{"[2001:db8::20]:4000", "::ffff:127.0.0.1", 64, SDP_LOOPBACK},
		{"[2001:db8::20]:4000", "2001:db8::20", 64, SDP_OURS},
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sdp_local l = local_ip4();
		char offer[256];
		ck_assert_int_eq(addr_parse(t[i].local, &l.rtp), 0);
		l.bits = (uint8_t)t[i].bits;
		snprintf(offer, sizeof(offer),
			"v=0\r\no=- 1 1 IN IP%u %s\r\ns=-\r\nc=IN IP%u %s\r\nt=0 0\r\n"
			"m=audio 4 RTP/AVP 8\r\n",
			l.rtp.family, t[i].far, l.rtp.family, t[i].far);
		enum sdp_refusal r = answer(&l, offer);
		ck_assert_msg(r == t[i].why, "%s: %s", t[i].far, sdp_refusal_text(r));
		struct sdp_text text = {offer, strlen(offer)};
		ck_assert_int_eq(sdp_accept(&l, &text, &media), t[i].why);
	}
}
END_TEST

START_TEST(reports_go_where_somebody_is)
{
	static const struct {
		const char *rtcp, *to;
	} t[] = {
		{"4001 IN IP4 192.0.2.8", "192.0.2.8:4001"},
		{"4001 IN IP4 127.0.0.1", "192.0.2.9:4001"},
		{"4001 IN IP4 255.255.255.255", "192.0.2.9:4001"},
		{"4001 IN IP4 0.0.0.0", "192.0.2.9:4001"},
	};
	char offer[256], text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(offer, sizeof(offer), HEAD "m=audio 4 RTP/AVP 8\r\na=rtcp:%s\r\n",
			t[i].rtcp);
		ck_assert_int_eq(answer_new(offer), SDP_MEETS);
		ck_assert_str_eq(addr_text(&media.rtcp, text), t[i].to);
	}
}
END_TEST

START_TEST(an_answer_too_long_is_refused)
{
	struct sdp_local l = local_ip4();
	struct sdp_text offer = {
		HEAD "m=audio 4 RTP/AVP 8\r\n", sizeof(HEAD "m=audio 4 RTP/AVP 8\r\n") - 1};

	ck_assert_int_eq(sdp_answer(&l, &offer, &media, out, 40), SDP_TOO_LONG);
	ck_assert_int_eq(sdp_offer(&l, out, 40), -EMSGSIZE);
}
END_TEST

START_TEST(too_many_streams)
{
	char offer[4096];
	size_t n = (size_t)snprintf(offer, sizeof(offer), HEAD);

	for (unsigned i = 0; i < SDP_STREAMS_MAX; i++)
		n += (size_t)snprintf(offer + n, sizeof(offer) - n, "m=audio %u RTP/AVP 8\r\n", i);
	ck_assert_int_eq(answer_new(offer), SDP_MEETS);
	snprintf(offer + n, sizeof(offer) - n, "m=audio 4 RTP/AVP 8\r\n");
	ck_assert_int_eq(answer_new(offer), SDP_MALFORMED);
}
END_TEST

START_TEST(version_rises_with_a_change_only)
{
	struct sdp_local l = local_ip4();
	const char *talk = HEAD "m=audio 4 RTP/AVP 8\r\n";

	ck_assert_int_eq(answer(&l, talk), SDP_MEETS);
	ck_assert_uint_eq(l.version, 1);
	ck_assert_int_eq(answer(&l, talk), SDP_MEETS);
	ck_assert_uint_eq(l.version, 1);
	ck_assert_int_eq(answer(&l, HEAD "m=audio 4 RTP/AVP 8\r\na=sendonly\r\n"), SDP_MEETS);
	ck_assert_uint_eq(l.version, 2);
	ck_assert_ptr_nonnull(strstr(out, "o=- 77 2 IN IP4"));
	ck_assert_int_eq(answer(&l, talk), SDP_MEETS);
	ck_assert_uint_eq(l.version, 3);
}
END_TEST

START_TEST(our_offer_and_their_answers)
{
	struct sdp_local l = local_ip4();

	ck_assert_int_eq(sdp_offer(&l, out, sizeof(out)), 0);
	ck_assert_str_eq(out,
		"v=0\r\no=- 77 1 IN IP4 198.51.100.5\r\ns=-\r\n"
		"c=IN IP4 198.51.100.5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
		"a=ptime:20\r\na=sendrecv\r\n");
	ck_assert_int_eq(accept_new(HEAD "m=audio 4 RTP/AVP 0 8 101\r\n"
					 "a=rtpmap:101 telephone-event/8000\r\n"),
		SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_PCMU); // theirs first
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert_uint_eq(media.rx_event_pt, 101);
	// We send with their numbers and they with ours (RFC 3264 section 5.1).
	ck_assert_int_eq(
		accept_new(HEAD "m=audio 4 RTP/AVP 97 96\r\na=rtpmap:96 telephone-event/8000\r\n"
				"a=rtpmap:97 PCMA/8000\r\n"),
		SDP_MEETS);
	ck_assert_uint_eq(media.pt, 97);
	ck_assert_uint_eq(media.rx_pt, 8);
	ck_assert_uint_eq(media.event_pt, 96);
	ck_assert_uint_eq(media.rx_event_pt, 101);
	ck_assert_int_eq(accept_new(HEAD "m=audio 4 RTP/AVP 0\r\n"), SDP_MEETS);
	ck_assert_uint_eq(media.rx_event_pt, 0);
	ck_assert_int_eq(accept_new(HEAD "m=audio 0 RTP/AVP 0\r\n"), SDP_NO_AUDIO);
	ck_assert_int_eq(accept_new(HEAD "m=audio 4 RTP/AVP 9\r\n"), SDP_NO_CODEC);
	ck_assert_int_eq(accept_new(HEAD), SDP_NO_AUDIO);
	ck_assert_int_eq(accept_new("x"), SDP_MALFORMED);
}
END_TEST

UNIT_MAIN("sdp", plain_offer_gets_one_codec_and_events, line_feeds_alone_will_do,
	dynamic_payload_types, events_of_another_clock_or_without_keys_are_none,
	ptime_within_what_can_be_sent, hold_by_direction_and_by_zeros,
	hold_by_zeros_in_ip6_and_by_answers, streams_switched_off, where_rtcp_goes,
	further_streams_are_declined_in_their_place, ip6_needs_ip6, refusals_say_why,
	media_go_where_somebody_is, reports_go_where_somebody_is, an_answer_too_long_is_refused,
	too_many_streams, version_rises_with_a_change_only, our_offer_and_their_answers)
