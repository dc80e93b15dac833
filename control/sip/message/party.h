// A party as a header's value names it, and the number in its URI.
#pragma once

#include "control/base/re.h"

// A name-addr or addr-spec (RFC 3261 25.1), as pieces of its text.
struct party {
	struct pl name; // tokens with what is between them, or a quoted string; empty: none
	struct pl uri;
	struct pl params; // from the first ';' on
};
bool party_read(const struct pl *value, struct party *out); // false: there is no URI

struct pl party_trim(struct pl text); // without the blanks around it
// The next of a header's values, which commas part; cut off from *rest. False: no more.
bool party_next(struct pl *rest, struct pl *value);

// A URI's number: of tel: the number, else the user, without the parameters behind it (RFC 3966,
// 4694: npdi, rn, phone-context, isub) and, of a number that says it is one, without visual
// separators. Behind it ";phone-context=+49" where it is said to be a number of that place.
// False: it has none.
bool party_number(const struct pl *uri, char *out, size_t size);
