// Stands before libre's fd_listen and tcp_accept, and keeps a record for each descriptor.
#include "control/sip/transport/connections.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "control/base/retry.h"
#include "control/base/re.h"
#include "control/sip/transport/stream.h"
#include "control/sip/message/text.h"
#include "control/sip/core.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define LIBRE_OVERRIDE __attribute__((visibility("default"), used))

#define BUCKETS	    4096
#define IDLE_MS	    1000 // without a message: may make room for another stranger
#define CLOSING_MAX 16	 // that are told to go and hold their descriptor for a turn of the loop
#define ACCEPTS	    16	 // in one turn of the loop
#define BACKLOG	    1024 // the kernel takes its own limit if that is less
#define ROOM	    8	 // strangers that go when a listener finds no descriptor

LOG_TOPIC("sip");

enum whose { LISTENER, TRUNK, PHONE, OURS, STRANGER }; // OURS: begun by us

struct connection {
	int fd;
	enum whose whose;
	fd_h *fn;
	void *arg;
	// connections
	struct hash_node node; // strangers, by source
	struct dlist age;      // strangers, heard of last at the end
	struct addr source;
	uint64_t heard_ms;
	bool closing;
	struct stream *stream;
	// listeners
	struct retry retry;
	char what[80];
};

typedef int listen_fn(int fd, int flags, fd_h *fh, void *arg);
typedef int accept_fn(struct tcp_conn **tcp, struct tcp_sock *ts, tcp_estab_h *eh, tcp_recv_h *rh,
	tcp_close_h *ch, void *arg);
typedef int connect_fn(struct tcp_conn **tcp, const struct sa *peer, tcp_estab_h *eh,
	tcp_recv_h *rh, tcp_close_h *ch, void *arg);

static struct {
	listen_fn *listen;
	accept_fn *accept;
	connect_fn *connect;
	struct connections_handlers handlers;
	struct ua_connection_limits limits;
	struct ua_connections counts;
	struct connection **by_fd;
	int fds; // by_fd's length
	unsigned closing;
	struct hash strangers; // by source
	struct dlist age;
	uint64_t seed;
	bool ready, accepting, accepted, keep;
	struct connection *reading;
	uint64_t log_ms; // of the last line about refused strangers
	uint64_t log_refused;
} conns;

static void find_libre(void)
{
	if (conns.listen == NULL)
		conns.listen = (listen_fn *)dlsym(RTLD_NEXT, "fd_listen");
	if (conns.accept == NULL)
		conns.accept = (accept_fn *)dlsym(RTLD_NEXT, "tcp_accept");
	if (conns.connect == NULL)
		conns.connect = (connect_fn *)dlsym(RTLD_NEXT, "tcp_connect");
}

static struct connection *find(int fd)
{
	return fd >= 0 && fd < conns.fds ? conns.by_fd[fd] : NULL;
}

// --- strangers ---

static uint64_t source_hash(const struct addr *a)
{
	uint8_t key[9] = {a->family}; // IPv6 by its /64, like the guard
	memcpy(key + 1, a->ip, 8);
	return hash_bytes(key, sizeof(key), conns.seed);
}

static unsigned of_source(const struct addr *a)
{
	uint64_t hash = source_hash(a);
	unsigned count = 0;

	for (struct hash_node *n = hash_first(&conns.strangers, hash); n; n = hash_next(n)) {
		const struct connection *c = container_of(n, struct connection, node);
		count += c->source.family == a->family && memcmp(c->source.ip, a->ip, 8) == 0;
	}
	return count;
}

// Now: a limit that was lowered while we run takes from the strangers first.
static unsigned strangers_max(void)
{
	struct rlimit files;
	unsigned most = conns.limits.strangers_max;

	if (conns.limits.files == 0 || getrlimit(RLIMIT_NOFILE, &files) != 0 ||
		files.rlim_cur >= conns.limits.files)
		return most;
	uint64_t fewer = conns.limits.files - files.rlim_cur;
	return fewer < most ? most - (unsigned)fewer : 0;
}

static void stranger_begin(struct connection *c)
{
	c->whose = STRANGER;
	conns.counts.strangers++;
	dlist_push_back(&conns.age, &c->age);
	hash_insert(&conns.strangers, &c->node, source_hash(&c->source));
}

static void stranger_end(struct connection *c)
{
	conns.counts.strangers--;
	dlist_remove(&c->age);
	hash_remove(&conns.strangers, &c->node);
	if (c->closing)
		conns.closing--;
	c->closing = false;
}

// The connection ends by itself, in the loop's next turn: libre reads its end.
static bool close_oldest(uint64_t idle_ms)
{
	dlist_for_each (it, &conns.age) {
		struct connection *c = container_of(it, struct connection, age);
		if (c->closing)
			continue;
		if (timers_now_ms(core.timers) - c->heard_ms < idle_ms)
			return false;
		c->closing = true;
		conns.closing++;
		conns.counts.closed++;
		shutdown(c->fd, SHUT_RDWR);
		return true;
	}
	return false;
}

