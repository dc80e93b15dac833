// A Session-Expires or Min-SE from any bytes.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/message/lifetime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); // of its own, so that a byte too many is seen
	enum lifetime_refresher refresher;
	uint32_t s = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (lifetime_value(text, size, &s, &refresher) &&
		(s > LIFETIME_MAX_S || refresher > LIFETIME_UAS))
		abort();
	free(text);
	return 0;
}
