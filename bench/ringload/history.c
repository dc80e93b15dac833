// Asks the command socket for calls and recordings; a call's record is found by its SIP Call-ID.
#include "bench/ringload/history.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/contract/command.h"
#include "control/ringctl/client.h"
#include "engine/base/str.h"

#define ATTEMPTS 20
#define PAUSE_US 250000

#define ROWS_MAX "10000" // the most that a list has

struct history {
	const struct load *load;
	json_t *rows;
	char end[40]; // of the Call-IDs of this run
};

uint64_t history_count(const json_t *call)
{
	const char *id = json_string_value(json_object_get(call, "sip_call_id"));
	const char *dash = id ? strchr(id, '-') : NULL;

	return dash ? strtoull(dash + 1, NULL, 10) : UINT64_MAX;
}

// Rows of other runs and callers are passed over.
static bool history_call_row(const json_t *row, void *arg)
{
	struct history *h = arg;
	const char *id = json_string_value(json_object_get(row, "sip_call_id"));
	uint64_t count = history_count(row);

	if (id && strstr(id, h->end) && count < h->load->profile->calls_total &&
		h->load->notes[count].answered)
		json_array_append_new(h->rows, json_copy((json_t *)row));
	return true;
}

static bool history_row(const json_t *row, void *arg)
{
	json_array_append_new(((struct history *)arg)->rows, json_copy((json_t *)row));
	return true;
}

static int history_ask(struct history *h, bool calls, char error[256])
{
	json_t *options = calls ? json_pack("{s:s,s:s}", "history", "", "limit", ROWS_MAX)
				: json_pack("{s:s}", "limit", ROWS_MAX);
	struct client_question ask = {.socket = h->load->profile->ringctl_socket,
		.command = &commands[calls ? COMMAND_CALLS_LIST : COMMAND_RECORDINGS_LIST],
		.options = options};
	char why[CLIENT_ERROR_MAX];

	json_array_clear(h->rows);
	int code = client_ask(&ask, calls ? history_call_row : history_row, h, why);
	json_decref(options);
	if (code)
		str_format(error, 256, "%.250s", why);
	return code;
}

json_t *history_calls(const struct load *l, char error[256])
{
	struct history h = {.load = l, .rows = json_array()};

	str_format(h.end, sizeof(h.end), "-%llx@ringload", (unsigned long long)l->tag);
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		if (history_ask(&h, true, error)) {
			json_decref(h.rows);
			return NULL;
		}
		if (json_array_size(h.rows) >= l->counts.answered)
			break;
		usleep(PAUSE_US);
	}
	return h.rows;
}

json_t *history_recordings(const struct load *l, char error[256])
{
	struct history h = {.load = l, .rows = json_array()};

	if (history_ask(&h, false, error) == 0)
		return h.rows;
	json_decref(h.rows);
	return NULL;
}
