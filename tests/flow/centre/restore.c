// The next start behind a kill: phones come by themselves.
#include "control/node/rebuild.h"
#include "control/node/watch.h"
#include "control/base/timer.h"
#include "tests/flow/sim/parts.h"
#include "tests/flow/sim/sim.h"

// What stands in the node's trouble list otherwise.
void watch_past(struct watch *w, const char *topic, const char *text)
{
	sim_violation("%s: %s", topic, text);
}

void sim_ua_restore(const struct rebuild *found)
{
	node_log_restart(sim_log(), NULL, found);
	node_restore_agents(calls_floor(sim_calls()), found, timers_wall_ns(sim_timers()));
	floor_figures_restore(calls_floor(sim_calls()), found);
	node_absent_agents(calls_floor(sim_calls()), found);
}
