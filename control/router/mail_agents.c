// What the router is told of agents: one function a message.
#include <errno.h>

#include "control/router/router_private.h"

bool router_skills_good(const struct router_skills *s, uint8_t least)
{
	bool good = s->count <= ROUTER_SKILLS_MAX;
	for (unsigned i = 0; good && i < s->count; i++)
		good = s->level[i] >= least && s->level[i] <= ROUTER_LEVELS;
	return good;
}

int router_on_agent(struct router *r, const struct router_message *m)
{
	int err = router_list_reach((void ***)&r->agents, &r->agent_count, m->agent);
	if (err)
		return err;
	struct agent *a = r->agents[m->agent];
	if (a == NULL) {
		r->agents[m->agent] = agent_new(m->agent);
		return r->agents[m->agent] ? 0 : -ENOMEM;
	}
	a->gone = false;
	agent_happened(r, a, AGENT_EVENT_REGISTERED, WHY_REGISTERED); // if its phone is there
	return 0;
}

int router_on_agent_gone(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->gone = true;
	a->registered = false; // its bindings go with it
	agent_happened(r, a, AGENT_EVENT_SET, WHY_REMOVED);
	return 0;
}

// What a policy goes by has changed.
static void member_moves(struct router *r, struct member *m, const struct router_member *to)
{
	bool stood = m->in != NULL;
	if (m->place == to->place && m->weight == to->weight && m->ring == to->ring &&
		m->reserve == to->reserve)
		return;
	m->place = to->place;
	m->weight = to->weight;
	m->ring = to->ring;
	m->reserve = to->reserve;
	if (stood)
		queue_unready(m);
	queue_rematch(m);
	r->free = m->agent; // it stands where it stood, or has a caller
}

int router_on_member(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	struct queue *q = router_queue(r, m->queue);
	if (a == NULL || q == NULL)
		return -ENOENT;
	struct member *is = agent_member(a, q);
	if (is != NULL) {
		member_moves(r, is, &m->member);
		return 0;
	}
	if (queue_member_add(q, a, &m->member) == NULL)
		return -ENOMEM;
	r->free = a; // if it is ready, it stands there now or has a caller of this queue
	return 0;
}

int router_on_member_gone(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	struct queue *q = router_queue(r, m->queue);
	struct member *old = a && q ? agent_member(a, q) : NULL;
	if (old == NULL)
		return -ENOENT;
	if (old->in != NULL)
		queue_unready(old);
	queue_member_remove(old);
	if (a->holds)
		agent_releases(r, a, q);
	return 0;
}

// What was remembered over a restart goes on, if the registration outlived it too.
static bool agent_resume(struct router *r, struct agent *a)
{
	bool resumes = a->restored && r->now_ms - a->restored_ms < ROUTER_RESTORE_MS;
	a->restored = false;
	if (resumes && a->restored_until_ms > r->now_ms) {
		a->pause_ms = a->wrap_up_ms = a->restored_until_ms - r->now_ms;
		agent_happened(r, a, AGENT_EVENT_RESTORED, WHY_RESTORED);
	}
	return resumes;
}

int router_on_registered(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	bool came = a->state == AGENT_SIGNED_OUT && !a->registered;
	a->registered = true;
	if (came && !agent_resume(r, a))
		a->ready = m->set.ready;
	agent_happened(r, a, AGENT_EVENT_REGISTERED, WHY_REGISTERED);
	return 0;
}

int router_on_unregistered(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->registered = false;
	agent_happened(r, a, AGENT_EVENT_UNREGISTERED, WHY_UNREGISTERED);
	return 0;
}

int router_on_set(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->ready = m->set.ready;
	agent_happened(r, a, AGENT_EVENT_SET, WHY_SET);
	return 0;
}

int router_on_restore(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	if (a->registered)
		return -EBUSY;
	bool timed = m->set.state == AGENT_PAUSED || m->set.state == AGENT_WRAP_UP;
	a->ready = m->set.ready;
	a->restored = true;
	a->restored_ms = r->now_ms;
	a->restored_state = m->set.state;
	a->restored_until_ms = timed ? r->now_ms + m->set.for_ms : 0;
	return 0;
}

int router_on_skills(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	int err = 0;
	if (a == NULL)
		return -ENOENT;
	if (!router_skills_good(&m->skills, 0))
		return -EINVAL;
	for (unsigned i = 0; i < m->skills.count && !err; i++)
		err = agent_skill_set(a, m->skills.skill[i], m->skills.level[i]);
	for (unsigned i = 0; i < a->member_count; i++)
		queue_rematch(a->members[i]);
	r->free = a;
	return err;
}

int router_on_busy(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->busy_ms = r->now_ms + ROUTER_LEASE_TALK_MS;
	if (a->state == AGENT_BUSY)
		agent_renew(r, a, a->busy_ms);
	agent_happened(r, a, AGENT_EVENT_BUSY, WHY_OWN_CALL);
	return 0;
}

int router_on_free(struct router *r, const struct router_message *m)
{
	struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	a->busy_ms = 0;
	agent_happened(r, a, AGENT_EVENT_BUSY, WHY_OWN_CALL);
	return 0;
}

int router_on_tell(struct router *r, const struct router_message *m)
{
	const struct agent *a = router_agent(r, m->agent);
	if (a == NULL)
		return -ENOENT;
	agent_tell(r, a, a->state, WHY_RESTORED);
	return 0;
}

// The one message whose work is that of all agents.
int router_on_day(struct router *r, const struct router_message *m)
{
	for (uint32_t i = 0; i < r->agent_count; i++) {
		if (r->agents[i] == NULL)
			continue;
		r->agents[i]->talks = 0;
		r->agents[i]->talked_ms = 0;
		r->agents[i]->talks_since_ms = r->now_ms;
	}
	for (uint32_t i = 0; i < r->queue_count; i++)
		if (r->queues[i] != NULL)
			queue_stand_again(r, r->queues[i]);
	return 0;
}
