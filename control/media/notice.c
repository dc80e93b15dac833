// What the workers say to the voices, and what is done when they owe it.
#include <errno.h>
#include <string.h>

#include "control/media/state.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"

LOG_TOPIC("media");

// A worker answers within a tick. What is owed for so long will not come.
#define OWED_MS 30000

#define BATCH 8 // notices in one go: one may be an answer to a call to be made

static struct media_voice *voice_of(const struct media *m, gate_session s)
{
	unsigned worker = gate_session_worker(s);
	uint32_t slot = (uint32_t)s;
	if (worker >= m->workers || slot >= m->slots)
		return NULL;
	struct media_voice *v = m->by_slot[worker][slot];
	return v != NULL && v->session == s ? v : NULL;
}

// A session that no voice waits for any more: its DONE was given up.
static void close_orphan(struct media *m, gate_session session)
{
	unsigned worker = gate_session_worker(session);
	uint32_t slot = (uint32_t)session;
	if (worker >= m->workers || slot >= m->slots || m->by_slot[worker][slot] != NULL)
		return; // told twice
	struct media_voice *v = media_voice_new(m, worker);
	if (v == NULL) {
		log_error("session stays open: no memory session=%016llx",
			(unsigned long long)session);
		return;
	}
	v->state = VOICE_CLOSING;
	v->session = session;
	m->by_slot[worker][slot] = v;
	media_voice_send_close(v);
}

// The slot is ours: whoever had it is closed, though nobody said so.
static void slot_take(struct media_voice *v)
{
	struct media *m = v->media;
	struct media_voice **at = &m->by_slot[v->line.worker][(uint32_t)v->session];
	struct media_voice *old = *at;
	*at = v;
	if (old == NULL)
		return;
	m->counts.surprises++;
	old->closed = true;
	media_voice_try_free(old);
}

static void on_opened(struct media_voice *v, const struct gate_msg *m)
{
	if (m->done.error) {
		if (v->state == VOICE_OPENING)
			media_voice_failed(v, "open", m->done.error);
		return;
	}
	v->session = m->head.session;
	slot_take(v);
	if (v->state == VOICE_CLOSING) {
		media_voice_send_close(v);
		return;
	}
	v->state = VOICE_OPEN;
	if (v->media->speech.watch)
		media_watch(v, true);
	struct media_event e = {.kind = MEDIA_OPENED, .local = m->done.local};
	if (v->media->addresses[v->medium].external.family != ADDR_NONE) {
		e.local = v->media->addresses[v->medium].external;
		e.local.port = m->done.local.port;
	}
	media_voice_event(v, &e);
}

// The prompt of this ticket is over; those before it are, too, unless it was cut from behind them.
static bool play_over(struct media_voice *v, uint32_t ticket, bool alone)
{
	uint8_t at = 0;
	while (at < v->plays_count && v->plays[at] != ticket)
		at++;
	if (at == v->plays_count)
		return false; // told twice, or of one that another replaced
	uint8_t from = alone ? at : 0, over = (uint8_t)(at + 1 - from);
	v->plays_count -= over;
	memmove(v->plays + from, v->plays + at + 1, (v->plays_count - from) * sizeof(v->plays[0]));
	return true;
}

static void on_played(struct media_voice *v, const struct gate_msg *m)
{
	if (m->played.why == PLAYED_MISSING)
		log_warn("prompt is not in the store: prompt=%u", m->played.prompt);
	if (!play_over(v, m->head.ticket, m->played.why == PLAYED_BARGED) || v->plays_count > 0 ||
		v->plays_waiting > 0)
		return;
	struct media_event e = {
		.kind = MEDIA_PLAYED,
		.barged = m->played.why == PLAYED_BARGED,
		.played_ms = m->played.at_ms,
	};
	media_voice_event(v, &e);
}

static void on_refused(struct media_voice *v, uint16_t command, const struct gate_msg *m)
{
	bool bridge = command == GATE_BRIDGE || command == GATE_MIX;
	if (command == GATE_CLOSE) {
		v->closed = true; // the engine knows no such session: there is nothing to wait for
		return;
	}
	if (command == GATE_PLAY)
		play_over(v, m->head.ticket, true);
	if (!bridge || v->peer != 0) // else it was taken back since
		media_voice_failed(v, media_command_name(command), m->done.error);
}

static void on_answer(struct media_line *line, uint16_t command, const struct gate_msg *m)
{
	struct media_voice *v = line->voice;
	if (command == GATE_OPEN)
		on_opened(v, m);
	else if (m->done.error)
		on_refused(v, command, m);
	line->owed--; // only now: it kept v alive over its handler
	media_voice_try_free(v);
}

static void on_done(struct media *media, const struct gate_msg *m)
{
	uint16_t command;
	struct media_line *line = media_post_done(&media->post, m->head.ticket, &command);
	if (line != NULL) {
		on_answer(line, command, m);
		return;
	}
	media->counts.surprises++;
	log_error("done without a command: ticket=%u", m->head.ticket);
	if (m->done.command == GATE_OPEN && m->done.error == 0)
		close_orphan(media, m->head.session);
}

// --- what the workers owe ---

