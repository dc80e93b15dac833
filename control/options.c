// The daemon's options.
#include "control/options.h"

const struct daemon_option daemon_options[] = {
	{"check", "check", "print every mistake of the configuration and of this host, and end",
		false, OPTION_CHECK},
	{"elsewhere", "elsewhere",
		"with --check: the file is for another host; nothing of this one is looked at",
		false, OPTION_ELSEWHERE},
	{"router-thread", "router-thread", "run the router on a thread of its own", false,
		OPTION_ROUTER_THREAD},
	{"log-level", "log-level LEVEL", "error, warn, info or debug; overrides control.log_level",
		true, OPTION_LOG_LEVEL},
	{"reference", "reference", "print every configuration key with its default, and end", false,
		OPTION_REFERENCE},
	{"version", "version", "print the version, and end", false, OPTION_VERSION},
	{"help", "help", "print this, and end", false, OPTION_HELP},
};
const size_t daemon_option_count = sizeof(daemon_options) / sizeof(daemon_options[0]);
