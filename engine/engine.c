// The engine's start and end: memory, ports, workers and their threads.
#include "engine/engine.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "dsp/dtmf_gate.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/shortage.h"
#include "engine/base/str.h"
#include "engine/gate.h"
#include "engine/net/hand.h"
#include "engine/net/neigh.h"
#include "engine/net/rx.h"
#include "engine/net/tx.h"
#include "engine/port/device.h"
#include "engine/port/eal.h"
#include "engine/port/mbufs.h"
#include "engine/port/port.h"
#include "engine/session/session.h"
#include "engine/stats.h"
#include "engine/tap.h"
#include "engine/thread.h"
#include "engine/voice/coder.h"
#include "engine/worker.h"

LOG_TOPIC("engine");

#define TAP_SLOTS_MIN 4096
#define TAP_SLOTS_MAX 65536

struct engine {
	struct engine_config config;
	struct gate *gate;
	struct tap *tap;
	struct hand *hand; // one per worker
	struct port port[PORTS_MAX];
	struct rte_mempool *pool[WORKERS_MAX];
	struct gate_worker stats[WORKERS_MAX];
	struct worker worker[WORKERS_MAX];
	struct worker *peers[WORKERS_MAX];
	struct thread thread[WORKERS_MAX];
	struct eal *eal;
	bool running;
	FILE *log;
	char said[EAL_LINE_MAX];	// what DPDK said last
	_Alignas(64) _Atomic bool ends; // written by main
};

// DPDK's own log: kept for our sentence while starting, then passed on.
static ssize_t engine_log(void *cookie, const char *text, size_t len)
{
	struct engine *e = cookie;
	size_t kept = strnlen(text, len);

	while (kept > 0 && text[kept - 1] == '\n')
		kept--;
	if (kept == 0)
		return (ssize_t)len;
	if (e->running)
		log_warn("dpdk: %.*s", (int)kept, text);
	else
		str_copy_n(e->said, sizeof(e->said), text, kept);
	return (ssize_t)len;
}

static uint32_t engine_sessions(const struct engine_config *c) // of one worker
{
	return (c->sessions + c->workers - 1) / c->workers;
}

