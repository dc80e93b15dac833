// Kinds of damage to the folder of a log and a store that are down: each a function of the folder.
#pragma once

#include <stdio.h>
#include <sys/stat.h>

#include "control/eventlog/format.h"
#include "tests/unit/control/store/store_node.h"

static inline void shell(const char *fmt, const char *a, const char *b)
{
	char command[300];

	str_format(command, sizeof(command), fmt, a, b);
	ck_assert_int_eq(system(command), 0);
}

static inline void segment_path(char path[120], const char *dir, uint64_t first)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(name, first);
	str_format(path, 120, "%s/%s", dir, name);
}

struct bytes {
	uint8_t *data;
	size_t len;
};

static inline struct bytes file_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat s;
	struct bytes b;

	ck_assert(f && !fstat(fileno(f), &s));
	b = (struct bytes){malloc(s.st_size + 1), s.st_size};
	ck_assert_uint_eq(fread(b.data, 1, b.len, f), b.len);
	fclose(f);
	return b;
}

static inline void file_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert(f && fwrite(data, 1, len, f) == len && !fclose(f));
}

// The log's only segment becomes two, as a turn would have made them.
static inline void split_log(const char *dir)
{
	char path[120], second[120];
	struct event e;
	size_t at = 0, bytes;

	segment_path(path, dir, 1);
	struct bytes b = file_read(path);
	while (at < b.len / 2) {
		ck_assert_int_eq(event_decode(b.data + at, b.len - at, &e, &bytes), 0);
		at += bytes;
	}
	segment_path(second, dir, e.sequence + 1);
	file_write(second, b.data + at, b.len - at);
	file_write(path, b.data, at);
	free(b.data);
}

static inline uint64_t second_segment(const char *dir)
{
	struct segments list;

	ck_assert_int_eq(segments_list(dir, &list), 0);
	uint64_t first = list.first[list.count - 1];
	segments_free(&list);
	return first;
}

static inline void last_path(char path[120], const char *dir)
{
	segment_path(path, dir, second_segment(dir));
}

static inline void db_path(char path[120], const char *dir)
{
	str_format(path, 120, "%s/ringhall.db", dir);
}

static inline void flip(const char *path, double where, size_t len)
{
	struct bytes b = file_read(path);
	size_t at = where < 1 ? (size_t)(b.len * where) : (size_t)where;

	for (size_t i = at; i < at + len && i < b.len; i++)
		b.data[i] ^= 0xa5;
	file_write(path, b.data, b.len);
	free(b.data);
}

static inline void cut(const char *path, double keep, size_t less)
{
	struct bytes b = file_read(path);

	file_write(path, b.data, (size_t)(b.len * keep) - less);
	free(b.data);
}

static inline void grow(const char *path, int byte)
{
	struct bytes b = file_read(path);

	b.data = realloc(b.data, b.len + 100000);
	memset(b.data + b.len, byte, 100000);
	file_write(path, b.data, b.len + 100000);
	free(b.data);
}

static inline void db_run_sql(const char *dir, const char *sql)
{
	char path[120];
	sqlite3 *db;

	db_path(path, dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 20000); // the store may be writing
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

#define CHECKPOINT "PRAGMA wal_checkpoint(TRUNCATE);"

static inline void nothing(const char *dir)
{
	(void)dir;
}

static inline void log_torn(const char *dir)
{
	char p[120];
	last_path(p, dir);
	cut(p, 1, 13);
}

static inline void log_halved(const char *dir)
{
	char p[120];
	last_path(p, dir);
	cut(p, .5, 0);
}

static inline void log_empty(const char *dir)
{
	char p[120];
	last_path(p, dir);
	cut(p, 0, 0);
}

static inline void log_end_gone(const char *dir)
{
	char p[120];
	last_path(p, dir);
	unlink(p);
}

static inline void log_gone(const char *dir)
{
	shell("rm %s/events-*%s", dir, ".log");
}

static inline void log_head_gone(const char *dir)
{
	char p[120];
	segment_path(p, dir, 1);
	unlink(p);
}

static inline void log_flipped(const char *dir)
{
	char p[120];
	last_path(p, dir);
	flip(p, .5, 3);
}

static inline void log_flipped_4k(const char *dir)
{
	char p[120];
	last_path(p, dir);
	flip(p, .4, 4096);
}

static inline void log_garbage(const char *dir)
{
	char p[120];
	last_path(p, dir);
	grow(p, 0x77);
}

static inline void log_zeros(const char *dir)
{
	char p[120];
	last_path(p, dir);
	grow(p, 0);
}

static inline void db_gone(const char *dir)
{
	shell("rm %s/ringhall.db%s", dir, "*");
}

static inline void db_empty(const char *dir)
{
	db_gone(dir);
	shell(": >%s/ringhall.db%s", dir, "");
}
static inline void db_head(const char *dir)
{
	char p[120];
	db_path(p, dir);
	db_run_sql(dir, CHECKPOINT);
	flip(p, 1, 30);
}
static inline void db_middle(const char *dir)
{
	char p[120];
	db_path(p, dir);
	db_run_sql(dir, CHECKPOINT);
	flip(p, .5, 2000);
}
static inline void db_schema(const char *dir)
{
	char p[120];
	db_path(p, dir);
	db_run_sql(dir, CHECKPOINT);
	flip(p, 100, 3000);
}
static inline void db_halved(const char *dir)
{
	char p[120];
	db_path(p, dir);
	db_run_sql(dir, CHECKPOINT);
	cut(p, .5, 0);
}
static inline void db_foreign(const char *dir)
{
	db_gone(dir);
	db_run_sql(dir, "CREATE TABLE calls(x); CREATE TABLE meta(y);");
}
static inline void db_ahead(const char *dir)
{
	db_run_sql(dir, "UPDATE meta SET value=999999 WHERE key='sequence'");
}
static inline void db_behind(const char *dir)
{
	db_run_sql(dir,
		"UPDATE meta SET value=500 WHERE key='sequence';"
		"DELETE FROM meta WHERE key='time'");
}

static inline void wal_garbage(const char *dir)
{
	shell("yes | head -c 100000 >%s/ringhall.db-wal%s", dir, "");
}

static inline void wal_gone(const char *dir)
{
	shell("rm %s/ringhall.db-%s", dir, "*");
}

static inline void both_lost(const char *dir)
{
	db_gone(dir);
	log_head_gone(dir);
}
