// A run's histograms, or the steps of a search, as a picture (SVG).
#pragma once

#include "bench/ringload/results.h"

struct plot_step { // of --find-limit
	uint32_t calls;
	double loss, delay_ms;
	enum verdict verdict;
};

int plot_run(const struct tally *t, const char *path); // 0 or -errno
int plot_steps(const struct plot_step *steps, unsigned count, const char *path);
