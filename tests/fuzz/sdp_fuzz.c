// SDP from any bytes: read, answered and accepted, twice over one dialog.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/sdp/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp_local local = {
		.codecs = {CODEC_PCMA, CODEC_PCMU}, .codec_count = 2, .ptime_ms = 20};
	struct sdp_text text = {(const char *)data, size};
	struct media_params media;
	char out[1024];

	addr_parse(size & 1 ? "[2001:db8::5]:4000" : "192.0.2.5:4000", &local.rtp);
	for (unsigned i = 0; i < 2; i++) {
		if (sdp_answer(&local, &text, &media, out, sizeof(out)))
			continue;
		// Our own answer must be one that we would accept.
		struct sdp_text own = {out, strlen(out)};
		struct sdp back;
		if (sdp_read(&back, own.p, own.len))
			abort();
	}
	(void)sdp_accept(&local, &text, &media);
	return 0;
}
