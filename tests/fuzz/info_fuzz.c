// The body of an INFO from any bytes, in both forms.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/message/info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); // of its own, so that a byte too many is seen

	if (!text)
		return 0;
	memcpy(text, data, size);
	for (int form = INFO_RELAY; form <= INFO_DTMF; form++) {
		struct info_digit d;
		if (info_read(form, text, size, &d))
			continue;
		if (d.digit && !strchr("0123456789*#ABCD", d.digit))
			abort();
		if (d.duration_ms == 0 || d.duration_ms > INFO_DURATION_MAX)
			abort();
	}
	free(text);
	return 0;
}
