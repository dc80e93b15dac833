// Skills by name: numbers that stay over reloads, what agents have of them, what callers ask for.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/queue/floor_private.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("floor");

#define NOBODYS UINT16_MAX // number of a skill that could not be given one

int floor_skills_start(struct floor *f)
{
	return hash_init(&f->skill_names, 64);
}

void floor_skills_stop(struct floor *f)
{
	for (uint32_t i = 0; i < f->skill_count; i++)
		free(f->skills[i]);
	free(f->skills);
	hash_fini(&f->skill_names);
}

static struct floor_skill *skill_add(struct floor *f, const char *tenant, const char *name)
{
	struct floor_skill **list = reallocarray(f->skills, f->skill_count + 1, sizeof(*list));
	if (list == NULL)
		return NULL;
	f->skills = list;
	struct floor_skill *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	str_copy(s->name, sizeof(s->name), name);
	str_copy(s->tenant, sizeof(s->tenant), tenant);
	s->id = (uint16_t)f->skill_count;
	list[f->skill_count++] = s;
	hash_insert(&f->skill_names, &s->node, hash_str(name, hash_str(tenant, 0)));
	return s;
}

// Of this tenant: equal names of two tenants are two skills.
static uint16_t number_of(struct floor *f, const struct config_skill *c)
{
	const char *tenant = c->tenant ? c->tenant->name : "";
	struct hash_node *n = hash_first(&f->skill_names, hash_str(c->name, hash_str(tenant, 0)));
	for (; n != NULL; n = hash_next(n)) {
		const struct floor_skill *s = container_of(n, struct floor_skill, node);
		if (str_equal(s->name, c->name) && str_equal(s->tenant, tenant))
			return s->id;
	}
	struct floor_skill *s = f->skill_count < NOBODYS ? skill_add(f, tenant, c->name) : NULL;
	if (s == NULL)
		log_error(
			"skill gets no number, nobody has it: tenant=%s skill=%s", tenant, c->name);
	return s ? s->id : NOBODYS;
}

// --- agents ---

static void levels_tell(struct floor *f, const struct floor_agent *a, struct router_message *m)
{
	if (m->skills.count > 0)
		floor_post(f, m);
	*m = (struct router_message){.kind = ROUTER_SKILLS, .agent = a->id};
}

static void level_tell(struct floor *f, const struct floor_agent *a, struct router_message *m,
	struct floor_level level)
{
	if (m->skills.count == ROUTER_SKILLS_MAX)
		levels_tell(f, a, m);
	m->skills.skill[m->skills.count] = level.skill;
	m->skills.level[m->skills.count++] = level.level;
}

static uint8_t level_in(const struct floor_level *list, unsigned count, uint16_t skill)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].skill == skill)
			return list[i].level;
	return 0;
}

// First what is less than before: between two messages the agent has nothing that it has neither
// before nor after.
static void levels_differ(
	struct floor *f, const struct floor_agent *a, const struct floor_level *now, unsigned count)
{
	struct router_message m = {.kind = ROUTER_SKILLS, .agent = a->id};
	for (unsigned i = 0; i < a->level_count; i++) {
		uint8_t is = level_in(now, count, a->levels[i].skill);
		if (is < a->levels[i].level || a->levels_unsure)
			level_tell(f, a, &m, (struct floor_level){a->levels[i].skill, is});
	}
	levels_tell(f, a, &m);
	for (unsigned i = 0; i < count; i++)
		if (now[i].level > level_in(a->levels, a->level_count, now[i].skill) ||
			a->levels_unsure)
			level_tell(f, a, &m, now[i]);
	levels_tell(f, a, &m);
}

void floor_skills_post(struct floor *f, struct floor_agent *a)
{
	const struct config_levels *c = &a->config->skills;
	if (c->count == 0 && a->level_count == 0)
		return;
	struct floor_level *now = calloc(c->count + 1, sizeof(*now));
	if (now == NULL) {
		log_error("skills stay as they were: no memory agent=%s", a->name);
		return;
	}
	unsigned count = 0;
	for (unsigned i = 0; i < c->count; i++) {
		now[count] = (struct floor_level){number_of(f, c->list[i].skill), c->list[i].level};
		count += now[count].skill != NOBODYS;
	}
	levels_differ(f, a, now, count);
	a->levels_unsure = false;
	free(a->levels);
	a->levels = now;
	a->level_count = count;
}

// --- callers ---

static void ask(struct floor *f, const struct config_level *l, struct router_skills *out)
{
	uint16_t skill = number_of(f, l->skill);
	unsigned at = 0;
	while (at < out->count && out->skill[at] != skill)
		at++;
	if (at == ROUTER_SKILLS_MAX)
		return; // the check of the configuration lets none be more
	out->skill[at] = skill;
	out->level[at] = l->level;
	out->count += at == out->count;
}

