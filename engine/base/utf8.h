// UTF-8 (RFC 3629) that comes from outside, where it may be anything.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The character at text, which has len bytes and one at least; *used: how many it takes. False:
// there is none, and *used is what must be given up for it (Unicode 3.9: the maximal subpart).
bool utf8_read(const char *text, size_t len, uint32_t *character, size_t *used);

bool utf8_is(const char *text, size_t len); // all of it

// For people to read: what is no UTF-8 becomes U+FFFD, a tab a blank; other controls, and what
// turns the direction of writing or cannot be seen, are left out, and blanks at both ends too. Cut
// between characters.
void utf8_clean(char *out, size_t size, const char *text, size_t len);
