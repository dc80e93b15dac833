// How early packets come: the most and the least milliseconds that a packet of the last seconds
// waited for its pull, kept in spans so that old news falls out by itself.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MARGIN_SPAN_MS 512
#define MARGIN_SPANS   16 // 8 s
#define MARGIN_RECENT  4  // 2 s

struct margin {
	uint32_t span;	// number of the span that is being filled
	uint32_t since; // number of the span in which counting began
	int16_t most[MARGIN_SPANS], least[MARGIN_SPANS];
};

struct margin_range {
	int most, least;
	bool known; // a packet came at all
};

void margin_clear(struct margin *m, uint64_t now_ms);
void margin_add(struct margin *m, uint64_t now_ms, int64_t margin_ms);
// The play-out point moved: everything measured would have waited so much longer.
void margin_shift(struct margin *m, int64_t by_ms);

// What an empty span holds loses every comparison.
#define MARGIN_MOST_EMPTY  INT16_MIN
#define MARGIN_LEAST_EMPTY INT16_MAX

// Over the newest spans, 1 … MARGIN_SPANS. In line, because a structure that is returned through
// memory would be read back from behind all the stores that a busy tick has waiting.
static inline struct margin_range margin_range(const struct margin *m, unsigned spans)
{
	int16_t most = MARGIN_MOST_EMPTY, least = MARGIN_LEAST_EMPTY;

	for (unsigned back = 0; back < spans; back++) {
		unsigned i = (m->span - back) % MARGIN_SPANS;

		most = m->most[i] > most ? m->most[i] : most;
		least = m->least[i] < least ? m->least[i] : least;
	}
	return (struct margin_range){most, least, most != MARGIN_MOST_EMPTY};
}
