// Cuts what comes over a TCP connection into messages, before libre does.
//
// Libre reads the whole of what came anew with each piece, takes a Content-Length that is no number
// for 0 and a long one by its low 32 bits, and what follows for the next message; and it hangs up
// without a word on what it cannot read. Here whole messages are passed on, each looked at; a
// broken one is answered, and only where its end cannot be known the connection is closed, after
// the answer.
#pragma once

#include "control/base/re.h"

struct refusals;
struct stream;
struct timers;

// From now on nothing comes from the connection but whole messages. NULL: no memory. It must be
// freed when the connection's descriptor closes.
struct stream *stream_new(
	struct timers *timers, struct refusals *rs, struct tcp_conn *tc, const struct sa *peer);
void stream_free(struct stream *s);
