// What was said when, as sound: each millisecond of G.711 names who says it and its own number, so
// that whoever hears it, through relays, mixing bridges, the other law and recordings, tells what
// was lost, what came twice and by how much it was late.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SAID_BYTES 8	     // of a millisecond
#define SAID_WRAP  (1 << 12) // milliseconds, then numbers begin anew

// µ-law of the millisecond: who is 0 … 3.
void said_write(uint8_t out[SAID_BYTES], unsigned who, uint32_t ms);
// True: these eight bytes of µ-law are a millisecond; its number is the one nearest to about.
bool said_read(const uint8_t in[SAID_BYTES], uint32_t about, unsigned *who, uint32_t *ms);
