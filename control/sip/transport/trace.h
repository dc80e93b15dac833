// The last SIP messages, in a bounded ring of bytes, found by Call-ID.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/sip/ua.h"

struct trace;

struct trace *trace_new(size_t bytes, unsigned messages); // NULL: no memory
void trace_free(struct trace *t);
// Key of a Call-ID, never 0.
uint64_t trace_call(const char *call_id);
// entry->text is len bytes, not terminated; longer messages than a quarter of the ring are cut.
// Returns the key of its Call-ID, 0 when it has none. Secrets are not kept (conceal.h).
uint64_t trace_add(struct trace *t, const struct ua_trace_entry *entry, size_t len);
// Oldest first.
void trace_walk(const struct trace *t, const char *call_id,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg);
// The same of this Call-ID and of all under which a message has this header line ("": none), in
// pages: each looks at some of the messages that were there when it began.
struct trace_search;
struct trace_search *trace_search_new( // NULL: no memory
	const struct trace *t, const char *call_id, const char *line);
bool trace_search_page(const struct trace *t, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg); // true: there is more
void trace_search_free(struct trace_search *s);
// Blanks the digits of the last message's body: for an INFO of a masked leg.
void trace_blank_last(struct trace *t);
// Whether the last message is, byte by byte, one that was blanked not long ago: the far end sent it
// again because our answer was lost.
bool trace_last_repeats(const struct trace *t);
