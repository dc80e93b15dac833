// Times as people say them, in the zone of who says them.
#pragma once

#include <stdbool.h>
#include <time.h>

#define WHEN_MAX 40

// RFC 3339, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM[:SS]`, `today`, `yesterday`, or so long ago: `30m`,
// `2h`, `7d`. A day is its first moment. out: RFC 3339 in UTC. False: error says what is wrong.
bool when_parse(const char *text, time_t now, char out[WHEN_MAX], char error[256]);
