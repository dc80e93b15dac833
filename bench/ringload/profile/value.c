// Numbers with their units, flags, choices and distributions.
#include "bench/ringload/profile/value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"

static int value_unit(const char *text, double *out, const char **unit)
{
	char *end;

	*out = strtod(text, &end);
	*unit = end;
	return end == text || !isfinite(*out) ? -EINVAL : 0;
}

int value_number(const char *text, double *out)
{
	const char *unit;

	return value_unit(text, out, &unit) || *unit ? -EINVAL : 0;
}

int value_ms(const char *text, double *out)
{
	const char *unit;

	if (value_unit(text, out, &unit))
		return -EINVAL;
	if (str_equal(unit, "s"))
		*out *= 1000;
	else if (str_equal(unit, "min"))
		*out *= 60000;
	else if (!str_equal(unit, "ms"))
		return -EINVAL;
	return 0;
}

int value_share(const char *text, double *out)
{
	const char *unit;

	if (value_unit(text, out, &unit) || !str_equal(unit, "%"))
		return -EINVAL;
	*out /= 100;
	return 0;
}

int value_flag(const char *text, bool *out)
{
	*out = str_equal(text, "yes");
	return *out || str_equal(text, "no") ? 0 : -EINVAL;
}

int value_choice(const char *text, const char *choices, uint32_t *out)
{
	size_t len = strlen(text);

	for (uint32_t i = 0; *choices; i++) {
		size_t word = strcspn(choices, " ");

		if (word == len && memcmp(text, choices, len) == 0) {
			*out = i;
			return 0;
		}
		choices += word + strspn(choices + word, " ");
	}
	return -EINVAL;
}

static int hold_range(const char *text, struct hold *out)
{
	const char *dash = strchr(text, '-');
	double low, high;
	char first[32];

	if (!dash || str_copy_n(first, sizeof(first), text, (size_t)(dash - text)))
		return -EINVAL;
	if (value_ms(first, &low) || value_ms(dash + 1, &high) || low < 0 || high < low ||
		high > 3600000)
		return -EINVAL;
	*out = (struct hold){HOLD_UNIFORM, (uint32_t)low, (uint32_t)high};
	return 0;
}

int value_hold(const char *text, struct hold *out)
{
	static const char uniform[] = "uniform ", exponential[] = "exponential ";
	enum hold_kind kind = HOLD_FIXED;
	double ms;

	if (str_starts(text, uniform))
		return hold_range(text + strlen(uniform), out);
	if (str_starts(text, exponential)) {
		text += strlen(exponential);
		kind = HOLD_EXPONENTIAL;
	}
	if (value_ms(text, &ms) || ms < 0 || ms > 3600000)
		return -EINVAL;
	*out = (struct hold){kind, (uint32_t)ms, (uint32_t)ms};
	return 0;
}
