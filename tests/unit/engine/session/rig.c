// The rig's workers, and the doubles of what is below and beside sessions.
#include "tests/unit/engine/session/rig.h"

#include <string.h>

#include "engine/rtp/event.h"
#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

struct rig rig;

static struct rig_packet room;

void tx_path_set(struct tx_path *p, uint8_t media, uint16_t from_port, const struct addr *to)
{
	*p = (struct tx_path){.to = *to, .from_port = from_port, .media = media};
}

uint8_t *tx_room(struct worker *w, struct tx_path *p, uint32_t max)
{
	ck_assert_uint_le(max, sizeof(room.data));
	ck_assert_uint_ne(p->from_port, 0);
	return rig.tx_blocked ? NULL : room.data;
}

void tx_commit(struct worker *w, struct tx_path *p, uint32_t len)
{
	struct rig_packet *to = &rig.packet[rig.packets++];

	ck_assert_uint_le(rig.packets, RIG_PACKETS);
	memcpy(to->data, room.data, len);
	to->at_ns = w->now_ns;
	to->to = p->to;
	to->worker = w->id;
	to->from_port = p->from_port;
	to->len = len;
}

// Packets come without frames here.
bool tx_may_forward(struct worker *w, const struct tx_path *p)
{
	return false;
}

void tx_forward(struct worker *w, struct tx_path *p, const struct tx_forward *f)
{
	ck_abort();
}

void worker_emit(struct worker *w, const struct gate_msg *m)
{
	ck_assert_uint_lt(rig.events, RIG_EVENTS);
	rig.event[rig.events++] = *m;
}

void worker_tap(struct worker *w, const struct tap_frame *f)
{
	ck_assert_uint_lt(rig.taps, RIG_TAPS);
	rig.tap[rig.taps] = *f;
	if (f->kind == TAP_SOUND)
		memcpy(rig.tapped[rig.taps], f->payload, f->bytes);
	rig.tap[rig.taps].payload = rig.tapped[rig.taps];
	rig.taps++;
}

bool worker_taps_shared(const struct worker *w, uint32_t recording, unsigned side)
{
	return false;
}

struct worker *worker_peer(struct worker *w, unsigned id)
{
	return id < rig.config.workers ? &rig.w[id] : NULL;
}

void rig_start(unsigned workers)
{
	struct gate_shape shape = {.workers = workers, .media = 1, .sessions = RIG_SESSIONS};

	memset(&rig, 0, sizeof(rig));
	rig.now_ns = 1000000 * MS;
	rig.config.workers = workers;
	rig.config.media = 1;
	rig.config.sessions = RIG_SESSIONS * workers;
	rig.config.coders[CODEC_G722] = rig.config.coders[CODEC_OPUS] = RIG_CODED * workers;
	rig.config.medium[0] = (struct engine_media){
		.ip = rig_addr("10.0.0.1"), .rtp_min = 20000, .rtp_max = 20000 + 2 * 60 - 1};
	ck_assert_int_eq(gate_new(&shape, &rig.gate), 0);
	for (unsigned i = 0; i < workers; i++) {
		struct worker *w = &rig.w[i];
		w->id = i;
		w->config = &rig.config;
		w->gate = rig.gate;
		w->stats = &rig.stats[i];
		w->now_ns = rig.now_ns;
		ck_assert_int_eq(session_table_new(w, RIG_SESSIONS, &w->sessions), 0);
	}
	ck_assert_int_eq(gate_prompts_new(16, &rig.prompts), 0);
}

void rig_stop(void)
{
	for (unsigned i = 0; i < rig.config.workers; i++)
		session_table_free(rig.w[i].sessions);
	gate_prompts_free(rig.prompts);
	gate_free(rig.gate);
}

void rig_forget(void)
{
	rig.packets = rig.events = rig.taps = 0;
}

void rig_run_ms(uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		rig.now_ns += MS;
		for (unsigned k = 0; k < rig.config.workers; k++) {
			struct worker *w = &rig.w[k];
			w->now_ns = rig.now_ns;
			w->prompts = gate_prompts_enter(rig.gate, k);
			session_poll_peers(w);
			session_tick(w, (unsigned)(rig.now_ns / MS % SUBSLOTS));
		}
	}
}

int rig_command(gate_session s, enum gate_kind kind, struct gate_msg *m)
{
	static uint32_t ticket = 1000000;
	const struct gate_msg *answer = NULL;
	unsigned from = rig.events;

	m->head.kind = kind;
	m->head.session = s;
	if (m->head.ticket == 0)
		m->head.ticket = ticket++;
	session_command(&rig.w[gate_session_worker(s)], m);
	for (unsigned i = from; i < rig.events; i++) {
		if (rig.event[i].head.kind != GATE_DONE)
			continue;
		ck_assert_ptr_null(answer);
		answer = &rig.event[i];
	}
	ck_assert_ptr_nonnull(answer);
	ck_assert_uint_eq(answer->head.ticket, m->head.ticket);
	ck_assert_uint_eq(answer->done.command, kind);
	return answer->done.error;
}

gate_session rig_open(unsigned worker)
{
	struct gate_msg m = {.open.media = 0};

	ck_assert_int_eq(rig_command((uint64_t)worker << 56, GATE_OPEN, &m), 0);
	return rig.event[rig.events - 1].head.session;
}

struct session *rig_session(gate_session s)
{
	struct worker *w = &rig.w[gate_session_worker(s)];

	return session_get(w->sessions, w, s);
}

int rig_close(gate_session s)
{
	struct gate_msg m = {0};

	return rig_command(s, GATE_CLOSE, &m);
}

struct addr rig_addr(const char *text)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

