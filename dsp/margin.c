// Spread of arrivals over a sliding window of spans.
#include "dsp/margin.h"

#define LIMIT_MS 1000 // beyond that it is not a margin

static void empty(struct margin *m, unsigned i)
{
	m->most[i] = MARGIN_MOST_EMPTY;
	m->least[i] = MARGIN_LEAST_EMPTY;
}

void margin_clear(struct margin *m, uint64_t now_ms)
{
	m->span = m->since = (uint32_t)(now_ms / MARGIN_SPAN_MS);
	for (int i = 0; i < MARGIN_SPANS; i++)
		empty(m, (unsigned)i);
}

void margin_add(struct margin *m, uint64_t now_ms, int64_t margin_ms)
{
	uint32_t span = (uint32_t)(now_ms / MARGIN_SPAN_MS);
	int16_t value = (int16_t)margin_ms;
	unsigned i;

	if (margin_ms < -LIMIT_MS || margin_ms > LIMIT_MS)
		return;
	if (span > m->span + MARGIN_SPANS)
		m->span = span - MARGIN_SPANS;
	while (m->span < span) {
		empty(m, ++m->span % MARGIN_SPANS);
	}
	i = m->span % MARGIN_SPANS;
	m->most[i] = value > m->most[i] ? value : m->most[i];
	m->least[i] = value < m->least[i] ? value : m->least[i];
}

void margin_shift(struct margin *m, int64_t by_ms)
{
	for (int i = 0; i < MARGIN_SPANS; i++) {
		int64_t most = m->most[i] + by_ms, least = m->least[i] + by_ms;

		if (m->most[i] == MARGIN_MOST_EMPTY)
			continue;
		m->most[i] = (int16_t)most;
		m->least[i] = (int16_t)least;
		if (most > LIMIT_MS || least < -LIMIT_MS)
			empty(m, (unsigned)i);
	}
}
