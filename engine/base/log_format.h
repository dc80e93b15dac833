// The text of a log line: printf's conversions, with each %s quoted for its place.
#pragma once

#include <stdarg.h>
#include <stddef.h>

// Writes at most size - 1 bytes and a NUL; returns the bytes without it. What does not fit is
// cut. Widths count for numbers alone; %n and floats beyond double are not known.
size_t log_format(char *out, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));
