// The forms that the members of rows have, whichever command makes them.
#pragma once

#include <jansson.h>
#include <stdint.h>

struct addr;
struct calls;

json_t *row_addr(const struct addr *a); // "192.0.2.1:4000", or null
// RFC 3339 in UTC with milliseconds, or null for 0.
json_t *row_time(uint64_t wall_ns);
json_t *row_count(uint64_t n);	    // null for 0, where that is none
json_t *row_text(const char *text); // null for NULL and for what is not UTF-8
// skills, ring, priority, lacks: what a caller asks for who waits in a queue; of others null.
json_t *row_wants(struct calls *calls, uint64_t call);
