// The user agent: starts and stops, sends each message to whom it concerns, counts.
#include "control/sip/transport/reply.h"
#include "control/sip/ua.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/sip/dialog/bye.h"
#include "control/sip/dialog/indialog.h"
#include "control/sip/dialog/invite_client.h"
#include "control/sip/dialog/invite_server.h"
#include "control/sip/dialog/leg.h"
#include "control/sip/dialog/peer.h"
#include "control/sip/dialog/rejection.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/enrol.h"
#include "control/sip/registrar/login.h"
#include "control/sip/registrar/register.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/transport/connections.h"
#include "control/sip/transport/guard.h"
#include "control/sip/transport/refuse.h"
#include "control/sip/transport/trace.h"
#include "control/sip/trunk/trunk.h"
#include "control/sip/user_agent/core.h"
#include "control/sip/user_agent/health.h"
#include "control/sip/user_agent/methods.h"
#include "engine/base/str.h"

// --- messages ---

// A trunk's address, or one from which an agent is registered.
static bool knows(const struct ua *ua, const struct addr *source)
{
	return trunk_find(ua->trunks, source) || registrar_agent_at(ua->registrar, source);
}

// May a source hear what is answered before anybody knows what it wants? A known peer always; a
// stranger within its rate, and it is counted.
static bool may_answer(const struct sa *to, void *arg)
{
	struct addr source = addr_of_sa(to);
	struct ua *ua = arg;

	if (knows(ua, &source))
		return true;
	ua->counts.unknown_source++;
	if (ua->config->sip.unknown_silent)
		return false;
	if (guard_answer(ua->guard, &source, timers_now_ms(ua->timers)))
		return true;
	ua->counts.rate_limited++;
	return false;
}

// Calls go on from here, so that they may go in circles; all else ends here, whatever it says
// (RFC 4475 3.3.11).
static bool has_hops_left(struct stack_end *end, const struct sip_msg *msg)
{
	uint32_t hops = 0;

	if (!pl_isset(&msg->maxfwd) || (text_number(&msg->maxfwd, &hops) && hops > 0))
		return true;
	struct call_origin from;

	end->ua->counts.loops++;
	if (rejection_knows(end->ua, msg, &from))
		rejection_send(end, msg, &from, &(struct rejection){REJECTION_HOPS, ""});
	else if (may_answer(&msg->src, end->ua))
		reply_once(end, msg, 483, "Too Many Hops", NULL);
	return false;
}

// Of a known peer.
static bool refuses_unsupported(
	struct stack_end *end, const struct sip_msg *msg, const struct method *m)
{
	if (!m->begins)
		return false;
	return m->handle == invite_request ? invite_refused(end, msg) : reply_unsupported(end, msg);
}

static void outside_dialog(struct stack_end *end, const struct sip_msg *msg, const struct method *m)
{
	struct addr source = addr_of_sa(&msg->src);
	bool known = knows(end->ua, &source) ||
		(m && m->handle == health_answer && health_asks(end->ua, &source));

	if (!known && !(m && m->strangers))
		login_refuse_stranger(end, msg);
	else if (!m)
		reply_once(end, msg, 405, "Method Not Allowed", end->ua->allow);
	else if (m->handle && (!known || !refuses_unsupported(end, msg, m)))
		m->handle(end, msg);
}

static void on_request(struct stack_end *end, const struct sip_msg *msg)
{
	const struct method *m = method_find(&msg->met);
	bool inside = pl_isset(&msg->to.tag);

	if (!inside && pl_strcmp(&msg->met, "INVITE") == 0 &&
		(rejection_again(end, msg) || !has_hops_left(end, msg)))
		return;
	if (!inside)
		outside_dialog(end, msg, m);
	else if (leg_find(end->ua, &msg->to.tag, &msg->callid))
		indialog_request(end, msg, m ? &m->within : NULL);
	else // after a restart, or to a call that is long over
		peer_of_none(end, msg);
}

