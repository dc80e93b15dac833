// Does the node take calls, and why not?
#include "control/config/config.h"
#include "control/base/load.h"
#include "control/node/load.h"
#include "control/node/state.h"
#include "control/node/watch.h"

const char *node_not_ready(const struct node *n)
{
	if (n->stage != STAGE_ALL)
		return "it starts";
	if (n->draining)
		return "it drains: no new calls are taken";
	if (node_load()->overload.stands)
		return "it is overloaded: new calls are refused";
	if (watch_dark())
		return "the link of every media port is down";
	if (n->config->trunk_count == 0)
		return "no trunk is configured: nobody can call";
	return NULL;
}
