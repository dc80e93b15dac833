// Figures out of the database, a piece of an interval at a time, so that whoever waits for the
// thread does not wait long. The store's thread only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct db;
struct db_rows;
struct db_stats;
struct store_stats;

// True: whoever asked waits no more. It is asked in the midst of an interval, too.
typedef bool db_stats_left(void *arg);

// Of *d, which outlives it; *stats is copied. 0 or -errno: -EAGAIN where d is NULL.
int db_stats_begin(struct db *d, const struct store_stats *stats, struct db_stats **out);
// The next piece; with an interval's last one its rows, behind those that are there. 1: there are
// more pieces; 0: that was the last one; -errno: -ECANCELED when `left` says so, -EFBIG:
// more rows than STORE_ROWS_MAX.
int db_stats_next(struct db_stats *r, db_stats_left *left, void *arg, struct db_rows *rows);
void db_stats_end(struct db_stats *r);
