// Listening addresses, and which of them reaches whom.
#include "control/sip/transport/stack.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/sip/message/text.h"
#include "control/sip/transport/bounds.h"
#include "control/sip/transport/cancel.h"
#include "control/sip/transport/connections.h"
#include "control/sip/transport/door.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

#define ENDS_MAX 32
// Buckets, not limits: 10,000 calls set up within the 32 s that a transaction is remembered.
#define TRANSACTION_BUCKETS 16384
#define CONNECTION_BUCKETS  4096
#define SOCKET_BUFFER_BYTES (4 << 20)

LOG_TOPIC("sip");

struct stack {
	struct stack_env env;
	struct stack_end ends[ENDS_MAX];
	unsigned end_count;
};

static bool on_request(const struct sip_msg *msg, void *arg)
{
	struct stack_end *end = arg;

	if (!end->sized && msg->tp == SIP_TRANSP_UDP) {
		end->sized = true;
		(void)udp_sockbuf_set(msg->sock, SOCKET_BUFFER_BYTES);
	}
	end->stack->env.handlers->request(end, msg);
	connections_heard(end->stack->env.connections);
	return true;
}

static bool on_response(const struct sip_msg *msg, void *arg)
{
	struct stack_end *end = arg;

	end->stack->env.handlers->response(end, msg);
	connections_heard(end->stack->env.connections);
	return true;
}

static bool on_cancel(const struct sip_msg *msg, void *arg)
{
	struct stack_end *end = arg;

	return end->stack->env.handlers->cancel(end, msg);
}

static int open_end(struct stack_end *end, const struct config_sip *config)
{
	const struct stack_env *env = &end->stack->env;
	int err = sip_alloc(&end->sip, NULL, TRANSACTION_BUCKETS, TRANSACTION_BUCKETS,
		CONNECTION_BUCKETS, config->user_agent, NULL, env->ua);

	if (!err)
		err = sip_listen(&end->requests, end->sip, true, on_request, end);
	if (!err)
		err = sip_listen(&end->responses, end->sip, false, on_response, end);
	if (!err)
		sip_set_trace_handler(end->sip, env->handlers->trace);
	end->libre = (struct libre_end){.sip = end->sip,
		.refusals = env->refusals,
		.connections = env->connections,
		.cancel = on_cancel,
		.arg = end};
	libre_join(&end->libre);
	return -err;
}

// The end with this address that does not listen for this transport yet.
static struct stack_end *find_end(
	struct stack *st, const struct addr *a, enum ua_transport transport)
{
	for (unsigned i = 0; i < st->end_count; i++) {
		struct stack_end *end = &st->ends[i];
		if (end->at[transport].family != ADDR_NONE)
			continue;
		for (unsigned t = 0; t < UA_TRANSPORTS; t++)
			if (addr_same_ip(&end->at[t], a))
				return end;
	}
	return NULL;
}

// What libre opens within this is the end's.
static int add_transport(struct stack_end *end, enum ua_transport transport, const struct sa *sa)
{
	libre.opening = &end->libre;
	libre.beginning = end->libre.connections;
	int err = sip_transp_add(end->sip, transport_libre(transport), sa);
	libre.opening = NULL;
	libre.beginning = NULL;
	return err;
}

static int listen_on(struct stack *st, const struct config_sip *config, const struct addr *a,
	enum ua_transport transport)
{
	struct stack_end *end = find_end(st, a, transport);
	char text[ADDR_TEXT_MAX];
	struct sa sa;

	if (!end) {
		if (st->end_count == ENDS_MAX) {
			log_error("more than %u sip addresses: name fewer in sip.listen", ENDS_MAX);
			return -ENOSPC;
		}
		end = &st->ends[st->end_count++];
		*end = (struct stack_end){.ua = st->env.ua, .stack = st};
		int rc = open_end(end, config);
		if (rc)
			return rc;
	}
	sa_of_addr(a, &sa);
	int err = add_transport(end, transport, &sa);
	if (err) {
		log_error("cannot listen for sip on %s %s: %s; is another sip server running, or "
			  "the address not this host's? see sip.listen",
			transport_of(transport)->name, addr_text(a, text), strerror(err));
		return -err;
	}
	end->at[transport] = *a;
	log_info("listening address=%s transport=%s", addr_text(a, text),
		transport_of(transport)->name);
	return 0;
}

// Every address of the family that is up; link-local ones would need a scope in each message.
static int listen_everywhere(
	struct stack *st, const struct config_sip *config, const struct config_listen *l)
{
	struct ifaddrs *all;
	struct sa sa;
	int rc = 0;

