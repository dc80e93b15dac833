// What main.c wires behind media.h: the gate to the engine, prompts, and the engine's counters
// for operators. Control thread only, except media_prompts_load.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/media/media.h"
#include "engine/bounds.h"

struct config;
struct config_prompt;
struct gate;
struct ring_wake;
struct timers;

// --- life ---
// Voices over the gate. 0 or -ENOMEM. Several may stand in a process, each over a gate of its own.
int media_new(
	struct gate *gate, const struct config *config, struct timers *timers, struct media **out);
// Reload: external addresses, jitter, time-outs.
void media_configure(struct media *m, const struct config *config);
void media_free(struct media *m);		     // NULL allowed; what is open is forgotten
struct ring_wake *media_wake(const struct media *m); // the loop sleeps on this …
bool media_poll(
	struct media *m); // … and calls this: some of what is there; true: there was something

// --- prompts ---
struct media_prompts;
// Reads and encodes every prompt of the configuration; any thread, may block on disk. Returns 0,
// or -EINVAL with one line per bad file in *problems (malloc'd, caller frees).
// Whether it can be read and is what is taken: 0, or -errno with what a load would say of it.
int media_prompt_look(const struct config_prompt *prompt, char why[256]);
int media_prompts_load(const struct config *config, struct media_prompts **out, char **problems);
void media_prompts_free(struct media_prompts *p); // of one never published
// Control thread; p is the engine's.
void media_prompts_publish(struct media *m, struct media_prompts *p);

// --- counters for operators ---
struct media_worker_status {
	unsigned worker, cpu, sessions, busy_permille;
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, delivered, dropped, tx_drops;
	uint64_t ticks, ticks_late, host_gaps, host_gap_ns, host_gap_max_ns, tap_lost, notices_lost;
	uint64_t watched_ns, taken_ns; // as gate_worker has them
	uint64_t busy_ns;
	uint32_t late[LATE_CLASSES]; // sub-slots by how late they began; wraps
};
unsigned media_workers(const struct media *m);
void media_worker_status(const struct media *m, unsigned worker, struct media_worker_status *out);

struct media_drop {
	const char *name, *help;
	uint64_t count; // all workers
};
// All reasons.
void media_drops(
	const struct media *m, void (*each)(const struct media_drop *d, void *arg), void *arg);

struct media_port_status {
	char name[32], kind[16], mac[18];
	bool up;
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_missed, rx_nombuf, rx_errors,
		tx_errors;
};
void media_ports(const struct media *m, void (*each)(const struct media_port_status *p, void *arg),
	void *arg);

struct media_address_status {
	const char *name; // of the configuration
	struct addr address, gateway, external;
	bool gateway_known;
	unsigned neighbours;
};
void media_addresses(const struct media *m,
	void (*each)(const struct media_address_status *a, void *arg), void *arg);

// The sessions open in the engine, whether a call holds them or not: at most `most` of them in a
// page, and MEDIA_SESSION_PLACES places looked at; *from is 0 at first. True: there is more.
#define MEDIA_SESSION_PLACES 4096
bool media_sessions_page(const struct media *m, uint64_t *from, unsigned most,
	void (*each)(const struct media_quality *q, void *arg), void *arg);
// False: it is not open.
bool media_session(const struct media *m, uint64_t session, struct media_quality *out);

struct media_counts {
	uint32_t voices, tickets, backlog;
	// Of all workers: bridges in use, places held in them, and how many there are.
	uint32_t mixers, mixers_max, mixed, mixed_max;
	// Of those codecs that have a state: in use or held for a session, and how many there are.
	uint32_t coders[CODEC_COUNT], coders_max[CODEC_COUNT];
	uint64_t commands, events, surprises;
};
void media_counts(const struct media *m, struct media_counts *out);
