// Voices over the gate: tickets, handlers and the life of a voice between OPEN and CLOSED.
#include "control/base/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/config.h"
#include "control/base/media_gate.h"
#include "control/base/media_private.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

enum voice_state { VOICE_OPENING = 1, VOICE_OPEN, VOICE_CLOSING };

struct media_voice {
	enum voice_state state;
	gate_session session;
	unsigned worker, medium;
	media_event_h *handler;
	void *arg;
	uint32_t playing; // PLAY commands whose PLAYED has not come
	uint32_t tickets; // commands whose DONE has not come
	bool closed;	  // CLOSED has come
	enum codec_id codec;
};

static struct {
	struct gate *gate;
	unsigned workers;
	unsigned opened[WORKERS_MAX]; // voices on each worker
	struct media_voice **by_slot[WORKERS_MAX];
	uint32_t slots;
	struct addr external[MEDIA_MAX];
	uint8_t jitter_min_ms, jitter_max_ms, rtp_timeout_s;
	struct config_speech speech;
	unsigned coded[CODEC_COUNT], coded_max[CODEC_COUNT]; // voices of each codec
	struct media_counts counts;
} media;

struct gate *media_gate(void)
{
	return media.gate;
}

unsigned media_voice_worker(const struct media_voice *v)
{
	return v->worker;
}

static void voice_event(struct media_voice *v, const struct media_event *e)
{
	if (v->state != VOICE_CLOSING)
		v->handler(e, v->arg);
}

static void voice_failed(struct media_voice *v, const char *what, int error)
{
	struct media_event e = {.kind = MEDIA_FAILED, .error = error, .failed = what};
	log_warn("engine refused: what=%s session=%016llx error=%s", what,
		(unsigned long long)v->session, strerror(-error));
	voice_event(v, &e);
}

static int voice_post(struct media_voice *v, struct gate_msg *m)
{
	m->head.session = v->session;
	media.counts.commands++;
	int err = media_post(media.gate, v->worker, m, v);
	if (err == 0)
		v->tickets++;
	return err;
}

void media_voice_command(struct media_voice *v, struct gate_msg *m, const char *what)
{
	if (v->state != VOICE_OPEN) {
		media.counts.surprises++;
		log_debug("command on a voice that is not open: what=%s state=%d", what, v->state);
		return;
	}
	int err = voice_post(v, m);
	if (err)
		voice_failed(v, what, err);
}

static void voice_try_free(struct media_voice *v)
{
	if (v->state != VOICE_CLOSING || v->tickets > 0 || (v->session && !v->closed))
		return;
	if (v->session)
		media.by_slot[v->worker][(uint32_t)v->session] = NULL;
	media.opened[v->worker]--;
	media.coded[v->codec]--;
	media.counts.voices--;
	free(v);
}

static void voice_send_close(struct media_voice *v)
{
	struct gate_msg m = {.head.kind = GATE_CLOSE};
	if (voice_post(v, &m) != 0)
		log_error("session stays open: no ticket session=%016llx",
			(unsigned long long)v->session);
}

static unsigned worker_choose(const struct media_voice *near)
{
	if (near != NULL)
		return near->worker;
	unsigned best = 0;
	for (unsigned i = 1; i < media.workers; i++)
		if (media.opened[i] < media.opened[best])
			best = i;
	return best;
}

int media_open(unsigned medium, const struct media_voice *near, media_event_h *h, void *arg,
	struct media_voice **out)
{
	struct media_voice *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	v->state = VOICE_OPENING;
	v->worker = worker_choose(near);
	v->medium = medium;
	v->handler = h;
	v->arg = arg;
	struct gate_msg m = {.head.kind = GATE_OPEN, .open.media = medium};
	int err = voice_post(v, &m);
	if (err) {
		free(v);
		return err;
	}
	media.opened[v->worker]++;
	media.coded[v->codec]++;
	media.counts.voices++;
	*out = v;
	return 0;
}

