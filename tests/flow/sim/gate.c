// Workers behind the gate, see gate.h: prompts take their time, digits and bridges are kept.
#include "tests/flow/sim/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/media/gate.h"
#include "control/base/timer.h"
#include "engine/base/check.h"
#include "engine/base/dlist.h"
#include "engine/base/str.h"
#include "engine/gate.h"
#include "tests/flow/sim/parts.h"

#define WORKERS	  2
#define SESSIONS  64 // of a worker
#define PROMPT_MS 1000
#define PORT_BASE 10000

struct session {
	gate_session handle; // 0: free
	uint32_t generation;
	char name[64]; // of the party
	bool set, listening, masked, recorded;
	struct gate_play queue[PLAY_QUEUE_MAX];
	uint32_t tickets[PLAY_QUEUE_MAX];
	unsigned queued;
	struct timer played;
	gate_session peer; // or mixing bridge
	uint16_t tone;
};

struct late {
	struct dlist link;
	struct timer timer;
	struct gate_msg msg;
	unsigned worker;
};

struct sim_engine {
	struct gate *gate;
	struct media *media;
	struct session sessions[WORKERS][SESSIONS];
	struct dlist late;
	bool still, talked; // talked: since the latest turn
	uint16_t kind, command;
	unsigned n, matched;
	enum sim_fault how;
};

static struct sim_engine *engine(void)
{
	return sim_parts()->engine;
}

// --- what the workers say ---

static void late_fired(void *arg)
{
	struct late *l = arg;
	gate_emit(engine()->gate, l->worker, &l->msg);
	engine()->talked = true;
	dlist_remove(&l->link);
	free(l);
}

static void say_late(unsigned worker, const struct gate_msg *m)
{
	struct late *l = sim_calloc(sizeof(*l));
	l->msg = *m;
	l->worker = worker;
	dlist_push_back(&engine()->late, &l->link);
	timer_start(sim_timers(), &l->timer, SIM_LATE_MS, late_fired, l);
}

static void say(unsigned worker, const struct gate_msg *m)
{
	bool matches = m->head.kind == engine()->kind &&
		(m->head.kind != GATE_DONE || m->done.command == engine()->command);
	bool hit = matches && ++engine()->matched == engine()->n;
	engine()->talked = true;
	if (hit && engine()->how == SIM_LATE)
		say_late(worker, m);
	if (hit && engine()->how != SIM_TWICE)
		return;
	gate_emit(engine()->gate, worker, m);
	if (hit)
		gate_emit(engine()->gate, worker, m);
}

static void notice(const struct session *s, struct gate_msg m, uint16_t kind)
{
	m.head.kind = kind;
	m.head.session = s->handle;
	say(gate_session_worker(s->handle), &m);
}

static void done(unsigned worker, const struct gate_msg *m, gate_session session, int error)
{
	struct gate_msg answer = {
		.head = {.kind = GATE_DONE, .ticket = m->head.ticket, .session = session}};
	answer.done.error = error;
	answer.done.command = m->head.kind;
	if (m->head.kind == GATE_OPEN && error == 0) {
		addr_parse("10.9.0.2", &answer.done.local);
		answer.done.local.port =
			(uint16_t)(PORT_BASE + 2 * (worker * SESSIONS + (uint32_t)session));
	}
	say(worker, &answer);
}

static struct session *session_of(gate_session s)
{
	struct session *session =
		&engine()->sessions[gate_session_worker(s)][(uint32_t)s % SESSIONS];
	return s != 0 && session->handle == s ? session : NULL;
}

// --- prompts ---

static void played_fired(void *arg);

static void tell_played(struct session *s, unsigned i, enum gate_played_why why)
{
	struct gate_msg m = {.head.ticket = s->tickets[i]};
	m.played.prompt = s->queue[i].prompt;
	m.played.why = (uint8_t)why;
	m.played.at_ms = PROMPT_MS;
	notice(s, m, GATE_PLAYED);
}

static void cut(struct session *s, unsigned from, enum gate_played_why why)
{
	unsigned count = s->queued;
	s->queued = from;
	for (unsigned i = from; i < count; i++)
		tell_played(s, i, why);
	if (from == 0)
		timer_cancel(&s->played);
}

static void play_on(struct session *s)
{
	if (s->queued == 0 || (s->queue[0].flags & PLAY_LOOP && s->queued == 1))
		timer_cancel(&s->played);
	else
		timer_start(sim_timers(), &s->played, PROMPT_MS, played_fired, s);
}