static void on_response(struct stack_end *end, const struct sip_msg *msg)
{
	if (msg->scode >= 200 && msg->scode < 300 && pl_strcmp(&msg->cseq.met, "INVITE") == 0 &&
		!indialog_answer_again(end, msg))
		invite_stray_answer(end, msg);
}

// --- trace ---

static bool is_masked(const struct ua *ua, uint64_t call)
{
	return ua->masked.count && hash_first(&ua->masked, call) != NULL;
}

static void on_message(bool sent, enum sip_transp tp, const struct sa *from, const struct sa *to,
	const uint8_t *text, size_t len, void *arg)
{
	struct ua *ua = arg;

	for (; len && (*text == '\r' || *text == '\n'); len--) // of a datagram libre gives all
		text++;
	struct ua_trace_entry e = {.wall_ns = timers_wall_ns(ua->timers),
		.from = addr_of_sa(from),
		.to = addr_of_sa(to),
		.transport = transport_of_libre(tp),
		.sent = sent,
		.text = (const char *)text};
	uint64_t call = trace_add(ua->trace, &e, len);

	if (len <= 5 || memcmp(text, "INFO ", 5) != 0)
		return;
	if (is_masked(ua, call) || trace_last_repeats(ua->trace))
		trace_blank_last(ua->trace);
}

void ua_trace(const struct ua *ua, const char *call_id,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	trace_walk(ua->trace, call_id, each, arg);
}

struct trace_search *ua_trace_search(const struct ua *ua, const char *call_id, const char *call)
{
	char line[UA_TEXT_MAX] = "";

	if (*call && str_format(line, sizeof(line), "X-Ringhall-Call: %s", call) != 0)
		return NULL;
	return trace_search_new(ua->trace, call_id, line);
}

bool ua_trace_page(const struct ua *ua, struct trace_search *s,
	void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	return trace_search_page(ua->trace, s, each, arg);
}

void ua_trace_end(struct trace_search *s)
{
	trace_search_free(s);
}

void ua_mask(struct ua_leg *leg, bool on)
{
	struct ua *ua = leg->ua;

	if (leg->masked == on)
		return;
	leg->masked = on;
	if (on)
		hash_insert(&ua->masked, &leg->masked_node, trace_call(leg->dialog.call_id));
	else
		hash_remove(&ua->masked, &leg->masked_node);
}

// --- legs ---

void ua_hangup(struct ua_leg *leg, const char *reason)
{
	struct leg_end end = {UA_END_LOCAL, 0, reason};

	if (ua_leg_input(leg, LEG_IN_HANGUP) != LEG_DOES)
		return;
	switch (leg->state) {
	case LEG_CALLING:
		invite_cancel(leg);
		break;
	case LEG_INCOMING:
		end.status = 480;
		invite_refuse(leg, 480, "Temporarily Unavailable");
		if (leg->trunk && !leg->refused)
			trunk_reject(leg->trunk);
		break;
	case LEG_ANSWERING:
		leg->bye_after_ack = true; // not before (RFC 3261 15)
		break;
	case LEG_UP:
		answer_drop(&leg->answer);
		(void)dialog_bye(&leg->dialog, reason);
		break;
	default:
		break;
	}
	leg_end_later(leg, &end);
}

unsigned ua_legs(const struct ua *ua)
{
	return ua->alive;
}

void ua_drain(struct ua *ua, bool on)
{
	ua->draining = on;
}

void ua_overload(struct ua *ua, unsigned percent)
{
	ua->overload_percent = percent;
}

void ua_overloaded(struct ua *ua, bool on)
{
	ua->overloaded = on;
}

void ua_counts(const struct ua *ua, struct ua_counts *out)
{
	*out = ua->counts;
	out->malformed += refusals_count(ua->refusals);
}

// --- trunks and connections ---

void ua_trunks(struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg)
{
	trunks_walk(ua->trunks, each, arg);
}

void ua_trunks_counted(
	struct ua *ua, void (*each)(const struct ua_trunk_status *t, void *arg), void *arg)
{
	trunks_counted(ua->trunks, each, arg);
}

