// A party: one leg of a call, in a role.
#include "control/call/party.h"

#include <errno.h>

int party_join(struct call_parties *of, struct call_party *p, enum party_role role)
{
	if (of->count == CALL_PARTIES_MAX)
		return -ENOSPC;
	p->of = of;
	p->role = role;
	dlist_push_back(&of->list, &p->link);
	of->count++;
	return 0;
}

void party_leave(struct call_party *p)
{
	if (p->of == NULL)
		return;
	dlist_remove(&p->link);
	p->of->count--;
	p->of = NULL;
}

struct call *party_call(const struct call_party *p)
{
	return p->of ? p->of->call : NULL;
}

bool party_hears(const struct call_party *p)
{
	return p->leg != NULL && p->stage < PARTY_GOING && !leg_ear(p->leg)->over;
}

bool party_holds(const struct call_party *p)
{
	return p->leg != NULL && leg_holds(p->leg);
}

struct media_voice *party_voice(const struct call_party *p)
{
	return p->leg ? leg_voice(p->leg) : NULL;
}

// --- prompts ---

void party_prompt(struct call_party *p, uint32_t prompt, unsigned flags)
{
	p->prompt = prompt;
	p->flags = (uint8_t)flags;
	p->turn = ++p->turns;
	p->of->hear(p->of->call);
}

void party_hush(struct call_party *p)
{
	p->turn = 0;
	p->of->hear(p->of->call);
}

// --- the parties of a call ---

static struct call_party *seek(
	const struct dlist *from, const struct call_parties *of, enum party_role role)
{
	for (const struct dlist *it = from; it != &of->list; it = it->next) {
		struct call_party *p = container_of(it, struct call_party, link);
		if (p->role == role)
			return p;
	}
	return NULL;
}

struct call_party *party_of(const struct call_parties *of, enum party_role role)
{
	return seek(of->list.next, of, role);
}

struct call_party *party_after(const struct call_party *p)
{
	return seek(p->link.next, p->of, p->role);
}

unsigned party_count(const struct call_parties *of, enum party_role role, enum party_stage stage)
{
	unsigned count = 0;
	for (const struct call_party *p = party_of(of, role); p != NULL; p = party_after(p))
		count += p->stage == stage;
	return count;
}
