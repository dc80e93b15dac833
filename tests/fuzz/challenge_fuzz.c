// A challenge of any bytes, and our answer to it: of one line, whatever it repeats.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/trunk/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct challenge_request q = {
		"user", "password", "INVITE", "sip:1@192.0.2.1", "0123"};
	char *text = malloc(size ? size : 1); // of its own, so that a byte too many is seen
	char answer[CHALLENGE_ANSWER_MAX];
	struct challenge asked, c = {0};

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (challenge_read(&asked, text, size) &&
		challenge_take(&c, &asked) == CHALLENGE_ANSWERED &&
		challenge_answer(&c, &q, answer) == 0)
		for (const char *p = answer; *p; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				abort();
	free(text);
	return 0;
}
