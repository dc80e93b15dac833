// Housekeeping: live block, RTP time-out, reports, bridges.
#include "engine/session/live.h"

#include "engine/bridge/bridge.h"
#include "engine/voice/notice.h"
#include "engine/voice/report.h"

static void fill(struct worker *w, const struct session *s, struct gate_live *l)
{
	const struct report *r = &s->report;
	uint32_t scale = codec_clock_scale(s->in_codec);

	*l = (struct gate_live){
		.session = s->handle,
		.local = w->config->medium[s->media].ip,
		.remote = *learn_to(&s->source),
		.opened_ns = s->opened_ns,
		.rx_packets = s->rx_packets,
		.rx_bytes = s->rx_bytes,
		.rx_lost = rtp_rx_lost(&s->rx),
		.rx_late = s->rx_late,
		.rx_duplicate = s->rx.duplicate,
		.rx_reordered = s->rx.reordered,
		.rx_dropped = s->rx_dropped,
		.rx_moves = s->rx_moves,
		.tx_packets = s->out.packets,
		.tx_bytes = s->out.bytes,
		.concealed_ms = s->concealed_ms,
		.jitter_us = rtp_rx_jitter_us(&s->rx) / scale,
		.round_trip_us = r->round_trip_us,
		.far_lost = r->far_lost,
		.far_jitter_us = r->far_jitter * 125 / scale,
		.rx_ssrc = s->rx.ssrc,
		.tx_ssrc = s->out.ssrc,
		.codec = s->out_codec,
		.far_fraction_lost = r->far_fraction_lost,
		.locked = s->source.state == LEARN_LOCKED,
		.speaks = (s->in_flags & IN_SPEAKS) != 0,
		.rx_level_dbm0 = s->in_flags & IN_EAR ? s->level_dbm0 : -128,
		.direction = (uint8_t)((s->out_flags & OUT_SEND ? GATE_SEND : 0) |
			(s->in_flags & IN_RECV ? GATE_RECV : 0)),
		.digits = s->digits_count,
	};
	l->local.port = s->port;
}

void session_live_write(struct worker *w, const struct session *s, bool closed)
{
	struct gate_live l;

	fill(w, s, &l);
	l.closed = closed;
	if (s->in_flags & IN_EAR) {
		const struct jitter *j = session_jitter(w->sessions, s);
		l.jitter_delay_ms = (uint16_t)jitter_delay_ms(j);
		l.skipped_ms = j->counts.skipped;
	}
	gate_live_write(w->gate, w->id, s->slot, &l);
}

static void watch_silence(struct worker *w, struct session *s)
{
	uint32_t silent_ms = session_ms(w) - s->rx_ms;
	struct gate_msg m = {0};

	if (s->rtp_timeout_s == 0 || !(s->in_flags & IN_REMOTE) || (s->in_flags & IN_LOST))
		return;
	if (silent_ms < s->rtp_timeout_s * 1000u)
		return;
	s->in_flags |= IN_LOST;
	m.rtp.silent_ms = silent_ms;
	notice_emit(w, s, GATE_RTP_LOST, &m);
}

void session_live_turn(struct worker *w, struct session *s)
{
	report_turn(w, s);
	if (++s->turns < LIVE_TURNS_PER_S)
		return;
	s->turns = 0;
	watch_silence(w, s);
	bridge_refresh(w, s);
	session_live_write(w, s, false);
}
