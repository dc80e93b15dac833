// SVG by hand: axes, bars, a curve.
#include "bench/ringload/plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define WIDTH  860
#define HEIGHT 260
#define LEFT   70
#define BOTTOM 40
#define BARS   200

struct frame {
	double top_y, x_max, y_max; // of the data
	const char *title, *x_name;
};

static double frame_x(const struct frame *f, double x)
{
	return LEFT + (WIDTH - LEFT - 20) * x / f->x_max;
}

static double frame_y(const struct frame *f, double y)
{
	return f->top_y + HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 40) * y / f->y_max;
}

static void frame_draw(FILE *out, const struct frame *f)
{
	fprintf(out, "<text x=\"%d\" y=\"%g\" font-weight=\"bold\">%s</text>\n", LEFT,
		f->top_y + 20, f->title);
	for (int i = 0; i <= 10; i++) {
		double x = f->x_max * i / 10;

		fprintf(out,
			"<path d=\"M%g %g v5\" stroke=\"#555\"/><text x=\"%g\" y=\"%g\" "
			"text-anchor=\"middle\">%g</text>\n",
			frame_x(f, x), frame_y(f, 0), frame_x(f, x), frame_y(f, 0) + 17, x);
	}
	fprintf(out,
		"<path d=\"M%d %g V%g H%d\" fill=\"none\" stroke=\"#555\"/>"
		"<text x=\"%d\" y=\"%g\" text-anchor=\"end\">%s</text>\n",
		LEFT, frame_y(f, f->y_max), frame_y(f, 0), WIDTH - 20, WIDTH - 20,
		frame_y(f, 0) + 34, f->x_name);
}

// Packets by logarithm, so that the few that matter are seen.
static void plot_histogram(FILE *out, struct frame f, const struct tally *t, unsigned what)
{
	static const char *const colours[] = {"#d9a441", "#2b6cb0"};
	const struct histogram *parts[] = {&t->whole.value[what], &t->quiet.value[what]};
	unsigned slots = (unsigned)(f.x_max * 100) / BARS;

	f.y_max = log10((double)parts[0]->count + 10);
	frame_draw(out, &f);
	for (int i = 0; i <= (int)f.y_max; i++)
		fprintf(out, "<text x=\"%d\" y=\"%g\" text-anchor=\"end\">%.0f</text>\n", LEFT - 6,
			frame_y(&f, i) + 4, pow(10, i));
	for (unsigned part = 0; part < 2; part++) {
		for (unsigned bar = 0; bar < BARS; bar++) {
			uint64_t n = 0;

			for (unsigned k = 0; k < slots; k++)
				n += parts[part]->slot[bar * slots + k];
			if (n == 0)
				continue;
			double y = frame_y(&f, log10((double)n) + 0.1), x = f.x_max * bar / BARS;
			fprintf(out,
				"<rect x=\"%.1f\" y=\"%.1f\" width=\"3.4\" height=\"%.1f\" "
				"fill=\"%s\"/>\n",
				frame_x(&f, x), y, frame_y(&f, 0) - y, colours[part]);
		}
	}
}

static FILE *plot_open(const char *path, int height)
{
	FILE *out = fopen(path, "we");

	if (out)
		fprintf(out,
			"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
			"font-family=\"sans-serif\" font-size=\"11\">\n"
			"<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
			WIDTH, height);
	return out;
}

static int plot_close(FILE *out)
{
	fprintf(out, "</svg>\n");
	return fclose(out) ? -errno : 0;
}

int plot_run(const struct tally *t, const char *path)
{
	FILE *out = plot_open(path, 3 * HEIGHT + 20);

	if (!out)
		return -errno;
	plot_histogram(out, (struct frame){0, 40, 0, "spacing (blue: without host gaps)", "ms"}, t,
		TALLY_SPACING);
	plot_histogram(out, (struct frame){HEIGHT, 40, 0, "delay", "ms"}, t, TALLY_DELAY);
	plot_histogram(out, (struct frame){2 * HEIGHT, 20, 0, "off its place", "ms"}, t, TALLY_OFF);
	return plot_close(out);
}

static void plot_curve(FILE *out, struct frame f, const struct plot_step *steps, unsigned count)
{
	static const char *const colours[] = {"#2f855a", "#c53030", "#888"};
	bool loss = f.y_max == 0;

	for (unsigned i = 0; i < count; i++) {
		f.x_max = fmax(f.x_max, steps[i].calls);
		f.y_max = fmax(f.y_max, loss ? steps[i].loss : steps[i].delay_ms);
	}
	f.y_max = f.y_max > 0 ? f.y_max * 1.1 : 1;
	frame_draw(out, &f);
	for (unsigned i = 0; i < count; i++) {
		double y = loss ? steps[i].loss : steps[i].delay_ms;

		fprintf(out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>"
			"<text x=\"%.1f\" y=\"%.1f\">%.3g</text>\n",
			frame_x(&f, steps[i].calls), frame_y(&f, y), colours[steps[i].verdict],
			frame_x(&f, steps[i].calls) + 7, frame_y(&f, y) - 5, y);
	}
}

int plot_steps(const struct plot_step *steps, unsigned count, const char *path)
{
	FILE *out = plot_open(path, 2 * HEIGHT + 20);

	if (!out)
		return -errno;
	plot_curve(out, (struct frame){0, 1, 0, "loss % (green: clean)", "calls"}, steps, count);
	plot_curve(out, (struct frame){HEIGHT, 1, 0.1, "delay p99, ms", "calls"}, steps, count);
	return plot_close(out);
}
