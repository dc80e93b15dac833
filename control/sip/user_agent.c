// The user agent: starts and stops, sends each message to whom it concerns, counts.
#include "control/sip/ua.h"

#include <errno.h>
#include <string.h>

#include "control/base/timer.h"
#include "control/sip/transport/bounds.h"
#include "control/sip/transport/cancel.h"
#include "control/sip/transport/connections.h"
#include "control/sip/core.h"
#include "control/sip/transport/door.h"
#include "control/sip/trunk/health.h"
#include "control/sip/dialog/indialog.h"
#include "control/sip/dialog/invite_client.h"
#include "control/sip/dialog/invite_server.h"
#include "control/sip/dialog/leg.h"
#include "control/sip/registrar/login.h"
#include "control/sip/dialog/peer.h"
#include "control/sip/transport/refuse.h"
#include "control/sip/registrar/register.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/dialog/rejection.h"
#include "control/sip/message/text.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/str.h"

// --- messages ---

// Calls go on from here, so that they may go in circles; all else ends here, whatever it says
// (RFC 4475 3.3.11).
static bool has_hops_left(struct stack_end *end, const struct sip_msg *msg)
{
	uint32_t hops = 0;

	if (!pl_isset(&msg->maxfwd) || (text_number(&msg->maxfwd, &hops) && hops > 0))
		return true;
	struct call_origin from;

	core.counts.loops++;
	if (rejection_knows(msg, &from))
		rejection_send(end, msg, &from, &(struct rejection){REJECTION_HOPS, ""});
	else if (bounds_may_answer(&msg->src))
		reply_once(end, msg, 483, "Too Many Hops", NULL);
	return false;
}

static void on_nowhere(struct stack_end *end, const struct sip_msg *msg)
{
	reply_once(end, msg, 481, "Call/Transaction Does Not Exist", NULL);
}

static void on_register(struct stack_end *end, const struct sip_msg *msg)
{
	reply_to_source(msg);
	register_request(end, msg);
}

static const struct method {
	const char *name;
	bool strangers; // its handler knows what to do with them
	void (*handle)(struct stack_end *end, const struct sip_msg *msg);
} methods[] = {
	{"INVITE", true, invite_request},
	{"REGISTER", true, on_register},
	{"OPTIONS", false, health_answer},
	{"CANCEL", false, on_nowhere}, // libre found no transaction that it fits
	{"BYE", false, on_nowhere},
	{"INFO", false, on_nowhere},
};

// Of a known peer.
static bool refuses_unsupported(
	struct stack_end *end, const struct sip_msg *msg, const struct method *m)
{
	if (m->handle == on_nowhere)
		return false;
	return m->handle == invite_request ? invite_refused(end, msg) : reply_unsupported(end, msg);
}

static void outside_dialog(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	const struct method *m = NULL;

	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (pl_strcmp(&msg->met, methods[i].name) == 0)
			m = &methods[i];
	bool known =
		bounds_knows(&source) || (m && m->handle == health_answer && health_asks(&source));
	if (!known && !(m && m->strangers))
		login_refuse_stranger(end, msg);
	else if (m && (!known || !refuses_unsupported(end, msg, m)))
		m->handle(end, msg);
	else if (!m && pl_strcmp(&msg->met, "ACK"))
		reply_once(end, msg, 405, "Method Not Allowed", REPLY_ALLOW);
}

static void on_request(struct stack_end *end, const struct sip_msg *msg)
{
	bool inside = pl_isset(&msg->to.tag);

	if (!inside && pl_strcmp(&msg->met, "INVITE") == 0 &&
		(rejection_again(end, msg) || !has_hops_left(end, msg)))
		return;
	if (!inside)
		outside_dialog(end, msg);
	else if (leg_find(&msg->to.tag, &msg->callid))
		indialog_request(end, msg);
	else // after a restart, or to a call that is long over
		peer_of_none(end, msg);
}

static void on_response(struct stack_end *end, const struct sip_msg *msg)
{
	if (msg->scode >= 200 && msg->scode < 300 && pl_strcmp(&msg->cseq.met, "INVITE") == 0)
		invite_stray_answer(end, msg);
}

// --- trace ---

static bool is_masked(uint64_t call)
{
	return core.masked.count && hash_first(&core.masked, call) != NULL;
}

static void on_message(bool sent, enum sip_transp tp, const struct sa *from, const struct sa *to,
	const uint8_t *text, size_t len, void *arg)
{
	for (; len && (*text == '\r' || *text == '\n'); len--) // of a datagram libre gives all
		text++;
	struct ua_trace_entry e = {.wall_ns = timers_wall_ns(core.timers),
		.from = addr_of_sa(from),
		.to = addr_of_sa(to),
		.transport = tp == SIP_TRANSP_TCP ? UA_TCP : UA_UDP,
		.sent = sent,
		.text = (const char *)text};
	uint64_t call = trace_add(core.trace, &e, len);

	if (len <= 5 || memcmp(text, "INFO ", 5) != 0)
		return;
	if (is_masked(call) || trace_last_repeats(core.trace))
		trace_blank_last(core.trace);
}

