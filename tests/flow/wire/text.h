// SIP as text, read and written without the daemon's code or libre's: what scripts speak.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/addr.h"
#include "engine/base/str.h"

#define TEXT_HEADERS 64
#define TEXT_VALUE   512

struct text { // a message as it was read; points into its own copy
	char *copy;
	bool request;
	unsigned status; // of an answer
	char method[16]; // a request's, or of the CSeq that an answer answers
	const char *uri; // a request's
	uint32_t cseq;
	struct {
		const char *name, *value;
	} headers[TEXT_HEADERS];
	unsigned count;
	const char *body;
	char branch[80], call_id[128], from_tag[64], to_tag[64]; // "": none
};

bool text_read(struct text *t, const char *bytes, size_t len); // false: cannot be read
void text_free(struct text *t);
const char *text_header(const struct text *t, const char *name); // the first; NULL: none
// What stands behind NAME= among a value's parameters, without quotes. False: nothing does.
bool text_param(const char *value, const char *name, char *out, size_t size);
bool text_uri(const char *value, char *out, size_t size); // within < and >, or all
bool text_host(const char *uri, struct addr *out);	  // a literal address; port 5060 by default
void text_copy_headers(const struct text *t, const char *name, struct str_buf *out);
// Username to response of a Digest for this request (RFC 2617 with qop=auth), as a header's value.
struct text_login {
	const char *user, *password, *method, *uri;
	const char *challenge; // WWW-Authenticate's value
	unsigned count;	       // nc
};
void text_digest(const struct text_login *l, struct str_buf *out);
// Whether an Authorization or Proxy-Authorization value is what this password makes of its nonce.
bool text_digest_fits(const char *value, const char *password, const char *method);

// --- SDP ---
struct text_media {
	struct addr rtp;
	const char *direction; // "sendrecv" …
	bool known;	       // names a codec that can be had
	bool audio;
};
void text_sdp(const struct text_media *m, unsigned version, struct str_buf *out);
bool text_sdp_read(const char *body, struct text_media *out); // false: there is none
