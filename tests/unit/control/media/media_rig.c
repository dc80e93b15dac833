// See media_rig.h.
#include "tests/unit/control/media/media_rig.h"

#include "control/config/config.h"
#include "engine/base/log.h"

#define WORKERS 2

struct session {
	gate_session handle; // 0: free
	gate_session peer;
	uint32_t generation, commands, prompt;
	bool recorded, opus;
	unsigned writer; // of its recording
};

struct rig rig;

static struct {
	struct config config;
	struct session *sessions[WORKERS];
	uint32_t slots, next[WORKERS]; // next: slot to look at first
	unsigned coders[WORKERS];      // of Opus, free
} engine;

static uint64_t mono_ms(void *arg)
{
	return rig.now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return rig.now_ms * 1000000;
}

static void on_media(const struct media_event *e, void *arg)
{
	struct party *p = arg;
	ck_assert_msg(!rig.asking, "told from within the call that asked");
	p->opened += e->kind == MEDIA_OPENED;
	p->played += e->kind == MEDIA_PLAYED;
	if (e->kind != MEDIA_FAILED)
		return;
	p->failed++;
	p->error = e->error;
	p->what = e->failed;
	if (p->close_at_failure) {
		media_close(p->v);
		p->v = NULL;
	}
}

void rig_begin(uint32_t slots)
{
	rig_begin_coders(slots, 0);
}

void rig_begin_coders(uint32_t slots, unsigned opus)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	struct gate_shape shape = {.workers = WORKERS, .ports = 1, .media = 1, .sessions = slots};
	memset(&rig, 0, sizeof(rig));
	memset(&engine, 0, sizeof(engine));
	rig.now_ms = 1000;
	engine.slots = slots;
	engine.config.engine.sessions = slots * WORKERS;
	engine.config.engine.coders[CODEC_OPUS] = opus;
	for (unsigned i = 0; i < WORKERS; i++)
		engine.coders[i] = (opus + WORKERS - 1) / WORKERS;
	timers_init(&rig.timers, &clock);
	log_set_level(NULL, LOG_ERROR);
	for (unsigned i = 0; i < WORKERS; i++)
		engine.sessions[i] = calloc(slots, sizeof(*engine.sessions[i]));
	ck_assert_int_eq(gate_new(&shape, &rig.gate), 0);
	ck_assert_int_eq(media_new(rig.gate, &engine.config, &rig.timers, &rig.media), 0);
}

void rig_end(void)
{
	media_free(rig.media);
	gate_free(rig.gate);
	for (unsigned i = 0; i < WORKERS; i++)
		free(engine.sessions[i]);
	ck_assert_uint_eq(timers_count(&rig.timers), 0);
}

// --- the workers ---

void rig_say(unsigned worker, const struct gate_msg *m)
{
	uint16_t kind = m->head.kind;
	if (rig.command && (kind != GATE_DONE || m->done.command != rig.command))
		kind = 0;
	if (kind != 0 && kind == rig.keep)
		rig.kept = *m;
	if (kind != 0 && (kind == rig.lose || kind == rig.keep))
		return;
	gate_emit(rig.gate, worker, m);
	if (kind != 0 && kind == rig.twice)
		gate_emit(rig.gate, worker, m);
}

void rig_done(unsigned worker, const struct gate_msg *m, gate_session session, int error)
{
	struct gate_msg answer = {
		.head = {.kind = GATE_DONE, .ticket = m->head.ticket, .session = session}};
	answer.done.error = error;
	answer.done.command = m->head.kind;
	rig_say(worker, &answer);
}

static struct session *session_of(gate_session s)
{
	struct session *session = &engine.sessions[gate_session_worker(s)][(uint32_t)s];
	return s != 0 && session->handle == s ? session : NULL;
}

static void open_session(unsigned worker, const struct gate_msg *m)
{
	for (uint32_t i = 0; i < engine.slots; i++) {
		uint32_t slot = (engine.next[worker] + i) % engine.slots;
		struct session *s = &engine.sessions[worker][slot];
		if (s->handle != 0)
			continue;
		engine.next[worker] = slot + 1;
		*s = (struct session){.generation = s->generation + 1};
		s->handle = (uint64_t)worker << 56 | (uint64_t)s->generation << 32 | slot;
		rig.open++;
		rig_done(worker, m, s->handle, 0);
		return;
	}
	rig_done(worker, m, 0, -ENOBUFS);
}

