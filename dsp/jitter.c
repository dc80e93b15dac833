// The ring, its time line, and the two doors: put and pull.
#include "dsp/jitter.h"

#include <stddef.h>
#include <string.h>

#include "dsp/codec.h"

#define STALL_MS   60	// pulls that are so late were missed
#define DRY_MS	   100	// after so long without sound a packet begins a talkspurt
#define JUMP_MS	   60	// a hole that wide at the ring's end is a jump, not loss
#define STRAY_MS   40	// late sound that keeps its pace so long is a new time line
#define BACK_MS	   60	// the same when newer sound was played already
#define STRAYS	   3	// packets, at least
#define PACE_MS	   20	// what may lie between their pace and the clock
#define GUARD_MS   10	// margin that the slowest packet keeps
#define SLACK_MS   15	// delay over the least one that is let be
#define LATE_MS	   2000 // two packets lost by lateness within that time: wait longer
#define SKIP_MS	   200	// between two skips in sound
#define PART_MS	   60	// bits of a word
#define QUIET_CODE 16	// G.711 magnitudes up to that are quiet, about -45 dBm0
#define FRAME_BITS ((1u << TICK_MS) - 1)

static uint8_t *ring_at(struct jitter *j, int64_t at)
{
	return j->ring + at % JITTER_MS * JITTER_BYTES_PER_MS;
}

static int64_t ticks_down(int64_t ms)
{
	return (ms >= 0 ? ms : ms - (TICK_MS - 1)) / TICK_MS * TICK_MS;
}

static int64_t ticks_up(int64_t ms)
{
	return -ticks_down(-ms);
}

// From an arrival at now until the pull that needs the position; negative: that pull has been.
static int64_t margin_of(const struct jitter *j, int64_t at, uint64_t now_ms)
{
	return (int64_t)(j->due_ms - now_ms) + TICK_MS * j->hold + ticks_down(at - j->play_ms);
}

// What a packet that begins a stream or talkspurt should wait: the spread of arrivals, less what
// it is behind the quickest ones.
static int64_t aim_ms(const struct jitter *j, int64_t margin_ms)
{
	struct margin_range range = margin_range(&j->margin, MARGIN_SPANS);
	int64_t spread = range.known ? range.most - range.least + GUARD_MS : 0;
	int64_t behind = range.known && range.most > margin_ms ? range.most - margin_ms : 0;
	int64_t aim = (spread < j->max_ms ? spread : j->max_ms) - behind;

	return aim > j->min_ms ? aim : j->min_ms;
}

// Moves the play-out point on over ms, whole ticks; what lay there is dropped.
static void advance(struct jitter *j, int64_t ms)
{
	int64_t end = j->play_ms + ms;

	// Twice around the ring wipes both maps, however long it was.
	if (ms > 2 * JITTER_MS)
		j->play_ms = end - 2 * JITTER_MS;
	while (j->play_ms < end) {
		uint64_t have = bits_get(j->present, j->play_ms, TICK_MS);

		j->counts.skipped += (uint32_t)__builtin_popcountll(have);
		bits_set(j->present, j->play_ms, TICK_MS, 0);
		bits_set(j->heard, j->play_ms, TICK_MS, have);
		j->play_ms += TICK_MS;
	}
	j->floor_ms = end;
}

// The same to shrink the delay, waiting pulls first.
static void shrink(struct jitter *j, int64_t ms)
{
	margin_shift(&j->margin, -ms);
	while (j->hold > 0 && ms > 0) {
		j->hold--;
		ms -= TICK_MS;
	}
	advance(j, ms);
}

// Play-out goes on with position at, once the packet that arrives now has waited long enough.
static void begin(struct jitter *j, int64_t at, uint64_t now_ms)
{
	int64_t before = margin_of(j, at, now_ms);
	int64_t wait = (int64_t)(now_ms - j->due_ms) + aim_ms(j, before);

	j->play_ms = at;
	j->hold = wait > 0 ? (uint8_t)(ticks_up(wait) / TICK_MS) : 0;
	margin_shift(&j->margin, margin_of(j, at, now_ms) - before);
}

