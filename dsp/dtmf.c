// DTMF over SpanDSP's receiver, its callback turned into edges that are handed back.
#include "dsp/dtmf.h"

#include <errno.h>
#include <string.h>

#include <spandsp.h>
#include <spandsp/expose.h>

#include "dsp/guard.h"

#define LEVEL_MIN_DBM0 (-60)
#define TWO_TONES_DB   3.01f // each of two equal tones is that much below both

struct dtmf_rx {
	dtmf_rx_state_t state;
	char digit;
};

// Of the frame in progress; the receiver knows it only so long.
struct dtmf_frame {
	struct dtmf_rx *rx;
	struct dtmf_edge *edges;
	uint32_t count;
};

static const char digits[] = "123A456B789C*0#D";
static const float rows_hz[4] = {697, 770, 852, 941};
static const float columns_hz[4] = {1209, 1336, 1477, 1633};

static void edge(struct dtmf_frame *f, char digit, bool begin, int level_dbm0)
{
	if (f->count < DTMF_EDGES_MAX)
		f->edges[f->count++] = (struct dtmf_edge){digit, begin, (int8_t)level_dbm0};
}

// SpanDSP reports each change: the digit that is heard from now on, or 0.
static void changed(void *user, int code, int level, int delay)
{
	struct dtmf_frame *f = user;
	struct dtmf_rx *d = f->rx;

	(void)delay;
	if (d->digit)
		edge(f, d->digit, false, 0);
	d->digit = (char)code;
	if (code)
		edge(f, (char)code, true, level);
}

size_t dtmf_rx_size(void)
{
	return sizeof(struct dtmf_rx);
}

struct dtmf_rx *dtmf_rx_start(void *mem)
{
	struct dtmf_rx *d = mem;

	dtmf_rx_reset(d);
	return d;
}

void dtmf_rx_reset(struct dtmf_rx *d)
{
	memset(d, 0, sizeof(*d));
	dtmf_rx_state_t *s = guard_both(&d->state, sizeof(d->state));
	dtmf_rx_init(s, NULL, NULL);
	dtmf_rx_parms(s, 0, -1, -1, -99); // no dial-tone filter, the rest as it is
	guard_end();
}

uint32_t dtmf_rx_frame(struct dtmf_rx *d, const int16_t samples[], uint32_t n,
	struct dtmf_edge edges[DTMF_EDGES_MAX])
{
	struct dtmf_frame f = {d, edges, 0};

	dtmf_rx_state_t *s = guard_both(&d->state, sizeof(d->state));
	dtmf_rx_set_realtime_callback(s, changed, &f);
	dtmf_rx(s, guard_in(samples, n * sizeof(*samples)), (int)n);
	guard_end();
	return f.count;
}

char dtmf_rx_digit(const struct dtmf_rx *d)
{
	return d->digit;
}

bool dtmf_rx_busy(struct dtmf_rx *d)
{
	return dtmf_rx_status(&d->state) != 0;
}

int dtmf_tx_start(struct dtmf_tx *t, char digit, int level_dbm0, unsigned on_ms, unsigned off_ms)
{
	const char *at = digit ? strchr(digits, digit) : NULL;
	float each;

	if (!at || on_ms > DTMF_TX_MAX_MS || off_ms > DTMF_TX_MAX_MS)
		return -EINVAL;
	level_dbm0 = level_dbm0 < DTMF_TX_MAX_DBM0 ? level_dbm0 : DTMF_TX_MAX_DBM0;
	each = (float)(level_dbm0 > LEVEL_MIN_DBM0 ? level_dbm0 : LEVEL_MIN_DBM0) - TWO_TONES_DB;
	sine_start(&t->tone[0], rows_hz[(at - digits) / 4], each);
	sine_start(&t->tone[1], columns_hz[(at - digits) % 4], each);
	t->on_left = (uint16_t)(on_ms * (FRAME_RATE / 1000));
	t->off_left = (uint16_t)(off_ms * (FRAME_RATE / 1000));
	return 0;
}

bool dtmf_tx_mix(struct dtmf_tx *t, int16_t samples[], uint32_t n)
{
	uint32_t on = n < t->on_left ? n : t->on_left;
	uint32_t off = n - on < t->off_left ? n - on : t->off_left;

	sine_mix(&t->tone[0], samples, on);
	sine_mix(&t->tone[1], samples, on);
	t->on_left -= (uint16_t)on;
	t->off_left -= (uint16_t)off;
	return t->on_left + t->off_left > 0;
}
