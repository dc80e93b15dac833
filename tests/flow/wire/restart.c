// A kill of the node, and its next start: what stood in memory is gone and nobody is told, phones
// and callers go on, and the event log says what there was.
#include <check.h>

#include "control/node/rebuild.h"
#include "control/node/registrations.h"
#include "control/node/watch.h"
#include "control/rebuild/rebuild.h"
#include "tests/flow/wire/wire.h"

// What stands in the node's trouble list otherwise.
void watch_past(struct watch *w, const char *topic, const char *text)
{
	sim_violation("%s: %s", topic, text);
}

void sim_ua_kill(void)
{
	struct far_end *f = far_end();

	timer_cancel(&f->watch);
	ua_free(f->ua);
	net_mute(&f->node, false);
	net_shake();
	wire_count()->kills++;
	f->ua = ua_new();
	ck_assert_ptr_nonnull(f->ua);
}

void sim_ua_restore(const struct rebuild *found)
{
	node_log_restart(sim_log(), NULL, found);
	node_restore_agents(calls_floor(sim_calls()), found, timers_wall_ns(sim_timers()));
	node_restore_recordings(sim_calls(), NULL, found);
	registrations_restore(far_ua(), found);
	node_absent_agents(calls_floor(sim_calls()), found);
}

void wire_kill(const char *log_folder)
{
	net_mute(&far_end()->node, true);
	sim_restart(log_folder);
}
