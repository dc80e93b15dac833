// How early packets come: the most and the least milliseconds that a packet of the last seconds
// waited for its pull, kept in spans so that old news falls out by itself.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MARGIN_SPAN_MS 512
#define MARGIN_SPANS   16 // 8 s
#define MARGIN_RECENT  4  // 2 s

struct margin {
	uint64_t span;	// number of the span that is being filled
	uint64_t since; // number of the span in which counting began
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
// Over the newest spans, 1 … MARGIN_SPANS.
struct margin_range margin_range(const struct margin *m, unsigned spans);
