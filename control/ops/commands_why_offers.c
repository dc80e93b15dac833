// calls why: each offer of a call to an agent, from the records, which have those of calls in
// progress too.
#include <errno.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/ops/why/sentence.h"
#include "control/store/store.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

static uint64_t number(const json_t *row, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(row, name));
}

static uint64_t now_ns(const struct request *r)
{
	return timers_wall_ns(request_env(r)->timers);
}

// "10:03:12 billing: longest-idle: alice for the first of 2 waiting, …"
static void decided_text(const struct request *r, const json_t *offer, struct str_buf *out)
{
	char at[SENTENCE_TIME_MAX], waited[SENTENCE_TIME_MAX];
	uint64_t ready = number(offer, "ready");
	size_t named = json_array_size(json_object_get(offer, "candidates"));
	str_buf_add(out, "%s %s, after %s of waiting: %s",
		sentence_time(number(offer, "time"), now_ns(r), at), member_text(offer, "queue"),
		sentence_span(number(offer, "waited_ms"), waited), member_text(offer, "why"));
	if (ready > named)
		str_buf_add(out, " and %llu more", (unsigned long long)(ready - named));
	str_buf_add(out, " (decision %llu, seed %s)", (unsigned long long)number(offer, "decision"),
		member_text(offer, "seed"));
}

// end NULL: it goes on.
static void ended_text(
	const struct request *r, const json_t *offer, const json_t *end, struct str_buf *out)
{
	char at[SENTENCE_TIME_MAX], span[SENTENCE_TIME_MAX];
	uint64_t begun = number(offer, "time"), ended = number(end, "time");
	if (end == NULL) {
		struct call_info info;
		bool lives =
			call_find(request_env(r)->calls, member_text(offer, "call"), &info) == 0;
		str_buf_add(out,
			lives ? "; %s's phone is being called" : "; how it ended for %s was lost",
			member_text(offer, "agent"));
		return;
	}
	str_buf_add(out, "; %s: %s after %s, at %s", member_text(offer, "agent"),
		member_text(end, "outcome"),
		sentence_span(ended > begun ? (ended - begun) / NS_PER_MS : 0, span),
		sentence_time(ended, now_ns(r), at));
	if (number(end, "status") != 0)
		str_buf_add(out, " (SIP %llu)", (unsigned long long)number(end, "status"));
}

static void tell(struct request *r, json_t *offer, const json_t *end)
{
	char text[SENTENCE_MAX];
	struct str_buf b;
	str_buf_init(&b, text, sizeof(text));
	decided_text(r, offer, &b);
	ended_text(r, offer, end, &b);
	static const char *const raw[] = {"call", "sequence", "event", "why"};
	for (unsigned i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		json_object_del(offer, raw[i]);
	json_object_set_new(offer, "text", row_text(text));
	if (json_object_get(offer, "candidates") == NULL)
		json_object_set_new(offer, "candidates", json_array());
	json_object_set_new(offer, "ended", row_time(number(end, "time")));
	json_object_set(offer, "outcome", end ? json_object_get(end, "outcome") : json_null());
	json_object_set_new(offer, "status", row_count(number(end, "status")));
	json_object_set_new(offer, "time", row_time(number(offer, "time")));
	request_row(r, json_incref(offer));
}

// Answered, and over before it was a conversation: the offer has been told as connected.
static void tell_afterwards(struct request *r, const json_t *end)
{
	char text[SENTENCE_MAX], at[SENTENCE_TIME_MAX];
	const char *agent = member_text(end, "agent"), *why = member_text(end, "outcome");
	str_format(text, sizeof(text), "%s %s: %s: %s at once, and the caller waits on",
		sentence_time(number(end, "time"), now_ns(r), at), member_text(end, "queue"), agent,
		why);
	request_row(r,
		json_pack("{s:o,s:o,s:s,s:s,s:[],s:o,s:s,s:o}", "time",
			row_time(number(end, "time")), "queue", row_text(member_text(end, "queue")),
			"agent", agent, "text", text, "candidates", "ended",
			row_time(number(end, "time")), "outcome", why, "status",
			row_count(number(end, "status"))));
}

static void ended(struct request *r, json_t *end)
{
	bool connected = strcmp(member_text(end, "event"), "call-connected") == 0;
	size_t i;
	json_t *offer;
	json_object_set_new(
		end, "outcome", json_string(connected ? "connected" : member_text(end, "why")));
	json_array_foreach(r->kept, i, offer)
	{
		if (strcmp(member_text(offer, "agent"), member_text(end, "agent")) != 0)
			continue;
		tell(r, offer, end);
		json_array_remove(r->kept, i);
		return;
	}
	if (!connected)
		tell_afterwards(r, end);
}

// What is open is kept until its end comes.
static void why_row(const char *json, void *arg)
{
	struct request *r = arg;
	json_t *row = json_loads(json, 0, NULL);
	if (row == NULL)
		return;
	if (strcmp(member_text(row, "event"), "call-offered") == 0)
		json_array_append(r->kept, row);
	else
		ended(r, row);
	json_decref(row);
}

static void why_end(int error, void *arg)
{
	struct request *r = arg;
	size_t i;
	json_t *offer;
	if (error) {
		request_fail_for(r, CAUSE_STORE, strerror(-error));
		return;
	}
	json_array_foreach(r->kept, i, offer) tell(r, offer, NULL);
	request_done(r);
}

static bool why_room(void *arg)
{
	return request_has_room(arg);
}

static void why_ask(struct request *r, const char *id)
{
	const struct store_answer answer = {why_row, why_end, r, why_room};
	json_decref(r->kept);
	r->kept = json_array();
	if (store_query_offers(request_env(r)->store, id, &answer) != 0)
		request_fail_for(r, CAUSE_STORE_BUSY, "");
}

// --- which call is meant, of those that have ended ---

static void call_row(const char *json, void *arg)
{
	struct request *r = arg;
	json_t *row = json_loads(json, 0, NULL);
	if (r->kept == NULL)
		r->kept = json_array();
	if (row != NULL)
		json_array_append_new(r->kept, row);
}

static void call_end(int error, void *arg)
{
	struct request *r = arg;
	char id[CALLID_TEXT_MAX];
	if (error) {
		request_fail_for(r, CAUSE_STORE, strerror(-error));
	} else if (json_array_size(r->kept) != 1) {
		request_fail_for(
			r, json_array_size(r->kept) ? CAUSE_MANY_CALLS : CAUSE_NO_CALL, r->args[0]);
	} else {
		str_copy(id, sizeof(id), member_text(json_array_get(r->kept, 0), "call"));
		why_ask(r, id);
	}
}

void command_run_CALLS_WHY(struct request *r)
{
	const struct store_answer answer = {call_row, call_end, r, why_room};
	char id[CALLID_TEXT_MAX];
	struct call_info info;
	int err = call_find(request_env(r)->calls, r->args[0], &info);
	if (err == -EEXIST) {
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
		return;
	}
	request_waits_for_store(r);
	if (err == 0)
		why_ask(r, callid_text(&info.id, id));
	else if (store_query_call(request_env(r)->store, r->args[0], &answer) != 0)
		request_fail_for(r, CAUSE_STORE_BUSY, "");
}
