// An agent's state in the log.
#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/queue/floor_private.h"
#include "engine/base/str.h"

void floor_state_told(struct floor_agent *a)
{
	a->told.ready = a->ready;
	str_copy(a->told.pause, sizeof(a->told.pause), a->pause);
	str_copy(a->told.pause_code, sizeof(a->told.pause_code), a->pause_code);
}

void floor_state_news(const struct floor *f, struct floor_agent *a, enum agent_state from)
{
	floor_state_told(a);
	floor_state_log(f, f->options.log, a, from);
}

void floor_state_log(const struct floor *f, struct eventlog *log, const struct floor_agent *a,
	enum agent_state from)
{
	uint64_t now_ms = timers_now_ms(f->options.timers);
	struct body b;
	body_begin(&b);
	body_text(&b, "agent", a->name);
	body_text(&b, "from", agent_state_name(from));
	body_text(&b, "to", agent_state_name(a->state));
	body_text(&b, "why", router_why_name(a->why));
	if (a->works_for[0] != '\0')
		body_text(&b, "queue", a->works_for);
	body_bool(&b, "ready", a->told.ready);
	if (a->told.pause[0] != '\0')
		body_text(&b, "pause", a->told.pause);
	if (a->told.pause_code[0] != '\0')
		body_text(&b, "pause_code", a->told.pause_code);
	if (a->unit != NULL) {
		floor_unit_members(a->unit, &b);
		if (a->unit->region[0] != '\0')
			body_text(&b, "region", a->unit->region);
	}
	if (a->ends_ms) {
		uint64_t left_ms = a->ends_ms > now_ms ? a->ends_ms - now_ms : 0;
		body_u64(&b, "until", timers_wall_ns(f->options.timers) + left_ms * 1000000);
	}
	eventlog_append(log, EVENT_AGENT_STATE, a->tenant, NULL, body_end(&b));
}

// Whom the configuration has no more: without what it belonged to.
static void gone_log(
	struct eventlog *log, const char *tenant, const char *name, enum agent_state from)
{
	struct body b;
	body_begin(&b);
	body_text(&b, "agent", name);
	body_text(&b, "from", agent_state_name(from));
	body_text(&b, "to", agent_state_name(AGENT_SIGNED_OUT));
	body_text(&b, "why", router_why_name(WHY_REMOVED));
	body_bool(&b, "ready", false);
	eventlog_append(log, EVENT_AGENT_STATE, tenant, NULL, body_end(&b));
}

void floor_agent_absent(struct floor *f, const char *tenant, const char *name, enum agent_state was)
{
	struct floor_agent *a = floor_agent_named(f, name);
	if (was == AGENT_SIGNED_OUT)
		return;
	if (a == NULL || a->config == NULL) {
		gone_log(f->options.log, tenant, name, was);
	} else if (!a->registered) {
		a->why = WHY_UNREGISTERED;
		floor_state_log(f, f->options.log, a, was);
	}
}
