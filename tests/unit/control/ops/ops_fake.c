// A daemon's operations over canned calls, queues, agents and counters: `ops_fake SOCKET` serves
// until it is killed. The real handlers of control/ops answer through the real socket; what
// stands behind them is told here and in ops_fake_world.c.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/eventlog/eventlog.h"
#include "control/config/files.h"
#include "control/base/load.h"
#include "control/media/gate.h"
#include "control/store/store.h"
#include "control/base/timer.h"
#include "control/live/live.h"
#include "control/ops/ops.h"
#include "control/record/recorder.h"
#include "engine/base/str.h"
#include "tests/unit/control/ops/ops_fake_world.h"

static const char config_text[] =
	"node: demo\n"
	"sip: {listen: [udp:10.99.0.1:5060], realm: ringhall}\n"
	"engine:\n"
	"  sessions: 1000\n"
	"  ports: {media0: {kind: tap, device: ringhall0, host: 10.99.0.1/24}}\n"
	"  media: {main: {port: media0, address: 10.99.0.2/24}}\n"
	"recording: {directory: /tmp/r}\n"
	"store: {directory: /tmp/s}\n"
	"control: {socket: %s}\n"
	"tenants:\n"
	"  acme:\n"
	"    trunks: {carrier: {peers: [10.99.0.0/24, '2001:db8::/32'], codecs: [PCMA]}}\n"
	"    numbers: {'4001': line}\n"
	"    flows: {line: {service: {queue: service}}}\n"
	"    queues: {service: {agents: [alice, fang]}}\n"
	"    conferences: {board: {}}\n"
	"    agents: {alice: {password: a}, fang: {password: b}}\n";

// --- the node ---
static uint64_t fake_mono_ms(void *arg)
{
	return 100000000;
}

static uint64_t fake_wall_ns(void *arg)
{
	return WORLD_NOW_NS;
}

static struct timers timers;

static const struct timers_clock fake_clock = {fake_mono_ms, fake_wall_ns};

void eventlog_status(const struct eventlog *l, struct eventlog_status *out)
{
	*out = (struct eventlog_status){.appended = 5012, .written = 5012, .passed = 5010};
}

void store_status(const struct store *s, struct store_status *out)
{
	*out = (struct store_status){.passed = 5010, .calls = 812, .recordings = 640};
}

void store_forget(struct store *s, const void *arg)
{
}

void store_resume(struct store *s)
{
}

void recorder_status(const struct recorder *r, struct recorder_status *out)
{
	*out = (struct recorder_status){.open = 1,
		.open_max = 500,
		.bytes_written = 1234567890,
		.disk_free_bytes = 1ull << 38,
		.ring_fill_permille = 12};
}

static int fake_reload(struct node *n, const struct ops_who *who,
	void (*done)(int error, const char *problems, void *arg), void *arg)
{
	static unsigned times;
	if (times++ % 2 == 0)
		done(-22, "a.yaml:3:1: nodes: unknown key\na.yaml:9:2: x: expected number", arg);
	else
		done(0, NULL, arg);
	return 0;
}

static void fake_drain(struct node *n, const struct ops_who *who)
{
}

static bool fake_draining(const struct node *n)
{
	return false;
}

static int fake_drain_cancel(struct node *n, const struct ops_who *who)
{
	return -EALREADY;
}

static const char *fake_not_ready(const struct node *n)
{
	return NULL;
}

// --- the engine ---
unsigned media_workers(const struct media *m)
{
	return 2;
}

void media_worker_status(const struct media *m, unsigned worker, struct media_worker_status *out)
{
	*out = (struct media_worker_status){.worker = worker,
		.cpu = worker + 2,
		.sessions = worker ? 0 : 4,
		.busy_permille = worker ? 3 : 127,
		.rx_packets = worker ? 0 : 1234567,
		.tx_packets = worker ? 0 : 1234000,
		.delivered = worker ? 0 : 1234525,
		.dropped = worker ? 0 : 42,
		.ticks = 18000,
		.ticks_late = worker,
		.host_gaps = 7,
		.host_gap_max_ns = 2345678};
}

void media_drops(
	const struct media *m, void (*each)(const struct media_drop *d, void *arg), void *arg)
{
	each(&(struct media_drop){"ip-other", "IP packet to an address that is not ours", 40}, arg);
	each(&(struct media_drop){"stun", "STUN, not served", 0}, arg);
	each(&(struct media_drop){"rtp-stranger",
		     "RTP from a source that is not the session's far end", 2},
		arg);
}

