// A SIP message as slices of its text (RFC 3261): what a load needs and no more.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"

struct text {
	const char *p;
	size_t len;
};

struct message {
	int status; // 0: a request
	struct text method, uri, via, from, to, call_id, contact, challenge,
		body; // via: all of them
	uint32_t cseq, retry_after;
	struct text cseq_method;
};

// data ends in a NUL. 0, or -EINVAL: not SIP, or without the headers that each message has.
int message_parse(const char *data, size_t len, struct message *out);
bool text_is(struct text t, const char *s);
bool text_copy(char *out, size_t size, struct text t); // false: cut
// The parameter NAME of a header, without its quotes; len 0: there is none.
struct text text_parameter(struct text header, const char *name);
// What stands in angle brackets, else all before the first semicolon.
struct text text_uri(struct text header);

struct message_media {
	struct addr remote; // of RTP
	uint8_t event_pt;
};

// The first audio stream of an SDP. 0 or -EINVAL: none, or refused.
int message_media_parse(struct text body, struct message_media *out);
