// Bridges: what a session receives goes out at its peer. One BRIDGE is one direction.
//
// Packets of the length that the peer's far end wants are relayed on arrival, PCMU and PCMA into
// each other by table. Packets of another length take the way through jitter buffer and tick,
// where they are concealed and packed anew. In either way nothing is invented: a peer that sends
// nothing is silence on the wire, not packets of silence.
//
// A peer on another worker gets the payload by value through an SPSC ring per pair of workers.
// Both sides tell each other what they need (JOIN, LEAVE, SHAPE) by the same ring; JOIN is said
// again each second, so that a full ring costs sound and never the bridge.
#pragma once

#include "engine/rtp/rtp.h"
#include "engine/voice/session_state.h"

int bridge_rings_init(struct session_table *t, struct worker *w); // 0 or -ENOMEM
void bridge_rings_fini(struct session_table *t);
unsigned bridge_poll(struct worker *w); // what other workers sent: how many messages

int bridge_join(struct worker *w, struct session *s, gate_session peer);	 // 0 or -errno
int bridge_mix(struct worker *w, struct session *s, const struct gate_mix *mix); // 0 or -errno
// What still waits in its ear (IN_REPACK) is for the next peer, which is named in the same breath;
// a tick that finds none settles it.
void bridge_leave(struct worker *w, struct session *s);
void bridge_settle(struct worker *w, struct session *s);
// The session's own codec or packet length is new: its feeder must know.
void bridge_reshape(struct worker *w, struct session *s);
// Each second: keeps the feed of a peer on another worker alive, drops one that has died.
void bridge_refresh(struct worker *w, struct session *s);

void bridge_mix_tick(struct worker *w, unsigned subslot); // mixing bridges of this worker

// Sound that arrived. Decides whether it goes on at once or through the ear (IN_REPACK).
void bridge_sound(struct worker *w, struct session *s, const struct rtp_packet *p);
// A packet of that length will be the first one to go on at once: what waits in the ear goes first.
bool bridge_drains(const struct session *s, uint32_t len);
// 20 ms out of the ear, in each of the shapes that they may have.
void bridge_law(struct worker *w, struct session *s, const struct law_frame *f);
void bridge_octets(struct worker *w, struct session *s, const struct codec_octets *octets);
void bridge_samples(struct worker *w, struct session *s, const int16_t samples[FRAME_SAMPLES]);
// Payload of the session's codec may go to the peer as it is, since it has the same.
bool bridge_opaque(const struct session *s);
// A telephone-event that arrived; begun: the digit whose first packet this is, else 0.
void bridge_event(struct worker *w, struct session *s, const struct rtp_packet *p, char begun);
