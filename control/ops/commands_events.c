// events follow and trace sip.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/eventlog/eventlog.h"
#include "control/store/store.h"
#include "control/call/call.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/names.h"
#include "control/ops/ops.h"
#include "control/ops/ops_private.h"
#include "control/ops/rows.h"
#include "control/sip/ua.h"

static void follow_gone(struct request *r)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		if (r->ops->followers[i] == r)
			r->ops->followers[i] = NULL;
	request_done(r);
}

void command_run_EVENTS_FOLLOW(struct request *r)
{
	const char *type = request_option(r, "type");
	if (type != NULL && event_type_parse(type) == 0) {
		struct near n = {.wanted = type};
#define X(name, number, text, ...) near_try(&n, text);
		EVENT_TYPES(X)
#undef X
		request_no(r, "event type", &n);
		return;
	}
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		if (r->ops->followers[i] == NULL) {
			r->ops->followers[i] = r;
			r->gone = follow_gone;
			return;
		}
	}
	request_fail(r, EXIT_FAILED, "%d clients follow events already", FOLLOWERS_MAX);
}

static json_t *event_row(const struct event *e, const char *call)
{
	json_t *body = shape_fit(shape_of_event(e->type), json_loads(e->body, 0, NULL));
	return json_pack("{s:I,s:o,s:s,s:o,s:o,s:o}", "sequence", (json_int_t)e->sequence, "time",
		row_time(e->wall_ns), "event", event_type_name(e->type), "tenant",
		row_text(e->tenant), "call", row_text(call), "body", body);
}

static bool event_wanted(struct request *r, const struct event *e, const char *call)
{
	const char *type = request_option(r, "type");
	const char *tenant = request_option(r, "tenant");
	const char *wanted = request_option(r, "call");
	return (type == NULL || event_type_parse(type) == e->type) &&
		(tenant == NULL || strcmp(tenant, e->tenant) == 0) &&
		(wanted == NULL || strncmp(wanted, call, strlen(wanted)) == 0);
}

void ops_event(struct ops *ops, const struct event *e)
{
	char call[CALLID_TEXT_MAX] = "";
	json_t *row = NULL;
	if (!callid_is_none(&e->call))
		callid_text(&e->call, call);
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		struct request *r = ops->followers[i];
		if (r == NULL || !event_wanted(r, e, call))
			continue;
		if (row == NULL)
			row = event_row(e, call);
		request_row(r, json_incref(row));
	}
	json_decref(row);
}

// A message that is no UTF-8 goes as one character a byte.
static json_t *trace_text(const char *text, size_t len)
{
	char *wide = malloc(2 * len + 1);
	size_t n = 0;
	for (size_t i = 0; wide != NULL && i < len; i++) {
		uint8_t byte = (uint8_t)text[i];
		if (byte >= 0x80)
			wide[n++] = (char)(0xc0 | byte >> 6);
		wide[n++] = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
	}
	json_t *json = wide ? json_stringn(wide, n) : NULL;
	free(wide);
	return json;
}

static void trace_each(const struct ua_trace_entry *e, void *arg)
{
	json_t *text = json_stringn(e->text, e->bytes);
	bool latin1 = text == NULL;
	if (latin1)
		text = trace_text(e->text, e->bytes);
	char time[SHAPE_TIME_MAX]; // as fine as it is known: a capture file is made of it
	request_row(arg,
		json_pack("{s:s,s:o,s:o,s:s,s:b,s:b,s:o}", "time", shape_time(e->wall_ns, 9, time),
			"from", row_addr(&e->from), "to", row_addr(&e->to), "transport",
			transport_of(e->transport)->name, "sent", e->sent, "latin1", latin1, "text",
			text));
}

struct trace_place {
	struct trace_search *search;
};

static void trace_leave(void *place)
{
	ua_trace_end(((struct trace_place *)place)->search);
}

static bool trace_page(struct request *r)
{
	const struct trace_place *p = r->place;
	return ua_trace_page(request_env(r)->ua, p->search, trace_each, r);
}

static void trace_legs(struct request *r, const char *call, const char *sip_call_id)
{
	struct trace_search *search = ua_trace_search(request_env(r)->ua, sip_call_id, call);
	struct trace_place *p;
	if (search == NULL) {
		request_fail_for(r, CAUSE_MEMORY, "");
		return;
	}
	p = request_pages(r, trace_page, sizeof(*p), trace_leave);
	if (p != NULL)
		p->search = search;
	else
		ua_trace_end(search);
}

// Records whose call begins as asked.
static void trace_record(const char *json, void *arg)
{
	struct request *r = arg;
	if (r->kept == NULL)
		r->kept = json_array();
	json_array_append_new(r->kept, json_loads(json, 0, NULL));
}

static void trace_record_end(int error, void *arg)
{
	struct request *r = arg;
	const json_t *record = json_array_get(r->kept, 0);
	const char *call = json_string_value(json_object_get(record, "call"));
	const char *sip_call_id = json_string_value(json_object_get(record, "sip_call_id"));
	if (json_array_size(r->kept) > 1) {
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
		return;
	}
	if (call != NULL)
		trace_legs(r, call, sip_call_id ? sip_call_id : "");
	else // neither alive nor in the records: it may be a SIP Call-ID
		trace_legs(r, "", r->args[0]);
}

void command_run_TRACE_SIP(struct request *r)
{
	char id[CALLID_TEXT_MAX];
	struct call_info info;
	const struct store_answer answer = {trace_record, trace_record_end, r};
	int err = call_find(request_env(r)->calls, r->args[0], &info);
	if (err == 0) {
		trace_legs(r, callid_text(&info.id, id), info.sip_call_id);
	} else if (err == -EEXIST) {
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
	} else {
		request_waits_for_store(r);
		if (store_query_call(request_env(r)->store, r->args[0], &answer) != 0)
			trace_record_end(0, r);
	}
}
