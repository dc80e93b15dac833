// The sentences.
#include "control/contract/cause.h"

#include "engine/base/str.h"

static const struct {
	enum request_exit exit;
	const char *before, *behind; // what it is about
} causes[] = {
	[CAUSE_NO_CALL] = {EXIT_MISSING, "no call begins with ", ""},
	[CAUSE_NO_LIVE_CALL] = {EXIT_MISSING, "no call in progress begins with ", ""},
	[CAUSE_NO_RECORDING] = {EXIT_MISSING, "no call that was recorded begins with ", ""},
	[CAUSE_MANY_CALLS] = {EXIT_USAGE, "more than one call begins with ", ": give more of it"},
	[CAUSE_NO_CONFERENCE] = {EXIT_FAILED, "call ", " is in no conference"},
	[CAUSE_NOT_ANSWERED] = {EXIT_FAILED, "call ", " is not answered yet, or over"},
	[CAUSE_STORE] = {EXIT_FAILED, "the store failed: ", ""},
	[CAUSE_STORE_BUSY] = {EXIT_FAILED, "too many questions are open: try again", ""},
	[CAUSE_MEMORY] = {EXIT_FAILED, "out of memory", ""},
};

char *cause_text(enum cause cause, const char *what, char *out, size_t size)
{
	str_format(out, size, "%s%s%s", causes[cause].before, what, causes[cause].behind);
	return out;
}

enum request_exit cause_exit(enum cause cause)
{
	return causes[cause].exit;
}
