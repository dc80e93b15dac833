// The life of a leg: told to its owner once, kept while the network may still echo.
#include "control/sip/dialog/leg.h"

#include <stdlib.h>

#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/trunk/credentials.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/machine.h"
#include "engine/base/str.h"

LOG_TOPIC("sip");

// While something is still in the air after the echo time, look again so often.
#define LEG_LOOK_MS 1000

// --- the table ---

struct dialog_cell {
	struct machine_cell cell;
	enum ua_leg_act act;
};

#define DO(what)                                                     \
	{                                                            \
		.cell = {MACHINE_ACTS, 0, 0, #what}, .act = LEG_DOES \
	}
#define GO(states, what)                                                     \
	{                                                                    \
		.cell = {MACHINE_CHOOSES, 0, states, #what}, .act = LEG_DOES \
	}
#define END_ANSWER                                                                     \
	{                                                                              \
		.cell = {MACHINE_ACTS, 0, 0, "end_the_answer"}, .act = LEG_ENDS_ANSWER \
	}
#define KNOW_NOT                                                                   \
	{                                                                          \
		.cell = {MACHINE_ACTS, 0, 0, "know_no_call"}, .act = LEG_KNOWS_NOT \
	}
#define UP   MACHINE_OR(LEG_UP)
#define OVER MACHINE_OR(LEG_OVER)

// Contacts answer what was sent, so an incoming leg has none. A far end knows our tag once we have
// answered with it, which it has when there is a dialog of an outgoing leg, and can neither cancel
// nor ask within one before.
// clang-format off
static const struct dialog_cell table[LEG_STATES][LEG_INPUTS] = {
	[LEG_CALLING] = {
		[LEG_IN_PROGRESS] = DO(tell), [LEG_IN_ANSWER] = GO(UP | OVER, take),
		[LEG_IN_STRAY] = END_ANSWER, [LEG_IN_REDIRECT] = DO(follow),
		[LEG_IN_REFUSAL] = GO(MACHINE_OR(LEG_CALLING) | OVER, refuse),
		[LEG_IN_SILENCE] = GO(OVER, cancel), [LEG_IN_HANGUP] = GO(OVER, cancel),
	},
	[LEG_INCOMING] = {
		[LEG_IN_BYE] = GO(MACHINE_OR(LEG_INCOMING) | OVER, end),
		[LEG_IN_REINVITE] = DO(refuse), [LEG_IN_UPDATE] = DO(answer),
		[LEG_IN_INFO] = DO(tell), [LEG_IN_REQUEST] = DO(answer),
		[LEG_IN_CANCEL] = GO(OVER, refuse), [LEG_IN_DOUBT] = STAYS,
		[LEG_IN_ACCEPT] = GO(MACHINE_OR(LEG_ANSWERING) | OVER, answer),
		[LEG_IN_REJECT] = GO(OVER, refuse), [LEG_IN_HANGUP] = GO(OVER, refuse),
	},
	[LEG_ANSWERING] = {
		[LEG_IN_BYE] = GO(MACHINE_OR(LEG_ANSWERING) | OVER, end),
		[LEG_IN_REINVITE] = DO(refuse), [LEG_IN_UPDATE] = DO(answer),
		[LEG_IN_INFO] = DO(tell), [LEG_IN_REQUEST] = DO(answer),
		[LEG_IN_ACK] = GO(UP | OVER, settle),
		[LEG_IN_UNACKED] = GO(OVER, hang_up), [LEG_IN_DOUBT] = STAYS,
		[LEG_IN_HANGUP] = GO(OVER, wait_for_the_ACK),
	},
	[LEG_UP] = {
		[LEG_IN_PROGRESS] = STAYS, [LEG_IN_ANSWER] = END_ANSWER,
		[LEG_IN_STRAY] = END_ANSWER, [LEG_IN_REDIRECT] = STAYS, [LEG_IN_REFUSAL] = STAYS,
		[LEG_IN_BYE] = GO(UP | OVER, end), [LEG_IN_REINVITE] = DO(change),
		[LEG_IN_UPDATE] = DO(change), [LEG_IN_INFO] = DO(tell),
		[LEG_IN_REQUEST] = DO(answer), [LEG_IN_CHANGE] = DO(ask),
		[LEG_IN_CHANGED] = GO(UP | OVER, take), [LEG_IN_EXPIRED] = GO(OVER, hang_up),
		[LEG_IN_ACK] = GO(UP | OVER, settle), [LEG_IN_UNACKED] = GO(OVER, hang_up),
		[LEG_IN_PROBED] = GO(UP | OVER, judge), [LEG_IN_DOUBT] = DO(probe),
		[LEG_IN_HANGUP] = GO(OVER, hang_up), [LEG_IN_PROBE] = GO(UP | OVER, probe),
	},
	[LEG_OVER] = {
		[LEG_IN_PROGRESS] = STAYS, [LEG_IN_ANSWER] = END_ANSWER,
		[LEG_IN_STRAY] = END_ANSWER, [LEG_IN_REDIRECT] = STAYS, [LEG_IN_REFUSAL] = STAYS,
		[LEG_IN_BYE] = KNOW_NOT, [LEG_IN_REINVITE] = KNOW_NOT,
		[LEG_IN_UPDATE] = KNOW_NOT, [LEG_IN_INFO] = KNOW_NOT,
		[LEG_IN_REQUEST] = KNOW_NOT, [LEG_IN_CHANGE] = STAYS, [LEG_IN_ACK] = DO(hang_up),
		[LEG_IN_UNACKED] = DO(hang_up), [LEG_IN_HANGUP] = STAYS, [LEG_IN_TOLD] = DO(tell),
		[LEG_IN_REAP] = GO(OVER | MACHINE_OR(MACHINE_END), reap),
	},
};
// clang-format on

static const char *const state_names[LEG_STATES] = {
	"calling", "incoming", "answering", "up", "over"};

static const char *const input_names[LEG_INPUTS] = {
	[LEG_IN_PROGRESS] = "1xx",
	[LEG_IN_ANSWER] = "2xx",
	[LEG_IN_STRAY] = "stray 2xx",
	[LEG_IN_REDIRECT] = "3xx",
	[LEG_IN_REFUSAL] = "refusal",
	[LEG_IN_SILENCE] = "silence",
	[LEG_IN_BYE] = "BYE",
	[LEG_IN_REINVITE] = "INVITE",
	[LEG_IN_UPDATE] = "UPDATE",
	[LEG_IN_INFO] = "INFO",
	[LEG_IN_REQUEST] = "other request",
	[LEG_IN_ACK] = "ACK",
	[LEG_IN_CANCEL] = "CANCEL",
	[LEG_IN_UNACKED] = "no ACK",
	[LEG_IN_PROBED] = "probed",
	[LEG_IN_DOUBT] = "doubt",
	[LEG_IN_CHANGE] = "change",
	[LEG_IN_CHANGED] = "changed",
	[LEG_IN_EXPIRED] = "expired",
	[LEG_IN_ACCEPT] = "accept",
	[LEG_IN_REJECT] = "reject",
	[LEG_IN_HANGUP] = "hang-up",
	[LEG_IN_PROBE] = "probe",
	[LEG_IN_TOLD] = "told",
	[LEG_IN_REAP] = "reap",
};

const struct machine dialog_machine = MACHINE("dialog", table, state_names, input_names);

enum ua_leg_act ua_leg_input(struct ua_leg *leg, enum ua_leg_input in)
{
	const struct dialog_cell *c = &table[leg->state][in];

	if (!machine_reach(&dialog_machine, leg->state, in)) {
		log_debug("surprise: call=%s state=%s input=%s", leg->dialog.call_id,
			state_names[leg->state], input_names[in]);
		return LEG_IGNORES;
	}
	leg->cell = &c->cell;
	return c->act;
}

void ua_leg_become(struct ua_leg *leg, enum ua_leg_state to)
{
	machine_choose(&dialog_machine, leg->cell, to);
	leg->state = to;
}

// --- life ---

struct ua_leg *ua_leg_new(struct ua *ua, bool incoming)
{
	struct ua_leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return NULL;
	leg->ua = ua;
	leg->incoming = incoming;
	leg->state = incoming ? LEG_INCOMING : LEG_CALLING;
	leg->begun_ms = timers_now_ms(ua->timers);
	leg->early.seed = ua->seed;
	leg->sdp.session = rand_u64() >> 2; // o= wants a number that fits NTP's
	dlist_init(&leg->link);
	return leg;
}

void leg_enter(struct ua_leg *leg)
{
	struct ua *ua = leg->ua;

	hash_insert(&ua->legs, &leg->node, hash_str(leg->dialog.local_tag, ua->seed));
	dlist_push_back(&ua->all, &leg->link);
	ua->alive++;
}

struct ua_leg *leg_find(const struct ua *ua, const struct pl *local_tag, const struct pl *call_id)
{
	char tag[32];

	if (!local_tag->p || str_copy_n(tag, sizeof(tag), local_tag->p, local_tag->l))
		return NULL;
	for (struct hash_node *n = hash_first(&ua->legs, hash_str(tag, ua->seed)); n;
		n = hash_next(n)) {
		struct ua_leg *leg = container_of(n, struct ua_leg, node);
		if (str_equal(leg->dialog.local_tag, tag) &&
			pl_strcmp(call_id, leg->dialog.call_id) == 0)
			return leg;
	}
	return NULL;
}

void leg_hold_codecs(struct ua_leg *leg)
{
	leg->sdp.codec_count = media_hold(
		leg->ua->media, leg->voice, leg->codecs, leg->codec_count, leg->sdp.codecs);
}

void leg_said(struct ua_leg *leg, const char *sdp)
{
	free(leg->offer);
	leg->offer = str_clone(sdp);
}

void leg_tell(struct ua_leg *leg, const struct ua_event *event)
{
	if (leg->state != LEG_OVER && leg->h)
		leg->h(leg, event, leg->arg);
}

void leg_tell_kind(struct ua_leg *leg, enum ua_event_kind kind)
{
	struct ua_event event = {.kind = kind};

	leg_tell(leg, &event);
}

void leg_tell_media(struct ua_leg *leg, enum ua_event_kind kind, const struct media_params *m)
{
	struct ua_event event = {.kind = kind, .media = *m};

	nat_media(&leg->nat, leg->dialog.target, &event.media);
	leg->media = *m;
	leg->settled = true;
	leg_tell(leg, &event);
}

const char *ua_call_id(const struct ua_leg *leg)
{
	return leg->dialog.call_id;
}

const struct config_trunk *ua_trunk(const struct ua_leg *leg)
{
	return leg->trunk ? leg->trunk->config : NULL;
}

bool ua_media(const struct ua_leg *leg, struct media_params *out)
{
	if (!leg->settled)
		return false;
	*out = leg->media;
	nat_media(&leg->nat, leg->dialog.target, out);
	return true;
}

static bool is_quiet(const struct ua_leg *leg)
{
	for (unsigned i = 0; i < leg->fork_count; i++)
		if (leg->forks[i].req)
			return false;
	return !leg->answer.waiting && !leg->st;
}

static void reap(void *arg)
{
	struct ua_leg *leg = arg;

	(void)ua_leg_input(leg, LEG_IN_REAP);
	if (is_quiet(leg))
		leg_free(leg);
	else
		timer_start(leg->ua->timers, &leg->timer, LEG_LOOK_MS, reap, leg);
}

static void drop_outside(struct ua_leg *leg)
{
	struct outside *o = leg->outside;

	if (!o)
		return;
	timer_cancel(&o->quiet);
	out_drop(o->tries, o->count);
	free(o);
	leg->outside = NULL;
}

static void tell_end(struct ua_leg *leg)
{
	check(!leg->told);
	leg->told = true;
	leg->ua->alive--;
	if (leg->trunk && !leg->incoming && !leg->settled)
		trunk_failed(leg->trunk);
	if (leg->trunk)
		trunk_end(leg->trunk, !leg->incoming);
	leg->trunk = NULL; // a reload may free it now
	drop_outside(leg);
	// A 200 may come, or come again, long after.
	timer_start(leg->ua->timers, &leg->timer, leg->incoming ? 0 : ANSWER_ECHO_MS, reap, leg);
	if (leg->h)
		leg->h(leg, &leg->over, leg->arg);
	leg->h = NULL;
}

static void tell_end_later(void *arg)
{
	(void)ua_leg_input(arg, LEG_IN_TOLD);
	tell_end(arg);
}

static void set_over(struct ua_leg *leg, const struct leg_end *end)
{
	ua_leg_become(leg, LEG_OVER);
	leg->voice = NULL;
	timer_cancel(&leg->ringing);
	ask_drop(&leg->probe);
	timer_cancel(&leg->refresh.timer);
	change_drop(&leg->change);
	leg->over = (struct ua_event){.kind = UA_ENDED, .end = end->end, .status = end->status};
	(void)str_copy(leg->over.reason, sizeof(leg->over.reason), end->reason ? end->reason : "");
}

void leg_end_now(struct ua_leg *leg, const struct leg_end *end)
{
	if (leg->state == LEG_OVER)
		return;
	set_over(leg, end);
	tell_end(leg);
}

void leg_end_later(struct ua_leg *leg, const struct leg_end *end)
{
	if (leg->state == LEG_OVER)
		return;
	set_over(leg, end);
	timer_start(leg->ua->timers, &leg->timer, 0, tell_end_later, leg);
}

void leg_free(struct ua_leg *leg)
{
	struct ua *ua = leg->ua;

	if (!dlist_empty(&leg->link)) {
		hash_remove(&ua->legs, &leg->node);
		dlist_remove(&leg->link);
		if (!leg->told)
			ua->alive--;
	}
	if (leg->trunk)
		trunk_end(leg->trunk, !leg->incoming);
	drop_outside(leg);
	if (leg->cancellable)
		hash_remove(&ua->invites, &leg->branch_node);
	if (leg->masked)
		hash_remove(&ua->masked, &leg->masked_node);
	timer_cancel(&leg->timer);
	timer_cancel(&leg->ringing);
	answer_drop(&leg->answer);
	ask_drop(&leg->probe);
	timer_cancel(&leg->refresh.timer);
	change_drop(&leg->change);
	for (unsigned i = 0; i < leg->fork_count; i++) {
		flow_drop(&leg->forks[i].flow);
		free(leg->forks[i].uri);
		credentials_free(leg->forks[i].credentials);
		if (leg->forks[i].trunk)
			trunk_release(leg->forks[i].trunk);
	}
	early_drop(&leg->early);
	mem_deref(leg->invite);
	dialog_drop(&leg->dialog);
	free(leg->headers);
	free(leg->offer);
	free(leg);
}
