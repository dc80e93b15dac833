// No world of the scenarios here is killed. A program that kills one has its own of this.
#include "tests/flow/sim/sim.h"

void sim_ua_restore(const struct rebuild *found)
{
	sim_violation("a start behind a kill has nothing to go on with");
}