// Those that a limit which has become lower no longer allows.
static unsigned trim(void)
{
	unsigned most = strangers_max();

	while (conns.counts.strangers - conns.closing > most && close_oldest(0))
		;
	return most;
}

static bool has_room(const struct addr *source)
{
	unsigned most = trim();

	if (conns.limits.per_source && !conns.handlers.house(source) &&
		of_source(source) >= conns.limits.per_source)
		return false;
	if (conns.counts.strangers - conns.closing < most)
		return true;
	return most > 0 && conns.closing < CLOSING_MAX && close_oldest(IDLE_MS);
}

// One line a minute, however many come.
static void refused(const struct addr *source)
{
	uint64_t now_ms = timers_now_ms(core.timers);
	char text[ADDR_TEXT_MAX];

	conns.counts.refused++;
	if (conns.log_ms != 0 && now_ms - conns.log_ms < 60000)
		return;
	log_warn("tcp connections of unknown sources are refused: too many source=%s refused=%llu "
		 "open=%u limit=%u",
		addr_text(source, text),
		(unsigned long long)(conns.counts.refused - conns.log_refused),
		conns.counts.strangers, strangers_max());
	conns.log_ms = now_ms;
	conns.log_refused = conns.counts.refused;
}

// --- records ---

static struct connection *add(int fd, fd_h *fn, void *arg)
{
	if (fd >= conns.fds) {
		int fds = fd + 256;
		struct connection **more = realloc(conns.by_fd, (size_t)fds * sizeof(*more));
		if (more == NULL)
			return NULL;
		memset(more + conns.fds, 0, (size_t)(fds - conns.fds) * sizeof(*more));
		conns.by_fd = more;
		conns.fds = fds;
	}
	struct connection *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	*c = (struct connection){
		.fd = fd, .fn = fn, .arg = arg, .heard_ms = timers_now_ms(core.timers)};
	conns.by_fd[fd] = c;
	return c;
}

static void drop(struct connection *c)
{
	if (c->whose == STRANGER)
		stranger_end(c);
	else if (c->whose == LISTENER)
		retry_stop(&c->retry);
	else
		conns.counts.known--;
	if (conns.reading == c)
		conns.reading = NULL;
	conns.by_fd[c->fd] = NULL;
	stream_free(c->stream);
	free(c);
}

static void become_known(struct connection *c, enum whose whose)
{
	if (c->whose == STRANGER)
		stranger_end(c);
	c->whose = whose;
	conns.counts.known++;
}

// --- listeners ---

static void on_listener(int flags, void *arg);

// Libre forgets what it cannot watch: the record must not go with that.
static int listener_watch(struct connection *l, int flags)
{
	conns.keep = true;
	int err = conns.listen(l->fd, flags, flags ? on_listener : NULL, l);
	conns.keep = false;
	return err;
}

static void on_listener_retry(void *arg)
{
	struct connection *l = arg;
	int err = listener_watch(l, FD_READ);

	if (err)
		retry_refused(&l->retry, err, on_listener_retry, l);
}

static bool is_passing(int err)
{
	return err == EAGAIN || err == EINTR || err == ECONNABORTED || err == EPROTO;
}

// Libre accepts once and says nothing when that fails; errno still does. 0: one came.
static int accept_one(struct connection *l, int flags)
{
	conns.accepted = false;
	errno = 0;
	l->fn(flags, l->arg);
	int err = errno;
	return conns.accepted ? 0 : err ? err : EAGAIN;
}

static void on_listener(int flags, void *arg)
{
	struct connection *l = arg;
	int err = 0;

	for (unsigned i = 0; i < ACCEPTS && !err; i++) {
		err = accept_one(l, flags);
		if (!err)
			retry_done(&l->retry);
	}
	if (!err || is_passing(err))
		return;
	conns.counts.accept_failed++;
	(void)listener_watch(l, 0);
	for (unsigned i = 0; i < ROOM && close_oldest(0); i++)
		;
	retry_refused(&l->retry, err, on_listener_retry, l);
}

static int add_listener(int fd, int flags, fd_h *fn, void *arg)
{
	struct connection *l = add(fd, fn, arg);
	struct sa local = {.len = sizeof(local.u)};
	char text[ADDR_TEXT_MAX] = "?";

	if (l == NULL)
		return ENOMEM;
	if (getsockname(fd, &local.u.sa, &local.len) == 0) {
		struct addr a = addr_of_sa(&local);
		addr_text(&a, text);
	}
	(void)str_format(l->what, sizeof(l->what), "accept on tcp %s", text);
	l->retry.timers = core.timers;
	l->retry.what = l->what;
	(void)listen(fd, BACKLOG); // libre's 5 are full of strangers at once
	return listener_watch(l, flags);
}

// --- before libre ---

static void on_connection(int flags, void *arg)
{
	struct connection *c = arg;

	conns.reading = c; // it may be gone when this returns
	c->fn(flags, c->arg);
	conns.reading = NULL;
}

