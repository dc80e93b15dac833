// Does the node take calls, and why not? What is it about, in a line?
#include "control/config/config.h"
#include "control/call/call.h"
#include "control/node/state.h"
#include "engine/base/str.h"

const char *node_not_ready(const struct node *n)
{
	if (n->stage != STAGE_ALL)
		return "it starts";
	if (n->draining)
		return "it drains: no new calls are taken";
	if (n->load.load.overload.stands)
		return "it is overloaded: new calls are refused";
	if (watch_dark(&n->watch))
		return "the link of every media port is down";
	if (n->config->trunk_count == 0)
		return "no trunk is configured: nobody can call";
	return NULL;
}

void node_status(char text[SERVICE_TEXT_MAX], const void *node)
{
	const struct node *n = node;
	unsigned calls = calls_count(n->calls);

	if (n->draining && timer_alive(&n->drain_limit))
		str_format(text, SERVICE_TEXT_MAX,
			"draining, no new calls; open calls: %u, ended in %u s at the latest",
			calls, (unsigned)(timer_left_ms(&n->drain_limit) / 1000));
	else if (n->draining)
		str_format(text, SERVICE_TEXT_MAX, "draining, no new calls; open calls: %u", calls);
	else if (n->load.load.overload.stands)
		str_format(text, SERVICE_TEXT_MAX,
			"overloaded, new calls are refused; open calls: %u", calls);
	else
		str_format(text, SERVICE_TEXT_MAX, "running; open calls: %u", calls);
}
