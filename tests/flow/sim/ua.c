// The far end behind ua.h: callers who dial, phones that follow a script. It judges that no
// agent's phone is called twice at once and no caller is offered to two.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/parts.h"

#define ACK_MS	 10
#define RING_MS	 5
#define BYE_MS	 0 // the owner hears of the end at once
#define STUCK_MS 100000
#define T1_64_MS 32000

void sim_ua_make(void)
{
	sim_parts()->far = sim_calloc(sizeof(struct far_end));
}

void sim_ua_begin(const struct ua_handlers *handlers)
{
	far_end()->handlers = handlers;
	if (far_end()->legs.next == NULL) { // else behind a kill: phones and callers are those
		dlist_init(&far_end()->refused);
		dlist_init(&far_end()->legs);
		dlist_init(&far_end()->phones);
		dlist_init(&far_end()->callers);
	}
	far_registrar_begin(sim_config());
}

void sim_ua_configure(const struct config *config)
{
	far_registrar_configure(config);
}

void sim_ua_end(void)
{
	far_registrar_end();
	dlist_for_each_safe (it, &far_end()->legs)
		sim_violation("leg left: %s", container_of(it, struct ua_leg, link)->call_id);
	dlist_for_each (it, &far_end()->refused)
		sim_violation("never answered: %s",
			container_of(it, struct ua_refused, link)->caller->call_id);
	dlist_for_each_safe (it, &far_end()->phones) {
		dlist_remove(it);
		free(container_of(it, struct phone, link));
	}
	dlist_for_each_safe (it, &far_end()->callers) {
		dlist_remove(it);
		free(container_of(it, struct sim_caller, link));
	}
	free(sim_parts()->far);
	sim_parts()->far = NULL;
}

unsigned sim_legs(void)
{
	unsigned n = 0;
	dlist_for_each (it, &far_end()->legs)
		n++;
	return n;
}

struct ua_leg *far_leg_new(const char *prefix)
{
	struct ua_leg *l = sim_calloc(sizeof(*l));
	str_format(l->call_id, sizeof(l->call_id), "%s-%u", prefix, ++far_end()->next);
	addr_parse("10.9.0.77:4000", &l->media.rtp);
	l->media.codec = CODEC_PCMA;
	l->media.pt = 8;
	l->media.ptime_ms = 20;
	l->media.direction = MEDIA_SEND | MEDIA_RECV;
	dlist_push_back(&far_end()->legs, &l->link);
	return l;
}

static void leg_free(struct ua_leg *l)
{
	timer_cancel(&l->timer);
	timer_cancel(&l->probe);
	if (l->caller)
		l->caller->leg = NULL;
	if (l->phone)
		l->phone->leg = NULL;
	dlist_remove(&l->link);
	free(l);
}

// Whoever is in a call hears nothing more of it, and gives it up.
void sim_ua_kill(void)
{
	far_registrar_end();
	dlist_for_each_safe (it, &far_end()->legs)
		leg_free(container_of(it, struct ua_leg, link));
}

void far_leg_tell(struct ua_leg *l, enum ua_event_kind kind)
{
	sim_parts()->stirred = true;
	struct ua_event e = {.kind = kind, .media = l->media};
	l->h(l, &e, l->arg);
}

void far_leg_ended(struct ua_leg *l, enum ua_end end, uint16_t status)
{
	struct ua_event e = {.kind = UA_ENDED, .end = end, .status = status};
	if (l->caller && status)
		l->caller->status = status;
	l->h(l, &e, l->arg);
	leg_free(l);
}

static void end_fired(void *arg)
{
	struct ua_leg *l = arg;
	far_leg_ended(l, l->end.end, l->end.status);
}

static void leg_end_soon(struct ua_leg *l, enum ua_end end, uint16_t status, unsigned ms)
{
	if (l->state == LEG_ENDING)
		sim_violation("ended twice: %s", l->call_id);
	l->state = LEG_ENDING;
	timer_cancel(&l->probe);
	l->end.end = end;
	l->end.status = status;
	timer_start(sim_timers(), &l->timer, ms, end_fired, l);
}

// --- ua.h: incoming legs ---

void ua_accept(struct ua_leg *l, ua_event_h *h, void *arg)
{
	l->h = h;
	l->arg = arg;
	l->state = LEG_EARLY;
}

void ua_refusing(struct ua_leg *l)
{
	l->caller->refused = true;
}

void ua_ring(struct ua_leg *l)
{
	if (l->state != LEG_EARLY)
		sim_violation("rings in state %d: %s", l->state, l->call_id);
	l->caller->rings = true;
}

void ua_voice(struct ua_leg *l, struct media_voice *voice)
{
}

static void ack_fired(void *arg)
{
	struct ua_leg *l = arg;
	struct sim_caller *c = l->caller;
	bool no_ack = c->setup.no_ack;
	if (no_ack || c->setup.bad_answer) {
		far_leg_ended(l, no_ack ? UA_END_TIMEOUT : UA_END_MEDIA, no_ack ? 408 : 488);
		c->status = 200; // what went out
		return;
	}
	l->state = LEG_TALKS;
	far_leg_tell(l, UA_ANSWERED);
}

int ua_answer(struct ua_leg *l, const struct addr *local, struct media_params *media)
{
	if (l->state != LEG_EARLY)
		sim_violation("answered in state %d: %s", l->state, l->call_id);
	l->port = local->port;
	sim_voice_name(sim_voice_at(l->port), l->caller->from);
	if (l->caller->setup.bad_offer) {
		leg_end_soon(l, UA_END_MEDIA, 488, 1);
		return -EPROTO;
	}
	l->state = LEG_ANSWERED;
	l->caller->status = 200;
	if (!l->caller->setup.late_offer && !l->caller->setup.bad_answer)
		*media = l->media;
	timer_start(
		sim_timers(), &l->timer, l->caller->setup.no_ack ? T1_64_MS : ACK_MS, ack_fired, l);
	return 0;
}

