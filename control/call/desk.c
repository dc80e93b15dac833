// An agent's phone in a call of its own: it dialled a number outside, or was called first so that
// somebody outside can be. The call is about who is outside; the agent is its second party. The
// floor hears of it from its beginning until the phone is free again.
#include <errno.h>

#include "control/eventlog/eventlog.h"
#include "control/call/call_private.h"
#include "engine/base/str.h"

struct call_desk *call_desk(const struct call *c)
{
	return c->out != NULL && c->out->desk.agent != NULL ? &c->out->desk : NULL;
}

// --- the floor ---

static void renew_fired(void *arg)
{
	struct call *c = arg;
	struct call_desk *d = call_desk(c);
	floor_own_call_renew(c->calls->floor, &d->held);
	timer_start(c->calls->timers, &d->renew, ROUTER_LEASE_TALK_MS / 3, renew_fired, c);
}

int desk_join(struct call *c, const struct config_agent *agent)
{
	struct call_desk *d = &c->out->desk;
	d->agent = agent;
	int err = party_join(&c->parties, &d->party, PARTY_AGENT);
	if (err)
		return err;
	str_copy(c->record.agent, sizeof(c->record.agent), agent->name);
	(void)floor_own_call(c->calls->floor, &d->held, agent->name);
	// The router knows first: it shall not offer the agent another caller in the place of this.
	call_queue_withdraw(c->calls, agent->name, WHY_OWN_CALL);
	timer_start(c->calls->timers, &d->renew, ROUTER_LEASE_TALK_MS / 3, renew_fired, c);
	return 0;
}

void desk_over(struct call *c)
{
	struct call_desk *d = call_desk(c);
	timer_cancel(&d->renew);
	d->party.stage = PARTY_GOING;
	floor_own_call_over(c->calls->floor, &d->held);
}

// --- its phone is called first ---

struct call_verdict desk_fetch_enter(struct call *c, const struct call_verdict *v)
{
	struct call_desk *d = call_desk(c);
	const struct ua_target target = {.agent = d->agent,
		.caller = c->record.called,
		.caller_name = "",
		.call = c->id_text};
	timer_cancel(&c->timer);
	if (leg_call(d->party.leg, c->calls->ua, &target) == 0)
		return CALL_STAYS;
	return (struct call_verdict){
		.move = CALL_END, .why = "agent-unreachable", .by = "system", .status = 503};
}

struct call_verdict desk_rings(struct call *c, const struct call_fact *f)
{
	f->party->stage = PARTY_RINGING;
	return CALL_STAYS;
}

struct call_verdict desk_ready(struct call *c, const struct call_fact *f)
{
	f->party->stage = PARTY_UP;
	return (struct call_verdict){.move = CALL_CALL};
}

// --- somebody answered outside ---

struct call_verdict desk_answer_enter(struct call *c, const struct call_verdict *v)
{
	struct call_party *agent = &call_desk(c)->party;
	if (leg_answer(agent->leg) == 0) // else 488, or it is gone: its leg will say so
		agent->stage = PARTY_UP;
	return CALL_STAYS;
}

struct call_verdict desk_connect(struct call *c, const struct call_fact *f)
{
	return (struct call_verdict){.move = CALL_TALK_OWN};
}

struct call_verdict desk_talk_enter(struct call *c, const struct call_verdict *v)
{
	struct call_party *agent = &call_desk(c)->party;
	agent->stage = PARTY_THERE;
	c->record.connected = c->segment_ns = call_time_ns(c);
	call_holds_begin(c);
	c->connected_ms = timers_now_ms(c->calls->timers);
	c->unit = floor_agent_unit(c->calls->floor, c->record.agent);
	c->calls->counts.connected++;
	story_connected(c, leg_sip_call_id(agent->leg));
	recording_join(c, agent);
	call_mask_talk(c);
	return CALL_STAYS;
}

// --- the end ---

struct end_row {
	const char *why, *by;
	uint16_t status;
};

// Of a phone that we called for it.
static struct end_row not_fetched(const struct leg_event *e)
{
	if (e->end == UA_END_REJECTED && (e->status == 486 || e->status == 600))
		return (struct end_row){"agent-busy", "agent", e->status};
	if (e->end == UA_END_TIMEOUT || (e->end == UA_END_REJECTED && e->status == 480))
		return (struct end_row){"agent-no-answer", "agent", e->status};
	return (struct end_row){"agent-rejected", "agent", e->status};
}

struct call_verdict desk_gone(struct call *c, const struct call_fact *f)
{
	static const struct end_row ends[] = {
		[UA_END_BYE] = {"agent-hangup", "agent", 0},
		[UA_END_CANCEL] = {"agent-cancelled", "agent", 487},
		[UA_END_LOCAL] = {"local", "system", 0},
		[UA_END_REJECTED] = {"agent-rejected", "agent", 0},
		[UA_END_REDIRECTED] = {"agent-rejected", "agent", 0},
		[UA_END_TIMEOUT] = {"agent-silent", "system", 0},
		[UA_END_EXPIRED] = {"session-expired", "system", 0},
		[UA_END_MEDIA] = {"offer-not-met", "system", 488},
		[UA_END_ERROR] = {"sip-error", "system", 0},
	};
	struct end_row row = c->state == CALL_FETCHING && f->leg->end != UA_END_MEDIA
		? not_fetched(f->leg)
		: ends[f->leg->end];
	return (struct call_verdict){.move = CALL_END,
		.why = row.why,
		.by = row.by,
		.status = c->record.answered ? 0 : row.status,
		.party = f->party};
}

// What a phone that dialled hears of a call that nobody answered: a carrier's word about the
// number; what it says of us, or of its own house (passwords, 5xx), is none of the phone's.
static uint16_t refusal_of(uint16_t status)
{
	static const uint16_t passed[] = {403, 404, 410, 480, 484, 486, 488, 600, 603, 604};
	for (unsigned i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (passed[i] == status)
			return status;
	return status == 408 ? 480 : 503;
}

void desk_let_go(struct call *c, const struct call_verdict *end)
{
	struct call_desk *d = call_desk(c);
	struct call_party *agent = &d->party;
	bool waits = d->dialled && agent->stage < PARTY_UP;
	agent->stage = PARTY_GOING;
	if (agent->leg != NULL && end->party != agent)
		leg_reject(agent->leg, waits ? refusal_of(end->status) : 0, end->why);
}

// A voice that is there already says when it is closed: the call is buried then.
void call_unmake(struct call *c)
{
	c->state = CALL_ENDED;
	call_leave_trunk(c);
	if (c->first.leg != NULL)
		leg_hangup(c->first.leg, "not begun");
	else
		party_leave(&c->first);
	if (c->parties.count == 0)
		call_bury(c);
}