static void tickets_sweep(struct media *media)
{
	struct gate_msg m = {.head.kind = GATE_DONE, .done.error = -ETIMEDOUT};
	struct media_line *line;
	uint16_t command;
	while ((line = media_post_overdue(&media->post, OWED_MS, &m.head.ticket, &command)) !=
		NULL) {
		media->counts.surprises++;
		log_error("engine owes an answer: what=%s session=%016llx worker=%u",
			media_command_name(command), (unsigned long long)line->voice->session,
			line->worker);
		if (command == GATE_OPEN)
			media->orphans_ms = timers_now_ms(media->timers) + OWED_MS;
		if (command != GATE_CLOSE) {
			on_answer(line, command, &m);
			continue;
		}
		line->owed--; // CLOSED decides, or another CLOSE
		media_voice_try_free(line->voice);
	}
}

// A CLOSE that brought no CLOSED is asked for again: of a session that is gone the engine says so.
static void closing_sweep(struct media *m)
{
	uint64_t now_ms = timers_now_ms(m->timers);
	while (!dlist_empty(&m->closing)) {
		struct media_voice *v = container_of(m->closing.next, struct media_voice, closing);
		if (now_ms - v->closing_ms < OWED_MS)
			return;
		m->counts.surprises++;
		log_error("engine owes the end of a session: session=%016llx",
			(unsigned long long)v->session);
		v->closing_ms = now_ms;
		dlist_remove(&v->closing);
		dlist_push_back(&m->closing, &v->closing);
		if (v->line.owed == 0)
			media_voice_send_close(v);
	}
}

// An OPEN was given up. If the engine opened a session for it the live blocks name it.
static void orphans_sweep(struct media *m)
{
	uint64_t old_ns = (timers_now_ms(m->timers) - MEDIA_SWEEP_MS) * NS_PER_MS;
	struct gate_live live;
	for (unsigned w = 0; w < m->workers; w++) {
		for (uint32_t slot = 0; slot < m->slots; slot++) {
			if (m->by_slot[w][slot] == NULL && gate_live_at(m->gate, w, slot, &live) &&
				!live.closed && live.opened_ns < old_ns)
				close_orphan(m, live.session);
		}
	}
}

void media_swept(void *arg)
{
	struct media *m = arg;
	struct media_counts counts;
	tickets_sweep(m);
	closing_sweep(m);
	if (m->orphans_ms > timers_now_ms(m->timers))
		orphans_sweep(m);
	media_counts(m, &counts);
	if (counts.tickets > 0 || counts.backlog > 0 || !dlist_empty(&m->closing) ||
		m->orphans_ms > timers_now_ms(m->timers))
		media_owed(m);
}

static void on_moved(const struct media_voice *v, const struct gate_msg *m)
{
	char from[ADDR_TEXT_MAX];

	log_warn("far end sends from another address: session=%016llx from=%s silent_ms=%u",
		(unsigned long long)v->session, addr_text(&m->rtp.from, from), m->rtp.silent_ms);
}

static void on_notice(struct media *media, const struct gate_msg *m)
{
	struct media_voice *v = voice_of(media, m->head.session);
	if (v == NULL) {
		media->counts.surprises++;
		return;
	}
	struct media_event e = {0};
	switch (m->head.kind) {
	case GATE_DIGIT:
		e.kind = MEDIA_DIGIT;
		e.digit = m->digit.digit;
		e.sources = m->digit.sources;
		media_voice_event(v, &e);
		return;
	case GATE_PLAYED:
		on_played(v, m);
		return;
	case GATE_RTP_LOST:
	case GATE_RTP_FOUND:
		e.kind = m->head.kind == GATE_RTP_LOST ? MEDIA_LOST : MEDIA_FOUND;
		e.silent_ms = m->rtp.silent_ms;
		media_voice_event(v, &e);
		return;
	case GATE_RTP_MOVED:
		on_moved(v, m);
		return;
	case GATE_SPEECH:
	case GATE_SILENCE:
		e.kind = m->head.kind == GATE_SPEECH ? MEDIA_SPEECH : MEDIA_SILENCE;
		e.level_dbm0 = m->speech.level_dbm0;
		log_debug("%s: session=%016llx level_dbm0=%d",
			e.kind == MEDIA_SPEECH ? "speech" : "silence",
			(unsigned long long)v->session, e.level_dbm0);
		media_voice_event(v, &e);
		return;
	case GATE_UNMIXED:
		if (v->peer == m->unmixed.mixer) // else it was taken out of it since
			media_voice_failed(v, "mix", m->unmixed.error);
		return;
	case GATE_CLOSED:
		v->closed = true;
		media_voice_try_free(v);
		return;
	default:
		media->counts.surprises++;
	}
}

bool media_poll(struct media *media)
{
	bool any = false;
	struct gate_msg m;
	unsigned left = BATCH;
	for (unsigned i = 0; i < media->workers; i++) {
		unsigned worker = (media->turn + i) % media->workers;
		for (; left > 0 && gate_take(media->gate, worker, &m); left--) {
			any = true;
			media->counts.events++;
			if (m.head.kind == GATE_DONE)
				on_done(media, &m);
			else
				on_notice(media, &m);
		}
	}
	media->turn++;
	media_post_flush(&media->post);
	gate_prompts_reap(media->gate);
	return any;
}
