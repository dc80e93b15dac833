// Registrations in the event log.
#include "control/node/registrations.h"

#include <string.h>

#include "control/base/body.h"
#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/rebuild/rebuild.h"
#include "control/queue/floor.h"
#include "control/sip/ua.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("node");

static void binding_append(struct eventlog *log, const struct ua_registration *r, const char *gone)
{
	char source[ADDR_TEXT_MAX];
	struct body body;
	body_begin(&body);
	body_text(&body, "agent", r->agent);
	body_text(&body, "contact", r->contact);
	if (r->instance[0] != '\0')
		body_text(&body, "instance", r->instance);
	body_text(&body, "source", addr_text(&r->source, source));
	body_text(&body, "transport", transport_of(r->transport)->name);
	body_u64(&body, "expires", r->expires_wall_ns);
	body_text(&body, "call_id", r->call_id);
	body_u64(&body, "cseq", r->cseq);
	body_text(&body, "user_agent", r->user_agent);
	if (gone != NULL)
		body_text(&body, "why", gone);
	eventlog_append(log, gone ? EVENT_AGENT_UNREGISTERED : EVENT_AGENT_REGISTERED, r->tenant,
		NULL, body_end(&body));
}

void registrations_binding(const struct ua_registration *r, const char *gone, struct eventlog *log)
{
	binding_append(log, r, gone);
}

void registrations_lockout(const struct ua_lockout *l, struct eventlog *log)
{
	struct body body;
	char place[UA_PLACE_MAX];
	body_begin(&body);
	if (l->address.family != ADDR_NONE)
		body_text(&body, "address", ua_lockout_place(l, place));
	if (l->account[0] != '\0')
		body_text(&body, "account", l->account);
	body_u64(&body, "for_ms", l->for_ms);
	eventlog_append(log, EVENT_LOCKOUT, "", NULL, body_end(&body));
}

static void snapshot_each(const struct ua_registration *r, void *arg)
{
	binding_append(arg, r, NULL);
}

bool registrations_snapshot(
	struct ua *ua, struct eventlog *log, struct floor *floor, uint64_t *from)
{
	for (; *from < floor_agent_count(floor) && eventlog_piece_goes_on(log); ++*from)
		ua_registrations_of(ua, floor_agent_name(floor, *from), snapshot_each, log);
	return *from < floor_agent_count(floor);
}

void registrations_restore(struct ua *ua, const struct rebuild *rebuild)
{
	unsigned stand = 0;
	for (size_t i = 0; i < rebuild->registration_count; i++) {
		const struct rebuild_registration *from = &rebuild->registrations[i];
		enum ua_transport t = transport_find(from->transport, strlen(from->transport));
		struct ua_registration r = {
			.transport = t < UA_TRANSPORTS ? t : UA_UDP,
			.expires_wall_ns = from->expires_ns,
			.cseq = from->cseq,
		};
		if (str_copy(r.agent, sizeof(r.agent), from->agent) != 0 ||
			str_copy(r.contact, sizeof(r.contact), from->contact) != 0 ||
			addr_parse(from->source, &r.source) != 0) {
			log_warn("registration not restored: agent=%s contact=%s", from->agent,
				from->contact);
			continue;
		}
		str_copy(r.instance, sizeof(r.instance), from->instance);
		str_copy(r.user_agent, sizeof(r.user_agent), from->user_agent);
		str_copy(r.call_id, sizeof(r.call_id), from->call_id);
		if (ua_registration_restore(ua, &r) == 0)
			stand++;
	}
	if (rebuild->registration_count > 0)
		log_info("registrations stand again: restored=%u known=%zu", stand,
			rebuild->registration_count);
}
