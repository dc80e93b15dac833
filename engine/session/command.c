// Commands of control: each is done at once and answered with one DONE.
#include <errno.h>
#include <string.h>

#include "dsp/codec.h"
#include "engine/bridge/bridge.h"
#include "engine/bridge/mask.h"
#include "engine/digits/collect.h"
#include "engine/digits/dial.h"
#include "engine/digits/mute.h"
#include "engine/rtp/judge.h"
#include "engine/session/live.h"
#include "engine/session/session.h"
#include "engine/session/table.h"
#include "engine/voice/coder.h"
#include "engine/voice/encode.h"
#include "engine/voice/notice.h"
#include "engine/voice/playout.h"
#include "engine/voice/prompt.h"
#include "engine/voice/report.h"
#include "engine/voice/tap_side.h"
#include "engine/voice/watch.h"

static void done(struct worker *w, const struct gate_msg *command, int error)
{
	struct gate_msg m = {
		.head = {.kind = GATE_DONE,
			.ticket = command->head.ticket,
			.session = command->head.session},
		.done = {.error = error, .command = command->head.kind},
	};

	worker_emit(w, &m);
}

static void open_session(struct worker *w, const struct gate_msg *m)
{
	struct gate_msg answer = {.head = {.kind = GATE_DONE, .ticket = m->head.ticket}};
	int error;
	struct session *s = session_take(w, m->open.media, &error);

	answer.done.command = GATE_OPEN;
	answer.done.error = error;
	if (s) {
		s->opened_ns = w->now_ns;
		s->rx_ms = session_ms(w);
		s->level_dbm0 = -128;
		digits_init(&s->digits);
		rtp_out_init(&s->out, rng_u64(&w->sessions->rng));
		report_init(s);
		s->rx.line = (uint32_t)rng_u64(&w->sessions->rng);
		encode_set_ptime(w->sessions, s, TICK_MS);
		session_live_write(w, s, false);
		answer.head.session = s->handle;
		answer.done.local = w->config->medium[s->media].ip;
		answer.done.local.port = s->port;
	}
	worker_emit(w, &answer);
}

static void close_session(struct worker *w, struct session *s, const struct gate_msg *m)
{
	struct gate_msg closed = {0};

	prompt_stop(w, s, PLAYED_STOPPED);
	tap_side_stop(w, s);
	bridge_leave(w, s);
	report_bye(w, s);
	session_live_write(w, s, true);
	done(w, m, 0);
	notice_emit(w, s, GATE_CLOSED, &closed);
	session_give(w, s);
}

static bool has_address(const struct addr *a)
{
	static const uint8_t none[16];

	return a->family != ADDR_NONE && a->port != 0 && memcmp(a->ip, none, sizeof(none)) != 0;
}

static int check_remote(
	const struct worker *w, const struct session *s, const struct gate_remote *r)
{
	static const uint8_t ptimes[] = {10, 20, 30, 40, 60};

	if (!codec_get(r->codec) || (r->event_pt != 0 && r->event_pt == r->pt))
		return -EINVAL;
	if (!memchr(ptimes, r->ptime_ms, sizeof(ptimes)))
		return -EINVAL;
	if (r->rtp.family != ADDR_NONE && r->rtp.family != w->config->medium[s->media].ip.family)
		return -EAFNOSUPPORT;
	return 0;
}

static void set_direction(struct worker *w, struct session *s, uint8_t direction)
{
	bool sent = s->out_flags & OUT_SEND;

	s->in_flags &= (uint16_t)~IN_RECV;
	s->in_flags |= direction & GATE_RECV ? IN_RECV : 0;
	s->out_flags &= (uint16_t)~OUT_SEND;
	s->out_flags |= direction & GATE_SEND ? OUT_SEND : 0;
	s->rx_ms = session_ms(w); // the time-out counts from now: who asked for this is there
	s->in_flags &= (uint16_t)~IN_LOST;
	if (!sent)
		s->send_ns = w->now_ns;
	if (!(s->out_flags & OUT_SEND))
		rtp_out_pause(&s->out);
}

static int set_codec(struct worker *w, struct session *s, const struct gate_msg *m)
{
	uint32_t scale = codec_clock_scale(m->remote.codec);
	int error = coder_set(w, s, m->remote.codec);

	if (error)
		return error;
	coder_shape(w, s, m->head.flags & (REMOTE_FEC | REMOTE_DTX));
	uint32_t source = s->out.ssrc;
	if (s->out.scale != scale)
		dial_cut_event(s);
	rtp_out_scale(&s->out, scale, rng_u64(&w->sessions->rng));
	if (s->out.ssrc != source)
		report_new_source(s);
	return 0;
}

static void set_types(struct session *s, const struct gate_msg *m)
{
	const struct gate_remote *r = &m->remote;
	bool own = m->head.flags & REMOTE_RX_TYPES;
	bool events_8k = s->in_flags & IN_EVENT_8K;

	s->out_pt = r->pt;
	s->out_event_pt = r->event_pt;
	s->in_pt = own ? r->rx_pt : r->pt;
	s->in_event_pt = own ? r->rx_event_pt : r->event_pt;
	if (s->in_event_pt == s->in_pt)
		s->in_event_pt = 0;
	s->in_flags &= (uint16_t)~IN_EVENT_8K;
	s->in_flags |= m->head.flags & REMOTE_EVENT_8K ? IN_EVENT_8K : 0;
	if (s->out_event_pt == 0 || events_8k != !!(s->in_flags & IN_EVENT_8K))
		dial_cut_event(s);
}

