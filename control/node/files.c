// Strangers get what the log, the recorder, ringctl and known peers leave.
#include "control/node/files.h"

#include "control/config/config.h"
#include "control/config/files.h"
#include "control/sip/ua.h"

int node_files_share(
	struct ua *ua, const struct config *config, struct files *files, char error[512])
{
	int err = files_settle(config, files, error);
	struct ua_connection_limits limits = {
		.strangers_max = files->strangers,
		.per_source = config->sip.unknown_connections_each,
		.known_max = files->known,
		.files = files->limit < files->needed ? files->limit : files->needed,
	};
	if (!err)
		ua_connections_limit(ua, &limits);
	return err;
}
