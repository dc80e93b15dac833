// Far ends with a codec, and decoders that are not ours.
#include "tests/path/voice.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"
#include "engine/rtp/event.h"

#define OGG_HEAD    27
#define COMMAND_MAX 512

void voice_init(struct voice *v, enum far far, enum codec_id codec, unsigned ms)
{
	memset(v, 0, sizeof(*v));
	v->far = far;
	v->codec = codec_get(codec);
	v->ms = ms;
	v->remote = stage_remote(far);
	v->remote.codec = codec;
	v->remote.pt = v->codec->static_pt >= 0 ? (unsigned)v->codec->static_pt & 127 : 96;
	v->remote.ptime_ms = ms & 63;
}

void voice_speak(struct voice *v, const struct voice_of *what)
{
	struct codec_tx tx = what->tx;

	v->talker = gen_talker(v->far, what->at_ms);
	v->talker.pt = v->remote.pt;
	v->samples = what->samples;
	v->count = what->n;
	v->said = v->packets = 0;
	tx.rate_hz = FRAME_RATE;
	if (v->codec->coder)
		v->codec->coder->tx_init(v->tx, &tx);
}

static void say_packet(struct voice *v)
{
	uint32_t n = v->ms * 8, ts = v->talker.ts;
	uint64_t at_ms = v->talker.at_ms;
	uint8_t payload[CODEC_PAYLOAD_MAX];
	uint32_t len = v->codec->coder
		? v->codec->coder->encode(v->tx, payload, v->samples + v->said, n)
		: v->codec->encode(payload, v->samples + v->said, n);
	bool silent = v->codec->id == CODEC_OPUS && len <= 2;

	v->said += n;
	v->packets++;
	if (!silent) { // in DTX that is not sent, and has no number
		v->talker.lost = v->lost_each && v->packets % v->lost_each == 0;
		gen_sound(&v->talker, payload, len);
	}
	v->talker.ts = ts + n * (v->codec->clock_hz / 8000);
	v->talker.at_ms = at_ms + v->ms;
}

void voices_gen(struct voice *const v[], unsigned n)
{
	for (;;) {
		struct voice *next = NULL;
		for (unsigned i = 0; i < n; i++) {
			if (v[i]->said + v[i]->ms * 8 > v[i]->count)
				continue;
			if (!next || v[i]->talker.at_ms < next->talker.at_ms)
				next = v[i];
		}
		if (!next)
			return;
		say_packet(next);
	}
}

void voice_type(struct voice *v, const char *digits, unsigned on_ms, unsigned off_ms)
{
	struct talker *t = &v->talker;
	uint32_t per_ms = v->codec->clock_hz / 1000;

	for (; *digits; digits++, t->ts += (on_ms + off_ms) * per_ms) {
		struct event_packet e = {.code = (uint8_t)event_code(*digits), .volume = 10};
		for (unsigned ms = 0; ms < on_ms + off_ms; ms += 20, t->at_ms += 20) {
			e.duration = (uint16_t)((ms < on_ms ? ms + 20 : on_ms) * per_ms);
			e.end = ms >= on_ms;
			t->marker = ms == 0;
			if (ms < on_ms + 60)
				gen_event(t, &e, t->ts);
		}
	}
}

void voice_connect(struct voice *v, unsigned flags)
{
	stage_set_remote_as(v->far, &v->remote, flags);
}

// --- decoders ---

static uint32_t ogg_crc(const uint8_t *data, uint32_t len)
{
	uint32_t crc = 0;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (unsigned k = 0; k < 8; k++)
			crc = crc << 1 ^ (crc & 0x80000000 ? 0x04c11db7 : 0);
	}
	return crc;
}

