// Text of others in a line of ours: it can neither end the line, nor look like one of our
// key=value pairs, nor steer a terminal.
//
// What is escaped: C0 and C1 controls (raw or as UTF-8), DEL, bytes that are no UTF-8, what turns
// the direction of writing or cannot be seen, '"' and '\' within quotes. "\n", "\t", "\r", else
// "\x9b", a byte each.
#pragma once

#include <stddef.h>

enum quote_place {
	QUOTE_VALUE, // behind "key=": quoted unless it is one plain word
	QUOTE_TEXT,  // within a sentence: quoted when it holds '=', '"' or what is escaped
	QUOTE_NEVER, // a line for people that ends where it ends: escapes without quotes
};

// Writes at most size - 1 bytes and a NUL; what does not fit is cut between characters, with the
// quote closed. Returns the bytes written, without the NUL. size is at least 3.
size_t quote(char *out, size_t size, const char *text, size_t len, enum quote_place place);
