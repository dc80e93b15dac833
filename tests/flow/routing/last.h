// Two tenants whose queues know who talked with a caller last, and who takes a call there.
#pragma once

#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"

// '1' sales, '2' sales rather by bob, '3' help, which has no such key; another tenant beside it.
#define ACME(last_agent)                                                                         \
	"  country_code: '86'\n"                                                                 \
	"  trunks: {carrier: {peers: [10.9.0.0/24]}}\n"                                          \
	"  numbers: {'1': any, '2': bobs, '3': helps, '4': more}\n"                              \
	"  flows:\n"                                                                             \
	"    any: {in: {queue: sales}}\n"                                                        \
	"    bobs: {in: {queue: sales, prefer: bob}}\n"                                          \
	"    helps: {in: {queue: help}}\n"                                                       \
	"    more: {in: {queue: more}}\n"                                                        \
	"  queues:\n"                                                                            \
	"    sales: {agents: [alice, bob], wrap_up: 0s, short_call: 0s" last_agent "}\n"         \
	"    more: {agents: [alice, bob], wrap_up: 0s, short_call: 0s" last_agent "}\n"          \
	"    help: {agents: [alice, bob], wrap_up: 0s, short_call: 0s}\n"                        \
	"  agents:\n"                                                                            \
	"    alice: {password: a}\n"                                                             \
	"    bob: {password: b}\n"                                                               \
	" other:\n"                                                                              \
	"  trunks: {there: {peers: [10.9.9.0/24]}}\n"                                            \
	"  numbers: {'1': any}\n"                                                                \
	"  flows: {any: {in: {queue: sales}}}\n"                                                 \
	"  queues: {sales: {agents: [cleo, dora], wrap_up: 0s, short_call: 0s" last_agent "}}\n" \
	"  agents: {cleo: {password: c}, dora: {password: d}}\n"

#define WEEK ", last_agent: 7d"

static inline void come(const char *agent)
{
	phone_register(agent);
	phone_answers(agent, 100);
	sim_run(100);
}

static inline void begin_with(const struct sim_setup *setup)
{
	sim_begin(setup);
	come("alice");
	come("bob");
}

static inline void begin(const char *yaml)
{
	begin_with(&(struct sim_setup){.yaml = yaml, .lax_order = true});
}

// Who takes a call that comes so; it lasts a second.
static inline const char *taken_by(const struct caller_setup *setup)
{
	static char agent[64];
	struct sim_caller *c = caller_dials(setup);
	sim_run(1000);
	str_copy(agent, sizeof(agent), caller_hears(c));
	caller_hangs_up(c);
	sim_run(100);
	return agent;
}

static inline const char *called(const char *from, const char *to)
{
	return taken_by(&(struct caller_setup){.from = from, .to = to});
}
