// The table of codecs.
#include "dsp/codec.h"

#include <strings.h>

#include "dsp/g711.h"
#include "dsp/g722.h"
#include "dsp/opus.h"

static const struct codec codecs[CODEC_COUNT] = {
	[CODEC_PCMU] = {CODEC_PCMU, "PCMU", 0, 8000, 8000, 8, ULAW_SILENCE, g711_ulaw_encode,
		g711_ulaw_decode},
	[CODEC_PCMA] = {CODEC_PCMA, "PCMA", 8, 8000, 8000, 8, ALAW_SILENCE, g711_alaw_encode,
		g711_alaw_decode},
	[CODEC_G722] = {CODEC_G722, "G722", 9, 8000, 16000, 8, G722_SILENCE, .coder = &g722_coder},
#ifdef HAVE_OPUS
	[CODEC_OPUS] = {CODEC_OPUS, "opus", -1, 48000, 16000, .coder = &opus_coder, .channels = 2},
#endif
};

const struct codec *codec_get(enum codec_id id)
{
	if (id <= CODEC_NONE || id >= CODEC_COUNT || !codecs[id].name)
		return NULL;
	return &codecs[id];
}

const struct codec *codec_by_name(const char *name)
{
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		if (codecs[id].name && strcasecmp(codecs[id].name, name) == 0)
			return &codecs[id];
	return NULL;
}

const struct codec *codec_by_static_pt(uint8_t pt)
{
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		if (codecs[id].name && codecs[id].static_pt == pt)
			return &codecs[id];
	return NULL;
}
