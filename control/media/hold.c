// Coders: which of a worker's are in use, or held for what was offered.
#include "control/config/config.h"
#include "control/config/schema.h"
#include "control/media/state.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

void media_coders_start(struct media *m, const struct config *config, uint32_t sessions)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		m->coders_max[i] = gate_coders(config->engine.coders[i], sessions, m->workers);
}

static bool has_room(const struct media *m, unsigned worker, enum codec_id codec)
{
	return m->coders[worker][codec] < m->coders_max[codec];
}

// Said once, and again only after there was room.
static void say_full(struct media *m, unsigned worker, enum codec_id codec)
{
	char key[CONFIG_KEY_MAX];
	if (!m->coders_full[worker][codec])
		log_warn("no coder is free, calls go on in other codecs: codec=%s worker=%u of "
			 "each=%u key=%s",
			codec_get(codec)->name, worker, m->coders_max[codec],
			config_coders_key(codec, key));
	m->coders_full[worker][codec] = true;
}

static bool hold(struct media_voice *v, enum codec_id codec)
{
	struct media *m = v->media;
	unsigned worker = v->line.worker;
	if (!codec_has_state(codec) || v->codec == codec || v->held >> codec & 1)
		return true;
	if (!has_room(m, worker, codec)) {
		say_full(m, worker, codec);
		return false;
	}
	m->coders[worker][codec]++;
	m->coders_full[worker][codec] = false;
	v->held |= (uint8_t)(1u << codec);
	return true;
}

static void give(struct media *m, unsigned worker, enum codec_id codec)
{
	if (codec_has_state(codec))
		m->coders[worker][codec]--;
}

unsigned media_hold(struct media *m, struct media_voice *v, const enum codec_id list[],
	unsigned count, enum codec_id out[])
{
	unsigned n = 0;
	for (unsigned i = 0; i < count; i++) {
		if (v == NULL ? media_codec_room(m, list[i]) : hold(v, list[i]))
			out[n++] = list[i];
	}
	return n;
}

void media_settle(struct media_voice *v)
{
	for (unsigned codec = 0; v != NULL && v->held >> codec; codec++) {
		if (v->held >> codec & 1)
			give(v->media, v->line.worker, codec);
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
		v->media->coders[v->line.worker][codec]++; // held mostly; else the engine says no
	v->codec = codec;
	give(v->media, v->line.worker, before);
	media_settle(v);
}

void media_coder_give(struct media_voice *v)
{
	media_settle(v);
	give(v->media, v->line.worker, v->codec);
	v->codec = CODEC_NONE;
}

bool media_codec_room(struct media *m, enum codec_id codec)
{
	if (!codec_has_state(codec) || m == NULL)
		return !codec_has_state(codec);
	for (unsigned i = 0; i < m->workers; i++) {
		if (has_room(m, i, codec))
			return true;
	}
	say_full(m, 0, codec); // nor on any other
	return false;
}

// The one with the fewest voices; of those with a coder free, where there are any.
unsigned media_worker_for(const struct media *m, enum codec_id codec)
{
	unsigned best = 0;
	bool fits = false;
	for (unsigned i = 0; i < m->workers; i++) {
		bool room = !codec_has_state(codec) || has_room(m, i, codec);
		if (i > 0 && (room < fits || (room == fits && m->opened[i] >= m->opened[best])))
			continue;
		best = i;
		fits = room;
	}
	return best;
}