// Pulls that did not happen: what they would have taken is over.
static void follow_clock(struct jitter *j, uint64_t now_ms)
{
	int64_t missed;

	if (now_ms < j->due_ms + STALL_MS)
		return;
	missed = ticks_down((int64_t)(now_ms - j->due_ms));
	j->due_ms += (uint64_t)missed;
	if (!j->running)
		return;
	while (j->hold > 0 && missed > 0) {
		j->hold--;
		missed -= TICK_MS;
	}
	advance(j, missed);
	j->stall_end_ms = j->play_ms;
}

// Joins a new time line to the end of what waits; returns where its first packet stands.
static int64_t splice(struct jitter *j, uint32_t ts, uint64_t now_ms)
{
	int64_t at;

	if (!j->running && !j->clocked)
		j->due_ms = now_ms;
	margin_clear(&j->margin, now_ms);
	if (j->running && j->head_ms - j->play_ms > j->max_ms)
		shrink(j, ticks_up(j->head_ms - j->play_ms));
	at = j->head_ms;
	if (!j->running || at <= j->play_ms) {
		at = j->play_ms;
		begin(j, at, now_ms);
	} else if (margin_of(j, at, now_ms) < j->min_ms) {
		at += ticks_up(j->min_ms - margin_of(j, at, now_ms));
	}
	j->map_ts = ts;
	j->map_ms = at;
	j->running = true;
	j->strays = 0;
	j->late_ms = 0;
	j->counts.anchored++;
	return at;
}

// True when late packets keep coming at the pace of the clock: a sender that set its timestamps
// back, or a way that became longer than the delay may. Where newer sound waits, or was played a
// moment ago, they are only late.
static bool stray(struct jitter *j, uint32_t ts, int64_t at, uint64_t now_ms)
{
	bool back = at < j->floor_ms;
	int64_t pace =
		((int32_t)(ts - j->stray_ts) >> 3) - (int64_t)((uint32_t)now_ms - j->stray_ms);

	if (j->head_ms > j->play_ms || (back && at >= j->play_ms - JITTER_MS))
		return false;
	if (j->strays == 0 || pace > PACE_MS || pace < -PACE_MS) {
		j->strays = 0;
		j->stray_ms = (uint32_t)now_ms;
		j->stray_ts = ts;
	}
	j->strays += j->strays < STRAYS;
	return j->strays == STRAYS && (uint32_t)now_ms - j->stray_ms >= (back ? BACK_MS : STRAY_MS);
}

// A packet too late to be played. Its kind may come again: the second one within LATE_MS makes
// play-out wait.
static void lose(struct jitter *j, int64_t at, uint64_t now_ms)
{
	int64_t margin = margin_of(j, at, now_ms);
	int64_t grow = ticks_up(-margin);

	j->counts.late++;
	if (margin >= 0 || margin < -JITTER_MS || at < j->stall_end_ms)
		return;
	margin_add(&j->margin, now_ms, margin);
	if (j->late_ms && (uint32_t)now_ms - j->late_ms < LATE_MS &&
		margin_range(&j->margin, MARGIN_RECENT).most + grow < j->max_ms + TICK_MS) {
		j->hold += (uint8_t)(grow / TICK_MS);
		j->counts.concealed += (uint32_t)grow;
		margin_shift(&j->margin, grow);
	}
	j->late_ms = (uint32_t)now_ms;
}

// A packet that begins before the play-out point. The point moves back to it when the delay
// allows, but never before anything played; else what lies beyond the point is still good.
static bool take_back(struct jitter *j, int64_t at, uint32_t n)
{
	struct margin_range recent = margin_range(&j->margin, MARGIN_RECENT);
	int64_t from = at > j->floor_ms ? at : j->floor_ms;
	int64_t grow = j->play_ms - from;
	int64_t most = recent.known ? recent.most : j->min_ms;

	if (from >= at + n)
		return false;
	if (grow > 0 && most + grow < j->max_ms + TICK_MS && j->head_ms - from <= JITTER_MS) {
		j->play_ms = from;
		margin_shift(&j->margin, ticks_down(grow));
	}
	return at + n > j->play_ms;
}

