// ringhall(8): the daemon's options and signals, and every key of its configuration.
#include <stdlib.h>

#include "control/config/report/reference.h"
#include "control/modules.h"
#include "control/ringctl/man.h"
#include "control/ringctl/print/roff.h"
#include "control/options.h"
#include "engine/base/str.h"

static const struct {
	const char *left, *right;
} signals[] = {
	{"SIGTERM, SIGINT",
		"takes no new calls and ends when the last one has, at the latest after "
		"control.drain_limit; a second one ends the calls in progress now"},
	{"SIGHUP", "reads the configuration anew, as `ringctl reload` does"},
};

static const struct {
	const char *left, *right;
} exits[] = {
	{"0", "it was asked to end, or the configuration is good"},
	{"1", "it could not start or go on; one sentence says why"},
	{"2", "wrong options or configuration; every mistake is printed"},
};

static void man_configuration(FILE *out)
{
	char *text = NULL;
	size_t len;
	FILE *page = open_memstream(&text, &len);
	roff_section(out, "CONFIGURATION");
	if (page == NULL)
		return;
	config_reference(&control_modules, page);
	fclose(page);
	roff_markdown(out, text);
	free(text);
}

void man_ringhall(FILE *out)
{
	char left[64];
	roff_title(out, "RINGHALL", 8);
	roff_section(out, "NAME");
	roff_text(out, "ringhall - a hotline: answers, plays, queues, connects and records calls");
	roff_section(out, "SYNOPSIS");
	roff_text(out, "ringhall [OPTION...] FILE");
	roff_section(out, "DESCRIPTION");
	roff_text(out,
		"ringhall takes calls from SIP trunks, leads callers through menus into queues, "
		"rings agents' phones, and records. RTP runs on addresses that it owns on DPDK "
		"ports. FILE is its configuration. It stays in the foreground, logs to standard "
		"error and is asked and steered by ringctl(1).");
	roff_section(out, "OPTIONS");
	for (size_t i = 0; i < daemon_option_count; i++) {
		str_format(left, sizeof(left), "--%s", daemon_options[i].synopsis);
		roff_item(out, left, daemon_options[i].help);
	}
	roff_section(out, "SIGNALS");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		roff_item(out, signals[i].left, signals[i].right);
	roff_section(out, "EXIT STATUS");
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		roff_item(out, exits[i].left, exits[i].right);
	man_configuration(out);
	roff_section(out, "SEE ALSO");
	roff_text(out, "ringctl(1)");
}
