// The life of a leg: told to its owner once, kept while the network may still echo.
#include "control/sip/dialog/leg.h"

#include <stdlib.h>

#include "control/sip/core.h"
#include "control/sip/message/text.h"
#include "control/sip/trunk/trunk.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"

// While something is still in the air after the echo time, look again so often.
#define LEG_LOOK_MS 1000

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
	leg->sdp.session = rng_seed_os() >> 2; // o= wants a number that fits NTP's
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
	leg->sdp.codec_count =
		media_hold(leg->ua->media, leg->voice, leg->codecs, leg->codec_count, leg->sdp.codecs);
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

	if (is_quiet(leg))
		leg_free(leg);
	else
		timer_start(leg->ua->timers, &leg->timer, LEG_LOOK_MS, reap, leg);
}

static void tell_end(struct ua_leg *leg)
{
	check(!leg->told);
	leg->told = true;
	leg->ua->alive--;
	if (leg->trunk)
		trunk_end(leg->trunk);
	leg->trunk = NULL; // a reload may free it now
	// A 200 may come, or come again, long after.
	timer_start(leg->ua->timers, &leg->timer, leg->incoming ? 0 : CORE_ECHO_MS, reap, leg);
	if (leg->h)
		leg->h(leg, &leg->over, leg->arg);
	leg->h = NULL;
}

static void tell_end_later(void *arg)
{
	tell_end(arg);
}

static void set_over(struct ua_leg *leg, const struct leg_end *end)
{
	leg->state = LEG_OVER;
	leg->voice = NULL;
	timer_cancel(&leg->ringing);
	leg->probe = mem_deref(leg->probe);
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
		if (leg->trunk)
			trunk_end(leg->trunk);
	}
	if (leg->cancellable)
		hash_remove(&ua->invites, &leg->branch_node);
	if (leg->masked)
		hash_remove(&ua->masked, &leg->masked_node);
	timer_cancel(&leg->timer);
	timer_cancel(&leg->ringing);
	answer_drop(&leg->answer);
	leg->probe = mem_deref(leg->probe);
	for (unsigned i = 0; i < leg->fork_count; i++) {
		flow_drop(&leg->forks[i].flow);
		free(leg->forks[i].uri);
	}
	early_drop(&leg->early);
	mem_deref(leg->invite);
	dialog_drop(&leg->dialog);
	free(leg->headers);
	free(leg->offer);
	free(leg);
}
