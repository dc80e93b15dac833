// Voices without an engine: prompts take their time, digits and bridges are kept and judged.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/media/media.h"
#include "control/base/timer.h"
#include "engine/base/dlist.h"
#include "engine/base/str.h"
#include "engine/bounds.h"
#include "tests/flow/sim/sim.h"
#include "tests/flow/sim/parts.h"

#define OPEN_MS	  1
#define PROMPT_MS 1000 // every prompt's length
#define QUEUE_MAX 4
#define PORT_BASE 10000

struct media_voice {
	struct dlist link;
	media_event_h *h;
	void *arg;
	char name[64]; // of the party
	uint16_t port;
	struct addr far; // where it sends to, once it is set
	bool open, set, listening, masked;
	struct {
		uint32_t prompt;
		unsigned flags;
	} queue[QUEUE_MAX];
	unsigned queued;
	struct timer opened, played, unmasked;
	struct media_voice *peer;
	struct media_mixer *mixer;
	uint32_t recording;
	enum tone_id tone;
	bool fails; // will be told so
};

struct media {
	struct dlist voices;
	uint16_t next_port;
	bool full, mask_full, mix_full;
};

static struct media *media_here(void)
{
	return sim_parts()->media;
}

static void tell(struct media_voice *v, struct media_event e)
{
	sim_parts()->stirred = true;
	v->h(&e, v->arg);
}

struct media *sim_media_begin(void)
{
	sim_parts()->media = sim_calloc(sizeof(struct media));
	dlist_init(&media_here()->voices);
	media_here()->next_port = PORT_BASE;
	media_here()->full = media_here()->mask_full = media_here()->mix_full = false;
	return media_here();
}

void sim_media_turn(void)
{
}

void sim_media_end(void)
{
	dlist_for_each (it, &media_here()->voices)
		sim_violation(
			"voice left open: %s", container_of(it, struct media_voice, link)->name);
	free(sim_parts()->media);
	sim_parts()->media = NULL;
}

struct media_voice *sim_voice_at(uint16_t port)
{
	dlist_for_each (it, &media_here()->voices) {
		struct media_voice *v = container_of(it, struct media_voice, link);
		if (v->port == port)
			return v;
	}
	return NULL;
}

void sim_voice_name(struct media_voice *v, const char *name)
{
	str_copy(v->name, sizeof(v->name), name);
}

void sim_media_full(bool on)
{
	media_here()->full = on;
}

static void opened_fired(void *arg)
{
	struct media_voice *v = arg;
	struct media_event e = {.kind = MEDIA_OPENED};
	v->open = true;
	e.local = sim_config()->engine.media[0].address.net;
	e.local.port = v->port;
	tell(v, e);
}

unsigned media_hold(struct media *m, struct media_voice *v, const enum codec_id list[],
	unsigned count, enum codec_id out[])
{
	memcpy(out, list, count * sizeof(*out));
	return count;
}

void media_settle(struct media_voice *v)
{
}

int media_open(struct media *m, const struct media_place *at, media_event_h *h, void *arg,
	struct media_voice **out)
{
	if (m != media_here())
		sim_violation("a voice of another world");
	if (media_here()->full)
		return -ENOBUFS;
	struct media_voice *v = sim_calloc(sizeof(*v));
	v->h = h;
	v->arg = arg;
	do // it goes round in a long world
		v->port = media_here()->next_port += 2;
	while (v->port < PORT_BASE || sim_voice_at(v->port) != NULL);
	dlist_push_back(&media_here()->voices, &v->link);
	timer_start(sim_timers(), &v->opened, OPEN_MS, opened_fired, v);
	*out = v;
	return 0;
}

void media_close(struct media_voice *v)
{
	sim_parts()->stirred = true;
	if (v == NULL)
		return;
	if (v->peer != NULL) {
		sim_violation("closed while bridged: %s", v->name);
		v->peer->peer = NULL;
	}
	if (v->mixer != NULL)
		sim_violation("closed while mixed: %s", v->name);
	if (v->recording)
		sim_violation("closed while recorded: %s", v->name);
	timer_cancel(&v->opened);
	timer_cancel(&v->played);
	timer_cancel(&v->unmasked);
	dlist_remove(&v->link);
	free(v);
}

static void must_be_open(const struct media_voice *v, const char *what)
{
	if (v == NULL || !v->open)
		sim_violation("%s on a voice that is not open", what);
}

void media_set(struct media_voice *v, const struct media_params *p)
{
	sim_parts()->stirred = true;
	must_be_open(v, "set");
	v->set = true;
	v->far = p->rtp;
}

const struct addr *sim_voice_sends_to(const struct media_voice *v)
{
	return v->set ? &v->far : NULL;
}

void media_listen(struct media_voice *v, bool on)
{
	sim_parts()->stirred = true;
	must_be_open(v, "listen");
	v->listening = on;
}

