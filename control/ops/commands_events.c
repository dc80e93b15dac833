// events follow and trace sip.
#include <string.h>

#include "control/base/eventlog.h"
#include "control/call/call.h"
#include "control/ops/ops_private.h"
#include "control/sip/ua.h"

#define FOLLOWERS_MAX 16

static struct request *followers[FOLLOWERS_MAX];

void command_run_EVENTS_FOLLOW(struct request *r)
{
	const char *type = request_option(r, "type");
	if (type != NULL && event_type_parse(type) == 0) {
		request_fail(r, EXIT_USAGE, "no event type %s; docs/events.md lists them", type);
		return;
	}
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		if (followers[i] == NULL) {
			followers[i] = r;
			return;
		}
	}
	request_fail(r, EXIT_FAILED, "%d clients follow events already", FOLLOWERS_MAX);
}

void events_gone(struct request *r)
{
	for (int i = 0; i < FOLLOWERS_MAX; i++)
		if (followers[i] == r)
			followers[i] = NULL;
	request_done(r);
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

void ops_event(const struct event *e)
{
	char call[CALLID_TEXT_MAX] = "";
	json_t *row = NULL;
	if (!callid_is_none(&e->call))
		callid_text(&e->call, call);
	for (int i = 0; i < FOLLOWERS_MAX; i++) {
		struct request *r = followers[i];
		if (r == NULL || !event_wanted(r, e, call))
			continue;
		if (row == NULL)
			row = json_pack("{s:I,s:o,s:s,s:o,s:s,s:o}", "sequence",
				(json_int_t)e->sequence, "time", row_time(e->wall_ns), "event",
				event_type_name(e->type), "tenant", row_text(e->tenant), "call",
				call, "body", json_loads(e->body, 0, NULL));
		request_row(r, json_incref(row));
	}
	json_decref(row);
}

static void trace_each(const struct ua_trace_entry *e, void *arg)
{
	request_row(arg,
		json_pack("{s:o,s:I,s:o,s:o,s:s,s:b,s:o}", "time", row_time(e->wall_ns), "wall_ns",
			(json_int_t)e->wall_ns, "from", row_addr(&e->from), "to", row_addr(&e->to),
			"transport", e->transport == UA_TCP ? "tcp" : "udp", "sent", e->sent,
			"text", row_text(e->text)));
}

// Ended calls: the SIP Call-ID itself may be given, as `calls show` prints it.
void command_run_TRACE_SIP(struct request *r)
{
	struct call_info info;
	if (call_find(ops_env()->calls, r->args[0], &info) == 0) {
		ua_trace(info.sip_call_id, trace_each, r);
		if (info.agent_sip_call_id[0] != '\0')
			ua_trace(info.agent_sip_call_id, trace_each, r);
	} else {
		ua_trace(r->args[0], trace_each, r);
	}
	request_done(r);
}
