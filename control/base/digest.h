// Hashes of texts by libcrypto, for digests of credentials.
#pragma once

enum digest_hash { DIGEST_MD5, DIGEST_SHA256 };

#define DIGEST_HEX_MAX 65

// In small hexadecimal digits. 0, or -ENOTSUP: this host's libcrypto refuses the hash (FIPS knows
// no MD5), and out is "".
int digest_hex(enum digest_hash hash, const char *text, char out[DIGEST_HEX_MAX]);
