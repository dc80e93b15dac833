// The database of the store: schema, one transaction per batch of records, questions.
//
// Rows are made by one table per kind: a column, the member of the event's body that it comes
// from, its type. CREATE, INSERT and the JSON of an answer are all made from it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/base/store.h"

struct db;
struct event;

struct db_rows { // texts behind each other, each ended by NUL
	char *text;
	size_t len, size, count;
};

static inline const char *db_rows_next(const char *row) // of the rows' texts
{
	while (*row)
		row++;
	return row + 1;
}

int db_open(const char *directory, struct db **out, char error[512]); // 0 or -errno
void db_close(struct db *d);
uint64_t db_sequence(const struct db *d); // last one committed

// A batch: begin, any number of records, commit with the sequence of the last. 0 or -errno; on
// an error the batch is rolled back.
int db_begin(struct db *d);
int db_put(struct db *d, const struct event *e);
int db_commit(struct db *d, uint64_t sequence);
void db_rollback(struct db *d);
void db_counts(const struct db *d, uint64_t *calls, uint64_t *recordings); // rows of this process

int db_query_calls(struct db *d, const struct store_filter *f, struct db_rows *out);
int db_query_recordings(struct db *d, const struct store_filter *f, struct db_rows *out);
void db_rows_free(struct db_rows *r);