void ua_reject(struct ua_leg *l, uint16_t status, const char *reason)
{
	l->caller->status = status;
	if (l->h != NULL) {
		leg_end_soon(l, UA_END_LOCAL, status, 1);
		return;
	}
	leg_free(l);
}

// --- ua.h: outgoing legs ---

void far_leg_answered(struct ua_leg *l)
{
	l->state = LEG_TALKS;
	far_leg_tell(l, UA_ANSWERED);
}

static void script_fired(void *arg)
{
	struct ua_leg *l = arg;
	if (l->phone->script == PHONE_ANSWERS)
		far_leg_answered(l);
	else if (l->phone->script == PHONE_REJECTS)
		far_leg_ended(l, UA_END_REJECTED, l->phone->status);
	else if (l->phone->script == PHONE_REDIRECTS)
		far_leg_ended(l, UA_END_REDIRECTED, 302);
	else if (l->phone->script == PHONE_UNUSABLE)
		far_leg_ended(l, UA_END_MEDIA, 488);
}

static void ring_fired(void *arg)
{
	struct ua_leg *l = arg;
	far_leg_tell(l, UA_TRYING);
	far_leg_tell(l, UA_RINGING);
	if (l->state == LEG_EARLY && l->phone->script != PHONE_SILENT)
		timer_start(sim_timers(), &l->timer, l->phone->after_ms, script_fired, l);
}

int ua_invite(struct ua *ua, const struct ua_target *target, ua_event_h *h, void *arg,
	struct ua_leg **out)
{
	if (ua != far_ua())
		sim_violation("another user agent: %s", target->call);
	// Behind a trunk stands a phone that is named by its number.
	struct phone *p = far_phone(target->trunk ? target->number : target->agent->name);
	if (!target->trunk && !far_registered(p->agent))
		return -ENOENT;
	if (target->trunk && str_equal(target->trunk->name, far_end()->full))
		return -EBUSY;
	if (p->leg != NULL)
		sim_violation("agent called twice: %s", p->agent);
	dlist_for_each (it, &far_end()->legs) {
		const struct ua_leg *other = container_of(it, struct ua_leg, link);
		if (!sim_parts()->setup->several && !sim_parts()->setup->rings_all &&
			target->queue && other->phone && other->queue &&
			other->state != LEG_ENDING && str_equal(other->call, target->call))
			sim_violation("caller offered twice: %s", target->call);
	}
	struct ua_leg *l = far_leg_new("agent");
	l->phone = p;
	l->h = h;
	l->arg = arg;
	l->state = LEG_EARLY;
	l->port = target->local.port;
	str_copy(l->call, sizeof(l->call), target->call);
	l->queue = target->queue != NULL;
	sim_voice_name(sim_voice_at(l->port), p->agent);
	p->leg = l;
	str_format(p->sees, sizeof(p->sees), "%s%s<%s>", target->caller_name,
		*target->caller_name ? " " : "", target->caller);
	if (target->hidden)
		str_copy(p->sees, sizeof(p->sees), "hidden");
	p->invites++;
	timer_start(sim_timers(), &l->timer, RING_MS, ring_fired, l);
	*out = l;
	return 0;
}

void ua_hangup(struct ua_leg *l, const char *reason)
{
	bool early = l->state == LEG_EARLY;
	if (l->state == LEG_ENDING && l->end.end == UA_END_MEDIA)
		return; // its offer could not be met: the end is on its way
	timer_cancel(&l->timer);
	if (l->caller && early)
		l->caller->status = 480;
	leg_end_soon(l, UA_END_LOCAL, early ? (l->caller ? 480 : 487) : 0,
		l->phone && l->phone->stuck ? STUCK_MS : BYE_MS);
}

void ua_mask(struct ua_leg *l, bool on)
{
	l->masked = on;
}

const struct config_trunk *ua_trunk(const struct ua_leg *l)
{
	return NULL; // there is but one, and it is known
}

const char *ua_call_id(const struct ua_leg *l)
{
	return l->call_id;
}

void far_leg_bye(struct ua_leg *l)
{
	if (l == NULL || l->state != LEG_TALKS)
		return;
	timer_cancel(&l->timer);
	far_leg_ended(l, UA_END_BYE, 0);
}

void far_leg_direct(struct ua_leg *l, uint8_t direction)
{
	if (l == NULL || l->state != LEG_TALKS)
		return;
	l->media.direction = direction;
	far_leg_tell(l, UA_MEDIA);
}

// --- is it there? ---

static void probed_fired(void *arg)
{
	struct ua_leg *l = arg;
	bool dead = l->phone ? l->phone->dead : l->caller->dead;
	if (dead)
		far_leg_ended(l, UA_END_TIMEOUT, 0);
	else
		far_leg_tell(l, UA_ALIVE);
}

void ua_probe(struct ua_leg *l)
{
	bool dead = l->phone ? l->phone->dead : l->caller->dead;
	if (l->state != LEG_TALKS)
		sim_violation("probed in state %d: %s", l->state, l->call_id);
	far_end()->probes++;
	if (!timer_alive(&l->probe))
		timer_start(sim_timers(), &l->probe, dead ? T1_64_MS : ACK_MS, probed_fired, l);
}

void ua_probe_over(struct ua_leg *l)
{
	timer_cancel(&l->probe);
}

unsigned sim_probes(void)
{
	return far_end()->probes;
}

void sim_trunk_full(const char *trunk)
{
	str_copy(far_end()->full, sizeof(far_end()->full), trunk);
}