static int set_remote(struct worker *w, struct session *s, const struct gate_msg *m)
{
	const struct gate_remote *r = &m->remote;
	int error = check_remote(w, s, r);
	bool first = !(s->in_flags & IN_REMOTE), known = has_address(&r->rtp);
	bool recoded = s->in_codec != r->codec;

	if (!error)
		error = set_codec(w, s, m);
	if (error)
		return error;
	set_types(s, m);
	s->rtp_timeout_s = r->rtp_timeout_s;
	s->jitter_min_ms = r->jitter_min_ms;
	s->jitter_max_ms = r->jitter_max_ms;
	s->in_flags |= IN_REMOTE;
	if (known) {
		bool moved = learn_start(
			&s->source, &r->rtp, m->head.flags & REMOTE_ANYWHERE, session_ms(w));
		s->in_flags &= (uint16_t)~IN_LOCKED;
		if (moved || first)
			tx_path_set(&s->path, s->media, s->port, learn_to(&s->source));
		report_remote(w, s, &r->rtcp);
	}
	// An address of zeros is the old way to say hold (RFC 3264 section 8.4).
	set_direction(w, s, known ? r->direction : r->direction & (uint8_t)~GATE_SEND);
	encode_set_ptime(w->sessions, s, r->ptime_ms);
	if (recoded) {
		judge_reclock(&s->rx);
		playout_restart(w, s);
	} else {
		playout_update(w, s);
	}
	bridge_reshape(w, s);
	return 0;
}

// What a suite would need is here; none is served yet, and plain RTP needs none.
static int set_keys(const struct gate_keys *k)
{
	if (k->direction != GATE_SEND && k->direction != GATE_RECV)
		return -EINVAL;
	if (k->suite == 0)
		return k->bytes == 0 ? 0 : -EINVAL;
	return k->bytes > 0 && k->bytes <= GATE_KEY_MAX ? -EOPNOTSUPP : -EINVAL;
}

static int take_info(struct worker *w, struct session *s, const struct gate_digit *d)
{
	struct collect_digit c = {DIGIT_INFO, d->digit, d->duration_ms};

	if (event_code(d->digit) < 0)
		return -EINVAL;
	collect_begin(w, s, &c);
	return 0;
}

static int collect(struct worker *w, struct session *s, bool on)
{
	s->in_flags = (uint16_t)(on ? s->in_flags | IN_COLLECT : s->in_flags & ~IN_COLLECT);
	playout_update(w, s);
	return 0;
}

static int watch(struct worker *w, struct session *s, const struct gate_watch *how)
{
	int error = watch_set(s, how);

	playout_update(w, s);
	return error;
}

static int record(struct worker *w, struct session *s, const struct gate_record *r)
{
	int error = 0;

	if (r->on)
		error = tap_side_start(w, s, r);
	else
		tap_side_stop(w, s);
	playout_update(w, s);
	return error;
}

static int unbridge(struct worker *w, struct session *s, gate_session peer)
{
	if (s->to.peer == peer || peer == 0)
		bridge_leave(w, s);
	return 0; // bridged elsewhere by now: what was asked for is so already
}

static int stop(struct worker *w, struct session *s)
{
	prompt_stop(w, s, PLAYED_STOPPED);
	dial_stop(s);
	return 0;
}

static int run(struct worker *w, struct session *s, const struct gate_msg *m)
{
	switch ((enum gate_kind)m->head.kind) {
	case GATE_REMOTE:
		return set_remote(w, s, m);
	case GATE_KEYS:
		return set_keys(&m->keys);
	case GATE_PLAY:
		return prompt_play(w, s, m);
	case GATE_STOP:
		return stop(w, s);
	case GATE_COLLECT:
		return collect(w, s, m->collect.on);
	case GATE_MASK:
		return mask_set(w, s, m->mask.on);
	case GATE_WATCH:
		return watch(w, s, &m->watch);
	case GATE_INFO_DIGIT:
		return take_info(w, s, &m->digit);
	case GATE_SEND_DIGITS:
		return dial_add(s, m->digits.digits, m->digits.on_ms, m->digits.off_ms);
	case GATE_BRIDGE:
		return bridge_join(w, s, m->bridge.peer);
	case GATE_UNBRIDGE:
		return unbridge(w, s, m->bridge.peer);
	case GATE_MIX:
		return bridge_mix(w, s, &m->mix);
	case GATE_RECORD:
		return record(w, s, &m->record);
	case GATE_TONE:
		return prompt_tone(w, s, m->tone.tone);
	default:
		return -EINVAL;
	}
}

void session_command(struct worker *w, const struct gate_msg *m)
{
	if (m->head.kind == GATE_OPEN) {
		open_session(w, m);
		return;
	}
	struct session *s = session_get(w->sessions, w, m->head.session);
	if (!s) {
		done(w, m, -ESTALE);
		return;
	}
	if (m->head.kind == GATE_CLOSE) {
		close_session(w, s, m);
		return;
	}
	int error = run(w, s, m);
	mask_settle(w, s);
	mute_settle(w->sessions, s);
	done(w, m, error);
	session_clock(w->sessions, s); // its next tick sees whether there is anything to do
}
