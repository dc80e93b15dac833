// What a sequence number and a timestamp say together.
#include "engine/rtp/judge.h"

#define DROPOUT_MAX 3000  // sequence numbers ahead that are a gap and not a jump
#define OVERLAP_MS  40	  // that a timestamp may be before the end of the sound before it
#define OLD_MS	    10000 // and that of a packet which came twice or late
#define BEHIND_MS   1000  // the clock: that one which begins new numbers may be
#define PACE_MS	    100	  // between what a number and a timestamp say that is overtaken
#define SILENT_MS   30	  // nothing newer came for so long, of packets far back,
#define REPEAT_MS   200	  // and of duplicates
#define PAUSE_MS    250	  // behind, of a far end that paused
#define SETTLE_MS   300	  // that packets stay behind before they are known to stay

// What the timestamp says of a packet of sound, in timestamp units.
struct stand {
	int32_t step;	  // from the end of the newest sound to its begin
	int32_t lag;	  // behind the quickest packets; negative: before them
	uint32_t elapsed; // since the newest sound came
};

static struct stand stand_of(
	const struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	return (struct stand){
		.step = (int32_t)(p->ts - r->end_ts),
		.lag = (int32_t)(a->came - p->ts - r->least_transit),
		.elapsed = a->came - r->came,
	};
}

static int32_t ms(const struct judge_arrival *a, uint32_t n)
{
	return (int32_t)(n * a->per_ms);
}

static bool is_timed(const struct rtp_rx *r, const struct judge_arrival *a)
{
	return r->timed && a->kind == JUDGE_SOUND;
}

// --- what begins ---

// Numbers are counted anew.
static void run_begin(struct rtp_rx *r, const struct rtp_packet *p)
{
	r->lost_before = rtp_rx_lost(r);
	r->ssrc = p->ssrc;
	r->running = true;
	r->run++;
	r->base_seq = p->seq;
	r->max_seq = p->seq;
	r->cycles = 0;
	r->bad_seq = RTP_SEQ_MOD; // none
	r->history = 1;
	r->beside = false;
	r->received = 1;
	r->expected_prior = 0;
	r->received_prior = 0;
}

static void time_begin(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	if (a->kind != JUDGE_SOUND)
		return;
	r->timed = true;
	r->lagging = false;
	r->end_ts = p->ts + a->units;
	r->came = a->came;
	r->least_transit = a->came - p->ts;
}

static void line_begin(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	r->line++;
	r->timed = false;
	r->transit_known = false;
	time_begin(r, p, a);
}

// The newest sound of its line.
static void time_move(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	r->end_ts = p->ts + a->units;
	r->came = a->came;
}

// --- time ---

// Looks at how far behind packets are. True: they stay behind since a silence that was as long,
// which is a far end that paused. A network catches up.
static bool stays_behind(struct rtp_rx *r, const struct stand *s, const struct judge_arrival *a)
{
	if (s->lag < 0)
		r->least_transit += (uint32_t)s->lag;
	if (s->lag <= ms(a, JUDGE_LAG_MS)) {
		r->lagging = false;
		return false;
	}
	if (!r->lagging || s->elapsed > 2 * (uint32_t)ms(a, JUDGE_LAG_MS) + a->units) {
		r->lagging = true;
		r->paused = s->elapsed >= (uint32_t)ms(a, PAUSE_MS) &&
			s->elapsed >= (uint32_t)s->lag / 2;
		r->lag_since = a->came;
		r->lag_then = r->lag_least = s->lag;
		return false;
	}
	if (s->lag < r->lag_least)
		r->lag_least = s->lag;
	uint32_t passed = a->came - r->lag_since;
	if (passed < (uint32_t)ms(a, SETTLE_MS))
		return false;
	if ((r->lag_then - s->lag) * 4 >= (int32_t)passed) { // it catches up
		r->paused = false;
		r->lag_since = a->came;
		r->lag_then = r->lag_least = s->lag;
		return false;
	}
	r->lagging = false;
	if (r->paused && r->lag_least > ms(a, PAUSE_MS))
		return true;
	r->least_transit += (uint32_t)r->lag_least; // a longer way, or a slow clock
	return false;
}

// Whether the timestamp of sound that comes in order begins anew.
static bool time_breaks(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	struct stand s = stand_of(r, p, a);
	int64_t most = (int64_t)s.elapsed + ms(a, JUDGE_LEAP_MS);

	if (s.step < -ms(a, OVERLAP_MS))
		return true;
	if (s.lag < -ms(a, JUDGE_LEAP_MS) && s.step > most)
		return true;
	if (p->marker && s.lag > ms(a, PAUSE_MS) && s.elapsed >= (uint32_t)s.lag / 2)
		return true;
	return stays_behind(r, &s, a);
}

void judge_reclock(struct rtp_rx *r)
{
	r->line++;
	r->timed = r->transit_known = r->lagging = false;
}

// --- numbers ---

