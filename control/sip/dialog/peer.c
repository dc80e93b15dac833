// Judges who asks within a dialog.
#include "control/sip/dialog/peer.h"

#include "control/base/timer.h"
#include "control/sip/message/text.h"
#include "control/sip/registrar/login.h"
#include "control/sip/registrar/registrar.h"
#include "control/sip/shared.h"
#include "control/sip/transport/reply.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/log.h"

#define DOUBT_EACH_MS 1000 // at most so often is a far end asked because of others' BYEs

LOG_TOPIC("sip");

static bool same_host(const struct addr *a, const struct addr *source)
{
	return addr_in_prefix(source, a, a->family == ADDR_IP6 ? 64 : 32);
}

static bool is_of_trunk(const struct config_trunk *t, const struct addr *source)
{
	return config_prefixes_hold(t->peers, t->peer_count, source);
}

bool peer_is_at(const struct ua_leg *leg, const struct addr *source)
{
	if (same_host(&leg->peer, source) || same_host(&leg->dialog.flow.peer, source))
		return true;
	if (leg->trunk)
		return leg->trunk->config && is_of_trunk(leg->trunk->config, source);
	return registrar_is_home(leg->ua->registrar, leg->agent, source);
}

static void tell(const struct ua_leg *leg, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	char text[ADDR_TEXT_MAX];

	leg->ua->counts.dialog_refused++;
	if (login_may_log(leg->ua))
		log_warn("request within a call from elsewhere refused method=%.*s source=%s "
			 "call=%s",
			(int)msg->met.l, msg->met.p, addr_text(&source, text), leg->dialog.call_id);
}

void peer_of_none(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);

	if (pl_strcmp(&msg->met, "ACK") == 0)
		return;
	// Not kept: libre tells transactions by what anybody may write, and the true request would
	// be answered like the forged one before it.
	if (trunk_find(end->ua->trunks, &source) ||
		registrar_phones_at(end->ua->registrar, &source))
		reply_once(end, msg, 481, "Call/Transaction Does Not Exist", NULL);
	else
		login_refuse_stranger(end, msg);
}

static void doubt(struct ua_leg *leg)
{
	uint64_t now_ms = timers_now_ms(leg->ua->timers);

	if (ua_leg_input(leg, LEG_IN_DOUBT) != LEG_DOES ||
		(leg->doubted_ms && now_ms - leg->doubted_ms < DOUBT_EACH_MS))
		return;
	leg->doubted_ms = now_ms;
	probe_doubt(leg);
}

bool peer_may_ask(struct ua_leg *leg, struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	const struct config_agent *agent;

	if (peer_is_at(leg, &source))
		return true;
	if (leg->trunk) {
		peer_of_none(end, msg);
	} else {
		reply_to_source(msg);
		agent = login_check(end, msg);
		if (agent && str_equal(agent->name, leg->agent))
			return true;
		if (agent)
			reply_kept(end, msg, 403, "Not Your Call", NULL);
	}
	tell(leg, msg);
	if (pl_strcmp(&msg->met, "BYE") == 0)
		doubt(leg);
	return false;
}

bool peer_may_ack(const struct ua_leg *leg, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	bool carries = leg->answer.waiting && leg->answer.offer && leg->state != LEG_OVER;

	if (!carries || peer_is_at(leg, &source))
		return true;
	tell(leg, msg);
	return false;
}

// --- CANCEL ---

static uint64_t branch_hash(const struct ua *ua, const struct sip_msg *msg)
{
	return hash_bytes(msg->via.branch.p, msg->via.branch.l, ua->seed);
}

void peer_enter(struct ua_leg *leg)
{
	struct ua *ua = leg->ua;

	hash_insert(&ua->invites, &leg->branch_node, branch_hash(ua, leg->invite));
	leg->cancellable = true;
}

// As libre tells transactions: whatever else a CANCEL says, it would take effect there.
static const struct ua_leg *meant_by(const struct ua *ua, const struct sip_msg *cancel)
{
	for (struct hash_node *n = hash_first(&ua->invites, branch_hash(ua, cancel)); n;
		n = hash_next(n)) {
		const struct ua_leg *leg = container_of(n, struct ua_leg, branch_node);
		bool over = leg->state == LEG_OVER; // nothing is there to be cancelled
		const struct sip_via *via = over || !leg->invite ? NULL : &leg->invite->via;
		if (via && pl_cmp(&cancel->via.branch, &via->branch) == 0 &&
			pl_cmp(&cancel->via.sentby, &via->sentby) == 0)
			return leg;
	}
	return NULL;
}

bool peer_refuses_cancel(struct stack_end *end, const struct sip_msg *msg)
{
	const struct ua_leg *leg = pl_isset(&msg->via.branch) ? meant_by(end->ua, msg) : NULL;
	struct addr source = addr_of_sa(&msg->src);

	if (!leg || peer_is_at(leg, &source))
		return false;
	peer_of_none(end, msg);
	tell(leg, msg);
	return true;
}