void media_close(struct media_voice *v)
{
	if (v == NULL || v->state == VOICE_CLOSING)
		return;
	bool open = v->state == VOICE_OPEN;
	v->state = VOICE_CLOSING;
	if (open)
		voice_send_close(v); // an opening voice is closed when its DONE comes
	else
		voice_try_free(v); // an opening that failed holds no ticket any more
}

void media_set(struct media_voice *v, const struct media_params *p)
{
	struct gate_msg m = {.head.kind = GATE_REMOTE};
	m.head.flags = (uint16_t)((p->fec ? REMOTE_FEC : 0) | (p->dtx ? REMOTE_DTX : 0) |
		(p->event_8k ? REMOTE_EVENT_8K : 0) | REMOTE_RX_TYPES);
	m.remote = (struct gate_remote){
		.rtp = p->rtp,
		.rtcp = p->rtcp,
		.codec = p->codec,
		.pt = p->pt,
		.event_pt = p->event_pt,
		.rx_pt = p->rx_pt,
		.rx_event_pt = p->rx_event_pt,
		.ptime_ms = p->ptime_ms,
		.direction = p->direction, // the same bits: see below
		.jitter_min_ms = media.jitter_min_ms,
		.jitter_max_ms = media.jitter_max_ms,
		.rtp_timeout_s = media.rtp_timeout_s,
	};
	media.coded[v->codec]--;
	v->codec = p->codec;
	media.coded[v->codec]++;
	media_voice_command(v, &m, "remote");
}

bool media_codec_room(enum codec_id codec)
{
	return !codec_has_state(codec) || media.coded[codec] < media.coded_max[codec];
}

_Static_assert((int)MEDIA_SEND == (int)GATE_SEND && (int)MEDIA_RECV == (int)GATE_RECV, "same bits");
_Static_assert((int)MEDIA_APPEND == (int)PLAY_APPEND && (int)MEDIA_LOOP == (int)PLAY_LOOP &&
		(int)MEDIA_BARGE == (int)PLAY_BARGE,
	"same bits");
_Static_assert(
	(int)MEDIA_LEFT == (int)SIDE_LEFT && (int)MEDIA_RIGHT == (int)SIDE_RIGHT, "same sides");

void media_listen(struct media_voice *v, bool on)
{
	struct gate_msg m = {.head.kind = GATE_COLLECT, .collect.on = on};
	media_voice_command(v, &m, "collect");
}

void media_mask(struct media_voice *v, bool on)
{
	struct gate_msg m = {.head.kind = GATE_MASK, .mask.on = on};
	media_voice_command(v, &m, "mask");
}

void media_watch(struct media_voice *v, bool on)
{
	struct gate_msg m = {.head.kind = GATE_WATCH};
	m.watch = (struct gate_watch){
		.on = on,
		.speech_dbm0 = (int8_t) - (int)media.speech.level_db,
		.hysteresis_db = (uint8_t)media.speech.hysteresis_db,
		.speech_ms = (uint16_t)media.speech.speech_ms,
		.silence_ms = (uint16_t)media.speech.silence_ms,
	};
	media_voice_command(v, &m, "watch");
}

void media_info_digit(struct media_voice *v, char digit, unsigned duration_ms)
{
	struct gate_msg m = {.head.kind = GATE_INFO_DIGIT};
	m.digit.digit = digit;
	m.digit.sources = DIGIT_INFO;
	m.digit.duration_ms = duration_ms;
	media_voice_command(v, &m, "info digit");
}

void media_send_digits(struct media_voice *v, const char *digits)
{
	struct gate_msg m = {.head.kind = GATE_SEND_DIGITS};
	memcpy(m.digits.digits, digits, strnlen(digits, sizeof(m.digits.digits)));
	media_voice_command(v, &m, "send digits");
}

void media_play(struct media_voice *v, uint32_t prompt, unsigned flags, uint32_t offset_ms)
{
	struct gate_msg m = {.head.kind = GATE_PLAY};
	m.play.prompt = prompt;
	m.play.flags = flags;
	m.play.offset_ms = offset_ms;
	if (v->state == VOICE_OPEN)
		v->playing++;
	media_voice_command(v, &m, "play");
}

