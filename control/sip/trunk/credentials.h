// What the far end of one request has asked for, a user agent by 401 and a proxy by 407 (RFC 3261
// 22), and the header lines that answer both; then the same for all requests of the dialog that it
// makes, whoever of them is asked.
#pragma once

#include "control/base/re.h"
#include "control/sip/trunk/challenge.h"

struct credentials; // NULL: nothing was asked for

#define CREDENTIALS_ASKERS    2
#define CREDENTIALS_LINES_MAX (2 * CHALLENGE_ANSWER_MAX + 64)

// Of a 401 or 407. *c is made with the first one; what it holds stays as it was unless the answer
// is ANSWERED. No memory: UNKNOWN.
enum challenge_verdict credentials_take(struct credentials **c, const struct sip_msg *msg);
// Another request begins, to somebody else or with something else in it: it may be asked anew.
void credentials_anew(struct credentials *c); // NULL allowed
// Makes the lines of the next request; request->cnonce is not read. 0, or -EMSGSIZE. NULL allowed.
int credentials_write(struct credentials *c, const struct challenge_request *request);
// As made last: whole lines, "" where nothing was asked for.
const char *credentials_lines(const struct credentials *c);
// --- later requests, each with a turn of its own ---
struct credentials_turn {
	struct challenge_turn of[CREDENTIALS_ASKERS];
};
enum challenge_verdict credentials_take_in(
	struct credentials **c, struct credentials_turn *turn, const struct sip_msg *msg);
// Makes lines as credentials_write does, into lines: those of credentials_lines stay as they are.
// 0 or -EMSGSIZE.
int credentials_sign(struct credentials *c, const struct challenge_request *request,
	char lines[CREDENTIALS_LINES_MAX]);

// One more holds it, and will free it; the counts over a nonce are everybody's. NULL allowed.
struct credentials *credentials_share(struct credentials *c);
void credentials_free(struct credentials *c); // NULL allowed
