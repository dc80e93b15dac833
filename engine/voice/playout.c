// Jitter buffer in, frames out.
#include "engine/voice/playout.h"

#include "dsp/codec.h"
#include "dsp/conceal.h"
#include "engine/base/check.h"
#include "engine/voice/coder.h"
#include "engine/voice/watch.h"

#define ABSENT_OVER_MS 60 // concealment has faded by then

static void stop(struct worker *w, struct session *s)
{
	struct session_table *t = w->sessions;
	char digit = dtmf_gate_digit(session_gate(t, s));

	if (digit)
		digits_end(&s->digits, DIGIT_INBAND, digit, session_ms(w));
	if (s->conceal != POOL_NONE) {
		pool_give(&t->conceals, s->conceal);
		s->conceal = POOL_NONE;
	}
	s->in_flags &= (uint16_t)~IN_EAR;
}

static void start(struct worker *w, struct session *s)
{
	struct session_table *t = w->sessions;
	struct jitter_config config = {
		.min_ms = s->jitter_min_ms,
		.max_ms = s->jitter_max_ms,
		.silence = codec_get(s->in_codec)->silence,
	};

	jitter_init(session_jitter(t, s), &config);
	bool coded = s->in_flags & IN_CODED;
	if (coded)
		coder_listen(w, s);
	(void)dtmf_gate_start(session_gate(t, s), coded ? CODER_LAW : s->in_codec);
	s->absent_ms = ABSENT_OVER_MS;
	s->in_flags |= IN_EAR;
	session_clock(t, s);
}

// A recording takes what arrives as it is, unless it has to be decoded.
static bool wanted(const struct session *s)
{
	uint16_t why = IN_COLLECT | IN_REPACK | IN_MASKED | IN_WATCHED |
		(s->in_flags & IN_CODED ? IN_TAPPED : 0);

	return (s->in_flags & IN_RECV) && (s->in_flags & why);
}

void playout_update(struct worker *w, struct session *s)
{
	struct session_table *t = w->sessions;
	bool want = wanted(s);

	if (want && !(s->in_flags & IN_EAR))
		start(w, s);
	if (!want && (s->in_flags & IN_EAR)) {
		stop(w, s);
		watch_end(w, s);
	}
	// Opus conceals by itself.
	if (want && (s->in_flags & IN_REPACK) && s->conceal == POOL_NONE &&
		s->in_codec != CODEC_OPUS) {
		s->conceal = pool_take(&t->conceals); // none: losses are silence
		if (s->conceal != POOL_NONE)
			(void)conceal_init(t->conceal_mem + s->conceal * t->conceal_bytes);
	}
}

void playout_restart(struct worker *w, struct session *s)
{
	if (s->in_flags & IN_EAR)
		stop(w, s);
	playout_update(w, s);
}

enum jitter_put playout_put(struct worker *w, struct session *s, const struct rtp_packet *p)
{
	struct jitter_sound sound = {
		.ssrc = p->line, .ts = p->ts, .payload = p->payload, .len = p->len};

	if (s->in_codec == CODEC_OPUS)
		return coder_put(w, s, p);
	return jitter_put(session_jitter(w->sessions, s), &sound, session_ms64(w));
}

uint32_t playout_ts(struct worker *w, const struct session *s, const struct rtp_packet *p)
{
	if (s->in_codec != CODEC_OPUS)
		return p->ts;
	return jitter_packets_ts(&coder_of(w->sessions, s)->packets);
}

// Takes down what was there and what was not.
static void settle(struct session *s, struct frame_head *h, uint32_t present)
{
	h->present = present;
	h->over = false;
	if (present == FRAME_WHOLE) {
		s->absent_ms = 0;
		return;
	}
	uint32_t absent_ms = TICK_MS - (uint32_t)__builtin_popcount(present);
	h->over = present == 0 && s->absent_ms >= ABSENT_OVER_MS;
	if (!h->over)
		s->concealed_ms += absent_ms;
	if (present)
		s->absent_ms = (uint16_t)absent_ms;
	else if (s->absent_ms < UINT16_MAX - TICK_MS)
		s->absent_ms += TICK_MS;
}

bool playout_pull(struct worker *w, struct session *s, struct law_frame *f)
{
	struct jitter *j = session_jitter(w->sessions, s);

	check(!(s->in_flags & IN_CODED));
	if (!j->running)
		return false;
	f->law = s->in_codec;
	settle(s, &f->head, jitter_pull(j, session_ms64(w), f->bytes));
	return true;
}

bool playout_pull_coded(struct worker *w, struct session *s, struct coded_frame *f)
{
	struct jitter *j = session_jitter(w->sessions, s);
	uint64_t now_ms = session_ms64(w);

	check(s->in_flags & IN_CODED);
	if (!j->running)
		return false;
	f->codec = s->in_codec;
	if (f->codec == CODEC_OPUS)
		settle(s, &f->head, jitter_packets_pull(j, now_ms, &f->opus));
	else
		settle(s, &f->head, jitter_pull(j, now_ms, f->octets.bytes));
	return true;
}
