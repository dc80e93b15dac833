// The database's inside, shared by the files that speak SQLite.
#pragma once

#include <stdint.h>

#include "control/base/body.h"
#include "control/store/tables.h"

struct sqlite3;
struct sqlite3_stmt;

#define SQL_MAX 8192

enum { TABLE_CALLS, TABLE_RECORDINGS, TABLE_AGENT_STATES, TABLE_SEGMENTS, TABLE_OFFERS, TABLES };

extern const struct store_table *const db_tables[TABLES];

struct db {
	struct sqlite3 *sql;
	struct sqlite3_stmt *insert[TABLES];
	struct sqlite3_stmt *mark;		// the sequence
	uint64_t sequence, time_ns;		// of the last record committed
	uint64_t rows[TABLES], pending[TABLES]; // committed by this process; of the batch
	int failed;				// SQLite's code of the last error
	struct body body;			// a row of an answer being made
};

int db_prepare_text(struct db *d, const char *sql, struct sqlite3_stmt **out); // 0 or -errno
// Runs a change with two numbers, as far as it has places for them; *changed: rows.
int db_change(struct db *d, const char *sql, int64_t first, int64_t second, int64_t *changed);
int db_run(struct db *d, const char *sql);		    // 0 or -errno
int db_number(struct db *d, const char *sql, int64_t *out); // first column of the first row, or 0
int db_error(struct db *d, int code);			    // an SQLite code as -errno