void media_ports(const struct media *m, void (*each)(const struct media_port_status *p, void *arg),
	void *arg)
{
	struct media_port_status p = {.name = "media0",
		.kind = "tap",
		.mac = "02:00:00:00:00:01",
		.up = true,
		.rx_packets = 1234567,
		.tx_packets = 1234000,
		.rx_bytes = 264197338,
		.tx_bytes = 264076000};
	each(&p, arg);
}

void media_addresses(const struct media *m,
	void (*each)(const struct media_address_status *a, void *arg), void *arg)
{
	struct media_address_status a = {.name = "main", .neighbours = 3};
	addr_parse("10.99.0.2", &a.address);
	addr_parse("10.99.0.1", &a.gateway);
	each(&a, arg);
}

bool media_sessions_page(const struct media *m, uint64_t *from, unsigned most,
	void (*each)(const struct media_quality *q, void *arg), void *arg)
{
	struct media_quality q;
	media_quality(WORLD_CALLER_VOICE, &q);
	each(&q, arg);
	media_quality(WORLD_AGENT_VOICE, &q);
	each(&q, arg);
	return false;
}

bool media_session(const struct media *m, uint64_t session, struct media_quality *out)
{
	media_quality(session & 1 ? WORLD_CALLER_VOICE : WORLD_AGENT_VOICE, out);
	return out->session == session;
}

bool media_quality(const struct media_voice *v, struct media_quality *out)
{
	bool caller = v == WORLD_CALLER_VOICE;
	if (v == NULL)
		return false;
	*out = (struct media_quality){.codec = CODEC_PCMA,
		.session = caller ? 0x100000001 : 0x100000002,
		.rx_packets = caller ? 4567 : 2345,
		.tx_packets = caller ? 4570 : 2340,
		.rx_lost = caller ? 3 : 0,
		.jitter_us = caller ? 1234 : 87,
		.round_trip_us = 25600,
		.jitter_delay_ms = 60,
		.digits = caller ? 1 : 0,
		.locked = true};
	addr_parse(caller ? "10.99.0.2:10000" : "10.99.0.2:10002", &out->local);
	addr_parse(caller ? "10.99.0.50:6000" : "[2001:db8::50]:7078", &out->remote);
	return true;
}

void media_counts(const struct media *m, struct media_counts *out)
{
	*out = (struct media_counts){.voices = 4, .commands = 900};
}

// --- the process ---
static int fake_start(const char *socket_path, struct ops **ops)
{
	char text[sizeof(config_text) + 256], error[512];
	struct config_problems problems = {0};
	static struct load load = {.workers = 2,
		.sign = LOAD_BUSY,
		.percent = {[LOAD_BUSY] = 15},
		.worker[0] = {.busy_permille = 127, .late_us = 229, .percent = 15}};
	static const struct files files = {.limit = 1048576, .needed = 1222};
	struct ops_env env = {.timers = &timers,
		.load = &load,
		.files = &files,
		.started_wall_ns = WORLD_NOW_NS - 93784000000000,
		.started_ms = timers_now_ms(&timers) - 93784000,
		.reload = fake_reload,
		.drain = fake_drain,
		.draining = fake_draining,
		.drain_cancel = fake_drain_cancel,
		.not_ready = fake_not_ready};
	str_format(text, sizeof(text), config_text, socket_path);
	struct config *config;
	struct config_text file = {"/etc/ringhall/demo.yaml", text, strlen(text)};
	if (config_load_text(&control_modules, &file, NULL, &config, &problems) != 0) {
		for (unsigned i = 0; i < problems.count; i++)
			fprintf(stderr, "%s\n", problems.list[i].text);
		return 1;
	}
	if (live_start(NULL, &timers, &env.live) != 0)
		return 1;
	env.config = config;
	world_configure(config);
	if (ops_start(&env, ops, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct ops *ops;
	timers_init(&timers, &fake_clock);
	if (argc != 2 || fake_start(argv[1], &ops) != 0)
		return 1;
	for (;;) {
		struct pollfd fd = {ops_fd(ops), POLLIN};
		if (poll(&fd, 1, 100) == 0)
			world_event(ops);
		ops_poll(ops);
	}
}