static int option(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

static bool is_tcp(int fd)
{
	int domain = option(fd, SO_DOMAIN);

	return (domain == AF_INET || domain == AF_INET6) && option(fd, SO_TYPE) == SOCK_STREAM;
}

static int add_connection(int fd, int flags, fd_h *fn, void *arg)
{
	struct connection *c = add(fd, fn, arg);

	if (c == NULL)
		return ENOMEM;
	c->whose = conns.accepting ? PHONE : OURS; // PHONE: until tcp_accept has looked
	conns.counts.known++;
	return conns.listen(fd, flags, on_connection, c);
}

// An error leaves the record: libre closes what it cannot watch, and calls again with no flags.
LIBRE_OVERRIDE int fd_listen(int fd, int flags, fd_h *fh, void *arg)
{
	struct connection *c = find(fd);

	find_libre();
	if (c != NULL && flags == 0) {
		if (!conns.keep)
			drop(c);
	} else if (c != NULL && c->whose != LISTENER) {
		c->fn = fh;
		c->arg = arg;
		return conns.listen(fd, flags, on_connection, c);
	} else if (c == NULL && flags && conns.ready && is_tcp(fd)) {
		return option(fd, SO_ACCEPTCONN) == 1 ? add_listener(fd, flags, fh, arg)
						      : add_connection(fd, flags, fh, arg);
	}
	return conns.listen(fd, flags, fh, arg);
}

static bool has_stream(struct connection *c, struct tcp_conn *tc, const struct sa *peer)
{
	if (c != NULL)
		c->stream = stream_new(tc, peer);
	return c != NULL && c->stream != NULL;
}

// The peer's address; what it may have is decided before a byte of it is read.
static bool admit(struct tcp_conn *tc)
{
	struct connection *c = find(tcp_conn_fd(tc));
	struct sa peer = {.len = sizeof(peer.u)};

	if (c == NULL || getpeername(c->fd, &peer.u.sa, &peer.len) != 0 ||
		!has_stream(c, tc, &peer))
		return false;
	c->source = addr_of_sa(&peer);
	bool known = conns.counts.known <= conns.limits.known_max; // itself counts already
	if (known && conns.handlers.trunk(&c->source)) {
		c->whose = TRUNK;
		return true;
	}
	if (!has_room(&c->source)) {
		refused(&c->source);
		return false;
	}
	conns.counts.known--;
	stranger_begin(c);
	return true;
}

LIBRE_OVERRIDE int tcp_accept(struct tcp_conn **tcp, struct tcp_sock *ts, tcp_estab_h *eh,
	tcp_recv_h *rh, tcp_close_h *ch, void *arg)
{
	find_libre();
	conns.accepted = true; // whatever follows, a connection was there
	if (!conns.ready)
		return conns.accept(tcp, ts, eh, rh, ch, arg);
	conns.accepting = true;
	int err = conns.accept(tcp, ts, eh, rh, ch, arg);
	conns.accepting = false;
	if (!err && !admit(*tcp)) {
		*tcp = mem_deref(*tcp);
		err = ECONNREFUSED;
	}
	return err;
}

LIBRE_OVERRIDE int tcp_connect(struct tcp_conn **tcp, const struct sa *peer, tcp_estab_h *eh,
	tcp_recv_h *rh, tcp_close_h *ch, void *arg)
{
	find_libre();
	int err = conns.connect(tcp, peer, eh, rh, ch, arg);
	if (!err && conns.ready && !has_stream(find(tcp_conn_fd(*tcp)), *tcp, peer)) {
		*tcp = mem_deref(*tcp);
		err = ENOMEM;
	}
	return err;
}

// --- for the stack ---

void connections_heard(void)
{
	struct connection *c = conns.reading;

	if (c == NULL || c->whose != STRANGER || c->closing)
		return;
	c->heard_ms = timers_now_ms(core.timers);
	dlist_remove(&c->age);
	dlist_push_back(&conns.age, &c->age);
	if (conns.counts.known < conns.limits.known_max && conns.handlers.phone(&c->source))
		become_known(c, PHONE);
}

void ua_connections_limit(const struct ua_connection_limits *limits)
{
	conns.limits = *limits;
}

void ua_connections(struct ua_connections *out)
{
	*out = conns.counts;
	out->strangers_max = strangers_max();
}

int connections_init(const struct connections_handlers *h)
{
	find_libre();
	if (conns.listen == NULL || conns.accept == NULL || conns.connect == NULL)
		return -ENOSYS;
	int err = hash_init(&conns.strangers, BUCKETS);
	if (err)
		return err;
	conns.handlers = *h;
	conns.counts = (struct ua_connections){0};
	conns.limits = (struct ua_connection_limits){256, 32, 1024, 0};
	conns.seed = rng_seed_os();
	dlist_init(&conns.age);
	conns.log_ms = conns.log_refused = 0;
	conns.closing = 0;
	conns.ready = true;
	return 0;
}

void connections_fini(void)
{
	for (int fd = 0; fd < conns.fds; fd++)
		if (conns.by_fd[fd] != NULL)
			drop(conns.by_fd[fd]);
	free(conns.by_fd);
	conns.by_fd = NULL;
	conns.fds = 0;
	hash_fini(&conns.strangers);
	conns.ready = false;
}
