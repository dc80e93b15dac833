// Phones on the rig.
#include "tests/unit/engine/session/phone.h"

struct phone caller, agent;
int16_t phones_voice[SAMPLES];

void phone_open(struct phone *f, const char *address, enum codec_id codec, unsigned worker)
{
	memset(f, 0, sizeof(*f));
	f->address = address;
	f->codec = codec_get(codec);
	f->session = rig_open(worker);
	f->remote = rig_remote(address);
	f->remote.codec = (uint8_t)codec;
	f->remote.pt = f->codec->static_pt >= 0 ? (uint8_t)f->codec->static_pt : 96;
	ck_assert_int_eq(rig_set_remote(f->session, &f->remote), 0);
	f->stream = rig_stream(f->session, address);
	f->stream.pt = f->remote.pt;
	if (!f->codec->coder)
		return;
	f->codec->coder->tx_init(f->tx, &(struct codec_tx){.rate_hz = 8000, .loss_percent = 10});
	f->codec->coder->rx_init(f->rx, 8000);
}

void phones_start(enum codec_id caller_codec, enum codec_id agent_codec, unsigned workers)
{
	rig_start(workers);
	phone_open(&caller, CALLER, caller_codec, 0);
	phone_open(&agent, AGENT, agent_codec, workers - 1);
	coded_voice(phones_voice, SAMPLES, 8000);
}

void phones_bridge(void)
{
	ck_assert_int_eq(rig_bridge(caller.session, agent.session), 0);
	ck_assert_int_eq(rig_bridge(agent.session, caller.session), 0);
	rig_run_ms(2);
}

uint32_t phone_encode(struct phone *f, uint8_t *payload, const int16_t *samples, uint32_t n)
{
	return f->codec->coder ? f->codec->coder->encode(f->tx, payload, samples, n)
			       : f->codec->encode(payload, samples, n);
}

void phone_send(struct phone *f, const int16_t *samples, unsigned ms, bool lost)
{
	uint8_t payload[CODEC_PAYLOAD_MAX];
	uint32_t ts = f->stream.ts, len = phone_encode(f, payload, samples, ms * 8);

	if (lost)
		f->stream.seq++;
	else
		ck_assert_int_eq(rig_send(&f->stream, payload, len), SESSION_DELIVERED);
	f->stream.ts = ts + ms * f->codec->clock_hz / 1000;
}

void phone_say(struct phone *f, unsigned ms, bool lost)
{
	phone_send(f, phones_voice + f->said, ms, lost);
	f->said += ms * 8;
}

void phone_hear(struct phone *f)
{
	struct rtp_packet p;

	for (; rig_rtp(f->address, f->packets, &p); f->packets++) {
		int16_t *to = f->heard + f->heard_samples;
		ck_assert_uint_eq(p.pt, f->remote.pt);
		ck_assert_uint_lt(f->heard_samples, SAMPLES + 3500);
		f->heard_samples += f->codec->coder
			? f->codec->coder->decode(f->rx, to, p.payload, p.len)
			: f->codec->decode(to, p.payload, p.len);
	}
}

double phone_likeness(const struct phone *f, const struct phone *other)
{
	uint32_t delay, n = f->heard_samples;

	ck_assert_uint_ge(n, 14000);
	ck_assert_uint_le(n, other->said + 800);
	return coded_likeness(
		f->heard, phones_voice, n < other->said ? n : other->said, 1600, &delay);
}

void phones_talk(unsigned caller_ms, unsigned agent_ms)
{
	for (unsigned ms = 0; ms < 2400; ms += 10) {
		if (ms % caller_ms == 0)
			phone_say(&caller, caller_ms, false);
		if (ms % agent_ms == 0)
			phone_say(&agent, agent_ms, false);
		rig_run_ms(10);
	}
	phone_hear(&caller);
	phone_hear(&agent);
}
