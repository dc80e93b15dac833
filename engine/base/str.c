// Bounded copies, formats and parsing of text.
#include "engine/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"

int str_copy_n(char *dst, size_t size, const char *src, size_t len)
{
	check(size > 0);
	size_t n = len < size ? len : size - 1;

	memcpy(dst, src, n);
	dst[n] = '\0';
	return n == len ? 0 : -ENAMETOOLONG;
}

int str_copy(char *dst, size_t size, const char *src)
{
	return str_copy_n(dst, size, src, strlen(src));
}

int str_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;

	check(size > 0);
	va_start(ap, fmt);
	int n = vsnprintf(dst, size, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

char *str_count(char out[STR_COUNT_MAX], uint64_t n, const char *one)
{
	str_format(out, STR_COUNT_MAX, "%llu %s%s", (unsigned long long)n, one, n == 1 ? "" : "s");
	return out;
}

bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

int str_u64(const char *s, uint64_t *out)
{
	uint64_t value = 0;

	if (*s == '\0')
		return -EINVAL;
	for (const char *c = s; *c; c++) {
		if (*c < '0' || *c > '9')
			return -EINVAL;
	}
	for (; *s; s++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

char *str_clone(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

size_t str_number(char out[STR_NUMBER_MAX], uint64_t n)
{
	char digits[STR_NUMBER_MAX];
	size_t at = sizeof(digits);
	digits[--at] = '\0';
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at - 1;
}

void str_buf_init(struct str_buf *b, char *data, size_t size)
{
	check(size > 0);
	*b = (struct str_buf){.data = data, .size = size};
	data[0] = '\0';
}

static bool put(struct str_buf *b, const char *text, size_t n)
{
	if (n >= b->size - b->len)
		return false;
	memcpy(b->data + b->len, text, n);
	b->len += n;
	return true;
}

static bool put_number(struct str_buf *b, unsigned n, size_t width)
{
	char digits[STR_NUMBER_MAX];
	size_t len = str_number(digits, n);
	for (size_t at = len; at < width; at++)
		if (!put(b, "0", 1))
			return false;
	return put(b, digits, len);
}

enum { CUT, DONE, OTHER };

// What most texts are made of. OTHER: there is more in the format than that.
static int add_simple(struct str_buf *b, const char *fmt, va_list ap)
{
	for (;;) {
		const char *next = strchrnul(fmt, '%'), *text;
		size_t plain = (size_t)(next - fmt), width = 0;
		if (!put(b, fmt, plain))
			return CUT;
		fmt += plain;
		if (*fmt++ == '\0')
			return DONE;
		if (fmt[0] == '0' && fmt[1] >= '1' && fmt[1] <= '9') {
			width = (size_t)(fmt[1] - '0');
			fmt += 2;
		}
		if (*fmt == 's' && width == 0) {
			if ((text = va_arg(ap, const char *)) == NULL)
				return OTHER;
			if (!put(b, text, strlen(text)))
				return CUT;
		} else if (*fmt == 'u') {
			if (!put_number(b, va_arg(ap, unsigned), width))
				return CUT;
		} else {
			return OTHER;
		}
		fmt++;
	}
}

void str_buf_add(struct str_buf *b, const char *fmt, ...)
{
	size_t before = b->len;
	va_list ap;
	if (b->cut)
		return;
	va_start(ap, fmt);
	int added = add_simple(b, fmt, ap);
	va_end(ap);
	if (added == OTHER) {
		size_t room = b->size - before;
		va_start(ap, fmt);
		int n = vsnprintf(b->data + before, room, fmt, ap);
		va_end(ap);
		added = n < 0 || (size_t)n >= room ? CUT : DONE;
		b->len = before + (size_t)(added == DONE ? n : 0);
	} else if (added == CUT) {
		b->len = before;
	}
	b->data[b->len] = '\0';
	b->cut = added == CUT;
}
