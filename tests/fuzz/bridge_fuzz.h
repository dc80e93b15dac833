// bridge_fuzz without libFuzzer: rounds whose choices somebody else makes.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef size_t fuzz_more(const uint8_t **data); // the next octets, and how many
// At least so many packets more, in whole rounds; returns all that were sent so far.
uint64_t fuzz_rounds(fuzz_more *more, uint64_t packets);
