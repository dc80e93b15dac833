// A node's load as one figure, from samples of its counters.
#include "control/base/load.h"

#include <string.h>

#define HIGH_SAMPLES 2 // in a row: one alone may be chance
#define JUDGED_MS    300
#define LATE_STEPS   3	// of the window that must be late: a gap of the host is in two at most
#define LEFT_MIN     50 // of 1000 that others leave a worker
// A sample that comes so late tells of a stall, not of load.
#define STALL_MS (5 * LOAD_STEP_MS)
// Few packets make no share: what misses is measured by at least this many.
#define PACKETS_MIN    10000
#define WATCHED_MIN_NS 2000000 // nor do a few looks make one

void load_init(struct load *l, unsigned workers)
{
	memset(l, 0, sizeof(*l));
	l->workers = workers;
	spell_init(&l->overload, LOAD_TOLD_CALM_MS, LOAD_CALM_MAX_MS);
	spell_init(&l->stolen, STOLEN_CALM_MS, LOAD_CALM_MAX_MS);
}

struct load_sample *load_fill(struct load *l)
{
	struct load_sample *s = &l->sample[l->head];
	memset(s, 0, sizeof(*s));
	return s;
}

static const struct load_sample *sample_back(const struct load *l, unsigned steps)
{
	return &l->sample[(l->head + LOAD_SAMPLES - steps) % LOAD_SAMPLES];
}

static unsigned share(uint64_t part, uint64_t whole, unsigned of)
{
	if (whole == 0)
		return 0;
	uint64_t result = part * of / whole;
	return result < of ? (unsigned)result : of;
}

// The end of the class that 99 of 100 are within.
static unsigned late_p99_us(const uint32_t now[LATE_CLASSES], const uint32_t was[LATE_CLASSES])
{
	uint64_t all = 0, passed = 0;
	for (unsigned i = 0; i < LATE_CLASSES; i++)
		all += now[i] - was[i];
	if (all == 0)
		return 0;
	for (unsigned i = 0; i < LATE_CLASSES; i++) {
		passed += now[i] - was[i];
		if (passed * 100 >= all * 99)
			return late_class_us(i + 1);
	}
	return late_class_us(LATE_CLASSES);
}

// What so many steps of the window reached.
static unsigned late_us(const struct load *l, unsigned worker)
{
	unsigned highest[LATE_STEPS] = {0};

	for (unsigned back = 1; back < l->count; back++) {
		unsigned us = late_p99_us(sample_back(l, back)->worker[worker].late,
			sample_back(l, back + 1)->worker[worker].late);
		for (unsigned i = 0; i < LATE_STEPS; i++) {
			unsigned lower = us < highest[i] ? us : highest[i];
			highest[i] = us > highest[i] ? us : highest[i];
			us = lower;
		}
	}
	return highest[LATE_STEPS - 1];
}

static unsigned of_limit(unsigned value, unsigned limit)
{
	return limit ? (unsigned)((uint64_t)value * 100 / limit) : 0;
}

static void put_highest(struct load *l, enum load_sign sign, unsigned percent)
{
	if (percent > l->percent[sign])
		l->percent[sign] = percent;
}

static void judge_worker(struct load *l, unsigned i, const struct load_sample *first)
{
	const struct load_sample *last = sample_back(l, 1);
	const struct load_worker *now = &last->worker[i], *was = &first->worker[i];
	uint64_t span_ns = (last->at_ms - first->at_ms) * 1000000;
	struct load_figures *f = &l->worker[i];
	uint64_t watched_ns = now->watched_ns - was->watched_ns;
	unsigned taken = share(now->taken_ns - was->taken_ns,
		watched_ns > WATCHED_MIN_NS ? watched_ns : WATCHED_MIN_NS, 1000);
	unsigned steal = share(now->steal - was->steal, now->cpu - was->cpu, 1000);
	unsigned gaps = share(now->gap_ns - was->gap_ns, span_ns, 1000);

	f->busy_permille = share(now->busy_ns - was->busy_ns, span_ns, 1000);
	f->used_permille =
		share(f->busy_permille, taken + LEFT_MIN < 1000 ? 1000 - taken : LEFT_MIN, 1000);
	f->late_us = late_us(l, i);
	f->stolen_permille = share(taken + (steal > gaps ? steal : gaps), 1000, 1000);
	const unsigned percent[LOAD_SIGNS] = {
		[LOAD_BUSY] = of_limit(f->used_permille, l->limits.busy_percent * 10),
		[LOAD_LATE] = of_limit(f->late_us, l->limits.late_ms * 1000),
	};
	f->percent = 0;
	for (unsigned s = 0; s < LOAD_SIGNS; s++) {
		put_highest(l, s, percent[s]);
		if (percent[s] > f->percent)
			f->percent = percent[s];
	}
}

