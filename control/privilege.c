// Becoming an ordinary user after the start.
#include "control/privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/config.h"
#include "engine/base/str.h"

struct ids {
	uid_t uid;
	gid_t gid;
};

// 1: there is somebody to become; 0: nothing to do.
static int ids_find(const struct config_control *control, struct ids *out, char error[512])
{
	if (control->user[0] == '\0' || geteuid() != 0)
		return 0;
	const struct passwd *pw = getpwnam(control->user);
	if (pw == NULL) {
		str_format(error, 512,
			"control.user: there is no user %s; make one (adduser --system --group %s) "
			"or "
			"remove the line",
			control->user, control->user);
		return -ENOENT;
	}
	*out = (struct ids){pw->pw_uid, pw->pw_gid};
	if (control->group[0] == '\0')
		return 1;
	const struct group *gr = getgrnam(control->group);
	if (gr == NULL) {
		str_format(error, 512, "control.group: there is no group %s", control->group);
		return -ENOENT;
	}
	out->gid = gr->gr_gid;
	return 1;
}

int privilege_own(const struct config_control *control, const char *directory, char error[512])
{
	struct ids ids;
	if (mkdir(directory, 0750) != 0 && errno != EEXIST) {
		int err = -errno;
		str_format(error, 512, "cannot make %s: %s; make its parent folder or name another",
			directory, strerror(-err));
		return err;
	}
	int some = ids_find(control, &ids, error);
	if (some <= 0)
		return some;
	if (chown(directory, ids.uid, ids.gid) != 0) {
		int err = -errno;
		str_format(error, 512, "cannot give %s to %s: %s", directory, control->user,
			strerror(-err));
		return err;
	}
	return 0;
}

int privilege_drop(const struct config_control *control, char error[512])
{
	struct ids ids;
	int some = ids_find(control, &ids, error);
	if (some <= 0)
		return some;
	// glibc makes these hold for every thread, the workers too.
	if (initgroups(control->user, ids.gid) != 0 || setgid(ids.gid) != 0 ||
		setuid(ids.uid) != 0) {
		int err = -errno;
		str_format(error, 512, "cannot become %s: %s", control->user, strerror(-err));
		return err;
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}
