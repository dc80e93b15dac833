// Sessions: a voice in the engine. One UDP port pair of a media address is one session; the
// port table finds it without a hash. A session belongs to one worker from open to close.
//
// struct session is laid out hot part first: what a relayed packet touches, then what a tick
// touches, then what commands touch.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/worker.h"

struct session;
struct rte_mbuf;
struct rx_hit;
struct rx_map;

// An arrived UDP payload. Nothing of it may be kept: the frame goes back to its pool.
struct rx_udp {
	uint8_t *data; // may be altered in place
	uint32_t len;
	struct addr from; // filled in by session_receive where hit is given
	uint8_t media;
	bool rtcp_port;		  // came to the odd port
	struct rte_mbuf *mbuf;	  // its frame, if it may be sent on; NULL: not, or it was
	const struct rx_hit *hit; // where it lies in the frame
	const struct rx_map *map; // NULL: its checksum is known to be right
};

#define SESSION_DELIVERED (-1)

// --- called by rx.c and worker.c ---
struct session *session_find(struct session_table *t, uint8_t media, uint16_t port); // NULL: none
// SESSION_DELIVERED, or the enum path_drop for which it was dropped. May take u->mbuf. Muxed RTCP
// is told apart inside (RFC 5761 section 4).
int session_receive(struct worker *w, struct session *s, struct rx_udp *u);
// Fetch what session_receive will touch (session_fetch.c). Called for a whole burst before its
// first receive: the first for each session as soon as it is found, the second, for what the
// session points at, when that has had time to arrive, the third, where the second asks for it,
// for what that points at.
void session_prefetch(const struct session *s);
bool session_prefetch_next(struct worker *w, const struct session *s);
void session_prefetch_last(struct worker *w, const struct session *s);
void session_command(struct worker *w, const struct gate_msg *m); // emits its DONE
void session_tick(struct worker *w, unsigned subslot);		  // all sessions of this sub-slot
// Payloads that other workers' sessions sent to ours (bridges across workers).
unsigned session_poll_peers(struct worker *w);

// --- called by engine.c, may allocate ---
int session_table_new(struct worker *w, uint32_t sessions, struct session_table **out);
void session_table_free(struct session_table *t);
uint32_t session_table_count(const struct session_table *t);
size_t session_table_bytes(uint32_t sessions); // coders apart
