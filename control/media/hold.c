// Coders: which of a worker's are in use, or held for what was offered.
#include "control/config/config.h"
#include "control/config/schema.h"
#include "control/media/state.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

void media_coders_start(const struct config *config, uint32_t sessions)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		media.coders_max[i] =
			gate_coders(config->engine.coders[i], sessions, media.workers);
}

static bool has_room(unsigned worker, enum codec_id codec)
{
	return media.coders[worker][codec] < media.coders_max[codec];
}

// Said once, and again only after there was room.
static void say_full(unsigned worker, enum codec_id codec)
{
	if (!media.coders_full[worker][codec])
		log_warn("no coder is free, calls go on in other codecs: codec=%s worker=%u of "
			 "each=%u key=engine.%s",
			codec_get(codec)->name, worker, media.coders_max[codec],
			config_coders_key(codec));
	media.coders_full[worker][codec] = true;
}

static bool hold(struct media_voice *v, enum codec_id codec)
{
	unsigned worker = v->line.worker;
	if (!codec_has_state(codec) || v->codec == codec || v->held >> codec & 1)
		return true;
	if (!has_room(worker, codec)) {
		say_full(worker, codec);
		return false;
	}
	media.coders[worker][codec]++;
	media.coders_full[worker][codec] = false;
	v->held |= (uint8_t)(1u << codec);
	return true;
}

static void give(unsigned worker, enum codec_id codec)
{
	if (codec_has_state(codec))
		media.coders[worker][codec]--;
}

unsigned media_hold(
	struct media_voice *v, const enum codec_id list[], unsigned count, enum codec_id out[])
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++) {
		if (v == NULL ? media_codec_room(list[i]) : hold(v, list[i]))
			out[n++] = list[i];
	}
	return n;
}

void media_settle(struct media_voice *v)
{
	for (unsigned codec = 0; v != NULL && v->held >> codec; codec++) {
		if (v->held >> codec & 1)
			give(v->line.worker, codec);
	}
	if (v != NULL)
		v->held = 0;
}

void media_coder_take(struct media_voice *v, enum codec_id codec)
{
	enum codec_id before = v->codec;
	if (codec == before) {
		media_settle(v);
		return;
	}
	if (codec_has_state(codec))
		media.coders[v->line.worker][codec]++; // held mostly; else the engine says no
	v->codec = codec;
	give(v->line.worker, before);
	media_settle(v);
}

void media_coder_give(struct media_voice *v)
{
	media_settle(v);
	give(v->line.worker, v->codec);
	v->codec = CODEC_NONE;
}

bool media_codec_room(enum codec_id codec)
{
	if (!codec_has_state(codec))
		return true;
	for (unsigned i = 0; i < media.workers; i++) {
		if (has_room(i, codec))
			return true;
	}
	say_full(0, codec); // nor on any other
	return false;
}

// The one with the fewest voices; of those with a coder free, where there are any.
unsigned media_worker_for(enum codec_id codec)
{
	unsigned best = 0;
	bool fits = false;
	for (unsigned i = 0; i < media.workers; i++) {
		bool room = !codec_has_state(codec) || has_room(i, codec);
		if (i > 0 &&
			(room < fits || (room == fits && media.opened[i] >= media.opened[best])))
			continue;
		best = i;
		fits = room;
	}
	return best;
}
