// Agents that are set ready or away, and what they are away for.
#include <errno.h>
#include <string.h>

#include "control/queue/floor_private.h"
#include "engine/base/str.h"

_Static_assert(CONFIG_PAUSE_MAX == FLOOR_PAUSE_MAX, "each text of the configuration fits");

// pause NULL: for nothing that was said; its name may be "".
static int agent_set(
	struct floor *f, const char *name, bool ready, const struct config_pause *pause)
{
	struct floor_agent *a = floor_agent_named(f, name);
	const char *text = pause ? pause->text : "", *code = pause ? pause->name : "";
	if (a == NULL || a->config == NULL)
		return -ENOENT;
	bool later = a->state == AGENT_OFFERED || a->state == AGENT_TALKING;
	bool other = strcmp(a->pause, text) != 0 || strcmp(a->pause_code, code) != 0;
	// No change of state will tell a restart, or for how long it was away for what.
	bool untold = other && (a->state == AGENT_SIGNED_OUT || (a->state == AGENT_AWAY && !ready));
	bool news = later ? other || a->ready != ready : untold;
	a->ready = ready;
	str_copy(a->pause, sizeof(a->pause), text);
	str_copy(a->pause_code, sizeof(a->pause_code), code);
	if (news)
		floor_state_news(f, a, a->state);
	struct router_message m = {.kind = ROUTER_SET, .agent = a->id, .set.ready = ready};
	floor_post(f, &m);
	a->set_ticket = m.ticket;
	return 0;
}

int floor_agent_set(struct floor *f, const char *name, bool ready)
{
	return agent_set(f, name, ready, NULL);
}

int floor_agent_away(struct floor *f, const char *name, const char *pause)
{
	struct config_pause said = {.name = ""};
	str_copy(said.text, sizeof(said.text), pause ? pause : "");
	return agent_set(f, name, false, &said);
}

// The next one of the agent's tenant, from the one with this place on; NULL: that was the last.
static const struct config_pause *pause_from(
	const struct floor *f, const struct floor_agent *a, unsigned *from)
{
	while (*from < f->config->pause_count) {
		const struct config_pause *p = &f->config->pauses[(*from)++];
		if (p->tenant == a->config->tenant)
			return p;
	}
	return NULL;
}

int floor_agent_pause(struct floor *f, const char *name, const char *code)
{
	const struct floor_agent *a = floor_agent_named(f, name);
	const struct config_pause *p;
	unsigned at = 0;
	if (a == NULL || a->config == NULL)
		return -ENOENT;
	while ((p = pause_from(f, a, &at)) != NULL)
		if (str_equal(p->name, code))
			return agent_set(f, name, false, p);
	return -EINVAL;
}

void floor_agent_pauses(const struct floor *f, const char *name,
	void (*each)(const char *code, void *arg), void *arg)
{
	const struct floor_agent *a = floor_agent_named(f, name);
	const struct config_pause *p;
	unsigned at = 0;
	while (a != NULL && a->config != NULL && (p = pause_from(f, a, &at)) != NULL)
		each(p->name, arg);
}

int floor_agent_restore_pause(
	struct floor *f, const char *name, const char *pause, const char *code)
{
	struct floor_agent *a = floor_agent_named(f, name);
	if (a == NULL)
		return -ENOENT;
	str_copy(a->pause, sizeof(a->pause), pause);
	str_copy(a->pause_code, sizeof(a->pause_code), code);
	floor_state_told(a);
	return 0;
}
