// What wire_storm is asked for, and how it tells what came of it.
#pragma once

#include "tests/flow/wire/net.h"

struct storm_options {
	uint64_t seed, calls;
	struct net_faults faults;
	bool gentle; // nobody vanishes, nothing is cut
	bool stories;
};

void storm_read(int argc, char **argv, struct storm_options *o); // may exit
void storm_report(double took_s, uint64_t outs);		 // outs: calls that we began
void storm_again(const struct storm_options *o, uint64_t seed, unsigned calls);
double storm_cpu_s(void);
