// Becoming the files' owner, making the folders, reading the log.
#include "control/node_folders.h"

#include <string.h>
#include <sys/stat.h>

#include "control/base/config.h"
#include "control/base/rebuild.h"
#include "control/ops/socket_path.h"
#include "control/privilege.h"
#include "engine/base/str.h"

int node_folders(struct privilege *p, const struct config *c, uint64_t wall_ns,
	struct rebuild *rebuild, char error[4096])
{
	umask(0027); // files are for the user and his group, whoever starts us
	int err = socket_path_probe(c->control.socket, error); // before anything is touched
	if (!err)
		err = privilege_find(p, &c->control, error);
	if (!err)
		err = privilege_lower(p, error);
	if (!err)
		err = privilege_folder(p, c->store.directory, error);
	if (!err)
		err = privilege_folder(p, c->recording.directory, error);
	if (!err)
		err = rebuild_load(c->store.directory, wall_ns, rebuild);
	if (err && error[0] == '\0')
		str_format(error, 4096, "cannot read the event log in %s: %s", c->store.directory,
			strerror(-err));
	return err;
}