// A packet that the ring cannot reach: sound that ran ahead bit by bit is cut to the most delay,
// a timestamp that leapt is a new time line. Returns the packet's position.
static int64_t reach(struct jitter *j, uint32_t ts, int64_t at, uint32_t n, uint64_t now_ms)
{
	struct margin_range recent = margin_range(&j->margin, MARGIN_RECENT);
	int64_t keep = j->max_ms > n ? j->max_ms : n;

	if (at - j->head_ms > JUMP_MS &&
		(!recent.known || margin_of(j, at, now_ms) > recent.most + JUMP_MS))
		return splice(j, ts, now_ms);
	shrink(j, ticks_down(at + n - keep - j->play_ms));
	return at;
}

// Finds the position of a packet and makes it one that the ring holds.
static enum jitter_put place(
	struct jitter *j, uint32_t ts, uint32_t n, uint64_t now_ms, int64_t *at)
{
	*at = j->map_ms + ((int32_t)(ts - j->map_ts) >> 3);
	if (*at + n > j->play_ms + JITTER_MS) {
		*at = reach(j, ts, *at, n, now_ms);
	} else if (*at >= j->play_ms) {
		if (j->head_ms <= j->play_ms && j->play_ms - j->floor_ms >= DRY_MS)
			begin(j, *at, now_ms);
	} else if (!take_back(j, *at, n)) {
		if (*at >= j->play_ms - JITTER_MS && bits_all(j->heard, *at, n))
			return JITTER_DUPLICATE;
		if (!stray(j, ts, *at, now_ms)) {
			lose(j, *at, now_ms);
			return JITTER_LATE;
		}
		*at = splice(j, ts, now_ms);
	}
	j->strays = 0;
	return JITTER_OK;
}

// Of 60 ms at most. False: nothing of it was new.
static bool store_part(struct jitter *j, int64_t at, const uint8_t *payload, uint32_t n)
{
	uint64_t have = bits_get(j->present, at, n), whole = (1ull << n) - 1;
	uint32_t first = JITTER_MS - at % JITTER_MS; // milliseconds before the ring wraps

	if (have == whole)
		return false;
	first = n < first ? n : first;
	if (have == 0 && first == TICK_MS && n == TICK_MS) { // of a size that the compiler knows
		memcpy(ring_at(j, at), payload, FRAME_BYTES);
	} else if (have == 0) {
		memcpy(ring_at(j, at), payload, first * JITTER_BYTES_PER_MS);
		memcpy(j->ring, payload + first * JITTER_BYTES_PER_MS,
			(n - first) * JITTER_BYTES_PER_MS);
	}
	for (uint32_t i = 0; have != 0 && i < n; i++)
		if (!(have >> i & 1))
			memcpy(ring_at(j, at + i), payload + i * JITTER_BYTES_PER_MS,
				JITTER_BYTES_PER_MS);
	bits_set(j->present, at, n, whole);
	return true;
}

static bool store(struct jitter *j, int64_t at, const uint8_t *payload, uint32_t n)
{
	bool any = false;

	for (uint32_t done = 0, part; done < n; done += part) {
		part = n - done < PART_MS ? n - done : PART_MS;
		any |= store_part(j, at + done, payload + done * JITTER_BYTES_PER_MS, part);
	}
	return any;
}

enum jitter_put jitter_put(struct jitter *j, const struct jitter_sound *p, uint64_t now_ms)
{
	uint32_t n = p->len / JITTER_BYTES_PER_MS, past = 0;
	enum jitter_put result = JITTER_OK;
	int64_t at;

