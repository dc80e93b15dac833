// docs/configuration.md: a short introduction, then a table for each map of the schema.
#include "control/config/report/reference.h"

#include <string.h>

#include "control/config/scalar.h"
#include "engine/base/str.h"

static const char introduction[] =
	"# Configuration\n"
	"\n"
	"<!-- Written by `make docs` from control/config/schema.c. -->\n"
	"\n"
	"One YAML file says everything. `ringhall --check FILE` reads it and prints every mistake "
	"in\n"
	"one run, each as `file:line:column: key: expected X, got Y`, and exits with 2 if there "
	"is\n"
	"one. *What a check asks* below says what of this machine it looks at, too. A daemon that\n"
	"runs keeps its configuration when a new one (`ringctl reload`) has a mistake; calls in\n"
	"progress go on under the one they began with, but who waits in a queue that is gone "
	"leaves\n"
	"it, on with the flow, and the phone of an agent that is gone rings no more. Ports, media\n"
	"addresses, workers, listeners and the places of sockets and folders are read at the "
	"start\n"
	"only.\n"
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

static const char check[] =
	"\n## What a check asks\n"
	"\n"
	"`ringhall --check FILE` says what a start on this machine by this user would be refused, "
	"by\n"
	"the start's own functions, and makes and changes nothing. Run it as who starts the node: "
	"root,\n"
	"or the service's user. Beside a node that runs with the file it leaves out what that one "
	"holds.\n"
	"\n"
	"- The file: YAML, keys, values, names, flows, numbers, what one value asks of another.\n"
	"- `control.user` and `control.group`: whether they exist.\n"
	"- Folders and the command socket: whether they are there or can be made, and written by "
	"that\n"
	"  user, the log and the database in them too. Folders right in `/run` and `/var/lib` are "
	"made by\n"
	"  the start; others need their parent folder.\n"
	"- Ports: rights, interfaces, PCI devices, `/dev/net/tun`; CPUs, hugepages, descriptors, "
	"shared\n"
	"  memory, io_uring.\n"
	"- Prompts: whether that user can read them and they are of the format.\n"
	"- Listeners: whether this host has the address (a tap port's `host` comes with the "
	"start), "
	"ports\n"
	"  below 1024; media addresses: that the kernel does not have them.\n"
	"\n"
	"Not asked, since only the start can know: whether another program has a port at that "
	"moment,\n"
	"memory and free space, what a driver makes of `extra` and `eal_args`, an XDP program, a "
	"memif\n"
	"peer, damage within the log or the database (the start mends it).\n"
	"\n"
	"Warnings (`file:line:column: warning: …`) refuse nothing and leave the exit code 0: weak "
	"agents'\n"
	"passwords, peers of a trunk that are wider than a carrier (IPv4 below /16, IPv6 below "
	"/32), a\n"
	"status that comes after the answer, a listener whose IP version no media address has.\n"
	"A start and a reload log them once. `--check --elsewhere` is for another host's "
	"file: "
	"it\n"
	"asks nothing of this one.\n";

static void takes(const struct config_field *f, char out[256])
{
	char expected[192];
	if (f->type == CONFIG_LEVELS) {
		config_scalar_expected(f, CONFIG_INT, expected);
		str_format(out, 256, "a map; each key is a skill, its value %s", expected);
		return;
	}
	if (f->type != CONFIG_LIST) {
		config_scalar_expected(f, f->type, expected);
		str_copy(out, 256, expected);
		return;
	}
	const struct config_field one = config_scalar_item(f);
	config_scalar_expected(&one, one.type, expected);
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

static void steps(FILE *out, const struct config_modules *modules)
{
	for (unsigned k = 0; modules->steps[k] != NULL; k++) {
		const struct config_schema *s = &modules->steps[k]->schema;
		char key[64];
		str_format(key, sizeof(key), "Step `%s`", s->fields[0].key);
		schema(out, s, key);
	}
}

static void more(FILE *out, const struct config_modules *modules, const char *map)
{
	for (const struct config_module *m = modules->list; m->map != NULL; m++)
		if (str_equal(m->map, map) && m->reference != NULL)
			m->reference(out);
}

// Each map in the order of the file, the outer one before the inner ones.
static void walk(FILE *out, const struct config_modules *modules, const struct config_schema *s,
	const char *path)
{
	for (const struct config_field *f = s->fields; f->key != NULL; f++) {
		char key[128], heading[160];
		if (f->sub == NULL || f->type == CONFIG_NAMES)
			continue;
		str_format(key, sizeof(key), "%s%s%s", path, *path ? "." : "", f->key);
		if (f->type == CONFIG_MAP)
			str_copy(key + strlen(key), sizeof(key) - strlen(key), ".NAME");
		if (f->type == CONFIG_ITEMS)
			str_copy(key + strlen(key), sizeof(key) - strlen(key), ".N");
		str_format(heading, sizeof(heading), "`%s`", key);
		if (f->sub->fields[0].type == CONFIG_STEPS) {
			fprintf(out, "\n## %s\n", heading);
			more(out, modules, f->key);
			steps(out, modules);
			continue;
		}
		schema(out, f->sub, heading);
		more(out, modules, f->key);
		walk(out, modules, f->sub, key);
	}
}

void config_reference(const struct config_modules *modules, FILE *out)
{
	fputs(introduction, out);
	fputs(check, out);
	schema(out, &config_schema_root, "The file");
	walk(out, modules, &config_schema_root, "");
}
