// Queue policies: which of the ready agents is offered the next caller.
#include "control/router/policy.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "control/router/agent.h"
#include "control/router/queue.h"
#include "engine/base/str.h"

// Of those that did as much, the one that has been idle for longest: 40 bits of ms are 34 years.
#define IDLE_BITS 40

static uint64_t then_idle(uint64_t key, const struct agent *a)
{
	const uint64_t most = UINT64_MAX >> IDLE_BITS;
	return (key < most ? key : most) << IDLE_BITS |
		(a->since_ms & (UINT64_MAX >> (64 - IDLE_BITS)));
}

// --- where a member stands among the ready ---

static uint64_t longest_idle(const struct member *m, uint64_t draw)
{
	return m->agent->since_ms;
}

static uint64_t round_robin(const struct member *m, uint64_t draw)
{
	return m->offered;
}

static uint64_t fewest_calls(const struct member *m, uint64_t draw)
{
	return then_idle(m->agent->talks, m->agent);
}

static uint64_t least_talk(const struct member *m, uint64_t draw)
{
	return then_idle(m->agent->talked_ms / 1000, m->agent);
}

static uint64_t linear(const struct member *m, uint64_t draw)
{
	return then_idle(m->place + 1, m->agent);
}

// Each waits for a time that is drawn from an exponential distribution with its weight as the
// rate; whose time ends first is offered the caller, and the clock stands there. So each is the
// next with the probability of its share of the weights, and the rest need not draw again, as
// what is left of such a time is distributed as a new one is.
static uint64_t weighted_random(const struct member *m, uint64_t draw)
{
	const double second = 1 << 24;
	double part = ((double)(draw >> 11) + 1) / (double)(1ull << 53); // 0 < part <= 1
	return m->queue->clock + (uint64_t)(-log(part) * second / member_weight(m));
}

// --- what it goes by, for people: from the key, where it is there, as members are far ---

static uint32_t idle(const struct ready_entry *e, const struct line *l, uint64_t now_ms)
{
	return now_ms > e->key ? now_ms - e->key : 0;
}

static uint32_t whole_key(const struct ready_entry *e, const struct line *l, uint64_t now_ms)
{
	return e->key;
}

static uint32_t upper_key(const struct ready_entry *e, const struct line *l, uint64_t now_ms)
{
	return e->key >> IDLE_BITS;
}

static uint32_t weight(const struct ready_entry *e, const struct line *l, uint64_t now_ms)
{
	return member_weight(e->member);
}

// Of what the caller asks for.
static uint32_t levels(const struct ready_entry *e, const struct line *l, uint64_t now_ms)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < l->wants.count; i++)
		sum += agent_level(e->of, l->wants.skill[i]);
	return sum;
}

static const struct policy policies[] = {
	{"longest-idle", "the agent whose last call, or coming to be ready, lies back furthest",
		"idle", true, longest_idle, idle},
	{"round-robin", "the agent to whom the queue's last offer lies back furthest", "last offer",
		false, round_robin, whole_key},
	{"fewest-calls",
		"the agent with the fewest conversations today (since the node began, if that is "
		"later)",
		"calls", false, fewest_calls, upper_key},
	{"least-talk",
		"the agent that has talked least today, by the second (since the node began, if "
		"that is later)",
		"seconds talked", false, least_talk, upper_key},
	{"linear", "the first agent in the order in which the queue lists them", "place", false,
		linear, upper_key},
	{"weighted-random", "at random, each agent by its weight", "weight", false, weighted_random,
		weight},
	{"best-skill",
		"the agent with the highest levels of the skills that the caller asks for, of the "
		"64 that are idle for longest",
		"levels", false, longest_idle, levels, POLICY_MOST},
	{"ring-all",
		"all who are ready, 32 at most, the longest idle first; the first to answer has "
		"the caller",
		"idle", true, longest_idle, idle, 0, true},
};

#define POLICIES (sizeof(policies) / sizeof(policies[0]))

const struct policy *policy_get(uint32_t index)
{
	return index < POLICIES ? &policies[index] : NULL;
}

int policy_find(const char *name)
{
	for (unsigned i = 0; i < POLICIES; i++)
		if (str_equal(policies[i].name, name))
			return (int)i;
	return -ENOENT;
}