void ua_trunk_restore(
	struct ua *ua, const char *tenant, const char *name, const struct ua_trunk_status *t)
{
	trunks_restore(ua->trunks, tenant, name, t);
}

void ua_connections(const struct ua *ua, struct ua_connections *out)
{
	connections_count(ua->connections, out);
}

void ua_connections_limit(struct ua *ua, const struct ua_connection_limits *limits)
{
	connections_limit(ua->connections, limits);
}

static bool is_trunk(const struct addr *source, void *arg)
{
	const struct ua *ua = arg;

	return trunk_find(ua->trunks, source) != NULL;
}

static bool is_phone(const struct addr *source, void *arg)
{
	const struct ua *ua = arg;

	return registrar_agent_at(ua->registrar, source) != NULL;
}

static bool has_phones(const struct addr *source, void *arg)
{
	const struct ua *ua = arg;

	return registrar_phones_at(ua->registrar, source) > 0;
}

// --- start and stop ---

static int start_transports(struct ua *ua)
{
	static const struct stack_handlers messages = {
		on_request, on_response, peer_refuses_cancel, on_message};
	const struct refuse_handlers unread = {may_answer, on_message, rejection_unread, ua};
	const struct connections_handlers whose = {is_trunk, is_phone, has_phones, ua};

	ua->refusals = refusals_new(ua->timers, &unread, ua->config->sip.user_agent);
	if (!ua->refusals)
		return -ENOMEM;
	int rc = connections_new(ua->timers, &whose, ua->refusals, &ua->connections);
	const struct stack_env env = {ua, &messages, ua->connections, ua->refusals};
	return rc ? rc : stack_start(&env, &ua->config->sip, &ua->stack);
}

// The last first; what was not made is NULL.
static void free_parts(struct ua *ua)
{
	enrols_fini(ua);
	register_fini(ua);
	connections_free(ua->connections);
	refusals_free(ua->refusals);
	rejections_free(ua->rejections);
	trunks_free(ua->trunks);
	core_fini(ua);
}

struct ua *ua_new(void)
{
	return calloc(1, sizeof(struct ua));
}

void ua_free(struct ua *ua)
{
	if (ua && ua->config)
		ua_stop(ua);
	free(ua);
}

int ua_start(struct ua *ua, const struct ua_env *env)
{
	const struct ua_handlers *h = env->handlers;
	int rc = core_init(ua, env);

	if (rc)
		return rc;
	ua->sign = change_refresh;
	ua->trunks = trunks_new(env->timers, h->trunk_counted, h->told_arg);
	ua->rejections = rejections_new();
	rc = ua->trunks && ua->rejections ? trunks_reserve(ua->trunks, env->config) : -ENOMEM;
	if (!rc) {
		trunks_configure(ua->trunks, env->config);
		rc = register_init(ua);
	}
	if (!rc)
		rc = start_transports(ua);
	if (!rc)
		rc = enrols_init(ua);
	if (rc)
		free_parts(ua);
	else
		enrols_configure(ua);
	return rc;
}

int ua_look(const struct config_listen *listen)
{
	return stack_look(listen);
}

int ua_prepare(struct ua *ua, const struct config *config)
{
	return trunks_reserve(ua->trunks, config);
}

void ua_configure(struct ua *ua, const struct config *config)
{
	ua->config = config;
	core_limit(ua);
	trunks_configure(ua->trunks, config);
	register_configure(ua);
	enrols_configure(ua);
}

void ua_stop(struct ua *ua)
{
	ua->stopping = true;
	dlist_for_each (it, &ua->all) {
		struct ua_leg *leg = container_of(it, struct ua_leg, link);
		bool acked = leg->state != LEG_ANSWERING && !leg->bye_after_ack;
		ua_hangup(leg, "shutting down");
		if (!acked)
			(void)dialog_bye(&leg->dialog, "shutting down");
	}
	rejections_free(ua->rejections); // they are answered
	ua->rejections = NULL;
	stack_stop(ua->stack);
	while (!dlist_empty(&ua->all))
		leg_free(container_of(ua->all.next, struct ua_leg, link));
	byes_drop(ua);
	free_parts(ua);
}
