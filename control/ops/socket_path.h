// The command socket's place in the file system: what stands there before, and listening.
#pragma once

// Binds path with mode 0660 and listens. A dead socket there is replaced; a living one, and
// whatever is no socket, is refused and left alone. The descriptor, or -errno with one sentence.
int socket_path_listen(const char *path, char error[512]);
// 0 when nobody answers there; -EADDRINUSE (and the sentence) when another ringhall does.
int socket_path_probe(const char *path, char error[512]);