struct gate_remote rig_remote(const char *rtp)
{
	struct gate_remote r = {
		.rtp = rig_addr(rtp),
		.codec = CODEC_PCMU,
		.event_pt = 101,
		.ptime_ms = 20,
		.direction = GATE_SEND | GATE_RECV,
		.jitter_min_ms = 20,
		.jitter_max_ms = 200,
	};

	return r;
}

int rig_set_remote(gate_session s, const struct gate_remote *r)
{
	struct gate_msg m = {.remote = *r};

	return rig_command(s, GATE_REMOTE, &m);
}

int rig_play(gate_session s, uint32_t prompt, unsigned flags, uint32_t ticket)
{
	struct gate_msg m = {.head.ticket = ticket};

	m.play = (struct gate_play){.prompt = prompt, .flags = (uint16_t)flags};
	return rig_command(s, GATE_PLAY, &m);
}

int rig_bridge(gate_session s, gate_session peer)
{
	struct gate_msg m = {.bridge.peer = peer};

	return rig_command(s, GATE_BRIDGE, &m);
}

int rig_collect(gate_session s, bool on)
{
	struct gate_msg m = {.collect.on = on};

	return rig_command(s, GATE_COLLECT, &m);
}

uint8_t rig_prompt_byte(uint8_t seed, uint32_t i)
{
	return (uint8_t)((seed + i * 7 + i / 160) % 0x60 + 0x10); // never a law's silence
}

void rig_prompt(uint32_t id, enum codec_id codec, uint32_t bytes, uint8_t seed)
{
	uint8_t *payload = malloc(bytes);

	ck_assert_ptr_nonnull(payload);
	for (uint32_t i = 0; i < bytes; i++)
		payload[i] = rig_prompt_byte(seed, i);
	ck_assert_int_eq(gate_prompts_set(rig.prompts, id, codec, payload, bytes), 0);
	free(payload);
}

void rig_publish(void)
{
	gate_prompts_publish(rig.gate, rig.prompts);
	rig.prompts = NULL; // the gate's from now on
}

struct rig_stream rig_stream(gate_session to, const char *from)
{
	struct rig_stream f = {
		.to = to, .from = rig_addr(from), .ssrc = 4711, .ts = 99000, .seq = 65530};

	return f;
}

int rig_udp(gate_session to, const struct addr *from, bool rtcp, const void *data, uint32_t len)
{
	struct worker *w = &rig.w[gate_session_worker(to)];
	uint8_t *copy = malloc(len ? len : 1); // exactly so long, for the sanitizer
	struct rx_udp u = {.data = copy, .len = len, .from = *from, .rtcp_port = rtcp};

	memcpy(copy, data, len);
	w->now_ns = rig.now_ns;
	struct session *s = rig_session(to);
	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_eq(session_find(w->sessions, 0, s->port + rtcp), s);
	int drop = session_receive(w, s, &u);
	free(copy);
	return drop;
}

static int send_rtp(struct rig_stream *f, uint8_t pt, const uint8_t *payload, uint32_t len)
{
	uint8_t data[1700];
	struct rtp_packet p = {
		.ssrc = f->ssrc, .ts = f->ts, .seq = f->seq++, .pt = pt, .marker = f->marker};

	rtp_write_header(data, &p);
	memcpy(data + RTP_HEADER_BYTES, payload, len);
	f->marker = false;
	return rig_udp(f->to, &f->from, false, data, RTP_HEADER_BYTES + len);
}

int rig_send(struct rig_stream *f, const uint8_t *payload, uint32_t len)
{
	int drop = send_rtp(f, f->pt, payload, len);

	f->ts += len;
	return drop;
}

int rig_send_tone(struct rig_stream *f, uint8_t byte, uint32_t len)
{
	uint8_t payload[1000];

	memset(payload, byte, len);
	return rig_send(f, payload, len);
}

int rig_send_event(struct rig_stream *f, char digit, bool end, uint16_t duration)
{
	struct event_packet e = {
		.code = (uint8_t)event_code(digit), .end = end, .duration = duration};
	uint8_t payload[EVENT_BYTES];

	event_write(payload, &e);
	return send_rtp(f, 101, payload, sizeof(payload));
}

const struct rig_packet *rig_rtp(const char *to, unsigned i, struct rtp_packet *out)
{
	struct addr a = rig_addr(to);

	for (unsigned k = 0; k < rig.packets; k++) {
		const struct rig_packet *p = &rig.packet[k];
		if (!addr_equal(&p->to, &a) || rtp_is_rtcp(p->data, p->len) || i-- > 0)
			continue;
		ck_assert_int_eq(rtp_parse(p->data, p->len, out), 0);
		return p;
	}
	return NULL;
}

unsigned rig_rtp_count(const char *to)
{
	struct rtp_packet p;
	unsigned n = 0;

	while (rig_rtp(to, n, &p))
		n++;
	return n;
}

const struct gate_msg *rig_event(enum gate_kind kind, unsigned i)
{
	for (unsigned k = 0; k < rig.events; k++) {
		if (rig.event[k].head.kind == kind && i-- == 0)
			return &rig.event[k];
	}
	return NULL;
}

unsigned rig_told(enum gate_kind kind)
{
	unsigned n = 0;

	while (rig_event(kind, n))
		n++;
	return n;
}

char *rig_digits(gate_session s)
{
	static char text[64];
	unsigned n = 0;

	for (unsigned k = 0; k < rig.events && n < sizeof(text) - 1; k++) {
		if (rig.event[k].head.kind == GATE_DIGIT && rig.event[k].head.session == s)
			text[n++] = rig.event[k].digit.digit;
	}
	text[n] = 0;
	return text;
}
