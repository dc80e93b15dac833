// RTCP of a session: reports sent and taken.
#pragma once

#include "engine/voice/session_state.h"

struct rx_udp;

void report_init(struct session *s);
// What is sent is another source from now on.
void report_new_source(struct session *s);
// The far end's RTCP address as SDP told it; port 0: none is sent.
void report_remote(struct worker *w, struct session *s, const struct addr *rtcp);
int report_receive(struct worker *w, struct session *s, const struct rx_udp *u);
void report_turn(struct worker *w, struct session *s); // sends one when it is due
void report_bye(struct worker *w, struct session *s);
// The far end has our SSRC too: we leave it for another (RFC 3550 section 8.2), unless it is our
// own packets that come back.
void report_collision(struct worker *w, struct session *s);
