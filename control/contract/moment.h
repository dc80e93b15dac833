// A point of time as the command socket has it: RFC 3339.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// "2026-11-29T13:40:00.5Z", "2026-11-29T13:40:00+01:00"; ns since 1970. False: it is none.
bool moment_parse(const char *text, uint64_t *ns);