void ua_trace(
	const char *call_id, void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	trace_walk(core.trace, call_id, each, arg);
}

struct trace_search *ua_trace_search(const char *call_id, const char *call)
{
	char line[UA_TEXT_MAX] = "";

	if (*call && str_format(line, sizeof(line), "X-Ringhall-Call: %s", call) != 0)
		return NULL;
	return trace_search_new(core.trace, call_id, line);
}

bool ua_trace_page(
	struct trace_search *s, void (*each)(const struct ua_trace_entry *e, void *arg), void *arg)
{
	return trace_search_page(core.trace, s, each, arg);
}

void ua_trace_end(struct trace_search *s)
{
	trace_search_free(s);
}

void ua_mask(struct ua_leg *leg, bool on)
{
	if (leg->masked == on)
		return;
	leg->masked = on;
	if (on)
		hash_insert(&core.masked, &leg->masked_node, trace_call(leg->dialog.call_id));
	else
		hash_remove(&core.masked, &leg->masked_node);
}

// --- legs ---

void ua_hangup(struct ua_leg *leg, const char *reason)
{
	struct leg_end end = {UA_END_LOCAL, 0, reason};

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
	case LEG_OVER:
		return;
	}
	leg_end_later(leg, &end);
}

const char *ua_call_id(const struct ua_leg *leg)
{
	return leg->dialog.call_id;
}

bool ua_media(const struct ua_leg *leg, struct media_params *out)
{
	if (!leg->settled)
		return false;
	*out = leg->media;
	nat_media(&leg->nat, leg->dialog.target, out);
	return true;
}

unsigned ua_legs(void)
{
	return core.alive;
}

void ua_drain(bool on)
{
	core.draining = on;
}

void ua_overload(unsigned percent)
{
	core.overload_percent = percent;
}

void ua_overloaded(bool on)
{
	core.overloaded = on;
}

void ua_counts(struct ua_counts *out)
{
	*out = core.counts;
	out->malformed += door_malformed() + refuse_count();
}

// --- whose connections ---

static bool is_trunk(const struct addr *source)
{
	return trunk_find(source) != NULL;
}

static bool is_phone(const struct addr *source)
{
	return registrar_agent_at(source) != NULL;
}

static bool has_phones(const struct addr *source)
{
	return registrar_phones_at(source) > 0;
}

// --- start and stop ---

int ua_start(const struct ua_env *env)
{
	static const struct stack_handlers messages = {
		on_request, on_response, on_message, bounds_may_answer, rejection_unread};
	static const struct connections_handlers whose = {is_trunk, is_phone, has_phones};
	int rc = core_init(env);

	if (rc)
		return rc;
	trunks_watch(env->handlers->trunk_counted, env->handlers->told_arg);
	core.rejections = rejections_new();
	rc = core.rejections ? trunks_reserve(env->config) : -ENOMEM;
	if (rc)
		goto fail;
	trunks_configure(env->config);
	rc = register_init();
	if (rc)
		goto fail;
	rc = connections_init(&whose);
	if (!rc)
		rc = bounds_init();
	if (!rc)
		rc = cancel_init(peer_refuses_cancel);
	if (!rc)
		rc = stack_start(&env->config->sip, &messages);
	if (!rc)
		return 0;
	register_fini();
	connections_fini();
fail:
	rejections_free(core.rejections);
	trunks_free();
	core_fini();
	return rc;
}

int ua_look(const struct config_listen *listen)
{
	return stack_look(listen);
}

int ua_prepare(const struct config *config)
{
	return trunks_reserve(config);
}

void ua_configure(const struct config *config)
{
	core.config = config;
	core_limit();
	trunks_configure(config);
	register_configure();
}

void ua_stop(void)
{
	core.stopping = true;
	dlist_for_each (it, &core.all) {
		struct ua_leg *leg = container_of(it, struct ua_leg, link);
		bool acked = leg->state != LEG_ANSWERING && !leg->bye_after_ack;
		ua_hangup(leg, "shutting down");
		if (!acked)
			(void)dialog_bye(&leg->dialog, "shutting down");
	}
	rejections_free(core.rejections); // they are answered
	core.rejections = NULL;
	stack_stop();
	while (!dlist_empty(&core.all))
		leg_free(container_of(core.all.next, struct ua_leg, link));
	register_fini();
	connections_fini();
	trunks_free();
	core_fini();
}
