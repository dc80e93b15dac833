// The clocks. Only main loops call these; logic takes the time as an argument.
#pragma once

#include <stdint.h>

#undef NS_PER_S // DPDK has one too: an int, in which six seconds overflow
#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull

uint64_t clock_mono_ns(void); // CLOCK_MONOTONIC: never jumps
uint64_t clock_wall_ns(void); // CLOCK_REALTIME: ns since 1970 UTC
// What the calling thread has run, in user and kernel mode. Enters the kernel: 0.2 µs.
uint64_t clock_thread_ns(void);
