// Asks libcrypto, and wipes what it said: of a user's password it is worth as much as that.
#include "control/base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "engine/base/str.h"

int digest_hex(enum digest_hash hash, const char *text, char out[DIGEST_HEX_MAX])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned count = 0;

	*out = '\0';
	if (EVP_Digest(text, strlen(text), bytes, &count,
		    hash == DIGEST_SHA256 ? EVP_sha256() : EVP_md5(), NULL) != 1)
		return -ENOTSUP;
	for (unsigned i = 0; i < count && 2 * i + 3 <= DIGEST_HEX_MAX; i++)
		(void)str_format(out + 2 * i, 3, "%02x", bytes[i]);
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}
