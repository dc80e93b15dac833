// Which digits does our receiver take? One fault at a time, after ITU-T Q.24: level, twist,
// frequency, duration, pause, noise and a dial tone; each cell is 1,600 presses at any phase and
// frame offset, half of them in each law.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/dtmf/pair.h"
#include "bench/dtmf/sound.h"
#include "dsp/frame.h"
#include "dsp/wav.h"
#include "engine/base/check.h"
#include "engine/base/str.h"

#define PRESSES	   1600 // of a cell
#define WAV_DIGITS 160
#define CELLS_LINE 13
#define CELL_WIDTH 7

struct cell {
	struct press press;
	double noise_dbm0, dial_dbm0; // 0: none
};

struct sweep {
	const char *name, *unit;
	double from, to, step;
	const char *q24; // what the recommendation asks for
	void (*set)(struct cell *c, double value);
};

static void set_level(struct cell *c, double v)
{
	c->press.dbm0 = v;
}

static void set_twist(struct cell *c, double v)
{
	c->press.twist_db = v;
}

static void set_both(struct cell *c, double v)
{
	c->press.row_off = c->press.column_off = v / 100;
}

static void set_row(struct cell *c, double v)
{
	c->press.row_off = v / 100;
}

static void set_column(struct cell *c, double v)
{
	c->press.column_off = v / 100;
}

static void set_on(struct cell *c, double v)
{
	c->press.on_ms = v;
}

static void set_off(struct cell *c, double v)
{
	c->press.off_ms = v;
}

static void set_noise(struct cell *c, double v)
{
	c->noise_dbm0 = c->press.dbm0 + 3 - v;
}

static void set_dial(struct cell *c, double v)
{
	c->dial_dbm0 = c->press.dbm0 - v;
}

// What Q.24 asks for is the column of AT&T in its table A-1; noise and dial tone are not in it.
static const struct sweep sweeps[] = {
	{"level of each tone", "dBm0", -46, 2, 4, "-25 … 0 taken, under -55 not", set_level},
	{"level of each tone, at the edge", "dBm0", -43, -40, 0.25, "", set_level},
	{"twist, column over row", "dB", -10, 6, 1, "-8 … +4 taken", set_twist},
	{"twist, at the edges", "dB", -8.75, -6.5, 0.25, "", set_twist},
	{"twist, at the edges", "dB", 3, 5, 0.25, "", set_twist},
	{"both frequencies off", "%", -3, 3, 0.25, "to 1.5 taken, from 3.5 not", set_both},
	{"row off alone", "%", -4.5, 4.5, 0.5, "to 1.5 taken, from 3.5 not", set_row},
	{"column off alone", "%", -4, 4, 0.5, "to 1.5 taken, from 3.5 not", set_column},
	{"tone on", "ms", 20, 44, 2, "from 40 taken, to 23 not", set_on},
	{"pause before the same digit", "ms", 4, 52, 4, "40 parts, 10 does not", set_off},
	{"signal to noise in 4 kHz", "dB", 3, 15, 1, "", set_noise},
	{"each tone over a 425 Hz dial tone", "dB", -4, 20, 2, "", set_dial},
};

// Begins of the wanted digit in a clip with presses of one key; others count as wrong.
static unsigned hear(const struct sound *s, enum codec_id law, char key, unsigned *wrong)
{
	static _Alignas(64) uint8_t memory[2048];
	static uint8_t bytes[SOUND_SAMPLES];
	struct dtmf_edge edges[DTMF_EDGES_MAX];
	unsigned found = 0;

	check(dtmf_gate_size() <= sizeof(memory));
	struct dtmf_gate *gate = dtmf_gate_start(memory, law);
	codec_get(law)->encode(bytes, s->samples, SOUND_SAMPLES);
	for (uint32_t at = 0; at + FRAME_BYTES <= SOUND_SAMPLES; at += FRAME_BYTES) {
		uint32_t n = dtmf_gate_frame(gate, bytes + at, FRAME_BYTES, edges);
		for (uint32_t i = 0; i < n; i++) {
			found += edges[i].begin && edges[i].digit == key;
			*wrong += edges[i].begin && edges[i].digit != key;
		}
	}
	return found;
}

struct share {
	unsigned sent, found, wrong;
};

// Presses of one key until the clip is full; with a pause of its own each, so that they begin
// anywhere in a block.
static void clip(const struct cell *c, uint32_t number, struct rng *r, struct share *share)
{
	static struct sound s;
	struct oscillator dial = {.phase = 0};
	uint32_t key = number % 16, sent = 0;

	memset(s.mix, 0, sizeof(s.mix));
	if (c->noise_dbm0 != 0)
		tones_noise(s.mix, SOUND_SAMPLES, c->noise_dbm0, r);
	oscillator_set(&dial, 425, c->dial_dbm0);
	if (c->dial_dbm0 != 0)
		tones_sine(&dial, s.mix, SOUND_SAMPLES);
	uint32_t span = (uint32_t)((c->press.on_ms + c->press.off_ms) * 8) + 8;
	for (uint32_t at = 800; at + span < SOUND_SAMPLES && sent < 50;
		at += span - rng_below(r, 8))
		sound_press(&s, at, key, &c->press, r), sent++;
	tones_limit(s.samples, s.mix, SOUND_SAMPLES, 1);
	enum codec_id law = number / 16 % 2 ? CODEC_PCMU : CODEC_PCMA;
	unsigned found = hear(&s, law, PRESS_KEYS[key], &share->wrong);
	share->sent += sent;
	share->found += found < sent ? found : sent;
}

