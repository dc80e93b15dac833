// The command socket's place in the file system: what stands there before, and listening.
#pragma once

#include <stdbool.h>

// 0: the path is free, or a killed process left its socket there. What is no socket, and what a
// process listens on, is left alone: -errno and one sentence, which names that process.
// Whether a ringhall listens there, or somebody whom we may not ask.
bool socket_path_answers(const char *path);
int socket_path_probe(const char *path, char error[512]);
// Binds path with mode 0660 and listens; a dead socket there is replaced, all else is refused as
// above. The descriptor, or -errno with one sentence.
int socket_path_listen(const char *path, char error[512]);
