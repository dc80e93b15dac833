// One descriptor in one message.
#include "control/ops/socket_file.h"

#include <string.h>
#include <unistd.h>

const struct msghdr *socket_file_message(struct socket_file *f, void *text, size_t len)
{
	f->text = (struct iovec){.iov_base = text, .iov_len = len};
	f->message = (struct msghdr){.msg_iov = &f->text,
		.msg_iovlen = 1,
		.msg_control = f->control,
		.msg_controllen = sizeof(f->control)};
	memset(f->control, 0, sizeof(f->control));
	struct cmsghdr *c = CMSG_FIRSTHDR(&f->message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &f->fd, sizeof(int));
	return &f->message;
}

void socket_file_drop(struct socket_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
