// What must hold of the queues of a configuration, and what its reference says of their policies.
#include "control/queue/check.h"

#include "control/config/read.h"
#include "control/router/policy.h"
#include "control/queue/rings_check.h"
#include "control/queue/skills_check.h"
#include "engine/base/str.h"

static void check_policy(struct config_read *r, const struct config_queue *q)
{
	char names[192];
	struct str_buf b;
	if (q->policy[0] == '\0' || policy_find(q->policy) >= 0)
		return;
	str_buf_init(&b, names, sizeof(names));
	for (unsigned i = 0; policy_get(i) != NULL; i++)
		str_buf_add(&b, "%s %s", i ? "," : "", policy_get(i)->name);
	config_read_problem(r, &q->policy, NULL, "expected one of%s, got '%s'", names, q->policy);
}

static void check_queue(struct config_read *r, const struct config_queue *q)
{
	check_policy(r, q);
	if (q->agent_count == 0 && q->crew.team_count == 0)
		config_read_problem(
			r, &q->agent_count, NULL, "expected at least one agent or team, got none");
}

void queue_check(struct config_read *r)
{
	const struct config *c = r->config;
	skills_check(r);
	rings_check(r);
	for (unsigned i = 0; i < c->queue_count; i++)
		check_queue(r, &c->queues[i]);
}

void queue_reference(FILE *out)
{
	fputs("\n### Policies\n"
	      "\n"
	      "Which of a queue's ready agents is offered its next caller.\n"
	      "\n"
	      "| policy | who is next |\n"
	      "|---|---|\n",
		out);
	for (uint32_t i = 0; policy_get(i) != NULL; i++)
		fprintf(out, "| `%s` | %s |\n", policy_get(i)->name, policy_get(i)->help);
}
