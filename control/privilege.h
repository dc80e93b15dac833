// Root is needed for the start alone (ports, raw sockets); then the process becomes the user
// that the configuration names.
#pragma once

struct config_control;

// 0, or -errno with one sentence. Nothing to do where no user is named or the caller is not root.
int privilege_drop(const struct config_control *control, char error[512]);
// Gives a folder (made if missing) or a socket to that user and group, so that recordings and
// log stay writable and the group may command.
int privilege_own(const struct config_control *control, const char *directory, char error[512]);
