// Times as sentences say them, in the node's zone. Control thread only; nothing fails.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SENTENCE_MAX	  2048 // octets
#define SENTENCE_TIME_MAX 32

// "10:03:12", or with its date where that is another one than now's; ns since 1970.
const char *sentence_time(uint64_t wall_ns, uint64_t now_ns, char out[SENTENCE_TIME_MAX]);
// "14 s", "3 min 20 s", "2 h 5 min", without what is less than a second; "0 s".
const char *sentence_span(uint64_t ms, char out[SENTENCE_TIME_MAX]);
