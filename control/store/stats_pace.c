// How much a piece of a long reading is.
#include "control/store/stats_pace.h"

#include "engine/base/clock.h"

#define PIECE_NS      (300 * NS_PER_S)
#define PIECE_MIN_NS  (2 * NS_PER_S)
#define PIECE_MAX_NS  (86400 * NS_PER_S)
#define PIECE_LONG_NS (200 * NS_PER_MS) // of the thread's time: records and questions wait behind

void stats_pace_init(struct stats_pace *p)
{
	*p = (struct stats_pace){.piece_ns = PIECE_NS};
}

void stats_pace_took(struct stats_pace *p, uint64_t took_ns)
{
	uint64_t twice_ns = p->twice_ns;

	p->twice_ns = 0;
	if (took_ns > PIECE_LONG_NS && took_ns > twice_ns / 3 * 2 && twice_ns) {
		p->piece_ns *= 2;
	} else if (took_ns > PIECE_LONG_NS && p->piece_ns > PIECE_MIN_NS) {
		p->piece_ns /= 2;
		p->twice_ns = took_ns;
	} else if (took_ns < PIECE_LONG_NS / 4 && p->piece_ns < PIECE_MAX_NS) {
		p->piece_ns *= 2;
	}
}
