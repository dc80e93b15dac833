// Voices over the gate: their life between OPEN and CLOSED, and the commands to them.
#include "control/media/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/state.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

unsigned media_voice_worker(const struct media_voice *v)
{
	return v->line.worker;
}

gate_session media_voice_session(const struct media_voice *v)
{
	return v ? v->session : 0;
}

void media_voice_event(struct media_voice *v, const struct media_event *e)
{
	if (v->state != VOICE_CLOSING)
		v->handler(e, v->arg);
}

void media_voice_failed(struct media_voice *v, const char *what, int error)
{
	struct media_event e = {.kind = MEDIA_FAILED, .error = error, .failed = what};
	log_warn("engine refused: what=%s session=%016llx error=%s", what,
		(unsigned long long)v->session, strerror(-error));
	media_voice_event(v, &e);
}

void media_voice_try_free(struct media_voice *v)
{
	struct media *m = v->media;
	unsigned worker = v->line.worker;
	uint32_t slot = (uint32_t)v->session;
	if (v->state != VOICE_CLOSING || v->line.owed > 0 || (v->session && !v->closed))
		return;
	if (v->session && m->by_slot[worker][slot] == v)
		m->by_slot[worker][slot] = NULL;
	m->opened[worker]--;
	media_coder_give(v);
	media_side_leave(v);
	m->counts.voices--;
	dlist_remove(&v->failing);
	dlist_remove(&v->closing);
	dlist_remove(&v->link);
	free(v);
}

// --- commands ---

static void failed_fired(void *arg)
{
	struct media *m = arg;
	while (!dlist_empty(&m->failing)) {
		struct media_voice *v = container_of(m->failing.next, struct media_voice, failing);
		uint32_t failed = v->failed;
		v->failed = 0;
		dlist_remove(&v->failing);
		v->line.owed++; // keeps it alive over its handler
		for (uint16_t command = 0; failed >> command; command++) {
			if (failed >> command & 1)
				media_voice_failed(v, media_command_name(command), v->error);
		}
		v->line.owed--;
		media_voice_try_free(v);
	}
}

// Whoever asks is in the middle of something: it is told from the loop.
static void voice_fails(struct media_voice *v, uint16_t command, int error)
{
	struct media *m = v->media;
	v->failed |= 1u << command;
	v->error = error;
	dlist_remove(&v->failing);
	dlist_push_back(&m->failing, &v->failing);
	if (!timer_alive(&m->failed))
		timer_start(m->timers, &m->failed, 0, failed_fired, m);
}

void media_owed(struct media *m)
{
	if (!timer_alive(&m->sweep))
		timer_start(m->timers, &m->sweep, MEDIA_SWEEP_MS, m->swept, m);
}

static int voice_post(struct media_voice *v, struct gate_msg *m)
{
	m->head.session = v->session;
	v->media->counts.commands++;
	media_owed(v->media);
	return media_post(&v->media->post, &v->line, m);
}

void media_voice_command(struct media_voice *v, struct gate_msg *m)
{
	const char *what = media_command_name(m->head.kind);
	if (v == NULL || v->state != VOICE_OPEN) {
		if (v != NULL)
			v->media->counts.surprises++;
		log_debug("command on a voice that is not open: what=%s", what);
		return;
	}
	if (m->head.kind == GATE_BRIDGE || m->head.kind == GATE_MIX)
		v->peer = m->bridge.peer;
	else if (m->head.kind == GATE_UNBRIDGE)
		v->peer = 0;
	v->plays_waiting += m->head.kind == GATE_PLAY;
	int err = voice_post(v, m);
	if (err == 0)
		return;
	v->plays_waiting -= m->head.kind == GATE_PLAY;
	voice_fails(v, m->head.kind, err);
}

_Static_assert(offsetof(struct gate_msg, bridge.peer) == offsetof(struct gate_msg, mix.mixer),
	"a mixing bridge stands in the place of a peer");

void media_voice_sent(struct media_voice *v, const struct gate_msg *m)
{
	if (m->head.kind != GATE_PLAY)
		return;
	v->plays_waiting--;
	if (!(m->play.flags & PLAY_APPEND))
		v->plays_count = 0;	     // what still plays of others is over now
	if (v->plays_count < PLAY_QUEUE_MAX) // else the engine refuses it
		v->plays[v->plays_count++] = m->head.ticket;
}

// --- life ---

void media_voice_send_close(struct media_voice *v)
{
	struct gate_msg m = {.head.kind = GATE_CLOSE};
	v->closing_ms = timers_now_ms(v->media->timers);
	dlist_remove(&v->closing);
	dlist_push_back(&v->media->closing, &v->closing);
	check(voice_post(v, &m) == 0);
}

