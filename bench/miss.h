// What a machine pays for memory: loads that each tell where the next one lies. Figures of code
// that walks memory are quoted beside it, as machines and hours differ.
#pragma once

#include "bench/bench.h"

double bench_miss(struct bench *b); // reports dependent_miss; ns
