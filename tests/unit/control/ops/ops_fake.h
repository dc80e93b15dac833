// The fake daemon as a process of a test: OPS_FAKE in the environment names the program.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

struct ops_fake {
	pid_t pid;
	char folder[64], socket[96];
};

// False: it does not come up.
static inline bool ops_fake_start(struct ops_fake *f)
{
	str_copy(f->folder, sizeof(f->folder), "/tmp/ringhall-test-XXXXXX");
	if (mkdtemp(f->folder) == NULL)
		return false;
	str_format(f->socket, sizeof(f->socket), "%s/socket", f->folder);
	f->pid = fork();
	if (f->pid == 0) {
		execl(getenv("OPS_FAKE"), "ops_fake", f->socket, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && access(f->socket, F_OK) != 0; i++)
		usleep(10000);
	return access(f->socket, F_OK) == 0;
}

static inline void ops_fake_stop(struct ops_fake *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	folder_remove(f->folder);
}
