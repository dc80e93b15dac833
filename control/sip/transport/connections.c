// Stands before libre's fd_listen and tcp_accept, and keeps a record for each descriptor.
#include "control/sip/transport/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "control/base/retry.h"
#include "control/sip/message/text.h"
#include "control/sip/transport/libre.h"
#include "control/sip/transport/stream.h"
#include "engine/base/dlist.h"
#include "engine/base/hash.h"
#include "engine/base/log.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"

#define BUCKETS	    4096
#define IDLE_MS	    1000 // without a message: may make room for another stranger
#define CLOSING_MAX 16	 // that are told to go and hold their descriptor for a turn of the loop
#define ACCEPTS	    16	 // in one turn of the loop
#define BACKLOG	    1024 // the kernel takes its own limit if that is less
#define ROOM	    8	 // strangers that go when a listener finds no descriptor

LOG_TOPIC("sip");

enum whose { LISTENER, TRUNK, PHONE, OURS, STRANGER }; // OURS: begun by us

struct connection {
	struct connections *of;
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

struct connections {
	struct timers *timers;
	struct connections_handlers handlers;
	struct refusals *refusals;
	struct ua_connection_limits limits;
	struct ua_connections counts;
	unsigned closing;
	struct hash strangers; // by source
	struct dlist age;
	uint64_t seed;
	bool accepting, accepted, keep;
	struct connection *reading;
	uint64_t log_ms; // of the last line about refused strangers
	uint64_t log_refused;
};

static struct connection *find(int fd)
{
	return fd >= 0 && fd < libre.fds ? libre.by_fd[fd] : NULL;
}

// --- strangers ---

static uint64_t source_hash(const struct connections *cs, const struct addr *a)
{
	uint8_t key[9] = {a->family}; // IPv6 by its /64, like the guard
	memcpy(key + 1, a->ip, 8);
	return hash_bytes(key, sizeof(key), cs->seed);
}

static unsigned of_source(const struct connections *cs, const struct addr *a)
{
	uint64_t hash = source_hash(cs, a);
	unsigned count = 0;

	for (struct hash_node *n = hash_first(&cs->strangers, hash); n; n = hash_next(n)) {
		const struct connection *c = container_of(n, struct connection, node);
		count += c->source.family == a->family && memcmp(c->source.ip, a->ip, 8) == 0;
	}
	return count;
}

// Now: a limit that was lowered while we run takes from the strangers first.
static unsigned strangers_max(const struct connections *cs)
{
	struct rlimit files;
	unsigned most = cs->limits.strangers_max;

	if (cs->limits.files == 0 || getrlimit(RLIMIT_NOFILE, &files) != 0 ||
		files.rlim_cur >= cs->limits.files)
		return most;
	uint64_t fewer = cs->limits.files - files.rlim_cur;
	return fewer < most ? most - (unsigned)fewer : 0;
}

static void stranger_begin(struct connection *c)
{
	struct connections *cs = c->of;

	c->whose = STRANGER;
	cs->counts.strangers++;
	dlist_push_back(&cs->age, &c->age);
	hash_insert(&cs->strangers, &c->node, source_hash(cs, &c->source));
}

static void stranger_end(struct connection *c)
{
	c->of->counts.strangers--;
	dlist_remove(&c->age);
	hash_remove(&c->of->strangers, &c->node);
	if (c->closing)
		c->of->closing--;
	c->closing = false;
}

// The connection ends by itself, in the loop's next turn: libre reads its end.
static bool close_oldest(struct connections *cs, uint64_t idle_ms)
{
	dlist_for_each (it, &cs->age) {
		struct connection *c = container_of(it, struct connection, age);
		if (c->closing)
			continue;
		if (timers_now_ms(cs->timers) - c->heard_ms < idle_ms)
			return false;
		c->closing = true;
		cs->closing++;
		cs->counts.closed++;
		shutdown(c->fd, SHUT_RDWR);
		return true;
	}
	return false;
}

// Those that a limit which has become lower no longer allows.
static unsigned trim(struct connections *cs)
{
	unsigned most = strangers_max(cs);

	while (cs->counts.strangers - cs->closing > most && close_oldest(cs, 0))
		;
	return most;
}

static bool has_room(struct connections *cs, const struct addr *source)
{
	unsigned most = trim(cs);

	if (cs->limits.per_source && !cs->handlers.house(source, cs->handlers.arg) &&
		of_source(cs, source) >= cs->limits.per_source)
		return false;
	if (cs->counts.strangers - cs->closing < most)
		return true;
	return most > 0 && cs->closing < CLOSING_MAX && close_oldest(cs, IDLE_MS);
}

// One line a minute, however many come.
static void refused(struct connections *cs, const struct addr *source)
{
	uint64_t now_ms = timers_now_ms(cs->timers);
	char text[ADDR_TEXT_MAX];

	cs->counts.refused++;
	if (cs->log_ms != 0 && now_ms - cs->log_ms < 60000)
		return;
	log_warn("tcp connections of unknown sources are refused: too many source=%s refused=%llu "
		 "open=%u limit=%u",
		addr_text(source, text), (unsigned long long)(cs->counts.refused - cs->log_refused),
		cs->counts.strangers, strangers_max(cs));
	cs->log_ms = now_ms;
	cs->log_refused = cs->counts.refused;
}

// --- records ---

static struct connection *add(struct connections *cs, int fd, fd_h *fn, void *arg)
{
	if (fd >= libre.fds) {
		int fds = fd + 256;
		struct connection **more = realloc(libre.by_fd, (size_t)fds * sizeof(*more));
		if (more == NULL)
			return NULL;
		memset(more + libre.fds, 0, (size_t)(fds - libre.fds) * sizeof(*more));
		libre.by_fd = more;
		libre.fds = fds;
	}
	struct connection *c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	*c = (struct connection){
		.of = cs, .fd = fd, .fn = fn, .arg = arg, .heard_ms = timers_now_ms(cs->timers)};
	libre.by_fd[fd] = c;
	return c;
}

static void drop(struct connection *c)
{
	if (c->whose == STRANGER)
		stranger_end(c);
	else if (c->whose == LISTENER)
		retry_stop(&c->retry);
	else
		c->of->counts.known--;
	if (c->of->reading == c)
		c->of->reading = NULL;
	libre.by_fd[c->fd] = NULL;
	stream_free(c->stream);
	free(c);
}

static void become_known(struct connection *c, enum whose whose)
{
	if (c->whose == STRANGER)
		stranger_end(c);
	c->whose = whose;
	c->of->counts.known++;
}

// --- listeners ---

static void on_listener(int flags, void *arg);

// Libre forgets what it cannot watch: the record must not go with that.
static int listener_watch(struct connection *l, int flags)
{
	l->of->keep = true;
	int err = libre.fd_listen(l->fd, flags, flags ? on_listener : NULL, l);
	l->of->keep = false;
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
	struct connections *cs = l->of;

	cs->accepted = false;
	libre.beginning = cs;
	errno = 0;
	l->fn(flags, l->arg);
	int err = errno;
	libre.beginning = NULL;
	return cs->accepted ? 0 : err ? err : EAGAIN;
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
	l->of->counts.accept_failed++;
	(void)listener_watch(l, 0);
	for (unsigned i = 0; i < ROOM && close_oldest(l->of, 0); i++)
		;
	retry_refused(&l->retry, err, on_listener_retry, l);
}

static int add_listener(int fd, int flags, fd_h *fn, void *arg)
{
	struct connection *l = add(libre.beginning, fd, fn, arg);
	struct sa local = {.len = sizeof(local.u)};
	char text[ADDR_TEXT_MAX] = "?";

	if (l == NULL)
		return ENOMEM;
	if (getsockname(fd, &local.u.sa, &local.len) == 0) {
		struct addr a = addr_of_sa(&local);
		addr_text(&a, text);
	}
	(void)str_format(l->what, sizeof(l->what), "accept on tcp %s", text);
	l->retry.timers = l->of->timers;
	l->retry.what = l->what;
	(void)listen(fd, BACKLOG); // libre's 5 are full of strangers at once
	return listener_watch(l, flags);
}

// --- before libre ---

static void on_connection(int flags, void *arg)
{
	struct connection *c = arg;
	struct connections *cs = c->of;

	cs->reading = c; // it may be gone when this returns
	libre.reading = cs->refusals;
	c->fn(flags, c->arg);
	libre.reading = NULL;
	cs->reading = NULL;
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
	struct connection *c = add(libre.beginning, fd, fn, arg);

	if (c == NULL)
		return ENOMEM;
	c->whose = c->of->accepting ? PHONE : OURS; // PHONE: until tcp_accept has looked
	c->of->counts.known++;
	return libre.fd_listen(fd, flags, on_connection, c);
}

// An error leaves the record: libre closes what it cannot watch, and calls again with no flags.
LIBRE_OVERRIDE int fd_listen(int fd, int flags, fd_h *fh, void *arg)
{
	struct connection *c = find(fd);

	if (!libre_found())
		return ENOSYS;
	if (c != NULL && flags == 0) {
		if (!c->of->keep)
			drop(c);
	} else if (c != NULL && c->whose != LISTENER) {
		c->fn = fh;
		c->arg = arg;
		return libre.fd_listen(fd, flags, on_connection, c);
	} else if (c == NULL && flags && libre.beginning && is_tcp(fd)) {
		return option(fd, SO_ACCEPTCONN) == 1 ? add_listener(fd, flags, fh, arg)
						      : add_connection(fd, flags, fh, arg);
	}
	return libre.fd_listen(fd, flags, fh, arg);
}

static bool has_stream(struct connection *c, struct tcp_conn *tc, const struct sa *peer)
{
	if (c != NULL)
		c->stream = stream_new(c->of->timers, c->of->refusals, tc, peer);
	return c != NULL && c->stream != NULL;
}

// The peer's address; what it may have is decided before a byte of it is read.
static bool admit(struct connections *cs, struct tcp_conn *tc)
{
	struct connection *c = find(tcp_conn_fd(tc));
	struct sa peer = {.len = sizeof(peer.u)};

	if (c == NULL || getpeername(c->fd, &peer.u.sa, &peer.len) != 0 ||
		!has_stream(c, tc, &peer))
		return false;
	c->source = addr_of_sa(&peer);
	bool known = cs->counts.known <= cs->limits.known_max; // itself counts already
	if (known && cs->handlers.trunk(&c->source, cs->handlers.arg)) {
		c->whose = TRUNK;
		return true;
	}
	if (!has_room(cs, &c->source)) {
		refused(cs, &c->source);
		return false;
	}
	cs->counts.known--;
	stranger_begin(c);
	return true;
}

LIBRE_OVERRIDE int tcp_accept(struct tcp_conn **tcp, struct tcp_sock *ts, tcp_estab_h *eh,
	tcp_recv_h *rh, tcp_close_h *ch, void *arg)
{
	struct connections *cs = libre.beginning;

	if (!libre_found())
		return ENOSYS;
	if (cs == NULL)
		return libre.tcp_accept(tcp, ts, eh, rh, ch, arg);
	cs->accepted = true; // whatever follows, a connection was there
	cs->accepting = true;
	int err = libre.tcp_accept(tcp, ts, eh, rh, ch, arg);
	cs->accepting = false;
	if (!err && !admit(cs, *tcp)) {
		*tcp = mem_deref(*tcp);
		err = ECONNREFUSED;
	}
	return err;
}

LIBRE_OVERRIDE int tcp_connect(struct tcp_conn **tcp, const struct sa *peer, tcp_estab_h *eh,
	tcp_recv_h *rh, tcp_close_h *ch, void *arg)
{
	if (!libre_found())
		return ENOSYS;
	int err = libre.tcp_connect(tcp, peer, eh, rh, ch, arg);
	if (!err && libre.beginning && !has_stream(find(tcp_conn_fd(*tcp)), *tcp, peer)) {
		*tcp = mem_deref(*tcp);
		err = ENOMEM;
	}
	return err;
}

// --- for the stack ---

void connections_heard(struct connections *cs)
{
	struct connection *c = cs->reading;

	if (c == NULL || c->whose != STRANGER || c->closing)
		return;
	c->heard_ms = timers_now_ms(cs->timers);
	dlist_remove(&c->age);
	dlist_push_back(&cs->age, &c->age);
	if (cs->counts.known < cs->limits.known_max &&
		cs->handlers.phone(&c->source, cs->handlers.arg))
		become_known(c, PHONE);
}

void connections_limit(struct connections *cs, const struct ua_connection_limits *limits)
{
	cs->limits = *limits;
}

void connections_count(const struct connections *cs, struct ua_connections *out)
{
	*out = cs->counts;
	out->strangers_max = strangers_max(cs);
}

int connections_new(struct timers *timers, const struct connections_handlers *h,
	struct refusals *rs, struct connections **out)
{
	if (!libre_found())
		return -ENOSYS;
	struct connections *cs = calloc(1, sizeof(*cs));
	if (cs == NULL)
		return -ENOMEM;
	if (hash_init(&cs->strangers, BUCKETS)) {
		free(cs);
		return -ENOMEM;
	}
	cs->timers = timers;
	cs->handlers = *h;
	cs->refusals = rs;
	cs->limits = (struct ua_connection_limits){256, 32, 1024, 0};
	cs->seed = rng_seed_os();
	dlist_init(&cs->age);
	*out = cs;
	return 0;
}

// Descriptors that others have records of keep the table.
static void shrink_table(void)
{
	for (int fd = 0; fd < libre.fds; fd++)
		if (libre.by_fd[fd] != NULL)
			return;
	free(libre.by_fd);
	libre.by_fd = NULL;
	libre.fds = 0;
}

void connections_free(struct connections *cs)
{
	if (cs == NULL)
		return;
	for (int fd = 0; fd < libre.fds; fd++)
		if (libre.by_fd[fd] != NULL && libre.by_fd[fd]->of == cs)
			drop(libre.by_fd[fd]);
	shrink_table();
	hash_fini(&cs->strangers);
	free(cs);
}
