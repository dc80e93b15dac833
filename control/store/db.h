// The database of the store: schema, one transaction per batch of records, questions.
//
// Rows are made by one table per kind: a column, the member of the event's body that it comes
// from, its type. CREATE, INSERT and the JSON of an answer are all made from it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/store/store.h"

#define DB_NAME "ringhall.db"

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

// -EBADMSG, from any of these: the file is damaged, or holds tables that cannot be ours.
int db_open(const char *directory, struct db **out, char error[512]); // 0 or -errno: a sentence
void db_close(struct db *d);
// Looks for damaged pages, unless the file is so large that this would take long. 0 or -errno.
int db_check(struct db *d, char why[256]);
// Of the last record committed: its sequence and its wall clock, which tell its log from another.
uint64_t db_sequence(const struct db *d);
uint64_t db_time(const struct db *d); // 0: not known

// A batch: begin, any number of records, commit with sequence and time of the last. 0 or -errno;
// after an error of db_commit the batch is rolled back. A record that is there already makes no
// second row.
int db_begin(struct db *d);
int db_put(struct db *d, const struct event *e); // -EINVAL: its body is no JSON object; left out
int db_commit(struct db *d, uint64_t sequence, uint64_t time_ns);
void db_rollback(struct db *d);
void db_counts(const struct db *d, uint64_t *calls, uint64_t *recordings); // rows of this process

int db_query_calls(struct db *d, const struct store_filter *f, struct db_rows *out);
int db_query_recordings(struct db *d, const struct store_filter *f, struct db_rows *out);
int db_query_offers(struct db *d, const struct store_filter *f, struct db_rows *out); // of f->call
// What stands in a column of the calls, each once; the rows are plain texts.
int db_query_names(struct db *d, const char *column, struct db_rows *out);
int db_rows_add(struct db_rows *r, const char *text); // 0 or -ENOMEM
void db_rows_free(struct db_rows *r);
