// The callers' RTP over UDP sockets: bursts of packets in one call.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/ringload/wire/port.h"
#include "bench/ringload/profile/profile.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"

#define LINES_MAX 64
#define BURSTS	  8 // of each socket in a turn
#define RTCP_NS	  200000000ull

struct port_sockets {
	struct media_port port; // first
	struct socket_inbox *inbox;
	uint32_t lines;
	int rtp_fd[LINES_MAX], rtcp_fd[LINES_MAX];
	uint64_t rtcp_ns; // when RTCP was read last
	uint16_t line;	  // being read
	const struct media_ear *ear;
	struct mmsghdr message[SOCKET_BURST];
	struct iovec part[SOCKET_BURST][2];
	struct sockaddr_storage to[SOCKET_BURST];
	uint8_t head[SOCKET_BURST][64];
	unsigned count;
	uint16_t from; // the line of those that wait
};

static struct port_sockets *of(struct media_port *m)
{
	return (struct port_sockets *)m;
}

// A packet that the kernel refuses is counted and passed over.
static void sockets_flush(struct media_port *m)
{
	struct port_sockets *s = of(m);
	unsigned done = 0;

	while (done < s->count) {
		int n = sendmmsg(s->rtp_fd[s->from], s->message + done, s->count - done, 0);

		if (n <= 0) {
			m->failed++;
			n = 1;
		}
		done += (unsigned)n;
	}
	s->count = 0;
}

static void sockets_send(
	struct media_port *m, struct media_path *path, const struct media_packet *p)
{
	struct port_sockets *s = of(m);

	if (s->count == SOCKET_BURST || (s->count > 0 && s->from != path->line))
		sockets_flush(m);
	unsigned i = s->count++;
	s->from = path->line;
	memcpy(s->head[i], p->head, sizeof(p->head));
	s->part[i][0] = (struct iovec){s->head[i], p->head_len};
	s->part[i][1] = (struct iovec){(void *)(uintptr_t)p->body, p->body_len};
	s->message[i].msg_hdr = (struct msghdr){.msg_name = &s->to[i],
		.msg_namelen = socket_addr_to(&path->to, &s->to[i]),
		.msg_iov = s->part[i],
		.msg_iovlen = p->body_len ? 2 : 1};
}

static void sockets_heard(void *arg, const struct socket_packet *packet)
{
	struct port_sockets *s = arg;

	s->ear->hear(s->ear->arg, s->ear->find(s->ear->arg, s->line, &packet->from), packet);
}

static unsigned sockets_receive(struct media_port *m, const struct media_ear *ear)
{
	struct port_sockets *s = of(m);
	unsigned all = 0;

	s->ear = ear;
	for (s->line = 0; s->line < s->lines; s->line++) {
		for (unsigned k = 0; k < BURSTS; k++) {
			unsigned n = socket_receive(s->rtp_fd[s->line], s->inbox, sockets_heard, s);

			all += n;
			if (n < SOCKET_BURST)
				break;
		}
	}
	m->dropped = socket_dropped(s->inbox);
	return all;
}

static void sockets_ignore(void *arg, const struct socket_packet *packet)
{
}

static void sockets_turn(struct media_port *m, uint64_t now_ns)
{
	struct port_sockets *s = of(m);

	if (now_ns - s->rtcp_ns < RTCP_NS)
		return;
	s->rtcp_ns = now_ns;
	for (uint32_t i = 0; i < s->lines; i++)
		while (socket_receive(s->rtcp_fd[i], s->inbox, sockets_ignore, NULL) ==
			SOCKET_BURST)
			;
}

static void sockets_close(struct media_port *m)
{
	struct port_sockets *s = of(m);

	for (unsigned i = 0; i < s->lines; i++) {
		if (s->rtp_fd[i] >= 0)
			close(s->rtp_fd[i]);
		if (s->rtcp_fd[i] >= 0)
			close(s->rtcp_fd[i]);
	}
	socket_inbox_free(s->inbox);
	free(s);
}

static const struct media_driver sockets_driver = {
	.send = sockets_send,
	.flush = sockets_flush,
	.receive = sockets_receive,
	.turn = sockets_turn,
	.close = sockets_close,
};

static int sockets_open(int *fd, const struct addr *local, uint32_t port, char error[256])
{
	struct addr own = *local;

	own.port = (uint16_t)port;
	*fd = socket_open(&own);
	if (*fd < 0)
		str_format(error, 256, "RTP port %u: %s", port, strerror(-*fd));
	return *fd < 0 ? *fd : 0;
}

int media_port_sockets(
	struct media_port **out, const struct profile *p, const struct addr *local, char error[256])
{
	struct port_sockets *s = calloc(1, sizeof(*s));
	int err = 0;

	str_copy(error, 256, "no memory");
	if (!s)
		return -ENOMEM;
	s->port.driver = &sockets_driver;
	s->inbox = socket_inbox_new();
	if (!s->inbox)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < p->rtp_sockets; i++) {
		s->lines = i + 1;
		s->rtcp_fd[i] = -1;
		err = sockets_open(&s->rtp_fd[i], local, p->rtp_port + 2 * i, error);
		if (!err)
			err = sockets_open(&s->rtcp_fd[i], local, p->rtp_port + 2 * i + 1, error);
	}
	if (err)
		sockets_close(&s->port);
	else
		*out = &s->port;
	return err;
}
