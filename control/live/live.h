// The figures of the last 15 minutes for each queue, kept for who shows them or decides by them:
// the waits' figures of control/figures, by the statement of `ringctl stats --live 15m`, and no
// others. The store is asked while somebody asks here, each LIVE_EVERY_MS or, where that takes it
// long, so seldom that it has LIVE_SHARE times as long for other things. Control thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/figures/figures.h"

#define LIVE_WINDOW   FIGURES_15_MIN
#define LIVE_EVERY_MS 5000
#define LIVE_SHARE    20
#define LIVE_IDLE_MS  60000 // nobody has asked for so long: nor do we

struct live;
struct store;
struct timers;

int live_start(struct store *s, struct timers *ts, struct live **out); // 0 or -ENOMEM
void live_stop(struct live *l); // before the store; NULL allowed
// As figure_value says it. False: it is not known, or of nothing: in that time nobody's wait began
// and has ended. The first who asks hears so, too. l NULL: nothing is ever known.
bool live_figure(
	struct live *l, const char *tenant, const char *queue, enum figure f, int64_t *out);
