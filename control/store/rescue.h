// A damaged database: set aside under a name that says so, and a new one in its place.
#pragma once

#include <stddef.h>

#define DB_ASIDE_NAME_MAX 64

struct store;

// Closes what is open, sets the file aside, opens a new one. 0 or -errno, then no database is open.
int store_rescue(struct store *s, const char *why);
// Whether one lies aside still: an alarm until somebody has looked and moved it away.
void store_watch_aside(struct store *s);
