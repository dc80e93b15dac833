// A number from any text by any plan: it fits, and what was read once is read the same again.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void digits(char *out, uint8_t choice, unsigned most)
{
	unsigned n = choice % (most + 1);

	for (unsigned i = 0; i < n; i++)
		out[i] = (char)('0' + (choice >> i) % 10);
	out[n] = '\0';
}

static void judge(const struct number_plan *plan, const char *text)
{
	char once[NUMBER_TEXT_MAX], twice[NUMBER_TEXT_MAX];

	number_normal(plan, text, once);
	number_normal(plan, once, twice);
	if (strnlen(once, sizeof(once)) == sizeof(once) ||
		(!strchr(text, ';') && strcmp(once, twice)))
		abort();
	if (number_stem(plan, text, once) && *once != '+')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct number_plan plan;
	char text[256];

	if (size < 4)
		return 0;
	digits(plan.country, data[0], sizeof(plan.country) - 1);
	digits(plan.national, data[1], sizeof(plan.national) - 1);
	digits(plan.international, data[2], sizeof(plan.international) - 1);
	plan.bare = data[3] % (NUMBER_LOCAL + 1);
	plan.short_digits = data[3] / 16;
	size_t len = size - 4 < sizeof(text) - 1 ? size - 4 : sizeof(text) - 1;
	memcpy(text, data + 4, len);
	text[len] = '\0';
	judge(&plan, text);
	return 0;
}