static enum judge_order in_order(
	struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a, uint16_t ahead)
{
	if (p->seq < r->max_seq)
		r->cycles += RTP_SEQ_MOD;
	r->max_seq = p->seq;
	r->history = ahead < RTP_HISTORY ? r->history << ahead | 1 : 1;
	r->received++;
	r->bad_seq = RTP_SEQ_MOD;
	r->beside = a->kind != JUDGE_SOUND;
	if (a->kind == JUDGE_SOUND && !r->timed) {
		time_begin(r, p, a);
	} else if (a->kind == JUDGE_SOUND && time_breaks(r, p, a)) {
		line_begin(r, p, a);
		r->history = UINT64_MAX; // what is still on its way is of the line before
		return JUDGE_RETIMED;
	} else if (a->kind == JUDGE_SOUND) {
		time_move(r, p, a);
	}
	return ahead == 1 ? JUDGE_NEXT : JUDGE_GAP;
}

// A number a few behind: whether the timestamp agrees that this is old.
static bool agrees(const struct rtp_rx *r, const struct rtp_packet *p,
	const struct judge_arrival *a, bool seen)
{
	if (!is_timed(r, a))
		return true;
	struct stand s = stand_of(r, p, a);
	int64_t oldest = -(int64_t)ms(a, OLD_MS) - (int64_t)RTP_HISTORY * a->units;
	if (s.step >= 0)
		return !seen && r->beside && s.lag >= -ms(a, JUDGE_LEAP_MS);
	return s.step >= oldest;
}

static enum judge_order behind(
	struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a, uint64_t bit)
{
	if (r->history & bit) {
		r->duplicate++;
		r->bad_seq = (p->seq + 1u) & (RTP_SEQ_MOD - 1);
		return JUDGE_DUPLICATE;
	}
	r->history |= bit;
	r->received++;
	r->reordered++;
	if (is_timed(r, a) && (int32_t)(p->ts - r->end_ts) >= 0) { // behind an event
		r->beside = false;
		time_move(r, p, a);
	}
	return JUDGE_LATE;
}

// Duplicates in a row, and nothing else for long: a loop that sends the same again.
static bool is_loop(
	const struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	return is_timed(r, a) && p->seq == r->bad_seq &&
		a->came - r->came >= (uint32_t)ms(a, REPEAT_MS) + 2 * a->units;
}

// Whether the sound is what comes next by the clock.
static bool goes_on(
	const struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	if (!is_timed(r, a))
		return false;
	struct stand s = stand_of(r, p, a);
	return s.step >= 0 && s.lag >= -ms(a, JUDGE_LEAP_MS) && s.lag <= ms(a, BEHIND_MS);
}

// As far behind in time as in numbers.
static bool is_old(const struct rtp_rx *r, const struct rtp_packet *p,
	const struct judge_arrival *a, uint32_t behind)
{
	if (!is_timed(r, a) || behind >= DROPOUT_MAX)
		return false;
	int64_t step = (int32_t)(p->ts - r->end_ts);
	return step < 0 && step <= -(int64_t)a->units * behind / 2;
}

// The same, and to a tenth of a second so: what the network brought in wild disorder.
static bool is_overtaken(const struct rtp_rx *r, const struct rtp_packet *p,
	const struct judge_arrival *a, uint32_t behind)
{
	int64_t off = (int32_t)(p->ts - r->end_ts) + (behind + 1) * (int64_t)a->units;

	return is_old(r, p, a, behind) && off >= -ms(a, PACE_MS) && off <= ms(a, PACE_MS);
}

// A.1's last case. Sequence numbers that do not fit.
static enum judge_order far(struct rtp_rx *r, const struct rtp_packet *p,
	const struct judge_arrival *a, uint32_t behind)
{
	bool on = goes_on(r, p, a), confirmed = p->seq == r->bad_seq;

	if (confirmed && is_old(r, p, a, behind))
		confirmed = a->came - r->came >= (uint32_t)ms(a, SILENT_MS);
	if (!on && !confirmed) {
		r->bad_seq = (p->seq + 1u) & (RTP_SEQ_MOD - 1);
		if (is_overtaken(r, p, a, behind)) {
			r->received++;
			r->reordered++;
			return JUDGE_OLD;
		}
		r->jumped++;
		return JUDGE_STRAY;
	}
	run_begin(r, p);
	if (on) {
		struct stand s = stand_of(r, p, a);
		(void)stays_behind(r, &s, a);
		time_move(r, p, a);
		return JUDGE_RENUMBERED;
	}
	if (a->kind != JUDGE_SOUND)
		return JUDGE_RENUMBERED;
	line_begin(r, p, a);
	return JUDGE_RESTARTED;
}

enum judge_order judge(struct rtp_rx *r, const struct rtp_packet *p, const struct judge_arrival *a)
{
	if (!r->running || r->ssrc != p->ssrc) {
		run_begin(r, p);
		r->jitter_16 = 0;
		line_begin(r, p, a);
		return JUDGE_SOURCE;
	}
	uint16_t ahead = p->seq - r->max_seq;
	if (ahead > 0 && ahead < DROPOUT_MAX)
		return in_order(r, p, a, ahead);
	uint32_t back = ahead ? RTP_SEQ_MOD - ahead : 0;
	uint64_t bit = back < RTP_HISTORY ? 1ull << back : 0;
	bool seen = r->history & bit;
	if (bit && agrees(r, p, a, seen) && !(seen && is_loop(r, p, a)))
		return behind(r, p, a, bit);
	return far(r, p, a, back);
}