	if (p->len > JITTER_PACKET_MAX * JITTER_BYTES_PER_MS)
		return JITTER_OVERSIZE;
	if (n == 0)
		return JITTER_EMPTY;
	follow_clock(j, now_ms);
	if (j->running && p->ssrc == j->ssrc)
		result = place(j, p->ts, n, now_ms, &at);
	else
		at = splice(j, p->ts, now_ms);
	j->ssrc = p->ssrc;
	if (result == JITTER_OK) {
		// The first round may only take back waiting pulls.
		while (at + n > j->play_ms + JITTER_MS)
			shrink(j, ticks_up(at + n - JITTER_MS - j->play_ms));
		if (at < j->play_ms)
			past = (uint32_t)(j->play_ms - at);
		if (!store(j, at + past, p->payload + past * JITTER_BYTES_PER_MS, n - past))
			result = JITTER_DUPLICATE;
	}
	if (result != JITTER_OK) {
		j->counts.duplicate += result == JITTER_DUPLICATE;
		return result;
	}
	margin_add(&j->margin, now_ms, margin_of(j, at, now_ms));
	if (at + n > j->head_ms) {
		j->head_ms = at + n;
		// Whole milliseconds only, so that odd timestamps do not creep.
		j->map_ts += (uint32_t)(at - j->map_ms) * JITTER_BYTES_PER_MS;
		j->map_ms = at;
	}
	j->counts.put++;
	return JITTER_OK;
}

// Both laws: what is left of a code when the silence code is taken from it is its magnitude.
static bool quiet(struct jitter *j)
{
	uint8_t loudest = 0;

	for (int ms = 0; ms < TICK_MS; ms++) {
		const uint8_t *code = ring_at(j, j->play_ms + ms);

		for (int i = 0; i < JITTER_BYTES_PER_MS; i++) {
			uint8_t size = (code[i] ^ j->silence) & 0x7f;

			loudest = size > loudest ? size : loudest;
		}
	}
	return loudest <= QUIET_CODE;
}

static bool spare(struct margin_range range, const struct jitter *j)
{
	return range.known && range.least - TICK_MS >= GUARD_MS &&
		range.most - TICK_MS >= j->min_ms + SLACK_MS;
}

// Drops a tick when the packets of the last seconds came early enough for that.
static void adapt(struct jitter *j, uint64_t now_ms)
{
	struct margin_range recent = margin_range(&j->margin, MARGIN_RECENT);
	uint64_t ripe = j->margin.span - j->margin.since;
	int64_t depth = j->head_ms - j->play_ms;
	int64_t over = recent.most - j->max_ms;
	uint64_t have;

	if (depth < 2 * TICK_MS || !recent.known)
		return;
	if (over >= TICK_MS + SLACK_MS) {
		over = over < depth - TICK_MS ? over : depth - TICK_MS;
		shrink(j, ticks_down(over));
		return;
	}
	if (ripe < 1 || !spare(recent, j))
		return;
	have = bits_get(j->present, j->play_ms, TICK_MS);
	if (have == 0 || quiet(j)) {
		shrink(j, TICK_MS);
	} else if (ripe >= MARGIN_RECENT && spare(margin_range(&j->margin, MARGIN_SPANS), j) &&
		(uint32_t)now_ms - j->skip_ms >= SKIP_MS) {
		j->skip_ms = (uint32_t)now_ms;
		shrink(j, TICK_MS);
	}
}

// Keeps the grid of pulls; false when this one is not due yet, or has to wait.
static bool tick(struct jitter *j, uint64_t now_ms)
{
	int64_t lag;

	if (!j->clocked) {
		// The grid was a guess until now; waiting counted from the arrival still holds.
		lag = (int64_t)(now_ms - j->due_ms);
		j->clocked = true;
		while (j->running && j->hold > 0 && lag >= TICK_MS) {
			j->hold--;
			lag -= TICK_MS;
		}
		margin_clear(&j->margin, now_ms);
		j->due_ms = now_ms;
	}
	if (now_ms + TICK_MS <= j->due_ms)
		return false;
	follow_clock(j, now_ms);
	// Late pulls draw the grid along slowly, an early one at once: margins rather too small.
	lag = (int64_t)(now_ms - j->due_ms);
	j->due_ms += (uint64_t)((lag < 0 ? lag : (lag + 15) / 16) + TICK_MS);
	if (!j->running || j->hold == 0)
		return j->running;
	j->hold--;
	return false;
}

