// What would keep the recorder from starting, of what has nothing to do with its folder.
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/record/disk.h"
#include "control/record/mapping.h"
#include "engine/base/str.h"

static int look_memory(uint32_t recordings, char error[512])
{
	size_t bytes = mapping_bytes(recordings);
	struct statvfs fs;

	if (faccessat(AT_FDCWD, MAPPING_FOLDER, W_OK | X_OK, AT_EACCESS)) {
		int rc = -errno;

		str_format(error, 512,
			MAPPING_FOLDER ": %s; it holds what is being recorded: mount a tmpfs there "
				       "that the service's user may write",
			strerror(-rc));
		return rc;
	}
	if (statvfs(MAPPING_FOLDER, &fs) || !fs.f_blocks || fs.f_blocks * fs.f_frsize >= bytes)
		return 0;
	str_format(error, 512,
		"%u recordings at once need %zu MiB in " MAPPING_FOLDER
		", which has %llu: enlarge it "
		"(mount -o remount,size=…) or lower recording.calls_max",
		recordings, (bytes >> 20) + 1, (unsigned long long)fs.f_blocks * fs.f_frsize >> 20);
	return -ENOSPC;
}

int recorder_look(const struct config *config, char error[512])
{
	struct disk disk;
	int rc = look_memory(config->recording.calls_max, error);

	if (rc)
		return rc;
	error[0] = '\0';
	rc = disk_init(&disk, config->recording.calls_max, error);
	if (!rc)
		disk_fini(&disk);
	else if (!error[0])
		str_format(error, 512, "the recorder does not start: %s", strerror(-rc));
	return rc;
}
