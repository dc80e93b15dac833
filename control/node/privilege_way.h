// The way to a folder, walked as root: a symbolic link on it is followed where only root can have
// laid it.
#pragma once

// A descriptor of the folder, or -errno; -ELOOP: a link stands in the way that somebody else could
// have laid.
int privilege_way(const char *folder);