void jitter_hurry(struct jitter *j, uint64_t now_ms)
{
	j->clocked = true;
	j->due_ms = now_ms;
	j->hold = 0;
}

// The milliseconds of the next frame that are there; the others are silence.
static void take(struct jitter *j, uint32_t have, uint8_t frame[FRAME_BYTES])
{
	uint32_t first = JITTER_MS - j->play_ms % JITTER_MS;

	if (have == FRAME_BITS && first >= TICK_MS) {
		memcpy(frame, ring_at(j, j->play_ms), FRAME_BYTES);
		return;
	}
	memset(frame, j->silence, FRAME_BYTES);
	for (int ms = 0; ms < TICK_MS; ms++)
		if (have >> ms & 1)
			memcpy(frame + ms * JITTER_BYTES_PER_MS, ring_at(j, j->play_ms + ms),
				JITTER_BYTES_PER_MS);
}

uint32_t jitter_pull(struct jitter *j, uint64_t now_ms, uint8_t frame[FRAME_BYTES])
{
	uint32_t have, hole, ahead;

	if (!tick(j, now_ms)) {
		memset(frame, j->silence, FRAME_BYTES);
		return 0;
	}
	adapt(j, now_ms);
	ahead = jitter_depth_ms(j);
	hole = ahead < TICK_MS ? (1u << ahead) - 1 : FRAME_BITS;
	have = (uint32_t)bits_get(j->present, j->play_ms, TICK_MS);
	take(j, have, frame);
	bits_set(j->present, j->play_ms, TICK_MS, 0);
	bits_set(j->heard, j->play_ms, TICK_MS, have);
	if (have)
		j->floor_ms = j->play_ms + 32 - __builtin_clz(have);
	if (have == FRAME_BITS) {
		j->counts.played += TICK_MS;
	} else {
		j->counts.played += (uint32_t)__builtin_popcount(have);
		j->counts.concealed += (uint32_t)__builtin_popcount(hole & ~have);
		j->counts.starved += (uint32_t)__builtin_popcount(FRAME_BITS & ~hole & ~have);
	}
	j->play_ms += TICK_MS;
	return have;
}

const uint8_t *jitter_peek(const struct jitter *j)
{
	if (!j->running || !bits_get(j->present, j->play_ms, 1))
		return NULL;
	return j->ring + j->play_ms % JITTER_MS * JITTER_BYTES_PER_MS;
}

uint32_t jitter_ts(const struct jitter *j)
{
	return j->map_ts + (uint32_t)(j->play_ms - j->map_ms) * JITTER_BYTES_PER_MS;
}

uint32_t jitter_depth_ms(const struct jitter *j)
{
	return j->running && j->head_ms > j->play_ms ? (uint32_t)(j->head_ms - j->play_ms) : 0;
}

uint32_t jitter_delay_ms(const struct jitter *j)
{
	struct margin_range recent = margin_range(&j->margin, MARGIN_RECENT);

	return j->running && recent.known && recent.most > 0 ? (uint32_t)recent.most : 0;
}

void jitter_reset(struct jitter *j)
{
	memset(j->present, 0, sizeof(j->present));
	j->running = false;
	j->strays = 0;
	j->hold = 0;
	j->head_ms = j->floor_ms = j->play_ms;
}

void jitter_init(struct jitter *j, const struct jitter_config *config)
{
	memset(j, 0, offsetof(struct jitter, ring));
	j->min_ms = config->min_ms < JITTER_DELAY_MAX ? config->min_ms : JITTER_DELAY_MAX;
	j->max_ms = config->max_ms < JITTER_DELAY_MAX ? config->max_ms : JITTER_DELAY_MAX;
	j->max_ms = j->max_ms > j->min_ms ? j->max_ms : j->min_ms;
	j->silence = config->silence;
	j->play_ms = JITTER_MS; // room to look back from
	margin_clear(&j->margin, 0);
	jitter_reset(j);
}
