// What a ladder and a capture need of a traced SIP message: `trace sip`'s rows, taken apart.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/addr.h"

#define SIP_LABEL_MAX 128

struct sip_message {
	int64_t wall_ns;
	struct addr from, to;
	const char *from_text, *to_text; // borrowed from the row
	bool tcp, sent;			 // sent: by ringhall
	bool again;			 // the same bytes went the same way before
	unsigned status;		 // 0: a request
	char label[SIP_LABEL_MAX];	 // "INVITE (1) SDP", "200 OK (1 INVITE)"
	char *bytes;			 // as they were on the wire
	size_t len;
};

// In the order of time; NULL: no memory. *count of them.
struct sip_message *sip_messages(const json_t *rows, size_t *count);
void sip_messages_free(struct sip_message *messages, size_t count);
