// What was received goes to its session, in passes over a burst, so that what the memory of a
// session is wanted for is on its way when it is needed.
#include "engine/deliver.h"

#include "engine/net/rx.h"
#include "engine/net/rx_mbuf.h"
#include "engine/net/wire.h"
#include "engine/session/session.h"

// First pass: the session, so that its lines are on their way when they are needed.
static void deliver_find(struct worker *w, struct rx_packet *p)
{
	p->session = NULL;
	if (!p->frame || p->verdict != RX_UDP)
		return;
	p->session = session_find(w->sessions, p->hit.media, p->hit.port);
	if (p->session)
		session_prefetch(p->session);
}

// Second pass: by now the session says who its peer is and whether it listens.
static bool deliver_find_next(struct worker *w, const struct rx_packet *p)
{
	return p->session && session_prefetch_next(w, p->session);
}

// Third pass, where anybody listens: where in its jitter buffer the packet will go.
static void deliver_find_last(struct worker *w, const struct rx_packet *p)
{
	if (p->session)
		session_prefetch_last(w, p->session);
}

static void deliver_udp(struct worker *w, struct rx_packet *p)
{
	struct rx_udp u = {.data = rx_frame_bytes(p->frame) + p->hit.l4 + WIRE_UDP,
		.len = p->hit.len,
		.media = p->hit.media,
		.rtcp_port = p->hit.port & 1,
		.frame = rx_frame_may_go_on(p->frame) ? p->frame : NULL,
		.hit = &p->hit,
		.map = p->map};
	bool may_go_on;
	int verdict;

	if (!p->session) {
		worker_drop(w, DROP_SESSION_NONE);
		return;
	}
	may_go_on = u.frame != NULL;
	verdict = session_receive(w, p->session, &u);
	if (may_go_on)
		p->frame = u.frame;
	if (verdict == SESSION_DELIVERED)
		w->stats->delivered++;
	else
		worker_drop(w, (enum path_drop)verdict);
}

// Fourth pass.
static void deliver(struct worker *w, struct rx_packet *p)
{
	if (!p->frame)
		return;
	if (p->verdict == RX_UDP)
		deliver_udp(w, p);
	else
		rx_answer_other(w, p);
	rx_frame_done(p->frame);
}

static void deliver_burst(struct worker *w, struct rx_packet *packet, unsigned n)
{
	bool heard = false;

	for (unsigned i = 0; i < n; i++)
		deliver_find(w, &packet[i]);
	for (unsigned i = 0; i < n; i++)
		heard |= deliver_find_next(w, &packet[i]);
	for (unsigned i = 0; i < n && heard; i++)
		deliver_find_last(w, &packet[i]);
	for (unsigned i = 0; i < n; i++)
		deliver(w, &packet[i]);
}

static unsigned deliver_turn_max(const struct worker *w)
{
	unsigned most = session_table_count(w->sessions) * 3 / (2 * SUBSLOTS);

	if (most < RX_TURN_LEAST)
		return RX_TURN_LEAST;
	return most < RX_TURN_MAX ? most : RX_TURN_MAX;
}

static unsigned deliver_port(struct worker *w, unsigned port)
{
	unsigned n, taken = 0, most = deliver_turn_max(w);
	struct rx_packet *packet;

	do {
		n = rx_burst(w, port, &packet);
		deliver_burst(w, packet, n);
		taken += n;
	} while (n == RX_BURST && taken < most);
	return taken;
}

unsigned deliver_poll(struct worker *w)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < w->config->ports; i++)
		taken += deliver_port(w, i);
	return taken;
}

unsigned deliver_handed(struct worker *w)
{
	unsigned taken = 0, packets, n;
	struct rx_packet *packet;

	do {
		n = rx_handed(w, &packet, &packets);
		deliver_burst(w, packet, packets);
		taken += n;
	} while (n >= RX_BURST && taken < RX_TURN_MAX);
	return taken;
}
