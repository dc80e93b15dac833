// The DTMF gate's state: pairs of blocks, and when the receiver hears them.
#include "dsp/dtmf_gate.h"

#include <math.h>
#include <string.h>

#include "dsp/dtmf_gate_private.h"

// SpanDSP 0.0.6: -42 dBm0, twist 8 and 4 dB, peaks 8 dB over the rest, -0.85 dB of all energy. Its
// Goertzel filters give twice the squared magnitude that ours do.
#define GOERTZEL      2
#define THRESHOLD     171032462.0f
#define NORMAL_TWIST  6.309573f
#define REVERSE_TWIST 2.511886f
#define RELATIVE_PEAK 6.309573f
#define TOTAL	      83.868f

// Of the process, as the CPU is: written once, by dtmf_gate_setup before the first gate starts, and
// only read from then on. In each gate it would be 8 bytes more of every session that listens.
static struct gate_table table;
static gate_may_hit *may_hit; // NULL: no gate

static const double tones_hz[8] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};

static void table_fill(int percent)
{
	double relax = percent / 100.0;

	for (int n = 0; n < GATE_FOLDED; n++) {
		double from_middle = n - (DTMF_BLOCK - 1) / 2.0;

		for (int i = 0; i < 8; i++) {
			double at = 2 * M_PI * tones_hz[i] / FRAME_RATE * from_middle;
			table.pair[n / 2][2 * i][n % 2] = (int16_t)lrint(GATE_SCALE * cos(at));
			table.pair[n / 2][2 * i + 1][n % 2] = (int16_t)lrint(GATE_SCALE * sin(at));
		}
	}
	table.threshold = THRESHOLD / GOERTZEL * (float)((1 - relax) * GATE_POWER);
	table.reverse_twist = REVERSE_TWIST * (float)(1 + relax);
	table.normal_twist = NORMAL_TWIST * (float)(1 + relax);
	table.relative_peak = RELATIVE_PEAK * (float)(1 - relax);
	table.total = TOTAL / GOERTZEL * (float)((1 - relax) * GATE_POWER);
}

enum dtmf_gate_kind dtmf_gate_setup(enum dtmf_gate_kind kind, int percent)
{
	table_fill(percent);
	may_hit = NULL;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (kind >= DTMF_GATE_AVX512 && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
		__builtin_cpu_supports("bmi2")) {
		may_hit = gate_may_hit_avx512;
		return DTMF_GATE_AVX512;
	}
	if (kind >= DTMF_GATE_AVX2 && __builtin_cpu_supports("avx2")) {
		may_hit = gate_may_hit_avx2;
		return DTMF_GATE_AVX2;
	}
#endif
	return DTMF_GATE_NONE;
}

const char *dtmf_gate_name(enum dtmf_gate_kind kind)
{
	static const char *const names[] = {"none", "avx2", "avx512"};

	return names[kind];
}

// A receiver at rest is as good as a new one, so its memory serves for the blocks that are kept
// while it is not needed.
struct dtmf_gate {
	uint8_t law;  // enum codec_id
	bool live;    // memory is the receiver, else the blocks
	uint8_t fill; // bytes kept; live: samples of the receiver's block so far
	_Alignas(8) uint8_t memory[];
};

#define KEPT (2 * DTMF_BLOCK)

size_t dtmf_gate_size(void)
{
	return sizeof(struct dtmf_gate) + (dtmf_rx_size() > KEPT ? dtmf_rx_size() : KEPT);
}

static struct dtmf_rx *receiver(const struct dtmf_gate *g)
{
	return (struct dtmf_rx *)(uintptr_t)g->memory;
}

struct dtmf_gate *dtmf_gate_start(void *mem, enum codec_id law)
{
	struct dtmf_gate *g = mem;

	g->law = law;
	dtmf_gate_reset(g);
	return g;
}

void dtmf_gate_reset(struct dtmf_gate *g)
{
	g->fill = 0;
	g->live = may_hit == NULL;
	if (g->live)
		(void)dtmf_rx_start(g->memory);
}

struct frame_edges { // of one frame
	struct dtmf_edge *edges;
	uint32_t count;
};

static void hear_block(struct dtmf_gate *g, const uint8_t *bytes, uint32_t n, struct frame_edges *h)
{
	int16_t samples[KEPT];
	struct dtmf_edge more[DTMF_EDGES_MAX];

	codec_get(g->law)->decode(samples, bytes, n);
	uint32_t count = dtmf_rx_frame(receiver(g), samples, n, more);
	for (uint32_t i = 0; i < count && h->count < DTMF_EDGES_MAX; i++)
		h->edges[h->count++] = more[i];
}

// Until the end of the receiver's block; returns how many bytes it took.
static uint32_t hear_live(
	struct dtmf_gate *g, const uint8_t *bytes, uint32_t n, struct frame_edges *h)
{
	uint32_t take = DTMF_BLOCK - g->fill < n ? DTMF_BLOCK - g->fill : n;

	hear_block(g, bytes, take, h);
	g->fill += take;
	if (g->fill == DTMF_BLOCK) {
		g->fill = 0;
		g->live = may_hit == NULL || dtmf_rx_busy(receiver(g));
	}
	return take;
}

static bool second_may_hit(const struct dtmf_gate *g, const uint8_t *bytes, uint32_t fill)
{
	uint32_t have = fill > DTMF_BLOCK ? fill - DTMF_BLOCK : 0;
	const struct dtmf_block block = {
		g->memory + DTMF_BLOCK, have, bytes + (DTMF_BLOCK + have - fill)};

	return may_hit(&table, &block, g->law);
}

static uint32_t keep(struct dtmf_gate *g, const uint8_t *bytes, uint32_t n, struct frame_edges *h)
{
	uint8_t pair[KEPT];
	uint32_t fill = g->fill, take = KEPT - fill < n ? KEPT - fill : n;

	if (fill + take < KEPT) {
		if (take == FRAME_BYTES) // mostly, and then of a length that is known here
			memcpy(g->memory + fill, bytes, FRAME_BYTES);
		else
			memcpy(g->memory + fill, bytes, take);
		g->fill = (uint8_t)(fill + take);
		return take;
	}
	g->fill = 0;
	if (second_may_hit(g, bytes, fill)) {
		memcpy(pair, g->memory, fill);
		memcpy(pair + fill, bytes, take);
		(void)dtmf_rx_start(g->memory);
		hear_block(g, pair, KEPT, h);
		g->live = dtmf_rx_busy(receiver(g));
	}
	return take;
}

uint32_t dtmf_gate_frame(struct dtmf_gate *g, const uint8_t *payload, uint32_t n,
	struct dtmf_edge edges[DTMF_EDGES_MAX])
{
	struct frame_edges h = {edges, 0};

	for (uint32_t at = 0; at < n;) {
		if (g->live)
			at += hear_live(g, payload + at, n - at, &h);
		else
			at += keep(g, payload + at, n - at, &h);
	}
	return h.count;
}

char dtmf_gate_digit(const struct dtmf_gate *g)
{
	return g->live ? dtmf_rx_digit(receiver(g)) : 0;
}

bool dtmf_gate_live(const struct dtmf_gate *g)
{
	return g->live;
}