static void unmasked_fired(void *arg)
{
	sim_voice_fails(arg, "mask");
}

void media_mask(struct media_voice *v, bool on)
{
	sim_parts()->stirred = true;
	must_be_open(v, "mask");
	v->masked = on;
	if (on && media_here()->mask_full)
		timer_start(sim_timers(), &v->unmasked, 0, unmasked_fired, v);
}

void sim_media_mask_full(bool on)
{
	media_here()->mask_full = on;
}

bool sim_voice_masked(const struct media_voice *v)
{
	return v != NULL && v->masked;
}

void media_info_digit(struct media_voice *v, char digit, unsigned duration_ms)
{
	sim_voice_digit(v, digit);
}

// --- prompts ---

static void played_fired(void *arg);

static void play_on(struct media_voice *v)
{
	if (v->queue[0].flags & MEDIA_LOOP)
		timer_cancel(&v->played);
	else
		timer_start(sim_timers(), &v->played, PROMPT_MS, played_fired, v);
}

static void played_fired(void *arg)
{
	struct media_voice *v = arg;
	if (v->queued > 0)
		memmove(v->queue, v->queue + 1, --v->queued * sizeof(v->queue[0]));
	if (v->queued > 0)
		play_on(v);
	else
		tell(v, (struct media_event){.kind = MEDIA_PLAYED, .played_ms = PROMPT_MS});
}

uint32_t media_prompt_ms(const struct media *m, uint32_t prompt)
{
	return PROMPT_MS;
}

void media_play(struct media_voice *v, uint32_t prompt, unsigned flags, uint32_t offset_ms)
{
	sim_parts()->stirred = true;
	must_be_open(v, "play");
	if (!v->set)
		sim_violation("played to nowhere: %s", v->name);
	v->tone = TONE_NONE;
	if (!(flags & MEDIA_APPEND))
		v->queued = 0;
	if (v->queued == QUEUE_MAX) {
		sim_violation("too many prompts: %s", v->name);
		return;
	}
	v->queue[v->queued].prompt = prompt;
	v->queue[v->queued++].flags = flags;
	if (v->queued == 1)
		play_on(v);
}

void media_tone(struct media_voice *v, enum tone_id tone)
{
	sim_parts()->stirred = true;
	must_be_open(v, "tone");
	v->queued = 0;
	v->tone = tone;
}

void media_stop_playing(struct media_voice *v)
{
	sim_parts()->stirred = true;
	must_be_open(v, "stop");
	v->tone = TONE_NONE;
	if (v->queued == 0)
		return;
	v->queued = 0; // PLAYED comes from the engine, a moment later
	timer_start(sim_timers(), &v->played, 0, played_fired, v);
}

void sim_voice_digit(struct media_voice *v, char digit)
{
	struct media_event e = {.kind = MEDIA_DIGIT, .digit = digit, .sources = 1};
	if (v == NULL || !v->listening)
		return;
	bool barged = v->queued > 0 && v->queue[0].flags & MEDIA_BARGE;
	if (barged) {
		v->queued = 0;
		timer_start(sim_timers(), &v->played, 0, played_fired, v);
	}
	tell(v, e);
}

void sim_voice_fails(struct media_voice *v, const char *what)
{
	tell(v, (struct media_event){.kind = MEDIA_FAILED, .error = -EIO, .failed = what});
}

void sim_voice_lost(struct media_voice *v)
{
	if (v != NULL)
		tell(v, (struct media_event){.kind = MEDIA_LOST, .silent_ms = 30000});
}

void sim_voice_found(struct media_voice *v)
{
	if (v != NULL)
		tell(v, (struct media_event){.kind = MEDIA_FOUND});
}

void sim_voice_tells(struct media_voice *v, unsigned kind)
{
	tell(v, (struct media_event){.kind = kind, .silent_ms = 30000});
}

static struct media_voice *voice_that_fails(void)
{
	dlist_for_each (it, &media_here()->voices)
		if (container_of(it, struct media_voice, link)->fails)
			return container_of(it, struct media_voice, link);
	return NULL;
}

void sim_voices_fail(const char *what)
{
	dlist_for_each (it, &media_here()->voices)
		container_of(it, struct media_voice, link)->fails = true;
	// One that fails may end others, which say nothing any more.
	while (voice_that_fails() != NULL) {
		struct media_voice *v = voice_that_fails();
		v->fails = false;
		sim_voice_fails(v, what);
	}
}

struct media_mixer {
	struct media_voice *voice[MIX_PARTIES_MAX];
	struct media_party party[MIX_PARTIES_MAX];
	unsigned count, places;
};

