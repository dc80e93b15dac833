// Offer and answer of G.722 and Opus: their clocks, parameters and events.
#include "tests/unit/unit.h"

#include <string.h>

#include "control/sip/sdp/sdp.h"
#include "engine/base/str.h"

#define HEAD "v=0\r\no=a 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define OPUS_PHONE                                                                              \
	HEAD "m=audio 4 RTP/AVP 107 9 8 101 102\r\na=rtpmap:107 opus/48000/2\r\n"               \
	     "a=fmtp:107 minptime=10; useinbandfec=1;stereo=1; usedtx=0\r\n"                    \
	     "a=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n" \
	     "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-16\r\n"

static char out[SDP_TEXT_MAX];
static struct media_params media;

static struct sdp_local local(enum codec_id first, enum codec_id second)
{
	struct sdp_local l = {
		.codecs = {first, second}, .codec_count = second ? 2 : 1, .session = 77};

	ck_assert_int_eq(addr_parse("198.51.100.5:4000", &l.rtp), 0);
	return l;
}

static enum sdp_refusal answer(enum codec_id first, enum codec_id second, const char *offer)
{
	struct sdp_local l = local(first, second);
	struct sdp_text text = {offer, strlen(offer)};

	media = (struct media_params){0};
	return sdp_answer(&l, &text, &media, out, sizeof(out));
}

START_TEST(g722_is_taken_on_its_static_type)
{
	ck_assert_int_eq(
		answer(CODEC_G722, CODEC_PCMA, HEAD "m=audio 4 RTP/AVP 8 9\r\n"), SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_G722);
	ck_assert_uint_eq(media.pt, 9);
	ck_assert_ptr_nonnull(strstr(out, "m=audio 4000 RTP/AVP 9\r\na=rtpmap:9 G722/8000\r\n"));
	// Its clock is 8,000 in SDP, whatever it samples with.
	ck_assert_int_eq(answer(CODEC_G722, CODEC_NONE,
				 HEAD "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 G722/16000\r\n"),
		SDP_NO_CODEC);
}
END_TEST

#ifdef HAVE_OPUS
START_TEST(opus_is_taken_with_events_of_its_clock)
{
	ck_assert_int_eq(answer(CODEC_OPUS, CODEC_PCMA, OPUS_PHONE), SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_OPUS);
	ck_assert_uint_eq(media.pt, 107);
	ck_assert_uint_eq(media.event_pt, 102);
	ck_assert(media.fec);
	ck_assert(!media.dtx);
	ck_assert_ptr_nonnull(strstr(out,
		"m=audio 4000 RTP/AVP 107 102\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 "
		"maxplaybackrate=16000;stereo=0;maxaveragebitrate=40000;useinbandfec=1\r\n"
		"a=rtpmap:102 telephone-event/48000\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=maxptime:60\r\n"));
	// The order is ours, as ever.
	ck_assert_int_eq(answer(CODEC_PCMA, CODEC_OPUS, OPUS_PHONE), SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_PCMA);
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert(!media.fec);
	ck_assert_ptr_null(strstr(out, "maxptime"));
}
END_TEST

// Phones that know telephone-event/8000 alone, and what we offered them.
START_TEST(opus_with_events_of_8_khz)
{
	static const char offer[] = HEAD "m=audio 4 RTP/AVP 107 101\r\n"
					 "a=rtpmap:107 opus/48000/2\r\n"
					 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";

	ck_assert_int_eq(answer(CODEC_OPUS, CODEC_PCMA, offer), SDP_MEETS);
	ck_assert_int_eq(media.codec, CODEC_OPUS);
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert_uint_eq(media.rx_event_pt, 101);
	ck_assert(media.event_8k);
	ck_assert_ptr_nonnull(strstr(out, "m=audio 4000 RTP/AVP 107 101\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:101 telephone-event/8000\r\n"));
	ck_assert_int_eq(answer(CODEC_OPUS, CODEC_PCMA, OPUS_PHONE), SDP_MEETS);
	ck_assert(!media.event_8k);
	struct sdp_local l = local(CODEC_OPUS, CODEC_NONE);
	ck_assert_int_eq(sdp_offer(&l, out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "m=audio 4000 RTP/AVP 96 101 102\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:101 telephone-event/48000\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:102 telephone-event/8000\r\n"));
	struct sdp_text text = {offer, strlen(offer)}; // is as good an answer
	ck_assert_int_eq(sdp_accept(&l, &text, &media), SDP_MEETS);
	ck_assert_uint_eq(media.pt, 107);
	ck_assert_uint_eq(media.rx_pt, 96);
	ck_assert_uint_eq(media.event_pt, 101);
	ck_assert_uint_eq(media.rx_event_pt, 102);
	ck_assert(media.event_8k);
}
END_TEST

