// Holds each call's record against the digits that it was told to press.
#include "bench/ringload/digits.h"

#include <string.h>

#include "bench/ringload/history.h"
#include "engine/base/str.h"

static void digits_judge(const struct load *l, const json_t *call, struct digits_report *r)
{
	const struct call_note *note = &l->notes[history_count(call)];
	const char *sent = note->digits == DIGITS_NONE ? "" : l->profile->digits;
	const char *digits = json_string_value(json_object_get(call, "digits"));

	digits = digits ? digits : "";
	r->calls += *sent != '\0';
	r->sent += strlen(sent);
	r->reported += strlen(digits);
	if (str_equal(sent, digits))
		return;
	r->wrong++;
	str_format(r->first, sizeof(r->first), "call %.60s: %s sent as %s, %.32s reported",
		json_string_value(json_object_get(call, "sip_call_id")), *sent ? sent : "none",
		note->digits == DIGITS_INBAND ? "tones" : "events", *digits ? digits : "none");
}

void digits_compare(const struct load *l, const json_t *calls, struct digits_report *report)
{
	size_t i;
	const json_t *call;

	*report = (struct digits_report){.asked = true};
	json_array_foreach(calls, i, call) digits_judge(l, call, report);
	if (l->counts.answered > i)
		report->missing = l->counts.answered - i;
}
