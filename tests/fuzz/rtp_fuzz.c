// Two bridged sessions under any RTP and RTCP, ticks and commands. The input is a script:
// an operation, a length, that many bytes, and so on.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/session/session.h"
#include "engine/net/tx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine_config config;
static struct gate_worker stats;
static struct worker w;
static uint8_t room[TX_PAYLOAD_MAX];
static gate_session session[2];
static uint32_t room_max;

void tx_path_set(struct tx_path *p, uint8_t media, uint16_t from_port, const struct addr *to)
{
	*p = (struct tx_path){.to = *to, .from_port = from_port, .media = media};
}

uint8_t *tx_room(struct worker *worker, struct tx_path *p, uint32_t max)
{
	check(max <= sizeof(room) && p->from_port != 0);
	room_max = max;
	return room;
}

void tx_commit(struct worker *worker, struct tx_path *p, uint32_t len)
{
	check(len <= room_max);
}

// Packets come without frames here.
bool tx_may_forward(struct worker *worker, const struct tx_path *p)
{
	return false;
}

void tx_forward(struct worker *worker, struct tx_path *p, const struct tx_forward *f)
{
	check(false);
}

void worker_emit(struct worker *worker, const struct gate_msg *m)
{
	if (m->head.kind == GATE_DONE && m->done.command == GATE_OPEN && m->done.error == 0)
		session[session[0] != 0] = m->head.session;
}

bool worker_taps_shared(const struct worker *worker, uint32_t recording, unsigned side)
{
	return false;
}

void worker_tap(struct worker *worker, const struct tap_frame *f)
{
	check(f->kind == TAP_MOVE || f->bytes <= TAP_PAYLOAD_MAX);
}

struct worker *worker_peer(struct worker *worker, unsigned id)
{
	return worker;
}

static void command(unsigned side, enum gate_kind kind, struct gate_msg *m)
{
	m->head.kind = kind;
	m->head.session = session[side];
	session_command(&w, m);
}

static void set_remote(unsigned side, uint8_t direction, uint8_t ptime_ms)
{
	struct gate_msg m = {.remote = {.codec = side ? CODEC_PCMA : CODEC_PCMU,
				     .pt = side ? 8 : 0,
				     .event_pt = side ? 0 : 101,
				     .ptime_ms = ptime_ms,
				     .direction = direction,
				     .jitter_min_ms = 20,
				     .jitter_max_ms = 200,
				     .rtp_timeout_s = 1}};

	addr_parse(side ? "10.0.0.8:6000" : "10.0.0.9:4000", &m.remote.rtp);
	m.remote.rtcp = m.remote.rtp;
	m.remote.rtcp.port++;
	command(side, GATE_REMOTE, &m);
}

static void begin(void)
{
	static struct gate_shape shape = {.workers = 1, .media = 1, .sessions = 2};
	struct gate_msg m = {0};

	if (!w.sessions) {
		config.workers = config.media = 1;
		config.medium[0].rtp_min = 20000;
		config.medium[0].rtp_max = 20003;
		addr_parse("10.0.0.1", &config.medium[0].ip);
		w.config = &config;
		w.stats = &stats;
		check(gate_new(&shape, &w.gate) == 0);
		check(session_table_new(&w, 2, &w.sessions) == 0);
	}
	w.now_ns = 1000 * NS_PER_S;
	session[0] = session[1] = 0;
	for (unsigned i = 0; i < 2; i++) {
		command(0, GATE_OPEN, &m);
		check(session[i] != 0);
	}
	for (unsigned i = 0; i < 2; i++) {
		set_remote(i, GATE_SEND | GATE_RECV, 20);
		m = (struct gate_msg){.collect.on = 1};
		command(i, GATE_COLLECT, &m);
		m = (struct gate_msg){.record = {.start_ns = w.now_ns, .on = 1, .law = CODEC_PCMA}};
		command(i, GATE_RECORD, &m);
		m = (struct gate_msg){.bridge.peer = session[!i]};
		command(i, GATE_BRIDGE, &m);
	}
}

static void packet(uint8_t op, const uint8_t *data, uint8_t len)
{
	unsigned side = op & 1;
	// Exactly as long as it is, so that a sanitizer sees a byte too many.
	struct rx_udp u = {.data = malloc(len ? len : 1), .len = len, .rtcp_port = op & 2};

	check(u.data != NULL);
	memcpy(u.data, data, len);
	addr_parse(op & 4 ? "10.0.0.66:7" : side ? "10.0.0.8:6000" : "10.0.0.9:4000", &u.from);
	struct session *s =
		session_find(w.sessions, 0, (uint16_t)(20000 + 2 * (session[side] & 1)));
	if (s)
		(void)session_receive(&w, s, &u);
	free(u.data);
}

static void order(uint8_t op)
{
	struct gate_msg digits = {.digits = {.digits = "1#"}};
	struct gate_msg mask = {.mask.on = op & 2};
	struct gate_msg mix = {.mix = {gate_mixer(0, op & 2, 1), 300, .says = 1, .hears = 3}};
	struct gate_msg bridge = {.bridge.peer = session[!(op & 1)]};

	if ((op & 0x0c) == 0)
		command(op & 1, GATE_SEND_DIGITS, &digits);
	else if ((op & 0x0c) == 4)
		command(op & 1, GATE_MASK, &mask);
	else if ((op & 0x0c) == 8)
		command(op & 1, GATE_MIX, &mix);
	else
		command(op & 1, GATE_BRIDGE, &bridge);
}

static void step(uint8_t op, const uint8_t *data, uint8_t len)
{
	static const uint8_t ptimes[] = {10, 20, 30, 40, 60};

	if (op < 0xc0) {
		packet(op, data, len);
	} else if (op < 0xf0) {
		for (unsigned i = 0; i < SUBSLOTS; i++, w.now_ns += SUBSLOT_NS)
			session_tick(&w, i);
		w.now_ns += len * NS_PER_MS;
	} else if (len >= sizeof(struct gate_keys)) {
		struct gate_msg m = {0};
		memcpy(&m.keys, data, sizeof(m.keys));
		command(op & 1, GATE_KEYS, &m);
	} else if (len > 1) {
		set_remote(op & 1, data[0] & 3, ptimes[data[1] % sizeof(ptimes)]);
	} else {
		order(op);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_msg m = {0};

	begin();
	for (size_t at = 0; at + 2 <= size;) {
		uint8_t op = data[at], len = data[at + 1];

		at += 2;
		if (len > size - at)
			len = (uint8_t)(size - at);
		step(op, data + at, len);
		at += len;
	}
	for (unsigned i = 0; i < 2; i++)
		command(i, GATE_CLOSE, &m);
	check(session_table_count(w.sessions) == 0);
	return 0;
}
