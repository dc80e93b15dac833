// Reports between a session and its far end.
#include "engine/voice/report.h"

#include <string.h>

#include "engine/base/clock.h"
#include "engine/net/rx_udp.h"

#define LOOP_MS 10000 // who has our new SSRC so soon sends us our own packets

void report_init(struct session *s)
{
	s->report = (struct report){.first = true};
}

void report_new_source(struct session *s)
{
	s->report.packets_before = s->out.packets;
	s->report.packets_then = s->report.packets_earlier = s->out.packets;
	s->report.bytes_before = s->out.bytes;
}

// The same at each call, and nobody's else.
static void write_cname(const struct worker *w, const struct session *s, uint8_t *out)
{
	struct rng rng;

	rng_seed(&rng, w->sessions->cname_seed ^ s->handle);
	rtcp_cname(out, &rng);
}

static void schedule(struct worker *w, struct session *s)
{
	uint32_t ms = rtcp_interval_ms(s->report.first, &w->sessions->rng);

	s->report.first = false;
	s->report.due_ms = (session_ms(w) + ms) | 1; // 0: never
}

void report_remote(struct worker *w, struct session *s, const struct addr *rtcp)
{
	struct report *r = &s->report;

	s->out_flags &= (uint16_t) ~(OUT_REPORTS | OUT_MUX);
	if (rtcp->port == 0) {
		learn_rtcp_start(&r->source, &(struct addr){0});
		return;
	}
	s->out_flags |= OUT_REPORTS;
	if (learn_same(rtcp, &s->source.told))
		s->out_flags |= OUT_MUX;
	learn_rtcp_start(&r->source, rtcp);
	if (r->due_ms == 0)
		schedule(w, s);
}

// RTCP to the RTP port comes from where RTP comes from; to its own port see learn_rtcp_take.
static bool known_source(struct session *s, const struct rx_udp *u)
{
	if (!u->rtcp_port)
		return learn_same(&u->from, learn_to(&s->source));
	return learn_rtcp_take(&s->report.source, &s->source, &u->from);
}

int report_receive(struct worker *w, struct session *s, const struct rx_udp *u)
{
	struct report *r = &s->report;
	struct rtcp_info info;

	if (rtcp_parse(u->data, u->len, s->out.ssrc, &info))
		return DROP_RTCP_HEADER;
	if (!(s->in_flags & IN_REMOTE) || !known_source(s, u))
		return DROP_RTCP_STRANGER;
	if (info.ssrc == s->out.ssrc)
		report_collision(w, s);
	if (info.sender) {
		r->lsr = info.ntp_mid;
		r->lsr_came = rtcp_ntp_mid(w->now_ns);
	}
	if (info.reported) {
		uint32_t us = rtcp_round_trip_us(&info.block, w->now_ns);
		if (us)
			r->round_trip_us = us;
		r->far_lost = info.block.lost > 0 ? (uint32_t)info.block.lost : 0;
		r->far_jitter = info.block.jitter;
		r->far_fraction_lost = info.block.fraction_lost;
	}
	return SESSION_DELIVERED;
}

static void send(struct worker *w, struct session *s, bool bye)
{
	struct report *r = &s->report;
	struct tx_path own, *path = &s->path; // made for a packet in five seconds, and not kept
	struct rtcp_out o = {
		.ssrc = s->out.ssrc,
		.now_ns = w->now_ns,
		.sender = s->out.packets != r->packets_earlier, // section 6.4
		.ts = rtp_out_ts(&s->out, w->now_ns),
		.packets = s->out.packets - r->packets_before,
		.bytes = s->out.bytes - r->bytes_before,
		.bye = bye,
		.lsr = r->lsr,
	};

	if (!(s->out_flags & OUT_MUX)) {
		path = &own;
		tx_path_set(path, s->media, s->port + 1, learn_rtcp_to(&r->source));
	}
	uint8_t *room = tx_room(w, path, RTCP_BYTES_MAX);
	if (!room)
		return;
	o.reports = rtp_rx_report(&s->rx, &o.report);
	if (r->lsr)
		o.dlsr = rtcp_ntp_mid(w->now_ns) - r->lsr_came;
	write_cname(w, s, o.cname);
	r->packets_earlier = r->packets_then;
	r->packets_then = s->out.packets;
	r->sent = true;
	tx_commit(w, path, rtcp_write(room, &o));
}

void report_turn(struct worker *w, struct session *s)
{
	if (!(s->out_flags & OUT_REPORTS) || (int32_t)(session_ms(w) - s->report.due_ms) < 0)
		return;
	send(w, s, false);
	schedule(w, s);
}

void report_bye(struct worker *w, struct session *s)
{
	if ((s->out_flags & OUT_REPORTS) && (s->out.packets > 0 || s->report.sent))
		send(w, s, true);
}

void report_collision(struct worker *w, struct session *s)
{
	struct report *r = &s->report;
	bool loop = r->collided && session_ms(w) - r->collided_ms < LOOP_MS;

	r->collided = true;
	r->collided_ms = session_ms(w);
	if (loop)
		return;
	report_bye(w, s);
	rtp_out_renew(&s->out, rng_u64(&w->sessions->rng));
	report_new_source(s);
}
