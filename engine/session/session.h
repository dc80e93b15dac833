// Sessions: a voice in the engine. One UDP port pair of a media address is one session; the
// port table finds it without a hash. A session belongs to one worker from open to close.
//
// struct session is laid out hot part first: what a relayed packet touches, then what a tick
// touches, then what commands touch.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/net/rx_udp.h"
#include "engine/worker.h"

struct session;

// --- called by deliver.c and poll.c ---
// What owns this UDP port of a media address, of this worker; NULL: none.
struct session *session_find(struct session_table *t, uint8_t media, uint16_t port);
// SESSION_DELIVERED, or the enum path_drop for which it was dropped. May take u->frame. Muxed RTCP
// is told apart inside (RFC 5761 section 4).
int session_receive(struct worker *w, struct session *s, struct rx_udp *u);
// Fetch what session_receive will touch (fetch.c). Called for a whole burst before its
// first receive: the first for each session as soon as it is found, the second, for what the
// session points at, when that has had time to arrive, the third, where the second asks for it,
// for what that points at.
void session_prefetch(const struct session *s);
bool session_prefetch_next(struct worker *w, const struct session *s);
void session_prefetch_last(struct worker *w, const struct session *s);
void session_command(struct worker *w, const struct gate_msg *m); // emits its DONE
void session_tick(struct worker *w, unsigned subslot);		  // all sessions of this sub-slot
// What waits in a session's ear goes on its way now.
void session_drain(struct worker *w, struct session *s);
// Payloads that other workers' sessions sent to ours (bridges across workers).
unsigned session_poll_peers(struct worker *w);

// --- called by engine.c, may allocate ---
int session_table_new(struct worker *w, uint32_t sessions, struct session_table **out);
void session_table_free(struct session_table *t);
uint32_t session_table_count(const struct session_table *t);
// Coders apart.
size_t session_table_bytes(uint32_t sessions, const struct mix_sizes *mix);
