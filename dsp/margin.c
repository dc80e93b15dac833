// Spread of arrivals over a sliding window of spans.
#include "dsp/margin.h"

#define LIMIT_MS 1000 // beyond that it is not a margin
#define EMPTY	 INT16_MIN

void margin_clear(struct margin *m, uint64_t now_ms)
{
	m->span = m->since = now_ms / MARGIN_SPAN_MS;
	for (int i = 0; i < MARGIN_SPANS; i++)
		m->most[i] = m->least[i] = EMPTY;
}

void margin_add(struct margin *m, uint64_t now_ms, int64_t margin_ms)
{
	uint64_t span = now_ms / MARGIN_SPAN_MS;
	int16_t value = (int16_t)margin_ms;
	unsigned i;

	if (margin_ms < -LIMIT_MS || margin_ms > LIMIT_MS)
		return;
	if (span > m->span + MARGIN_SPANS)
		m->span = span - MARGIN_SPANS;
	while (m->span < span) {
		i = ++m->span % MARGIN_SPANS;
		m->most[i] = m->least[i] = EMPTY;
	}
	i = m->span % MARGIN_SPANS;
	if (m->most[i] == EMPTY) {
		m->most[i] = m->least[i] = value;
		return;
	}
	m->most[i] = value > m->most[i] ? value : m->most[i];
	m->least[i] = value < m->least[i] ? value : m->least[i];
}

void margin_shift(struct margin *m, int64_t by_ms)
{
	for (int i = 0; i < MARGIN_SPANS; i++) {
		int64_t most = m->most[i] + by_ms, least = m->least[i] + by_ms;

		if (m->most[i] == EMPTY)
			continue;
		if (most > LIMIT_MS || least < -LIMIT_MS)
			most = least = EMPTY;
		m->most[i] = (int16_t)most;
		m->least[i] = (int16_t)least;
	}
}

struct margin_range margin_range(const struct margin *m, unsigned spans)
{
	struct margin_range range = {INT16_MIN, INT16_MAX, false};

	for (unsigned back = 0; back < spans; back++) {
		unsigned i = (m->span - back) % MARGIN_SPANS;

		if (m->most[i] == EMPTY)
			continue;
		range.known = true;
		range.most = m->most[i] > range.most ? m->most[i] : range.most;
		range.least = m->least[i] < range.least ? m->least[i] : range.least;
	}
	return range;
}
