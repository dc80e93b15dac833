// Prompts from WAV files into the engine's store, encoded once per codec.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/media/state.h"
#include "dsp/codec.h"
#include "dsp/frame.h"
#include "dsp/wav.h"
#include "engine/base/str.h"

#define PROMPT_FILE_MAX (256u << 20)

struct media_prompts {
	struct gate_prompts *store;
	uint32_t *ms; // length by id
	uint32_t count;
	uint32_t codecs; // a bit for each that somebody may use
};

static int file_read(const char *path, uint8_t **out, size_t *len)
{
	struct stat is;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); // a pipe would be waited for
	FILE *f = fd < 0 ? NULL : fdopen(fd, "rb");
	if (f == NULL) {
		int err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	int err = fstat(fd, &is) != 0 ? -errno : 0;
	if (!err && !S_ISREG(is.st_mode))
		err = S_ISDIR(is.st_mode) ? -EISDIR : -ENOTSUP;
	else if (!err && is.st_size > (off_t)PROMPT_FILE_MAX)
		err = -EFBIG;
	const off_t size = is.st_size;
	uint8_t *data = err ? NULL : malloc((size_t)size + 1);
	if (!err && data == NULL)
		err = -ENOMEM;
	if (!err && fread(data, 1, (size_t)size, f) != (size_t)size)
		err = -EIO;
	fclose(f);
	if (err) {
		free(data);
		return err;
	}
	*out = data;
	*len = (size_t)size;
	return 0;
}

// Any accepted file as 16-bit samples at 8 kHz.
static int16_t *wav_samples(const uint8_t *file, const struct wav_info *info, uint32_t *samples)
{
	const uint8_t *data = file + info->data_offset;
	uint32_t n = info->format == WAV_PCM16 ? info->data_bytes / 2 : info->data_bytes;
	int16_t *pcm = malloc(((size_t)n + 1) * sizeof(*pcm));
	if (pcm == NULL)
		return NULL;
	if (info->format == WAV_PCM16) {
		for (uint32_t i = 0; i < n; i++)
			pcm[i] = (int16_t)(data[2 * i] | data[2 * i + 1] << 8);
	} else {
		codec_get(info->format == WAV_ULAW ? CODEC_PCMU : CODEC_PCMA)->decode(pcm, data, n);
	}
	*samples = n;
	return pcm;
}

// Of a codec with state, in one stream. Opus in packets of 20 ms that are equally long, so that
// the engine finds them by time; the last one is filled up with silence. Bytes written, 0: no
// memory, or no room for Opus (a prompt shorter than a packet).
static uint32_t prompt_code(
	const struct codec *codec, uint8_t *payload, const int16_t *pcm, uint32_t samples)
{
	struct codec_tx how = {.rate_hz = FRAME_RATE, .complexity = 10, .constant = true};
	uint32_t bytes = 0;
	void *tx = malloc(codec->coder->tx_bytes());
	if (tx == NULL)
		return 0;
	codec->coder->tx_init(tx, &how);
	for (uint32_t at = 0; at < samples; at += FRAME_SAMPLES) {
		uint32_t n = samples - at < FRAME_SAMPLES ? samples - at : FRAME_SAMPLES;
		int16_t frame[FRAME_SAMPLES] = {0};
		memcpy(frame, pcm + at, n * sizeof(*frame));
		if (codec->bytes_per_ms == 0)
			n = FRAME_SAMPLES;
		bytes += codec->coder->encode(tx, payload + bytes, frame, n);
	}
	free(tx);
	return bytes;
}

static int prompt_encode(struct media_prompts *p, uint32_t id, const int16_t *pcm, uint32_t samples)
{
	uint8_t *payload = malloc((size_t)samples + CODEC_PAYLOAD_MAX); // the encoder's room
	if (payload == NULL)
		return -ENOMEM;
	int err = 0;
	for (int c = CODEC_NONE + 1; c < CODEC_COUNT && !err; c++) {
		const struct codec *codec = codec_get(c);
		if (!(p->codecs & 1u << c))
			continue;
		uint32_t bytes = codec->coder ? prompt_code(codec, payload, pcm, samples)
					      : codec->encode(payload, pcm, samples);
		err = bytes ? gate_prompts_set(p->store, id, c, payload, bytes) : -ENOMEM;
	}
	free(payload);
	p->ms[id] = samples / (FRAME_RATE / 1000);
	return err;
}

static const char *cure(int err)
{
	if (err == -EISDIR || err == -ENOTSUP)
		return "; name a file";
	if (err == -EACCES)
		return "; the node's user must be able to read it (chmod, chown), and to search "
		       "the folders above";
	return err == -ENOENT || err == -ENOTDIR ? "; put it there or name another" : "";
}