// Names of those that it hears, in the order of their joining; "*64" at a quarter of their level.
static const char *hears_mixed(const struct media_voice *v)
{
	static char text[256];
	const struct media_mixer *m = v->mixer;
	struct str_buf out;
	unsigned hears = 0, heard = 0;
	str_buf_init(&out, text, sizeof(text));
	for (unsigned i = 0; i < m->count; i++)
		hears = m->voice[i] == v ? m->party[i].hears : hears;
	for (unsigned i = 0; i < m->count; i++) {
		if (m->voice[i] == v || !(m->party[i].says & hears))
			continue;
		str_buf_add(&out, "%s%s", heard++ ? "+" : "", m->voice[i]->name);
		if (m->party[i].gain_256 != MEDIA_GAIN_ONE)
			str_buf_add(&out, "*%u", m->party[i].gain_256);
	}
	return text;
}

bool sim_voice_talks(const struct media_voice *v)
{
	return v != NULL && (v->peer != NULL || v->mixer != NULL);
}

const char *sim_voice_hears(const struct media_voice *v)
{
	if (v == NULL)
		return "";
	if (v->peer != NULL && (v->queued > 0 || v->tone))
		return "voice under prompt";
	if (v->peer != NULL)
		return v->peer->name;
	if (v->mixer != NULL && v->queued == 0)
		return hears_mixed(v);
	if (v->tone)
		return tone_name(v->tone);
	return v->queued ? sim_prompt_name(v->queue[0].prompt) : "";
}

// --- bridges and recordings ---

void media_bridge(struct media_voice *a, struct media_voice *b)
{
	sim_parts()->stirred = true;
	must_be_open(a, "bridge");
	must_be_open(b, "bridge");
	if (a->peer != NULL || b->peer != NULL || a->mixer != NULL || b->mixer != NULL)
		sim_violation("bridged twice: %s and %s", a->name, b->name);
	if (!a->set || !b->set)
		sim_violation("bridged to nowhere: %s and %s", a->name, b->name);
	a->peer = b;
	b->peer = a;
}

void media_unbridge(struct media_voice *a, struct media_voice *b)
{
	sim_parts()->stirred = true;
	if (a->peer != b || b->peer != a)
		sim_violation("parted though not bridged: %s and %s", a->name, b->name);
	a->peer = b->peer = NULL;
}

int media_mixer_new(const struct media_voice *near, unsigned places, struct media_mixer **out)
{
	if (media_here()->mix_full)
		return -ENOBUFS;
	*out = sim_calloc(sizeof(**out));
	(*out)->places = places;
	return 0;
}

int media_mixer_hold(struct media_mixer *m, unsigned places)
{
	if (places > MIX_PARTIES_MAX || (media_here()->mix_full && places > m->places))
		return places > MIX_PARTIES_MAX ? -ENOSPC : -ENOBUFS;
	m->places = places;
	if (m->count > places)
		sim_violation("more parties than places held: %s", m->voice[0]->name);
	return 0;
}

void media_mixer_free(struct media_mixer *m)
{
	sim_parts()->stirred = true;
	if (m->count > 0)
		sim_violation("parties left in a mixing bridge: %s", m->voice[0]->name);
	free(m);
}

void media_mix(struct media_voice *v, struct media_mixer *m, const struct media_party *p)
{
	sim_parts()->stirred = true;
	unsigned i = 0;
	must_be_open(v, "mix");
	if (v->peer != NULL || (v->mixer != NULL && v->mixer != m))
		sim_violation("mixed though bridged: %s", v->name);
	while (i < m->count && m->voice[i] != v)
		i++;
	if (i == MIX_PARTIES_MAX) {
		sim_violation("more parties than a mixing bridge has places: %s", v->name);
		return;
	}
	m->count = i < m->count ? m->count : i + 1;
	if (m->count > m->places)
		sim_violation("mixed without a place: %s", v->name);
	m->voice[i] = v;
	m->party[i] = *p;
	v->mixer = m;
}

void media_unmix(struct media_voice *v, struct media_mixer *m)
{
	sim_parts()->stirred = true;
	unsigned i = 0;
	while (i < m->count && m->voice[i] != v)
		i++;
	if (i == m->count) {
		sim_violation("unmixed though not mixed: %s", v->name);
		return;
	}
	v->mixer = NULL;
	m->count--;
	for (; i < m->count; i++) { // in the order of their joining
		m->voice[i] = m->voice[i + 1];
		m->party[i] = m->party[i + 1];
	}
}

void sim_media_mix_full(bool on)
{
	media_here()->mix_full = on;
}

void media_record(struct media_voice *v, uint32_t recording, enum media_side side,
	enum codec_id law, uint64_t start_ns)
{
	must_be_open(v, "record");
	if (v->recording)
		sim_violation("recorded twice: %s", v->name);
	v->recording = recording + 1;
}

void media_record_stop(struct media_voice *v, uint32_t recording)
{
	if (v->recording != recording + 1)
		sim_violation("not recorded: %s", v->name);
	v->recording = 0;
}

bool media_quality(const struct media_voice *v, struct media_quality *out)
{
	return false;
}
