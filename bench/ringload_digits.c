// Asks the command socket for the call history and matches records by SIP Call-ID.
#include "bench/ringload_digits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/ops/command.h"
#include "control/ops/ringctl_client.h"
#include "engine/base/str.h"

#define ATTEMPTS 20
#define PAUSE_US 250000

struct digits_question {
	const struct load *load;
	struct digits_report *report;
	char end[40]; // of the Call-IDs of this run
	uint64_t seen;
};

// Rows of other runs and callers are passed over.
static bool digits_row(const json_t *row, void *arg)
{
	struct digits_question *q = arg;
	const char *id = json_string_value(json_object_get(row, "sip_call_id"));
	const char *digits = json_string_value(json_object_get(row, "digits"));
	const struct load *l = q->load;
	struct digits_report *r = q->report;

	if (!id || !strstr(id, q->end))
		return true;
	const char *dash = strchr(id, '-');
	uint64_t count = dash ? strtoull(dash + 1, NULL, 10) : UINT64_MAX;
	if (count >= l->profile->calls_total || !l->notes[count].answered)
		return true;
	const char *sent = l->notes[count].digits == DIGITS_NONE ? "" : l->profile->digits;
	digits = digits ? digits : "";
	q->seen++;
	r->calls += *sent != '\0';
	r->sent += strlen(sent);
	r->reported += strlen(digits);
	if (!str_equal(sent, digits)) {
		r->wrong++;
		str_format(r->first, sizeof(r->first), "call %.60s: %s sent as %s, %.32s reported",
			id, *sent ? sent : "none",
			l->notes[count].digits == DIGITS_INBAND ? "tones" : "events",
			*digits ? digits : "none");
	}
	return true;
}

int digits_compare(const struct load *l, struct digits_report *report, char error[256])
{
	struct digits_question q = {.load = l, .report = report};
	json_t *options = json_pack("{s:s}", "history", "");
	struct client_question ask = {.socket = l->profile->ringctl_socket,
		.command = &commands[COMMAND_CALLS_LIST],
		.options = options};
	char why[CLIENT_ERROR_MAX];
	int code = 0;

	str_format(q.end, sizeof(q.end), "-%llx@ringload", (unsigned long long)l->tag);
	for (unsigned i = 0; i < ATTEMPTS && code == 0; i++) {
		*report = (struct digits_report){.asked = true};
		q.seen = 0;
		code = client_ask(&ask, digits_row, &q, why);
		if (q.seen >= l->counts.answered)
			break;
		usleep(PAUSE_US);
	}
	json_decref(options);
	report->missing = l->counts.answered > q.seen ? l->counts.answered - q.seen : 0;
	if (code == 0)
		return 0;
	str_format(error, 256, "%.250s", why);
	return -EIO;
}