void media_tone(struct media_voice *v, enum tone_id tone)
{
	struct gate_msg m = {.head.kind = GATE_TONE, .tone.tone = (uint16_t)tone};
	media_voice_command(v, &m, "tone");
}

void media_stop_playing(struct media_voice *v)
{
	struct gate_msg m = {.head.kind = GATE_STOP};
	media_voice_command(v, &m, "stop");
}

static void bridge_one(struct media_voice *from, struct media_voice *to, enum gate_kind kind)
{
	struct gate_msg m = {.head.kind = kind, .bridge.peer = to->session};
	media_voice_command(from, &m, kind == GATE_BRIDGE ? "bridge" : "unbridge");
}

void media_bridge(struct media_voice *a, struct media_voice *b)
{
	bridge_one(a, b, GATE_BRIDGE);
	bridge_one(b, a, GATE_BRIDGE);
}

void media_unbridge(struct media_voice *a, struct media_voice *b)
{
	bridge_one(a, b, GATE_UNBRIDGE);
	bridge_one(b, a, GATE_UNBRIDGE);
}

void media_record(struct media_voice *v, uint32_t recording, enum media_side side,
	enum codec_id law, uint64_t start_ns)
{
	struct gate_msg m = {.head.kind = GATE_RECORD};
	m.record = (struct gate_record){
		.start_ns = start_ns, .recording = recording, .on = 1, .side = side, .law = law};
	media_voice_command(v, &m, "record");
}

void media_record_stop(struct media_voice *v, uint32_t recording)
{
	struct gate_msg m = {.head.kind = GATE_RECORD, .record.recording = recording};
	media_voice_command(v, &m, "record stop");
}

bool media_quality(const struct media_voice *v, struct media_quality *out)
{
	struct gate_live live;
	if (v->session == 0 || !gate_live_read(media.gate, v->session, &live))
		return false;
	media_quality_from_live(&live, out);
	return true;
}

// --- what the workers say ---

static struct media_voice *voice_of(gate_session s)
{
	unsigned worker = gate_session_worker(s);
	uint32_t slot = (uint32_t)s;
	if (worker >= media.workers || slot >= media.slots)
		return NULL;
	struct media_voice *v = media.by_slot[worker][slot];
	return v != NULL && v->session == s ? v : NULL;
}

static void on_opened(struct media_voice *v, const struct gate_msg *m)
{
	if (m->done.error) {
		if (v->state == VOICE_OPENING)
			voice_failed(v, "open", m->done.error);
		return;
	}
	v->session = m->head.session;
	media.by_slot[v->worker][(uint32_t)v->session] = v;
	if (v->state == VOICE_CLOSING) {
		voice_send_close(v);
		return;
	}
	v->state = VOICE_OPEN;
	if (media.speech.watch)
		media_watch(v, true);
	struct media_event e = {.kind = MEDIA_OPENED, .local = m->done.local};
	if (media.external[v->medium].family != ADDR_NONE) {
		e.local = media.external[v->medium];
		e.local.port = m->done.local.port;
	}
	voice_event(v, &e);
}

static void on_played(struct media_voice *v, const struct gate_msg *m)
{
	if (v->playing > 0 && --v->playing > 0)
		return;
	struct media_event e = {
		.kind = MEDIA_PLAYED,
		.barged = m->played.why == PLAYED_BARGED,
		.played_ms = m->played.at_ms,
	};
	if (m->played.why == PLAYED_MISSING)
		log_warn("prompt is not in the store: prompt=%u", m->played.prompt);
	voice_event(v, &e);
}

