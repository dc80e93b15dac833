// Bounded text. Nothing here ever writes past size, and the result is always terminated.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int str_copy(char *dst, size_t size, const char *src);		     // 0, or -ENAMETOOLONG when cut
int str_copy_n(char *dst, size_t size, const char *src, size_t len); // src need not end in NUL
// 0, or -ENAMETOOLONG when cut.
int str_format(char *dst, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define STR_COUNT_MAX 64
// "1 call", "2 calls": one is the word for one. Returns out.
char *str_count(char out[STR_COUNT_MAX], uint64_t n, const char *one);
bool str_equal(const char *a, const char *b); // NULL equals only NULL
bool str_starts(const char *s, const char *prefix);
int str_u64(const char *s, uint64_t *out); // whole string, decimal; 0, -EINVAL, -ERANGE
#define STR_NUMBER_MAX 21
size_t str_number(char out[STR_NUMBER_MAX], uint64_t n); // decimal; how long it is
char *str_clone(const char *s);				 // malloc'd, or NULL

// A text that is built in place; once it does not fit, `cut` stays set and appends are ignored.
struct str_buf {
	char *data;
	size_t size, len;
	bool cut;
};

void str_buf_init(struct str_buf *b, char *data, size_t size);
// %s, %u and %03u and the like are written here, without the C library's walk over a format.
void str_buf_add(struct str_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