static void put_le(uint8_t *to, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

struct ogg {
	FILE *file;
	uint32_t pages;
	uint64_t position; // samples of 48 kHz
};

// One packet in a page of its own (RFC 3533, RFC 7845).
static void ogg_page(struct ogg *o, const void *packet, uint32_t len)
{
	uint8_t page[OGG_HEAD + 4 + CODEC_PAYLOAD_MAX] = "OggS";
	uint32_t segments = len / 255 + 1, at = OGG_HEAD + segments;

	page[5] = o->pages == 0 ? 2 : 0;
	put_le(page + 6, o->position, 8);
	put_le(page + 14, 7, 4);
	put_le(page + 18, o->pages++, 4);
	page[26] = (uint8_t)segments;
	memset(page + OGG_HEAD, 255, segments);
	page[at - 1] = (uint8_t)(len % 255);
	memcpy(page + at, packet, len);
	put_le(page + 22, ogg_crc(page, at + len), 4);
	ck_assert_uint_eq(fwrite(page, 1, at + len, o->file), at + len);
}

static void ogg_begin(struct ogg *o)
{
	uint8_t head[19] = "OpusHead\1\1", tags[16] = "OpusTags";

	put_le(head + 12, 48000, 4);
	ogg_page(o, head, sizeof(head));
	ogg_page(o, tags, sizeof(tags));
}

// Packets of no sound where the i-th does not follow the one before it: DTX or loss.
static void fill_ogg(struct ogg *o, const struct voice *v, unsigned i)
{
	const struct heard *first = heard_rtp(v->far, 0), *prior = heard_rtp(v->far, i ? i - 1 : 0);
	uint32_t units = v->ms * 48;
	uint8_t empty = prior->rtp.payload[0] & 0xfc;

	for (uint32_t ts = prior->rtp.ts + units; i && ts < heard_rtp(v->far, i)->rtp.ts;
		ts += units) {
		o->position = ts - first->rtp.ts + units;
		ogg_page(o, &empty, 1);
	}
}

// What was sent to it, in a file that ffmpeg reads.
static void write_heard(const struct voice *v, const char *path)
{
	struct ogg ogg = {.file = fopen(path, "wb")};
	bool opus = v->codec->id == CODEC_OPUS;
	const struct heard *h;

	ck_assert_ptr_nonnull(ogg.file);
	if (opus)
		ogg_begin(&ogg);
	for (unsigned i = 0; (h = heard_rtp(v->far, i)); i++) {
		if (h->rtp.pt != v->remote.pt)
			continue;
		if (opus) {
			fill_ogg(&ogg, v, i);
			ogg.position = h->rtp.ts - heard_rtp(v->far, 0)->rtp.ts + v->ms * 48;
			ogg_page(&ogg, h->rtp.payload, h->rtp.len);
		} else {
			ck_assert_uint_eq(
				fwrite(h->rtp.payload, 1, h->rtp.len, ogg.file), h->rtp.len);
		}
	}
	ck_assert_int_eq(fclose(ogg.file), 0);
}

static FILE *run(const char *command)
{
	FILE *f = popen(command, "r");

	ck_assert_ptr_nonnull(f);
	return f;
}

uint32_t voice_heard(const struct voice *v, int16_t out[VOICE_MAX])
{
	static const char *const formats[CODEC_COUNT] = {[CODEC_PCMU] = "-f mulaw -ar 8000",
		[CODEC_PCMA] = "-f alaw -ar 8000",
		[CODEC_G722] = "-f g722",
		[CODEC_OPUS] = "-f ogg"};
	char path[STAGE_PATH_MAX], command[COMMAND_MAX];

	stage_path(path, v->far == CALLER ? "caller" : v->far == AGENT ? "agent" : "supervisor");
	write_heard(v, path);
	str_format(command, sizeof(command),
		"ffmpeg -nostdin -v error %s -i %s -f s16le -ar 8000 -ac 1 -",
		formats[v->codec->id], path);
	FILE *f = run(command);
	uint32_t n = (uint32_t)fread(out, sizeof(*out), VOICE_MAX, f);
	ck_assert_int_eq(pclose(f), 0);
	return n;
}

const char *voice_digits(const int16_t *samples, uint32_t n)
{
	static char digits[64];
	char path[STAGE_PATH_MAX], command[COMMAND_MAX], line[128];
	unsigned count = 0;
	FILE *f = fopen(stage_path(path, "digits"), "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(samples, sizeof(*samples), n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	str_format(command, sizeof(command),
		"sox -t raw -e signed -b 16 -c 1 -r 8000 %s -t raw -r 22050 - 2>/dev/null | "
		"multimon-ng -q -a DTMF -t raw - 2>/dev/null",
		path);
	f = run(command);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "DTMF: ", 6) == 0 && count < sizeof(digits) - 1)
			digits[count++] = line[6];
	}
	pclose(f);
	digits[count] = 0;
	return digits;
}