static struct share measure(const struct sweep *sweep, double value, uint64_t seed)
{
	struct cell c = {.press = {.dbm0 = -10, .on_ms = 60, .off_ms = 60}};
	struct share share = {0, 0, 0};
	struct rng r;

	rng_seed(&r, seed);
	sweep->set(&c, value);
	for (uint32_t i = 0; share.sent < PRESSES; i++)
		clip(&c, i, &r, &share);
	return share;
}

// One cell as an object, or kept until a line of them is full.
static void print_json(const struct sweep *w, double value, const struct share *s)
{
	printf("{\"bench\":\"dtmf_q24\",\"sweep\":\"%s\",\"value\":%g,\"unit\":\"%s\","
	       "\"sent\":%u,\"found_percent\":%.2f,\"wrong\":%u}\n",
		w->name, value, w->unit, s->sent, 100.0 * s->found / s->sent, s->wrong);
}

struct line {
	char values[CELLS_LINE * CELL_WIDTH + 16], shares[CELLS_LINE * CELL_WIDTH + 16];
	struct str_buf value, share;
	unsigned cells, wrong;
};

static void line_start(struct line *l)
{
	str_buf_init(&l->value, l->values, sizeof(l->values));
	str_buf_init(&l->share, l->shares, sizeof(l->shares));
	l->cells = 0;
}

static void line_end(struct line *l, const char *unit)
{
	if (l->cells > 0)
		printf("  %-5s%s\n  %-5s%s\n", unit, l->values, "%", l->shares);
	line_start(l);
}

static void sweep_run(const struct sweep *w, uint64_t seed, bool json)
{
	struct line line = {.wrong = 0};

	line_start(&line);
	if (!json)
		printf("%s%s%s\n", w->name, *w->q24 ? "; Q.24: " : "", w->q24);
	for (double v = w->from; v <= w->to + 1e-9; v += w->step) {
		struct share share = measure(w, v, seed);
		if (json) {
			print_json(w, v, &share);
			continue;
		}
		str_buf_add(&line.value, "%7.4g", v);
		str_buf_add(&line.share, "%7.1f", 100.0 * share.found / share.sent);
		line.wrong += share.wrong;
		if (++line.cells == CELLS_LINE)
			line_end(&line, w->unit);
	}
	line_end(&line, w->unit);
	if (line.wrong)
		printf("  %u times another digit\n", line.wrong);
}

// Digits of our own generator as a WAV file, for other decoders; tells which they are.
static int write_wav(const char *path)
{
	static int16_t samples[WAV_DIGITS * FRAME_RATE / 5];
	static uint8_t bytes[sizeof(samples) / 2], header[WAV_HEADER_MIN];
	struct wav_info info = {.format = WAV_PCM16,
		.channels = 1,
		.rate_hz = FRAME_RATE,
		.data_bytes = sizeof(samples)};
	const uint32_t each = FRAME_RATE / 5;
	FILE *f = fopen(path, "wb");

	if (!f || wav_write_header(header, sizeof(header), &info))
		return EXIT_FAILURE;
	for (uint32_t i = 0; i < WAV_DIGITS; i++) {
		char digit = PRESS_KEYS[(i * 7 + i / 16) % 16];
		struct dtmf_tx tx;
		dtmf_tx_start(&tx, digit, -(int)(3 + i / 16 * 3), 100, 100);
		dtmf_tx_mix(&tx, samples + i * each, each);
		codec_get(CODEC_PCMU)->encode(bytes, samples + i * each, each);
		codec_get(CODEC_PCMU)->decode(samples + i * each, bytes, each);
		putchar(digit);
	}
	putchar('\n');
	fwrite(header, sizeof(header), 1, f);
	fwrite(samples, sizeof(samples), 1, f);
	return fclose(f) ? EXIT_FAILURE : EXIT_SUCCESS;
}

_Noreturn static void usage(int status)
{
	fputs("usage: dtmf_q24 [--seed N] [--json]\n"
	      "       dtmf_q24 --wav FILE   digits for other decoders, -3 … -30 dBm0\n",
		status ? stderr : stdout);
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option known[] = {{"json", no_argument, NULL, 'j'},
		{"seed", required_argument, NULL, 's'}, {"wav", required_argument, NULL, 'w'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	uint64_t seed = 1;
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'w')
			return write_wav(optarg);
		if (c == 'j')
			json = true;
		else if (c == 's')
			seed = strtoull(optarg, NULL, 10);
		else
			usage(c == 'h' ? 0 : 2);
	}
	pair_thread_setup();
	(void)dtmf_gate_setup(DTMF_GATE_AVX512, DTMF_GATE_PERCENT);
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++)
		sweep_run(&sweeps[i], seed, json);
	return EXIT_SUCCESS;
}