static int set_opus(struct session *s, bool on)
{
	unsigned *coders = &engine.coders[gate_session_worker(s->handle)];
	if (on && !s->opus && *coders == 0)
		return -ENOBUFS;
	*coders += (unsigned)s->opus - (unsigned)on;
	s->opus = on;
	return 0;
}

static void close_session(unsigned worker, struct session *s, const struct gate_msg *m)
{
	struct gate_msg closed = {.head = {.kind = GATE_CLOSED, .session = s->handle}};
	rig_done(worker, m, s->handle, 0);
	(void)set_opus(s, false);
	s->handle = 0;
	rig.open--;
	rig_say(worker, &closed);
}

unsigned rig_writer(gate_session session)
{
	const struct session *s = session_of(session);
	ck_assert(s && s->recorded);
	return s->writer;
}

static int run(struct session *s, const struct gate_msg *m)
{
	if (m->head.kind == GATE_REMOTE)
		return set_opus(s, m->remote.codec == CODEC_OPUS);
	if (m->head.kind == GATE_INFO_DIGIT && m->digit.duration_ms != s->commands++)
		rig.disorder++;
	if (m->head.kind == GATE_BRIDGE) {
		rig.late += session_of(m->bridge.peer) == NULL;
		s->peer = m->bridge.peer;
	}
	if (m->head.kind == GATE_UNBRIDGE)
		s->peer = 0;
	if (m->head.kind == GATE_RECORD)
		s->recorded = m->record.on;
	if (m->head.kind == GATE_RECORD)
		s->writer = m->record.writer;
	if (m->head.kind == GATE_PLAY && m->play.prompt >= PROMPTS_MAX)
		return -EINVAL;
	return 0;
}

static void work(unsigned worker, unsigned commands)
{
	struct gate_msg m;
	while (!(rig.still >> worker & 1) && commands-- > 0 && gate_command(rig.gate, worker, &m)) {
		struct session *s = session_of(m.head.session);
		if (m.head.kind == GATE_OPEN)
			open_session(worker, &m);
		else if (s == NULL)
			rig_done(worker, &m, m.head.session, -ESTALE);
		else if (m.head.kind == GATE_CLOSE)
			close_session(worker, s, &m);
		else
			rig_done(worker, &m, s->handle, run(s, &m));
	}
}

void rig_turn(unsigned commands)
{
	for (unsigned i = 0; i < WORKERS; i++)
		work(i, commands);
	while (media_poll(rig.media)) // as the loop does
		;
	timers_run(&rig.timers, ++rig.now_ms);
}

void rig_turns(void)
{
	struct media_counts c;
	for (unsigned i = 0; i < 100000; i++) {
		rig_turn(4096);
		media_counts(rig.media, &c);
		if (c.tickets == 0 && c.backlog == 0)
			break;
	}
	rig_turn(1);
	rig_turn(1);
}

void rig_wait_ms(uint64_t ms)
{
	for (uint64_t until_ms = rig.now_ms + ms; rig.now_ms < until_ms; rig.now_ms += 1000) {
		timers_run(&rig.timers, rig.now_ms);
		rig_turn(4096);
	}
}

void rig_nothing_left(void)
{
	struct media_counts c;
	media_counts(rig.media, &c);
	ck_assert_uint_eq(c.voices, 0);
	ck_assert_uint_eq(c.tickets, 0);
	ck_assert_uint_eq(c.backlog, 0);
	ck_assert_uint_eq(rig.open, 0);
}

void party_open_at(struct party *p, const struct media_place *at)
{
	*p = (struct party){0};
	ck_assert_int_eq(media_open(rig.media, at, on_media, p, &p->v), 0);
}

void party_open(struct party *p, const struct media_voice *near)
{
	party_open_at(p, &(struct media_place){.near = near});
}
