// The node's descriptors: the budget of control/config/files, handed to who keeps it.
#pragma once

struct config;
struct files;
struct ua;

// After the user agent has started, and with each configuration. 0 or -EMFILE with a sentence.
// files: as of the time before; {} at the start.
int node_files_share(
	struct ua *ua, const struct config *config, struct files *files, char error[512]);
