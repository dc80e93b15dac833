// The event log on disk: a record's bytes, segment names, the list of segments in a folder.
//
// A record is a head of 64 bytes, tenant and body as terminated text, and zeros up to a multiple
// of 8, so that a reader behind damage has few places to look at. All numbers little endian.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "control/eventlog/eventlog.h"

#define EVENT_HEAD_BYTES 64
#define EVENT_TENANT_MAX 255
#define EVENT_RECORD_MAX (EVENT_HEAD_BYTES + EVENT_TENANT_MAX + 1 + EVENTLOG_BODY_MAX + 1 + 7)
#define SEGMENT_NAME_MAX 40

// Bytes of a record in the file.
size_t event_bytes(size_t tenant_len, size_t body_len);
// Writes a record; out has event_bytes() of room. Returns them.
size_t event_encode(uint8_t *out, const struct event *e);
// 0: *out is the record (text points into p) and *bytes its size; -EAGAIN: so far right, but len
// cuts it; -EBADMSG: no record.
int event_decode(const uint8_t *p, size_t len, struct event *out, size_t *bytes);

// A segment is named by the first sequence that it may hold.
void segment_name(char out[SEGMENT_NAME_MAX], uint64_t first_sequence);
int segment_parse(const char *name, uint64_t *first_sequence); // 0 or -EINVAL

struct segments { // in order
	uint64_t *first;
	size_t count;
};
int segments_list(const char *directory, struct segments *out); // 0 or -errno
void segments_free(struct segments *s);
