// Agents' phones: registered or not, each follows its script.
#include <stdlib.h>

#include "control/config/config.h"
#include "engine/base/str.h"
#include "tests/flow/sim/far.h"
#include "tests/flow/sim/parts.h"

struct phone *far_phone(const char *agent)
{
	dlist_for_each (it, &far_end()->phones) {
		struct phone *p = container_of(it, struct phone, link);
		if (str_equal(p->agent, agent))
			return p;
	}
	struct phone *p = sim_calloc(sizeof(*p));
	str_copy(p->agent, sizeof(p->agent), agent);
	p->script = PHONE_SILENT;
	dlist_push_back(&far_end()->phones, &p->link);
	return p;
}

static void phone_script(const char *agent, enum phone_script script, unsigned after_ms)
{
	struct phone *p = far_phone(agent);
	p->script = script;
	p->after_ms = after_ms;
}

void phone_answers(const char *agent, unsigned after_ms)
{
	phone_script(agent, PHONE_ANSWERS, after_ms);
}

void phone_rejects(const char *agent, unsigned after_ms, uint16_t status)
{
	phone_script(agent, PHONE_REJECTS, after_ms);
	far_phone(agent)->status = status;
}

void phone_redirects(const char *agent)
{
	phone_script(agent, PHONE_REDIRECTS, 0);
}

void phone_unusable(const char *agent)
{
	phone_script(agent, PHONE_UNUSABLE, 0);
}

void phone_silent(const char *agent)
{
	phone_script(agent, PHONE_SILENT, 0);
}

static void phone_registration(const char *agent, bool on)
{
	if (far_registered(agent) != on && config_find_agent(sim_config(), agent) != NULL)
		far_register(agent, on);
}

void phone_register(const char *agent)
{
	phone_registration(agent, true);
}

void phone_unregister(const char *agent)
{
	phone_registration(agent, false);
}

void phone_stuck(const char *agent)
{
	phone_silent(agent);
	far_phone(agent)->stuck = true;
}

void phone_pick_up(const char *agent)
{
	struct ua_leg *l = far_phone(agent)->leg;
	if (l == NULL || l->state != LEG_EARLY)
		return; // a 200 that crosses our CANCEL is ended behind the scenes
	timer_cancel(&l->timer);
	far_leg_answered(l);
}

void phone_hang_up(const char *agent)
{
	far_leg_bye(far_phone(agent)->leg);
}

void phone_directs(const char *agent, uint8_t direction)
{
	far_leg_direct(far_phone(agent)->leg, direction);
}

void phone_dies(const char *agent)
{
	far_phone(agent)->dead = true;
}

void phone_hold(const char *agent, bool on)
{
	phone_directs(agent, on ? MEDIA_RECV : MEDIA_SEND | MEDIA_RECV);
}

void phone_rtp_lost(const char *agent)
{
	struct ua_leg *l = far_phone(agent)->leg;
	if (l != NULL && l->state == LEG_TALKS)
		sim_voice_lost(sim_voice_at(l->port));
}

void phone_media_fails(const char *agent, const char *what)
{
	struct ua_leg *l = far_phone(agent)->leg;
	if (l != NULL && l->state == LEG_TALKS)
		sim_voice_fails(sim_voice_at(l->port), what);
}

struct media_voice *phone_voice(const char *agent)
{
	const struct ua_leg *l = far_phone(agent)->leg;
	return l ? sim_voice_at(l->port) : NULL;
}

unsigned phone_invites(const char *agent)
{
	return far_phone(agent)->invites;
}

bool phone_busy(const char *agent)
{
	return far_phone(agent)->leg != NULL;
}

const char *phone_hears(const char *agent)
{
	const struct ua_leg *l = far_phone(agent)->leg;
	return l && l->state == LEG_TALKS ? sim_voice_hears(sim_voice_at(l->port)) : "";
}

const char *phone_sees(const char *agent)
{
	return far_phone(agent)->sees;
}
