// A file's descriptor along with the beginning of an answer (SCM_RIGHTS).
#pragma once

#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct socket_file {
	int fd; // our copy; -1: none, or it has gone out
	// With the kernel while it is sent: must not move.
	struct msghdr message;
	struct iovec text;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
};

// The message that takes the file along with this text.
const struct msghdr *socket_file_message(struct socket_file *f, void *text, size_t len);
void socket_file_drop(struct socket_file *f); // closes our copy