START_TEST(parameters_of_opus)
{
	static const struct {
		const char *fmtp;
		bool fec, dtx;
	} want[] = {
		{"", false, false},
		{"a=fmtp:96 usedtx=1\r\n", false, true},
		{"a=fmtp:96 useinbandfec=0;usedtx=1;maxplaybackrate=8000\r\n", false, true},
		{"a=fmtp:96 UseInbandFEC=1 ; x=y\r\n", true, false},
		{"a=fmtp:96 useinbandfecs=1; nousedtx=1\r\n", false, false},
		{"a=fmtp:96 ;;=;useinbandfec=;usedtx\r\n", false, false},
		{"a=fmtp:97 usedtx=1\r\n", false, false},
	};

	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char offer[512];
		str_format(offer, sizeof(offer), "%s%s%s", HEAD "m=audio 4 RTP/AVP 96\r\n",
			want[i].fmtp, // before the map: the order is free
			"a=rtpmap:96 OPUS/48000/2\r\na=ptime:30\r\n");
		ck_assert_int_eq(answer(CODEC_OPUS, CODEC_NONE, offer), SDP_MEETS);
		ck_assert_int_eq(media.fec, want[i].fec);
		ck_assert_int_eq(media.dtx, want[i].dtx);
		ck_assert_uint_eq(media.ptime_ms, 20); // 30 ms is no length of Opus
	}
	// RFC 7587 section 7: always two channels and 48 kHz in the map.
	ck_assert_int_eq(answer(CODEC_OPUS, CODEC_NONE,
				 HEAD "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 opus/48000\r\n"),
		SDP_NO_CODEC);
	ck_assert_int_eq(answer(CODEC_OPUS, CODEC_NONE,
				 HEAD "m=audio 4 RTP/AVP 96\r\na=rtpmap:96 opus/16000/2\r\n"),
		SDP_NO_CODEC);
}
END_TEST

START_TEST(our_offer_has_events_for_each_clock)
{
	struct sdp_local l = local(CODEC_OPUS, CODEC_G722);

	ck_assert_int_eq(sdp_offer(&l, out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "m=audio 4000 RTP/AVP 96 9 101 102\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:101 telephone-event/48000\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:102 telephone-event/8000\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=maxptime:60\r\n"));
	l = local(CODEC_PCMA, CODEC_OPUS);
	l.codecs[2] = CODEC_G722;
	l.codecs[3] = CODEC_PCMU;
	l.codec_count = 4;
	ck_assert_int_eq(sdp_offer(&l, out, sizeof(out)), 0);
	ck_assert_ptr_nonnull(strstr(out, "m=audio 4000 RTP/AVP 8 97 9 0 101 102\r\n"));
	ck_assert_ptr_nonnull(strstr(out, "a=rtpmap:102 telephone-event/48000\r\n"));
}
END_TEST
#endif

#ifdef HAVE_OPUS
UNIT_MAIN("sdp_codecs", g722_is_taken_on_its_static_type, opus_is_taken_with_events_of_its_clock,
	opus_with_events_of_8_khz, parameters_of_opus, our_offer_has_events_for_each_clock)
#else
UNIT_MAIN("sdp_codecs", g722_is_taken_on_its_static_type)
#endif
