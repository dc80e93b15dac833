// docs/configuration.md: a short introduction, then a table for each map of the schema.
#include "control/base/config_reference.h"

#include <string.h>

#include "control/base/config_scalar.h"
#include "control/queue/policy.h"
#include "engine/base/str.h"

static const char introduction[] =
	"# Configuration\n"
	"\n"
	"<!-- Written by `make docs` from control/base/config_schema.c. -->\n"
	"\n"
	"One YAML file says everything. `ringhall --check FILE` reads it and prints every mistake "
	"in\n"
	"one run, each as `file:line:column: key: expected X, got Y`, and exits with 2 if there "
	"is\n"
	"one. A daemon that runs keeps its configuration when a new one (`ringctl reload`) has a\n"
	"mistake; calls in progress go on under the one they began with, but who waits in a queue\n"
	"that is gone leaves it, on with the flow, and the phone of an agent that is gone rings "
	"no\n"
	"more. Ports, media addresses, workers, listeners and the places of sockets and folders "
	"are\n"
	"read at the start only.\n"
	"\n"
	"`examples/minimal.yaml` is the least that answers a call, `examples/hotline.yaml` what\n"
	"`make demo` runs, `examples/carrier.yaml` a large site.\n"
	"\n"
	"- Durations have a unit: `20ms`, `20s`, `5min`, `1h`, `30d`. Sizes too: `500MiB`, "
	"`10GiB`.\n"
	"- A list of one may be written without brackets: `peers: 192.0.2.7`.\n"
	"- Names of things are keys: `alice: {password: x}`. A thing of a tenant is seen by that\n"
	"  tenant alone.\n"
	"- Where a table names a *short form*, a bare value stands for that key:\n"
	"  `welcome: welcome.wav` is `welcome: {file: welcome.wav}`.\n"
	"- Anchors and aliases of YAML work: `codecs: &c [PCMA, PCMU]`, then `codecs: *c`.\n"
	"- So do merges: `<<: *defaults` in a map puts in what it does not say itself, of a list\n"
	"  (`<<: [*a, *b]`) the earlier one first. Keys of the file that begin with `x-` are "
	"yours:\n"
	"  a place for what is merged elsewhere.\n"
	"\n"
	"```yaml\n"
	"x-phone: &phone {codecs: [PCMA, PCMU], from: 192.0.2.0/24}\n"
	"tenants:\n"
	"  acme:\n"
	"    agents:\n"
	"      alice: {<<: *phone, password: …}\n"
	"```\n";

static const char policies[] = "\n### Policies\n"
			       "\n"
			       "Which of a queue's ready agents is offered its next caller.\n"
			       "\n"
			       "| policy | who is next |\n"
			       "|---|---|\n";

static const char flows[] =
	"\nA flow is a map of named steps; a call begins at the first one. Each step has one of "
	"the\n"
	"kinds below, told by its first key. `hangup` alone may be written as a word.\n"
	"\n"
	"```yaml\n"
	"hotline:\n"
	"  greeting: {play: welcome}\n"
	"  choice: {menu: choices, digits: {1: sales, 2: bye}, on_timeout: sales}\n"
	"  sales: {queue: sales, then: bye}\n"
	"  bye: hangup\n"
	"```\n"
	"\n"
	"Flows are checked whole: every step must be reached from the first one, and no way may\n"
	"lead in a circle of prompts alone or of queues and conferences alone.\n";

static void takes(const struct config_field *f, char out[256])
{
	char expected[192];
	if (f->type != CONFIG_LIST) {
		config_scalar_expected(f, f->type, expected);
		str_copy(out, 256, expected);
		return;
	}
	config_scalar_expected(f, f->item, expected);
	str_format(out, 256, "a list; each is %s", expected);
}

static void row(FILE *out, const struct config_field *f)
{
	char text[256], fallback[64] = "required";
	takes(f, text);
	if (f->fallback != NULL)
		str_format(fallback, sizeof(fallback), *f->fallback ? "`%s`" : "none", f->fallback);
	fprintf(out, "| `%s` | %s | %s | %s |\n", f->key, text, fallback, f->help);
}

static void schema(FILE *out, const struct config_schema *s, const char *key)
{
	fprintf(out, "\n## %s\n\n%s", key, s->help);
	if (s->shorthand != NULL)
		fprintf(out, " Short form: `%s`.", s->shorthand);
	fputs("\n\n| key | takes | default | |\n|---|---|---|---|\n", out);
	for (const struct config_field *f = s->fields; f->key != NULL; f++)
		row(out, f);
}

static void steps(FILE *out)
{
	fputs(flows, out);
	for (unsigned k = 0; k < config_schema_step_kinds; k++) {
		const struct config_schema *s = &config_schema_steps[k];
		char key[64];
		str_format(key, sizeof(key), "Step `%s`", s->fields[0].key);
		schema(out, s, key);
	}
}

static void policy_table(FILE *out)
{
	fputs(policies, out);
	for (uint32_t i = 0; policy_get(i) != NULL; i++)
		fprintf(out, "| `%s` | %s |\n", policy_get(i)->name, policy_get(i)->help);
}

// Each map in the order of the file, the outer one before the inner ones.
static void walk(FILE *out, const struct config_schema *s, const char *path)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		char key[128], heading[160];
		if (f->sub == NULL)
			continue;
		str_format(key, sizeof(key), "%s%s%s", path, *path ? "." : "", f->key);
		if (f->type == CONFIG_MAP)
			str_copy(key + strlen(key), sizeof(key) - strlen(key), ".NAME");
		str_format(heading, sizeof(heading), "`%s`", key);
		if (f->sub->fields[0].type == CONFIG_STEPS) {
			fprintf(out, "\n## %s\n", heading);
			steps(out);
			continue;
		}
		schema(out, f->sub, heading);
		if (str_equal(f->key, "queues"))
			policy_table(out);
		walk(out, f->sub, key);
	}
}

void config_reference(FILE *out)
{
	fputs(introduction, out);
	schema(out, &config_schema_root, "The file");
	walk(out, &config_schema_root, "");
}