void floor_skills_asked(struct floor *f, const struct config_queue *queue,
	const struct config_levels *more, struct router_skills *out)
{
	*out = (struct router_skills){.count = 0};
	for (unsigned i = 0; i < queue->skills.count; i++)
		ask(f, &queue->skills.list[i], out);
	for (unsigned i = 0; more != NULL && i < more->count; i++)
		ask(f, &more->list[i], out);
}

void floor_skills_lowered(
	struct floor *f, const struct config_levels *to, struct router_skills *out)
{
	*out = (struct router_skills){.count = 0};
	for (unsigned i = 0; i < to->count; i++)
		ask(f, &to->list[i], out);
}

static void level_text(const struct floor *f, uint16_t skill, uint8_t level, struct str_buf *b)
{
	str_buf_add(b, "%s%s %u", b->len ? ", " : "",
		skill < f->skill_count ? f->skills[skill]->name : "?", level);
}

void floor_skills_text(const struct floor *f, const struct router_skills *wants, struct str_buf *b)
{
	for (unsigned i = 0; i < wants->count; i++)
		level_text(f, wants->skill[i], wants->level[i], b);
}

void floor_agent_skills_text(const struct floor *f, uint32_t agent, struct str_buf *b)
{
	const struct floor_agent *a = f->agents[agent];
	for (unsigned i = 0; i < a->level_count; i++)
		level_text(f, a->levels[i].skill, a->levels[i].level, b);
}

// --- what nobody has ---

static bool has_all(const struct floor_agent *a, const struct router_skills *wants)
{
	for (unsigned i = 0; i < wants->count; i++)
		if (level_in(a->levels, a->level_count, wants->skill[i]) < wants->level[i])
			return false;
	return true;
}

// Somebody who takes callers of this ring and has all of it; not merely a phone that is not there.
enum holders { NOBODY, SIGNED_OUT, SIGNED_IN };

static enum holders look_in(struct floor *f, const struct floor_queue *q,
	const struct router_skills *wants, uint8_t ring)
{
	enum holders found = NOBODY;
	unsigned i;
	for (i = 0; i < q->agent_count && found != SIGNED_IN; i++) {
		const struct floor_agent *a = q->agents[i];
		if (a->config == NULL || q->told[i].ring > ring || !has_all(a, wants))
			continue;
		found = a->state != AGENT_SIGNED_OUT ? SIGNED_IN : SIGNED_OUT;
	}
	f->lack_looks += i;
	return found;
}

// As the router does it.
static void lower(struct router_skills *wants, const struct router_skills *to)
{
	for (unsigned i = 0; i < wants->count; i++)
		for (unsigned k = 0; k < to->count; k++)
			if (to->skill[k] == wants->skill[i] && to->level[k] < wants->level[i])
				wants->level[i] = to->level[k];
}

// Of what is asked for now, and of what the rings that come yet make of it.
static const char *look(
	struct floor *f, const struct floor_queue *q, struct router_skills wants, uint8_t ring)
{
	static const char *const now[] = {
		[NOBODY] = "no agent has it", [SIGNED_OUT] = "no agent who is signed in has it"};
	static const char *const later[] = {[NOBODY] = "no agent has it until the queue widens",
		[SIGNED_OUT] = "no agent who is signed in has it until the queue widens"};
	enum holders first = look_in(f, q, &wants, ring);
	if (first == SIGNED_IN)
		return NULL;
	for (; ring < q->set.rings; ring++) {
		lower(&wants, &q->rings[ring].lowers);
		if (look_in(f, q, &wants, ring + 1) == SIGNED_IN)
			return later[first];
	}
	return now[look_in(f, q, &wants, ring)];
}

static bool same(const struct router_skills *a, const struct router_skills *b)
{
	return a->count == b->count && memcmp(a->skill, b->skill, sizeof(a->skill)) == 0 &&
		memcmp(a->level, b->level, sizeof(a->level)) == 0;
}

static uint64_t lack_hash(const struct floor_wait *w)
{
	uint64_t h = (uint64_t)w->queue->id << 8 | w->ring;
	h = hash_bytes(w->wants.skill, sizeof(w->wants.skill), h);
	return hash_bytes(w->wants.level, sizeof(w->wants.level), h);
}

void floor_lack_forget(struct floor *f)
{
	for (unsigned i = 0; i < FLOOR_LACKS; i++)
		f->lack[i].queue = NULL;
}

const char *floor_lacks(struct floor *f, const struct floor_wait *w)
{
	if (floor_last_holds(f, w))
		return "waits for the agent of the last time, who is at work";
	if (w->queue == NULL || w->wants.count == 0)
		return NULL;
	struct floor_lack *l = &f->lack[lack_hash(w) % FLOOR_LACKS];
	if (l->queue == w->queue && l->ring == w->ring && same(&l->wants, &w->wants))
		return l->text;
	*l = (struct floor_lack){.queue = w->queue,
		.wants = w->wants,
		.ring = w->ring,
		.text = look(f, w->queue, w->wants, w->ring)};
	return l->text;
}