static void played_fired(void *arg)
{
	struct session *s = arg;
	tell_played(s, 0, PLAYED_END);
	s->queued--;
	memmove(s->queue, s->queue + 1, s->queued * sizeof(s->queue[0]));
	memmove(s->tickets, s->tickets + 1, s->queued * sizeof(s->tickets[0]));
	play_on(s);
}

static int play(struct session *s, const struct gate_msg *m)
{
	if (!s->set)
		sim_violation("played to nowhere: %s", s->name);
	s->tone = 0;
	if (!(m->play.flags & PLAY_APPEND))
		cut(s, 0, PLAYED_STOPPED);
	if (s->queued == PLAY_QUEUE_MAX)
		return -ENOBUFS;
	s->queue[s->queued] = m->play;
	s->tickets[s->queued++] = m->head.ticket;
	if (s->queued <= 2)
		play_on(s);
	return 0;
}

// --- commands ---

static void live_write(const struct session *s, bool closed)
{
	struct gate_live live = {.session = s->handle, .closed = closed};
	live.opened_ns = timers_now_ms(sim_timers()) * 1000000;
	gate_live_write(engine()->gate, gate_session_worker(s->handle), (uint32_t)s->handle, &live);
}

static void open_session(unsigned worker, const struct gate_msg *m)
{
	for (uint32_t i = 0; i < SESSIONS; i++) {
		struct session *s = &engine()->sessions[worker][i];
		if (s->handle != 0)
			continue;
		*s = (struct session){.generation = s->generation + 1};
		s->handle = (uint64_t)worker << 56 | (uint64_t)s->generation << 32 | i;
		live_write(s, false);
		done(worker, m, s->handle, 0);
		return;
	}
	done(worker, m, 0, -ENOBUFS);
}

static void close_session(unsigned worker, struct session *s, const struct gate_msg *m)
{
	cut(s, 0, PLAYED_STOPPED);
	done(worker, m, s->handle, 0);
	notice(s, (struct gate_msg){0}, GATE_CLOSED);
	live_write(s, true);
	s->handle = 0;
}

static void digit(struct session *s, char which, uint8_t source)
{
	struct gate_msg m = {0};
	m.digit.digit = which;
	m.digit.sources = source;
	if (!s->listening)
		return;
	for (unsigned i = 0; i < s->queued; i++) {
		if (s->queue[i].flags & PLAY_BARGE)
			cut(s, i, PLAYED_BARGED);
	}
	notice(s, m, GATE_DIGIT);
}

static int run(struct session *s, const struct gate_msg *m)
{
	switch (m->head.kind) {
	case GATE_REMOTE:
		s->set = true;
		return 0;
	case GATE_PLAY:
		return play(s, m);
	case GATE_TONE:
	case GATE_STOP:
		cut(s, 0, PLAYED_STOPPED);
		s->tone = m->head.kind == GATE_TONE ? m->tone.tone : 0;
		return 0;
	case GATE_COLLECT:
		s->listening = m->collect.on;
		return 0;
	case GATE_MASK:
		s->masked = m->mask.on;
		return 0;
	case GATE_INFO_DIGIT:
		digit(s, m->digit.digit, DIGIT_INFO);
		return 0;
	case GATE_BRIDGE:
		if (session_of(m->bridge.peer) == NULL)
			return -ESTALE;
		s->peer = m->bridge.peer;
		return 0;
	case GATE_MIX:
		s->peer = m->mix.mixer;
		return 0;
	case GATE_UNBRIDGE:
		s->peer = s->peer == m->bridge.peer ? 0 : s->peer;
		return 0;
	case GATE_RECORD:
		s->recorded = m->record.on;
		return 0;
	default:
		return 0;
	}
}

static bool work(unsigned worker)
{
	struct gate_msg m;
	bool any = false;
	while (!engine()->still && gate_command(engine()->gate, worker, &m)) {
		struct session *s = session_of(m.head.session);
		any = true;
		if (m.head.kind == GATE_OPEN)
			open_session(worker, &m);
		else if (s == NULL)
			done(worker, &m, m.head.session, -ESTALE);
		else if (m.head.kind == GATE_CLOSE)
			close_session(worker, s, &m);
		else
			done(worker, &m, s->handle, run(s, &m));
	}
	return any;
}

