// Becoming the files' owner, making the folders, reading the log.
#include "control/node/folders.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "control/base/claim.h"
#include "control/config/config.h"
#include "control/rebuild/rebuild.h"
#include "control/ops/socket_path.h"
#include "control/node/privilege.h"
#include "engine/base/str.h"

int node_folders(struct privilege *p, const struct config *c, int *claim, char error[4096])
{
	umask(0027); // files are for the user and his group, whoever starts us
	int err = socket_path_probe(c->control.socket, error); // before anything is touched
	if (!err)
		err = privilege_find(p, &c->control, error);
	if (!err)
		err = privilege_lower(p, error);
	if (!err)
		err = privilege_socket_folder(p, c->control.socket, error);
	if (!err)
		err = privilege_folder(p, c->store.directory, error);
	if (!err)
		err = privilege_folder(p, c->recording.directory, error);
	// A second one with this configuration gets no further: neither to read what the first
	// one writes, nor to ports and memory of the same names.
	if (!err) {
		int fd = claim_take(c->store.directory, error);
		err = fd == -EBUSY ? fd : 0; // what else it may be the log says
		*claim = fd < 0 ? -1 : fd;
	}
	return err;
}

int node_read_log(
	const struct config *c, uint64_t wall_ns, struct rebuild *rebuild, char error[4096])
{
	int err = rebuild_load(c->store.directory, wall_ns, rebuild);
	if (err)
		str_format(error, 4096, "cannot read the event log in %s: %s", c->store.directory,
			strerror(-err));
	return err;
}
