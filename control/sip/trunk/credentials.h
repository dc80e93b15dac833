// What the far end of one request has asked for, a user agent by 401 and a proxy by 407 (RFC 3261
// 22), and the header lines that answer both.
#pragma once

#include "control/base/re.h"
#include "control/sip/trunk/challenge.h"

struct credentials; // NULL: nothing was asked for

#define CREDENTIALS_LINES_MAX (2 * CHALLENGE_ANSWER_MAX + 64)

// Of a 401 or 407. *c is made with the first one; what it holds stays as it was unless the answer
// is ANSWERED. No memory: UNKNOWN.
enum challenge_verdict credentials_take(struct credentials **c, const struct sip_msg *msg);
// Makes the lines of the next request; request->cnonce is not read. 0, or -EMSGSIZE. NULL allowed.
int credentials_write(struct credentials *c, const struct challenge_request *request);
// As made last: whole lines, "" where nothing was asked for.
const char *credentials_lines(const struct credentials *c);
void credentials_free(struct credentials *c); // NULL allowed