static void on_done(const struct gate_msg *m)
{
	uint16_t command;
	struct media_voice *v = media_post_done(m->head.ticket, &command);
	if (v == NULL) {
		media.counts.surprises++;
		log_error("done without a command: ticket=%u", m->head.ticket);
		return;
	}
	if (command == GATE_OPEN) {
		on_opened(v, m);
	} else if (command == GATE_CLOSE && m->done.error) {
		v->closed = true; // the engine knows no such session: there is nothing to wait for
	} else if (m->done.error) {
		if (command == GATE_PLAY && v->playing > 0)
			v->playing--;
		voice_failed(v, media_command_name(command), m->done.error);
	}
	v->tickets--; // only now: it kept v alive over its handler
	voice_try_free(v);
}

static void on_notice(const struct gate_msg *m)
{
	struct media_voice *v = voice_of(m->head.session);
	if (v == NULL) {
		media.counts.surprises++;
		return;
	}
	struct media_event e = {0};
	switch (m->head.kind) {
	case GATE_DIGIT:
		e.kind = MEDIA_DIGIT;
		e.digit = m->digit.digit;
		e.sources = m->digit.sources;
		voice_event(v, &e);
		return;
	case GATE_PLAYED:
		on_played(v, m);
		return;
	case GATE_RTP_LOST:
	case GATE_RTP_FOUND:
		e.kind = m->head.kind == GATE_RTP_LOST ? MEDIA_LOST : MEDIA_FOUND;
		e.silent_ms = m->rtp.silent_ms;
		voice_event(v, &e);
		return;
	case GATE_SPEECH:
	case GATE_SILENCE:
		e.kind = m->head.kind == GATE_SPEECH ? MEDIA_SPEECH : MEDIA_SILENCE;
		e.level_dbm0 = m->speech.level_dbm0;
		log_debug("%s: session=%016llx level_dbm0=%d",
			e.kind == MEDIA_SPEECH ? "speech" : "silence",
			(unsigned long long)v->session, e.level_dbm0);
		voice_event(v, &e);
		return;
	case GATE_CLOSED:
		v->closed = true;
		voice_try_free(v);
		return;
	default:
		media.counts.surprises++;
	}
}

bool media_poll(void)
{
	bool any = false;
	struct gate_msg m;
	for (unsigned i = 0; i < media.workers; i++) {
		while (gate_take(media.gate, i, &m)) {
			any = true;
			media.counts.events++;
			if (m.head.kind == GATE_DONE)
				on_done(&m);
			else
				on_notice(&m);
		}
		media_post_backlog(media.gate, i);
	}
	gate_prompts_reap(media.gate);
	return any;
}

void media_configure(const struct config *config)
{
	for (unsigned i = 0; i < config->engine.media_count && i < MEDIA_MAX; i++)
		media.external[i] = config->engine.media[i].external;
	media.jitter_min_ms = config->engine.jitter_min_ms;
	media.jitter_max_ms = config->engine.jitter_max_ms;
	media.rtp_timeout_s = config->engine.rtp_timeout_s;
	media.speech = config->engine.speech;
	media_names_set(config);
}

int media_start(struct gate *gate, const struct config *config)
{
	memset(&media, 0, sizeof(media));
	media.gate = gate;
	media.workers = gate_shape(gate)->workers;
	media.slots = gate_shape(gate)->sessions;
	media.coded_max[CODEC_G722] = config->engine.g722_sessions;
	media.coded_max[CODEC_OPUS] = config->engine.opus_sessions;
	for (unsigned i = 0; i < media.workers; i++) {
		media.by_slot[i] = calloc(media.slots, sizeof(*media.by_slot[i]));
		if (media.by_slot[i] == NULL)
			return -ENOMEM;
	}
	media_post_start();
	media_configure(config);
	return 0;
}

void media_stop(void)
{
	for (unsigned i = 0; i < media.workers; i++) {
		for (uint32_t s = 0; s < media.slots; s++)
			free(media.by_slot[i][s]);
		free(media.by_slot[i]);
	}
	media_post_stop();
	memset(&media, 0, sizeof(media));
}

struct ring_wake *media_wake(void)
{
	return gate_control_wake(media.gate);
}

void media_counts(struct media_counts *out)
{
	*out = media.counts;
	media_post_counts(&out->tickets, &out->backlog);
}