static uint64_t engine_session_memory(const struct engine_config *c)
{
	struct mix_sizes mix = mix_sizes_of(&c->mix, engine_sessions(c));
	uint64_t bytes = c->workers * (uint64_t)session_table_bytes(engine_sessions(c), &mix);

	for (enum codec_id id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		bytes += c->coders[id] * (uint64_t)coder_bytes(id);
	return bytes;
}

static void engine_eal_refused(const struct engine *e, int rc, char error[ENGINE_ERROR_MAX])
{
	const char *said = e->said[0] ? e->said : strerror(-rc);
	uint64_t bytes = mbufs_memory(&e->config) + (EAL_OWN_MIB << 20);
	char why[SHORTAGE_MAX];

	if (e->config.hugepages && !shortage_of_hugepages(bytes, why))
		str_copy(why, sizeof(why),
			"check that hugepages are mounted (hugetlbfs) and "
			"engine.eal_args");
	else if (!e->config.hugepages && !shortage_of(bytes, why))
		str_copy(why, sizeof(why), "check engine.eal_args");
	str_format(error, ENGINE_ERROR_MAX, "DPDK cannot start: %s; %s", said, why);
}

static int engine_eal_start(struct engine *e, char error[ENGINE_ERROR_MAX])
{
	cookie_io_functions_t io = {.write = engine_log};
	int rc;

	e->log = fopencookie(e, "w", io);
	if (!e->log)
		return -ENOMEM;
	setvbuf(e->log, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < e->config.ports; i++)
		if (e->config.port[i].kind == PORT_TAP)
			thread_signals_init();
	rc = eal_start(&e->config, mbufs_memory(&e->config), e->log, &e->eal, error);
	if (rc && !error[0])
		engine_eal_refused(e, rc, error);
	return rc;
}

static int engine_pools_new(struct engine *e, char error[ENGINE_ERROR_MAX])
{
	for (unsigned i = 0; i < e->config.workers; i++) {
		e->pool[i] = mbufs_new(&e->config, i, error);
		if (!e->pool[i])
			return -ENOMEM;
	}
	return 0;
}

static int engine_ports_start(struct engine *e, char error[ENGINE_ERROR_MAX])
{
	for (unsigned i = 0; i < e->config.ports; i++) {
		int rc = port_start(&e->port[i], &e->config, i, e->pool, error);
		size_t len = strlen(error);

		if (rc && e->said[0])
			str_format(error + len, ENGINE_ERROR_MAX - len, "; DPDK says: %s", e->said);
		if (rc)
			return rc;
	}
	return 0;
}

static bool engine_polls_tap(const struct engine *e, unsigned worker)
{
	for (unsigned i = 0; i < e->config.ports; i++)
		if (e->config.port[i].kind == PORT_TAP && worker < e->port[i].queues)
			return true;
	return false;
}

static int engine_worker_init(struct engine *e, unsigned id)
{
	struct worker *w = &e->worker[id];
	uint8_t mac[PORTS_MAX][6];
	int rc;

	for (unsigned i = 0; i < e->config.ports; i++)
		memcpy(mac[i], e->port[i].mac, 6);
	*w = (struct worker){.id = id,
		.peers = e->peers,
		.config = &e->config,
		.gate = e->gate,
		.tap = e->tap,
		.ports = e->port,
		.stats = &e->stats[id],
		.hand = &e->hand[id]};
	e->peers[id] = w;
	e->stats[id].cpu = eal_cpu(id);
	e->thread[id] = (struct thread){.worker = w,
		.spin = e->config.spin,
		.signals = engine_polls_tap(e, id),
		.ends = &e->ends};
	rc = rx_new(&e->config, e->port, &w->rx);
	if (!rc)
		rc = tx_new(e->port, e->pool[id], &w->tx);
	if (!rc)
		rc = neigh_new(&e->config, mac, &w->neigh);
	if (!rc)
		rc = session_table_new(w, engine_sessions(&e->config), &w->sessions);
	return rc;
}

static int engine_workers_init(struct engine *e, char error[ENGINE_ERROR_MAX])
{
	struct gate_shape shape = {.workers = e->config.workers,
		.ports = e->config.ports,
		.media = e->config.media,
		.sessions = engine_sessions(&e->config),
		.mix = e->config.mix};
	uint32_t slots = shape.sessions * 4;
	uint64_t bytes = engine_session_memory(&e->config);
	char why[SHORTAGE_MAX];
	// Beyond its control group's limit the kernel would kill us without a word.
	int rc = shortage_of_group(&shortage_places, bytes, why);

	if (!rc)
		rc = gate_new(&shape, &e->gate);
	slots = slots < TAP_SLOTS_MIN ? TAP_SLOTS_MIN : slots;
	slots = slots > TAP_SLOTS_MAX ? TAP_SLOTS_MAX : slots;
	if (!rc)
		rc = tap_new(shape.workers, slots, &e->tap);
	if (!rc)
		rc = hand_new(shape.workers, &e->hand);
	for (unsigned i = 0; i < shape.workers && !rc; i++)
		rc = engine_worker_init(e, i);
	if (rc) {
		str_format(error, ENGINE_ERROR_MAX, "no memory for %u sessions (%s): %s",
			e->config.sessions, strerror(-rc), shortage_why(bytes, why));
		return rc;
	}
	for (unsigned i = 0; i < shape.workers; i++) {
		stats_second(&e->worker[i], e->port);
		stats_tick(&e->worker[i]);
	}
	return 0;
}

int engine_look_port(
	const struct engine_config *config, unsigned port, char error[ENGINE_ERROR_MAX])
{
	return device_look(&config->port[port], error);
}

int engine_look_cores(const struct engine_config *config, char error[ENGINE_ERROR_MAX])
{
	return eal_look(config, error);
}

int engine_look_hugepages(const struct engine_config *config, char error[ENGINE_ERROR_MAX])
{
	char why[SHORTAGE_MAX];
	int rc = config->hugepages
		? shortage_of_hugepages(mbufs_memory(config) + (EAL_OWN_MIB << 20), why)
		: 0;

	if (rc)
		str_format(error, ENGINE_ERROR_MAX, "DPDK cannot start: %s", why);
	return rc;
}

int engine_open(
	const struct engine_config *config, struct engine **out, char error[ENGINE_ERROR_MAX])
{
	struct engine *e;
	int rc;

	error[0] = '\0';
	rc = engine_config_check(config, error);
	if (rc)
		return rc;
	e = aligned_alloc(_Alignof(struct engine), sizeof(*e));
	if (!e) {
		str_format(error, ENGINE_ERROR_MAX, "no memory for the engine");
		return -ENOMEM;
	}
	memset(e, 0, sizeof(*e));
	e->config = *config;
	dtmf_gate_setup(DTMF_GATE_AVX512, DTMF_GATE_PERCENT);
	rc = engine_eal_start(e, error);
	if (!rc)
		rc = engine_pools_new(e, error);
	if (!rc)
		rc = engine_ports_start(e, error);
	if (!rc)
		rc = engine_workers_init(e, error);
	if (rc) {
		engine_stop(e);
		return rc;
	}
	*out = e;
	return 0;
}

int engine_launch(struct engine *e, char error[ENGINE_ERROR_MAX])
{
	check(!e->running);
	for (unsigned i = 0; i < e->config.workers; i++) {
		int rc = eal_launch(i, thread_start, &e->thread[i]);

		if (rc) {
			str_format(error, ENGINE_ERROR_MAX, "worker %u does not start (%s)", i,
				strerror(-rc));
			return rc;
		}
		e->running = true;
	}
	return 0;
}

int engine_start(
	const struct engine_config *config, struct engine **out, char error[ENGINE_ERROR_MAX])
{
	struct engine *e;
	int rc = engine_open(config, &e, error);

	if (rc)
		return rc;
	rc = engine_launch(e, error);
	if (rc)
		engine_stop(e);
	else
		*out = e;
	return rc;
}

struct gate *engine_gate(struct engine *e)
{
	return e->gate;
}

struct tap *engine_tap(struct engine *e)
{
	return e->tap;
}

struct worker *engine_worker(struct engine *e, unsigned id)
{
	return id < e->config.workers ? &e->worker[id] : NULL;
}

struct rte_ring *engine_port_ring(
	struct engine *e, unsigned port, unsigned queue, enum engine_ring_side side)
{
	if (port >= e->config.ports || queue >= e->port[port].queues)
		return NULL;
	return side == ENGINE_RING_RX ? e->port[port].ring_rx[queue] : e->port[port].ring_tx[queue];
}

struct rte_mempool *engine_ring_pool(struct engine *e)
{
	return e->pool[0];
}

void engine_stop(struct engine *e)
{
	if (!e)
		return;
	atomic_store_explicit(&e->ends, true, memory_order_release);
	for (unsigned i = 0; i < e->config.workers && e->running; i++) {
		eal_wait(i);
		// What the worker wrote is ours from here on.
		(void)atomic_load_explicit(&e->thread[i].ended, memory_order_acquire);
	}
	e->running = false;
	for (unsigned i = 0; i < e->config.ports; i++)
		port_stop(&e->port[i]);
	for (unsigned i = 0; i < e->config.workers; i++) {
		if (e->worker[i].sessions)
			session_table_free(e->worker[i].sessions);
		neigh_free(e->worker[i].neigh);
		tx_free(e->worker[i].tx);
		rx_free(e->worker[i].rx);
	}
	for (unsigned i = 0; i < e->config.workers; i++)
		mbufs_free(e->pool[i]);
	hand_free(e->hand);
	tap_free(e->tap);
	gate_free(e->gate);
	eal_stop(e->eal);
	if (e->log)
		fclose(e->log);
	free(e);
}
