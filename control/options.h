// The daemon's options as one table: main.c parses by it, ringhall(8) is printed from it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum daemon_option_id {
	OPTION_CHECK = 1,
	OPTION_ELSEWHERE,
	OPTION_ROUTER_THREAD,
	OPTION_LOG_LEVEL,
	OPTION_REFERENCE,
	OPTION_VERSION,
	OPTION_HELP,
};

struct daemon_option {
	const char *name, *synopsis, *help;
	bool has_value;
	int id;
};

extern const struct daemon_option daemon_options[];
extern const size_t daemon_option_count;