static void judge_load(struct load *l)
{
	const struct load_sample *last = sample_back(l, 1), *first = sample_back(l, l->count);
	uint64_t missed = last->rx_missed - first->rx_missed;
	uint64_t packets = last->rx_packets - first->rx_packets + missed;

	memset(l->percent, 0, sizeof(l->percent));
	if (last->at_ms - first->at_ms < JUDGED_MS)
		return;
	l->missed_permille = share(missed, packets > PACKETS_MIN ? packets : PACKETS_MIN, 1000);
	put_highest(l, LOAD_MISSED, of_limit(l->missed_permille, l->limits.missed_permille));
	for (unsigned i = 0; i < l->workers; i++)
		judge_worker(l, i, first);
	l->sign = LOAD_BUSY;
	for (unsigned s = 0; s < LOAD_SIGNS; s++)
		if (l->percent[s] > l->percent[l->sign])
			l->sign = s;
}

static void turn(struct load *l, uint64_t now_ms)
{
	bool high = load_percent(l) > l->limits.from_percent;
	l->high = high ? l->high + 1 : 0;
	if (high)
		l->calm_since_ms = 0;
	else if (l->calm_since_ms == 0)
		l->calm_since_ms = now_ms;
	if (l->over)
		l->over = l->calm_since_ms == 0 || now_ms - l->calm_since_ms < LOAD_CALM_MS;
	else
		l->over = l->high >= HIGH_SAMPLES;
}

// Stands from the limit on until it is half of that. Without a limit it never does.
static bool turn_stolen(struct load *l, uint64_t now_ms)
{
	unsigned most = 0, limit = l->limits.stolen_percent * 10000;

	for (unsigned i = 0; i < l->workers; i++)
		if (l->worker[i].stolen_permille > most)
			most = l->worker[i].stolen_permille;
	int64_t off = (int64_t)most * 1000 - l->stolen_micro;
	l->stolen_micro += (int)(off * LOAD_STEP_MS / STOLEN_OVER_MS);
	return spell_take(&l->stolen, limit && l->stolen_micro >= limit,
		limit && l->stolen_micro >= limit / 2, now_ms);
}

static unsigned refuse_percent(const struct load *l)
{
	unsigned percent = load_percent(l), from = l->limits.from_percent;
	if (!l->over || percent <= from)
		return 0;
	return percent < 100 ? (percent - from) * 100 / (100 - from) : 100;
}

unsigned load_take(struct load *l)
{
	uint64_t now_ms = l->sample[l->head].at_ms;
	unsigned turns = 0;

	if (l->count > 0 && now_ms - sample_back(l, 1)->at_ms > STALL_MS)
		l->count = 0;
	l->head = (l->head + 1) % LOAD_SAMPLES;
	if (l->count < LOAD_SAMPLES)
		l->count++;
	judge_load(l);
	turn(l, now_ms);
	l->refuse_percent = refuse_percent(l);
	if (spell_take(&l->overload, l->over, l->over, now_ms))
		turns |= LOAD_TURN_OVERLOAD;
	if (turn_stolen(l, now_ms))
		turns |= LOAD_TURN_STOLEN;
	return turns;
}

unsigned load_percent(const struct load *l)
{
	return l->percent[l->sign];
}

const char *load_sign_name(enum load_sign sign)
{
	static const char *const names[LOAD_SIGNS] = {
		[LOAD_BUSY] = "busy",
		[LOAD_LATE] = "late",
		[LOAD_MISSED] = "missed",
	};
	return names[sign];
}
