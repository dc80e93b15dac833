// The digits of a call as its record keeps them: all of them up to a length that nobody presses in
// earnest; a text that was cut there says so by its end.
#pragma once

#include <string.h>

#define PRESSED_MAX 256
#define PRESSED_CUT "…"

// Adds a digit to the text, which holds PRESSED_MAX bytes.
static inline void pressed_add(char *text, char digit)
{
	size_t len = strnlen(text, PRESSED_MAX - 1), mark = sizeof(PRESSED_CUT) - 1;

	if (len >= mark && strcmp(text + len - mark, PRESSED_CUT) == 0)
		return;
	if (len + 1 + mark + 1 > PRESSED_MAX) {
		memcpy(text + len, PRESSED_CUT, mark + 1);
		return;
	}
	text[len] = digit;
	text[len + 1] = '\0';
}
