// A crypto attribute (RFC 4568) as master key and salt.
#pragma once

#include "control/media/profile.h"

struct sdp_crypto {
	uint32_t tag;
	struct media_keys keys; // what its writer sends with
};

// "1 AES_CM_128_HMAC_SHA1_80 inline:…" False: no suite of ours, or one that is to be used in a way
// that we do not know (session parameters, several keys, a key's identifier): then the line is as
// if it were not there (section 5.1.2).
bool sdp_crypto_read(const char *text, size_t len, struct sdp_crypto *out);
