// Writing a test's input: what far ends send, as a capture.
#include "tests/path/stage.h"

#include <string.h>

#include "dsp/dtmf.h"
#include "dsp/g711.h"
#include "engine/base/str.h"
#include "engine/rtp/event.h"
#include "tests/path/pcap.h"
#include "tests/unit/engine/frames.h"

static FILE *in;

void gen_begin(const char *name)
{
	char path[STAGE_PATH_MAX];

	str_copy(stage.name, sizeof(stage.name), name);
	in = pcap_create(stage_path(path, "in"));
	ck_assert_ptr_nonnull(in);
}

void gen_frame(uint64_t at_ms, const void *frame, uint32_t len)
{
	pcap_put(in, STAGE_START_NS + at_ms * MS, frame, len);
}

void gen_udp(enum far far, uint64_t at_ms, uint16_t port, const void *data, uint32_t len)
{
	static uint8_t frame[PCAP_FRAME_MAX];
	struct wire_link from = link_of(far_mac, stage_far(far), 0);
	struct addr to = addr_of(LOCAL_IP);

	from.ip.port += port & 1;
	to.port = port;
	gen_frame(at_ms, frame, frame_udp(frame, &from, &to, data, (uint16_t)len));
}

struct talker gen_talker(enum far far, uint64_t at_ms)
{
	struct talker t = {.far = far,
		.to = far == STRANGER ? CALLER : far,
		.at_ms = at_ms,
		.ssrc = 1000 + far,
		.ts = 7777,
		.seq = 65500,
		.event_pt = 101};

	return t;
}

static void gen_rtp(struct talker *t, uint8_t pt, uint32_t ts, const uint8_t *payload, uint32_t len)
{
	uint8_t data[RTP_HEADER_BYTES + 1000];
	struct rtp_packet p = {
		.ssrc = t->ssrc, .ts = ts, .seq = t->seq++, .pt = pt, .marker = t->marker};

	rtp_write_header(data, &p);
	memcpy(data + RTP_HEADER_BYTES, payload, len);
	if (!t->lost)
		gen_udp(t->far, t->at_ms, stage_port(t->to), data, RTP_HEADER_BYTES + len);
	t->marker = t->lost = false;
}

void gen_sound(struct talker *t, const uint8_t *payload, uint32_t len)
{
	gen_rtp(t, t->pt, t->ts, payload, len);
	t->ts += len;
	t->at_ms += len / 8;
}

void gen_fill(struct talker *t, uint8_t byte, uint32_t len, unsigned packets)
{
	uint8_t payload[1000];

	memset(payload, byte, sizeof(payload));
	while (packets-- > 0)
		gen_sound(t, payload, len);
}

void gen_event(struct talker *t, const struct event_packet *e, uint32_t ts)
{
	uint8_t payload[EVENT_BYTES];

	event_write(payload, e);
	gen_rtp(t, t->event_pt, ts, payload, sizeof(payload));
}

void gen_digit(struct talker *t, char digit, unsigned how, unsigned on_ms, unsigned off_ms)
{
	struct dtmf_tx tone;
	struct event_packet e = {.code = (uint8_t)event_code(digit), .volume = 10};
	uint32_t begun_ts = t->ts;

	ck_assert_int_eq(dtmf_tx_start(&tone, digit, -9, on_ms, off_ms), 0);
	for (unsigned ms = 0; ms < on_ms + off_ms; ms += 20) {
		int16_t samples[160] = {0};
		uint8_t payload[160];
		dtmf_tx_mix(&tone, samples, 160);
		if (!(how & GEN_TONE))
			memset(samples, 0, sizeof(samples));
		g711_ulaw_encode(payload, samples, 160);
		e.duration = (uint16_t)((ms < on_ms ? ms + 20 : on_ms) * 8);
		e.end = ms >= on_ms;
		if ((how & GEN_EVENT) && ms < on_ms + 60) {
			t->marker = ms == 0;
			gen_event(t, &e, begun_ts);
		}
		gen_sound(t, payload, 160);
	}
}

void gen_end(void)
{
	fclose(in);
}