	if (getifaddrs(&all))
		return -errno;
	for (struct ifaddrs *i = all; i && !rc; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || sa_set_sa(&sa, i->ifa_addr))
			continue;
		struct addr a = addr_of_sa(&sa);
		if (a.family != l->address.family || sa_is_linklocal(&sa))
			continue;
		a.port = l->address.port;
		rc = listen_on(st, config, &a, l->transport);
	}
	freeifaddrs(all);
	return rc;
}

int stack_start(const struct stack_env *env, const struct config_sip *config, struct stack **out)
{
	struct stack *st = calloc(1, sizeof(*st));

	if (!st)
		return -ENOMEM;
	st->env = *env;
	int rc = door_init();
	if (!rc)
		rc = bounds_init();
	if (!rc)
		rc = cancel_init();
	for (unsigned i = 0; i < config->listen_count && !rc; i++) {
		struct config_listen l = config->listen[i];
		if (l.address.port == 0)
			l.address.port = transport_of(l.transport)->port;
		rc = addr_is_any(&l.address) ? listen_everywhere(st, config, &l)
					     : listen_on(st, config, &l.address, l.transport);
	}
	if (rc)
		stack_stop(st);
	else
		*out = st;
	return rc;
}

int stack_look(const struct config_listen *listen)
{
	bool connects = transport_of(listen->transport)->connects;
	struct sa sa;
	int rc = 0;

	sa_of_addr(&listen->address, &sa);
	sa_set_port(&sa, 0);
	int fd = socket(sa_af(&sa), (connects ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, &sa.u.sa, sa.len))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

// Until it has left, what libre sends at its end finds its connections.
void stack_stop(struct stack *st)
{
	if (!st)
		return;
	for (unsigned i = 0; i < st->end_count; i++) {
		struct stack_end *end = &st->ends[i];
		end->requests = mem_deref(end->requests);
		end->responses = mem_deref(end->responses);
		end->sip = mem_deref(end->sip); // asked for by what another end drops
		libre_leave(&end->libre);
	}
	free(st);
}

const struct addr *stack_address(const struct stack_end *end, enum ua_transport transport)
{
	return &end->at[transport];
}

// Asks the kernel's routing table, by connecting a datagram socket that sends nothing.
static bool local_address(const struct addr *peer, struct addr *out)
{
	struct sa sa;

	sa_of_addr(peer, &sa);
	if (sa_port(&sa) == 0)
		sa_set_port(&sa, SIP_PORT);
	int fd = socket(sa_af(&sa), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	struct sa local = {.len = sizeof(local.u)};
	bool found =
		connect(fd, &sa.u.sa, sa.len) == 0 && getsockname(fd, &local.u.sa, &local.len) == 0;
	close(fd);
	if (found)
		*out = addr_of_sa(&local);
	return found;
}

struct stack_end *stack_route(
	struct stack *st, const struct addr *peer, enum ua_transport transport)
{
	struct stack_end *any = NULL;
	struct addr local;
	bool known = local_address(peer, &local);

	for (unsigned i = 0; i < st->end_count; i++) {
		struct stack_end *end = &st->ends[i];
		const struct addr *has = stack_address(end, transport);
		if (has->family != peer->family)
			continue;
		if (known && addr_same_ip(has, &local))
			return end;
		any = any ? any : end;
	}
	return any;
}

bool stack_listens(const struct stack *st, const struct addr *a)
{
	for (unsigned i = 0; i < st->end_count; i++)
		for (unsigned t = 0; t < UA_TRANSPORTS; t++)
			if (addr_equal(&st->ends[i].at[t], a))
				return true;
	return false;
}

void flow_init(struct flow *f, struct stack_end *end, const struct sip_msg *msg)
{
	*f = (struct flow){.end = end, .transport = transport_of_libre(msg->tp)};
	f->peer = addr_of_sa(&msg->src);
	f->conn = transport_of(f->transport)->connects ? mem_ref((void *)msg) : NULL;
}

void flow_copy(struct flow *to, const struct flow *from)
{
	*to = *from;
	mem_ref(to->conn);
}

void flow_drop(struct flow *f)
{
	f->conn = mem_deref(f->conn);
}

bool flow_open(const struct flow *f)
{
	return !transport_of(f->transport)->connects || (f->conn && sip_msg_tcpconn(f->conn));
}

void flow_uri(const struct flow *f, char *out, size_t size)
{
	char text[ADDR_TEXT_MAX];

	(void)str_format(out, size, "sip:%s;transport=%s", addr_text(&f->peer, text),
		transport_of(f->transport)->name);
}

void flow_contact(const struct flow *f, char *out, size_t size)
{
	char text[ADDR_TEXT_MAX];

	(void)str_format(out, size, "<sip:%s%s>",
		addr_text(stack_address(f->end, f->transport), text),
		transport_of(f->transport)->contact);
}
