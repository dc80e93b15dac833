// Any file at all: the parser stays inside it and what it says lies inside it too.
#include <errno.h>
#include <stdlib.h>

#include "dsp/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct wav_info info;
	int rc = wav_parse(data, len, &info);

	if ((rc == 0 || rc == -ENODATA) && (uint64_t)info.data_offset + info.data_bytes > len)
		abort();
	if (rc == 0 && (info.channels < 1 || info.channels > 2 || info.rate_hz == 0))
		abort();
	return 0;
}