void sim_media_turn(void)
{
	bool any;
	do {
		any = engine()->talked;
		engine()->talked = false;
		for (unsigned i = 0; i < WORKERS; i++)
			any |= work(i);
		any |= media_poll(engine()->media);
	} while (any);
}

// --- the simulation's side ---

// What a voice hears is behind the gate, and may be owed.
void sim_judge_hearing(void)
{
}

struct media *sim_media_begin(void)
{
	struct gate_shape shape = {
		.workers = WORKERS, .ports = 1, .media = 1, .sessions = SESSIONS};
	sim_parts()->engine = sim_calloc(sizeof(struct sim_engine));
	dlist_init(&engine()->late);
	check(gate_new(&shape, &engine()->gate) == 0);
	check(media_new(engine()->gate, sim_config(), sim_timers(), &engine()->media) == 0);
	return engine()->media;
}

void sim_media_end(void)
{
	struct media_counts c;
	media_counts(engine()->media, &c);
	if (c.voices || c.tickets || c.backlog || sim_gate_sessions())
		sim_violation("%u voices, %u tickets, %u commands, %u sessions left", c.voices,
			c.tickets, c.backlog, sim_gate_sessions());
	dlist_for_each_safe (it, &engine()->late) {
		struct late *l = container_of(it, struct late, link);
		timer_cancel(&l->timer);
		free(l);
	}
	for (unsigned i = 0; i < WORKERS * SESSIONS; i++)
		timer_cancel(&engine()->sessions[i / SESSIONS][i % SESSIONS].played);
	media_free(engine()->media);
	gate_free(engine()->gate);
	free(engine());
	sim_parts()->engine = NULL;
}

void sim_gate_fault(uint16_t kind, uint16_t command, unsigned n, enum sim_fault how)
{
	engine()->kind = kind;
	engine()->command = command;
	engine()->n = n;
	engine()->matched = 0;
	engine()->how = how;
}

unsigned sim_gate_matched(void)
{
	return engine()->matched;
}

void sim_gate_stand_still(bool on)
{
	engine()->still = on;
}

unsigned sim_gate_sessions(void)
{
	unsigned n = 0;
	for (unsigned i = 0; i < WORKERS * SESSIONS; i++)
		n += engine()->sessions[i / SESSIONS][i % SESSIONS].handle != 0;
	return n;
}

uint64_t sim_gate_surprises(void)
{
	struct media_counts c;
	media_counts(engine()->media, &c);
	return c.surprises;
}

uint32_t media_prompt_ms(const struct media *m, uint32_t prompt)
{
	return PROMPT_MS;
}

// To the far end a session is a voice, by the address that SDP carried.
static struct session *session_in(const struct media_voice *v)
{
	return (struct session *)(void *)(uintptr_t)v;
}

struct media_voice *sim_voice_at(uint16_t port)
{
	unsigned i = (port - PORT_BASE) / 2u;
	if (port < PORT_BASE || i >= WORKERS * SESSIONS)
		return NULL;
	struct session *s = &engine()->sessions[i / SESSIONS][i % SESSIONS];
	return s->handle ? (struct media_voice *)(void *)s : NULL;
}

void sim_voice_name(struct media_voice *v, const char *name)
{
	if (v != NULL)
		str_copy(session_in(v)->name, sizeof(session_in(v)->name), name);
}

void sim_voice_digit(struct media_voice *v, char which)
{
	if (v != NULL)
		digit(session_in(v), which, DIGIT_INBAND);
}

void sim_voice_fails(struct media_voice *v, const char *what)
{
	sim_violation("no scenario for a gate: %s", what);
}

bool sim_voice_masked(const struct media_voice *v)
{
	return v != NULL && session_in(v)->masked;
}

void sim_voice_lost(struct media_voice *v)
{
	struct gate_msg m = {.rtp.silent_ms = 30000};
	if (v != NULL)
		notice(session_in(v), m, GATE_RTP_LOST);
}

void sim_voice_found(struct media_voice *v)
{
	if (v != NULL)
		notice(session_in(v), (struct gate_msg){0}, GATE_RTP_FOUND);
}

const char *sim_voice_hears(const struct media_voice *v)
{
	const struct session *s = session_in(v);
	if (v == NULL)
		return "";
	if (s->queued > 0)
		return sim_prompt_name(s->queue[0].prompt);
	if (s->tone)
		return "tone";
	if (gate_is_mixer(s->peer))
		return "mix";
	const struct session *peer = session_of(s->peer);
	return peer ? peer->name : "";
}
