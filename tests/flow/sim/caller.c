// Callers: they dial, press, hold, fall silent and hang up.
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/check.h"
#include "engine/base/str.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/parts.h"

static const struct config_trunk *trunk_of(const char *tenant)
{
	const struct config *c = sim_config();
	for (unsigned i = 0; tenant != NULL && i < c->trunk_count; i++)
		if (str_equal(c->trunks[i].tenant->name, tenant))
			return &c->trunks[i];
	return &c->trunks[0];
}

static struct sim_caller *caller_new(const struct caller_setup *setup)
{
	struct sim_caller *c = sim_calloc(sizeof(*c));
	c->setup = *setup;
	str_copy(c->from, sizeof(c->from), setup->from);
	str_copy(c->to, sizeof(c->to), setup->to ? setup->to : "400");
	dlist_push_back(&far_end()->callers, &c->link);
	return c;
}

static struct ua_incoming incoming(const struct sim_caller *c)
{
	const struct caller_setup *setup = &c->setup;
	struct ua_incoming in = {.late_offer = setup->late_offer || setup->bad_answer};
	if (setup->agent)
		in.agent = config_find_agent(sim_config(), setup->agent);
	else
		in.trunk = trunk_of(setup->tenant) + setup->trunk;
	in.registered = setup->agent && far_registered(setup->agent);
	str_copy(in.called, sizeof(in.called), c->to);
	str_copy(in.caller, sizeof(in.caller), c->from);
	str_copy(in.call_id, sizeof(in.call_id), c->call_id);
	str_copy(in.caller_name, sizeof(in.caller_name), setup->name ? setup->name : "");
	str_copy(in.privacy, sizeof(in.privacy), setup->privacy ? setup->privacy : "");
	str_copy(in.original_called, sizeof(in.original_called),
		setup->original_called ? setup->original_called : "");
	addr_parse("10.9.0.77:5060", &in.source);
	return in;
}

void ua_refuse(struct ua_refused *r)
{
	r->caller->status = r->status;
	dlist_remove(&r->link);
	free(r);
}

struct sim_caller *caller_is_refused(
	const struct caller_setup *setup, const char *why, uint16_t status)
{
	struct sim_caller *c = caller_new(setup);
	struct ua_refused *held = sim_calloc(sizeof(*held));
	struct ua_refusal what = {why, status};
	str_format(c->call_id, sizeof(c->call_id), "refused-%u", ++far_end()->next);
	struct ua_incoming in = incoming(c);
	held->caller = c;
	held->status = status;
	dlist_push_back(&far_end()->refused, &held->link);
	enum ua_refused_how how =
		far_end()->handlers->refused(&in, &what, held, far_end()->handlers->arg);
	if (how != UA_REFUSED_HELD)
		ua_refuse(held);
	return c;
}

struct sim_caller *caller_dials(const struct caller_setup *setup)
{
	struct sim_caller *c = caller_new(setup);
	struct ua_leg *l = far_leg_new("caller");
	c->leg = l;
	l->caller = c;
	str_copy(c->call_id, sizeof(c->call_id), l->call_id);
	struct ua_incoming in = incoming(c);
	far_end()->handlers->incoming(l, &in, far_end()->handlers->arg);
	if (c->leg != NULL && l->h == NULL)
		sim_violation("neither accepted nor refused: %s", c->call_id);
	return c;
}

struct sim_caller *dial(const char *from, const char *to)
{
	return caller_dials(&(struct caller_setup){.from = from, .to = to});
}

struct sim_caller *ann_talks_to_alice(void)
{
	phone_register("alice");
	phone_answers("alice", 100);
	struct sim_caller *c = dial("ann", "500");
	sim_run(500);
	check(strcmp(caller_hears(c), "alice") == 0);
	return c;
}

void caller_hangs_up(struct sim_caller *c)
{
	far_leg_bye(c->leg);
}

void caller_cancels(struct sim_caller *c)
{
	struct ua_leg *l = c->leg;
	if (l == NULL || l->state == LEG_ENDING)
		return;
	timer_cancel(&l->timer);
	if (l->state == LEG_EARLY) {
		far_leg_ended(l, UA_END_CANCEL, 487);
		return;
	}
	if (l->state == LEG_ANSWERED) { // too late: the 200 crossed; ACK and BYE
		far_leg_answered(l);
		if (c->leg == NULL || l->state == LEG_ENDING)
			return;
	}
	far_leg_ended(l, UA_END_BYE, 0);
}

void caller_presses(struct sim_caller *c, const char *digits)
{
	for (; *digits; digits++) {
		if (c->leg && c->leg->state == LEG_TALKS)
			sim_voice_digit(sim_voice_at(c->leg->port), *digits);
		sim_run(100);
	}
}

void caller_sends_info(struct sim_caller *c, char digit)
{
	struct ua_event e = {.kind = UA_DIGIT, .digit = digit, .duration_ms = 160};
	if (c->leg && (c->leg->state == LEG_TALKS || c->leg->state == LEG_ANSWERED))
		c->leg->h(c->leg, &e, c->leg->arg);
}

void caller_directs(struct sim_caller *c, uint8_t direction)
{
	far_leg_direct(c->leg, direction);
}

void caller_dies(struct sim_caller *c)
{
	c->dead = true;
}

void caller_holds(struct sim_caller *c, bool on)
{
	caller_directs(c, on ? MEDIA_RECV : MEDIA_SEND | MEDIA_RECV);
}

void caller_rtp_lost(struct sim_caller *c)
{
	if (c->leg && c->leg->state == LEG_TALKS)
		sim_voice_lost(sim_voice_at(c->leg->port));
}

void caller_rtp_found(struct sim_caller *c)
{
	if (c->leg && c->leg->state == LEG_TALKS)
		sim_voice_found(sim_voice_at(c->leg->port));
}

struct media_voice *caller_voice(const struct sim_caller *c)
{
	return c->leg ? sim_voice_at(c->leg->port) : NULL;
}

void caller_media_fails(struct sim_caller *c, const char *what)
{
	struct media_voice *v = caller_voice(c);
	if (v != NULL) // else it is closed already
		sim_voice_fails(v, what);
}

bool caller_masked(const struct sim_caller *c)
{
	if (c->leg == NULL)
		return false;
	bool masked = sim_voice_masked(sim_voice_at(c->leg->port));
	if (masked != c->leg->masked)
		sim_violation("masked in one half alone: %s", c->from);
	return masked;
}

bool caller_alive(const struct sim_caller *c)
{
	return c->leg != NULL;
}

bool caller_refused(const struct sim_caller *c)
{
	return c->refused;
}

bool caller_rings(const struct sim_caller *c)
{
	return c->rings;
}

uint16_t caller_status(const struct sim_caller *c)
{
	return c->status;
}

const char *caller_hears(const struct sim_caller *c)
{
	return c->leg && c->leg->state == LEG_TALKS ? sim_voice_hears(sim_voice_at(c->leg->port))
						    : "";
}

const char *caller_story(const struct sim_caller *c)
{
	return sim_story_text(c->call_id);
}

const char *caller_segments(const struct sim_caller *c)
{
	return sim_story_segments(c->call_id);
}

const char *caller_record(const struct sim_caller *c, const char *member)
{
	return sim_story_record(c->call_id, member);
}

struct callid caller_id(const struct sim_caller *c)
{
	return sim_story_call(c->call_id);
}