struct media_voice *media_voice_new(struct media *m, unsigned worker)
{
	struct media_voice *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return NULL;
	v->media = m;
	v->line.voice = v;
	v->line.worker = worker;
	dlist_init(&v->failing);
	dlist_init(&v->closing);
	dlist_push_back(&m->voices, &v->link);
	m->opened[worker]++;
	m->counts.voices++;
	return v;
}

int media_open(struct media *m, const struct media_place *at, media_event_h *h, void *arg,
	struct media_voice **out)
{
	unsigned worker = at->near ? at->near->line.worker : media_worker_for(m, at->codec);
	enum codec_id codec;
	// Those that are being closed still count: twice is more than can ever be open.
	if (m->opened[worker] >= 2 * (uint64_t)m->slots)
		return -ENOBUFS;
	struct media_voice *v = media_voice_new(m, worker);
	if (v == NULL)
		return -ENOMEM;
	v->state = VOICE_OPENING;
	v->medium = at->media;
	v->handler = h;
	v->arg = arg;
	struct gate_msg msg = {.head.kind = GATE_OPEN, .open.media = at->media};
	check(voice_post(v, &msg) == 0);
	(void)media_hold(m, v, &at->codec, at->codec != CODEC_NONE, &codec);
	*out = v;
	return 0;
}

void media_close(struct media_voice *v)
{
	if (v == NULL || v->state == VOICE_CLOSING)
		return;
	bool open = v->state == VOICE_OPEN;
	v->state = VOICE_CLOSING;
	v->failed = 0;
	media_settle(v);
	dlist_remove(&v->failing);
	if (open) {
		media_voice_send_close(v);
		return;
	}
	// An opening voice is closed when its DONE comes.
	media_post_withdraw(&v->media->post, &v->line);
	media_voice_try_free(v);
}

_Static_assert(MEDIA_KEY_MAX == GATE_KEY_MAX, "a key fits its command");

static void set_keys(struct media_voice *v, uint8_t direction, const struct media_keys *k)
{
	struct gate_msg m = {.head.kind = GATE_KEYS};
	if (k->suite == 0 && !(v->keyed & direction))
		return;
	v->keyed = (uint8_t)(k->suite ? v->keyed | direction : v->keyed & ~direction);
	m.keys.direction = direction;
	m.keys.suite = k->suite;
	m.keys.bytes = k->suite ? k->bytes : 0;
	memcpy(m.keys.key, k->key, m.keys.bytes);
	media_voice_command(v, &m);
	explicit_bzero(&m, sizeof(m));
}

void media_set(struct media_voice *v, const struct media_params *p)
{
	if (v == NULL)
		return;
	set_keys(v, GATE_SEND, &p->tx_keys);
	set_keys(v, GATE_RECV, &p->rx_keys);
	struct gate_msg m = {.head.kind = GATE_REMOTE};
	m.head.flags = (uint16_t)((p->fec ? REMOTE_FEC : 0) | (p->dtx ? REMOTE_DTX : 0) |
		(p->event_8k ? REMOTE_EVENT_8K : 0) | (p->anywhere ? REMOTE_ANYWHERE : 0) |
		REMOTE_RX_TYPES);
	m.remote = (struct gate_remote){
		.rtp = p->rtp,
		.rtcp = p->rtcp,
		.codec = p->codec,
		.pt = p->pt,
		.event_pt = p->event_pt,
		.rx_pt = p->rx_pt,
		.rx_event_pt = p->rx_event_pt,
		.ptime_ms = p->ptime_ms,
		.direction = p->direction, // the same bits: see media/command.c
		.jitter_min_ms = v->media->jitter_min_ms,
		.jitter_max_ms = v->media->jitter_max_ms,
		.rtp_timeout_s = v->media->rtp_timeout_s,
	};
	if (v->state == VOICE_OPEN)
		media_coder_take(v, p->codec);
	media_voice_command(v, &m);
}

void media_watch(struct media_voice *v, bool on)
{
	if (v == NULL)
		return;
	const struct config_speech *speech = &v->media->speech;
	struct gate_msg m = {.head.kind = GATE_WATCH};
	m.watch = (struct gate_watch){
		.on = on,
		.speech_dbm0 = (int8_t) - (int)speech->level_db,
		.hysteresis_db = (uint8_t)speech->hysteresis_db,
		.speech_ms = (uint16_t)speech->speech_ms,
		.silence_ms = (uint16_t)speech->silence_ms,
	};
	media_voice_command(v, &m);
}
