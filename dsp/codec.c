// The table of codecs.
#include "dsp/codec.h"

#include <strings.h>

#include "dsp/g711.h"
#include "dsp/g722.h"

#define LAW(...)
#define CODER(id, name, pt, clock, rate, bytes, silent, channel, how) \
	extern const struct codec_coder how;
CODEC_ROWS(LAW, CODER)
#undef LAW
#undef CODER

static const struct codec codecs[CODEC_COUNT] = {
#define LAW(id, name, pt, silent, encode, decode) \
	[CODEC_##id] = {CODEC_##id, name, pt, 8000, 8000, 8, silent, encode, decode},
#define CODER(id, name, pt, clock, rate, bytes, silent, channel, how)                      \
	[CODEC_##id] = {CODEC_##id, name, pt, clock, rate, bytes, silent, .coder = &(how), \
		.channels = channel},
	CODEC_ROWS(LAW, CODER)
#undef LAW
#undef CODER
};

// What this build does without has a coder that does nothing (x_none.c).
static bool is_there(enum codec_id id)
{
	const struct codec *c = &codecs[id];

	return c->encode || (c->coder && c->coder->encode);
}

const struct codec *codec_get(enum codec_id id)
{
	if (id <= CODEC_NONE || id >= CODEC_COUNT || !is_there(id))
		return NULL;
	return &codecs[id];
}

const struct codec *codec_by_name(const char *name)
{
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		if (is_there(id) && strcasecmp(codecs[id].name, name) == 0)
			return &codecs[id];
	return NULL;
}

const struct codec *codec_by_static_pt(uint8_t pt)
{
	for (int id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		if (is_there(id) && codecs[id].static_pt == pt)
			return &codecs[id];
	return NULL;
}