// 0 and the file, to be freed; or -errno with the reason in why.
static int prompt_read(
	const struct config_prompt *c, uint8_t **out, struct wav_info *parsed, char why[256])
{
	uint8_t *file = NULL;
	size_t len = 0;
	int err = file_read(c->file, &file, &len);
	if (err) {
		str_format(why, 256, "cannot be read: %s%s", strerror(-err), cure(err));
		return err;
	}
	struct wav_info info;
	err = wav_parse(file, len, &info);
	if (err == -EINVAL) {
		str_format(why, 256, "is not a whole WAV file");
	} else if (err || info.rate_hz != FRAME_RATE || info.channels != 1) {
		str_format(why, 256,
			"expected 8000 Hz mono WAV in 16-bit PCM, A-law or u-law, got %u Hz, %u "
			"channels%s (sox IN.wav -r 8000 -c 1 -b 16 OUT.wav makes one)",
			info.rate_hz, info.channels, err ? ", another encoding" : "");
		err = -EINVAL;
	} else if (info.data_bytes == 0) {
		str_format(why, 256, "holds no sound");
		err = -EINVAL;
	}
	if (err)
		free(file);
	else
		*out = file;
	*parsed = info;
	return err;
}

// 0, or -errno with the reason in why.
static int prompt_load(struct media_prompts *p, const struct config_prompt *c, char why[256])
{
	uint8_t *file;
	struct wav_info info;
	int err = prompt_read(c, &file, &info, why);
	if (err)
		return err;
	uint32_t samples = 0;
	int16_t *pcm = wav_samples(file, &info, &samples);
	err = pcm ? prompt_encode(p, c->id, pcm, samples) : -ENOMEM;
	if (err)
		str_format(why, 256, "does not fit the prompt store: %s", strerror(-err));
	free(pcm);
	free(file);
	return err;
}

int media_prompt_look(const struct config_prompt *c, char why[256])
{
	uint8_t *file;
	struct wav_info info;
	int err = prompt_read(c, &file, &info, why);
	if (!err)
		free(file);
	return err;
}

static uint32_t codec_bits(const enum codec_id *codecs, unsigned count)
{
	uint32_t bits = 0;
	for (unsigned i = 0; i < count; i++)
		bits |= 1u << codecs[i];
	return bits;
}

// G.711 always: every other codec can be made of it.
static uint32_t codecs_used(const struct config *c)
{
	uint32_t bits = 1u << CODEC_PCMU | 1u << CODEC_PCMA;
	for (unsigned i = 0; i < c->trunk_count; i++)
		bits |= codec_bits(c->trunks[i].codecs, c->trunks[i].codec_count);
	for (unsigned i = 0; i < c->agent_count; i++)
		bits |= codec_bits(c->agents[i].codecs, c->agents[i].codec_count);
	return bits;
}

static int prompts_new(const struct config *config, struct media_prompts **out)
{
	struct media_prompts *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < config->prompt_count; i++)
		if (config->prompts[i].id >= p->count)
			p->count = config->prompts[i].id + 1;
	p->codecs = codecs_used(config);
	p->ms = calloc(p->count + 1, sizeof(*p->ms));
	int err = p->ms ? gate_prompts_new(p->count, &p->store) : -ENOMEM;
	if (err) {
		free(p->ms);
		free(p);
		return err;
	}
	*out = p;
	return 0;
}

int media_prompts_load(const struct config *config, struct media_prompts **out, char **problems)
{
	struct media_prompts *p;
	int err = prompts_new(config, &p);
	*problems = NULL;
	if (err)
		return err;
	size_t size = 0;
	FILE *text = open_memstream(problems, &size);
	if (text == NULL) {
		media_prompts_free(p);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < config->prompt_count; i++) {
		const struct config_prompt *c = &config->prompts[i];
		char why[256];
		if (prompt_load(p, c, why) == 0)
			continue;
		fprintf(text, "%s%s:%u:%u: prompt %s: %s: %s", err ? "\n" : "", config->file,
			c->mark.line, c->mark.column, c->name, c->file, why);
		err = -EINVAL;
	}
	fclose(text);
	if (err) {
		media_prompts_free(p);
		return err;
	}
	free(*problems);
	*problems = NULL;
	*out = p;
	return 0;
}

void media_prompts_free(struct media_prompts *p)
{
	if (p == NULL)
		return;
	gate_prompts_free(p->store);
	free(p->ms);
	free(p);
}

void media_prompts_publish(struct media *m, struct media_prompts *p)
{
	free(m->prompts.ms);
	m->prompts.ms = p->ms;
	m->prompts.count = p->count;
	gate_prompts_publish(m->gate, p->store);
	free(p);
}

uint32_t media_prompt_ms(const struct media *m, uint32_t prompt)
{
	return prompt < m->prompts.count ? m->prompts.ms[prompt] : 0;
}
