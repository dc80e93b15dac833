// TCP connections that strangers begin, over libre's own sockets on the loopback: how many may
// stay, who makes room, and a listener for which there is no descriptor.
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/timer.h"
#include "control/sip/transport/connections.h"
#include "control/sip/transport/libre.h"
#include "control/sip/transport/refuse.h"
#include "engine/base/clock.h"

#define FILES_MAX 160
#define CONNS_MAX 64

static struct timers timers;
static struct loop loop;

static uint64_t skew_ms;
static struct refusals *refusals;
static struct connections *conns;
static struct tcp_sock *listener;
static struct tcp_conn *accepted[CONNS_MAX];
static unsigned accepted_count, heard_count;
static struct sa address;
static const char *trunk_ip, *house_ip; // addresses that are so
static uint16_t phone_port;		// a phone is registered from it

static uint64_t wall_ns(void *arg)
{
	return clock_wall_ns();
}

static uint64_t mono_ms(void *arg)
{
	return clock_mono_ns() / NS_PER_MS + skew_ms;
}

static bool is_ip(const struct addr *a, const char *text)
{
	struct in_addr ip;

	return text != NULL && inet_pton(AF_INET, text, &ip) == 1 && memcmp(a->ip, &ip, 4) == 0;
}

static bool is_trunk(const struct addr *a, void *arg)
{
	return is_ip(a, trunk_ip);
}

static bool is_house(const struct addr *a, void *arg)
{
	return is_ip(a, house_ip);
}

static bool is_phone(const struct addr *a, void *arg)
{
	return a->port == phone_port;
}

static bool is_answered(const struct sa *source, void *arg)
{
	return false;
}

static void on_data(struct mbuf *mb, void *arg)
{
	heard_count++;
	if (mbuf_buf(mb)[mbuf_get_left(mb) - 1] == '\n')
		connections_heard(conns);
}

static void on_close(int err, void *arg)
{
	struct tcp_conn **at = arg;

	*at = mem_deref(*at);
}

static void on_connect(const struct sa *peer, void *arg)
{
	struct tcp_conn **at = &accepted[accepted_count];

	ck_assert_uint_lt(accepted_count, CONNS_MAX);
	if (tcp_accept(at, listener, NULL, on_data, on_close, at) == 0)
		accepted_count++;
	else
		tcp_reject(listener);
}

static void on_enough(void *arg)
{
	loop_stop();
}

static void serve(void)
{
	struct timer enough = {0};

	timer_start(&timers, &enough, 30, on_enough, NULL);
	ck_assert_int_eq(loop_run(), 0);
}

static void pass(unsigned ms)
{
	skew_ms += ms;
	serve();
}

static void limit_files(rlim_t files)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = files;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void start(unsigned strangers, unsigned each)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	static const struct connections_handlers handlers = {is_trunk, is_phone, is_house, NULL};
	static const struct refuse_handlers nobody = {is_answered};
	struct ua_connection_limits limits = {strangers, each, 8, 0};

	timers_init(&timers, &clock);
	ck_assert_int_eq(loop_init(&loop, &timers, 1024), 0);
	refusals = refusals_new(&timers, &nobody, NULL);
	ck_assert_ptr_nonnull(refusals);
	ck_assert_int_eq(connections_new(&timers, &handlers, refusals, &conns), 0);
	connections_limit(conns, &limits);
	trunk_ip = house_ip = NULL;
	phone_port = 0;
	accepted_count = heard_count = 0;
	ck_assert_int_eq(sa_set_str(&address, "127.0.0.1", 0), 0);
	libre.beginning = conns;
	ck_assert_int_eq(tcp_listen(&listener, &address, on_connect, NULL), 0);
	libre.beginning = NULL;
	ck_assert_int_eq(tcp_local_get(listener, &address), 0);
}

static void stop(void)
{
	for (unsigned i = 0; i < CONNS_MAX; i++)
		accepted[i] = mem_deref(accepted[i]);
	listener = mem_deref(listener);
	connections_free(conns);
	refusals_free(refusals);
	loop_close(&loop);
	ck_assert_uint_eq(timers_count(&timers), 0);
}

static int client_socket(const char *ip)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(inet_pton(AF_INET, ip, &from.sin_addr), 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	return fd;
}

static void client_connect(int fd)
{
	ck_assert_int_eq(connect(fd, &address.u.sa, address.len), 0);
}

static int client(const char *ip)
{
	int fd = client_socket(ip);

	client_connect(fd);
	serve();
	return fd;
}

static bool stands(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	serve();
}

static struct ua_connections counts(void)
{
	struct ua_connections c;

	connections_count(conns, &c);
	return c;
}

START_TEST(strangers_share_their_number)
{
	int fds[6];

	start(4, 16);
	for (int i = 0; i < 4; i++)
		fds[i] = client("127.0.0.2");
	ck_assert_uint_eq(counts().strangers, 4);
	fds[4] = client("127.0.0.2"); // nobody has been idle for long
	ck_assert(!stands(fds[4]));
	ck_assert_uint_eq(counts().refused, 1);
	pass(2000);
	say(fds[0], "\r\n");
	fds[5] = client("127.0.0.2");
	ck_assert(stands(fds[5]) && stands(fds[0]));
	ck_assert(!stands(fds[1])); // heard of longest ago
	ck_assert_uint_eq(counts().strangers, 4);
	ck_assert_uint_eq(counts().closed, 1);
	for (int i = 0; i < 6; i++)
		close(fds[i]);
	serve();
	ck_assert_uint_eq(counts().strangers, 0);
	stop();
}
END_TEST

// Bytes that make no message do not keep a place.
START_TEST(a_trickle_is_idle)
{
	int fds[3];

	start(2, 16);
	fds[0] = client("127.0.0.2");
	fds[1] = client("127.0.0.2");
	pass(2000);
	say(fds[1], "\r\n");
	say(fds[0], "half");
	fds[2] = client("127.0.0.3");
	ck_assert(!stands(fds[0]));
	ck_assert(stands(fds[1]) && stands(fds[2]));
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}
END_TEST

START_TEST(one_source_has_a_part)
{
	int fds[5];

	start(16, 2);
	fds[0] = client("127.0.0.2");
	fds[1] = client("127.0.0.2");
	fds[2] = client("127.0.0.2");
	fds[3] = client("127.0.0.3");
	ck_assert(stands(fds[1]) && !stands(fds[2]) && stands(fds[3]));
	house_ip = "127.0.0.2"; // many phones behind one address
	fds[4] = client("127.0.0.2");
	ck_assert(stands(fds[4]));
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	stop();
}
END_TEST

START_TEST(known_peers_have_their_own)
{
	int fds[4];
	struct sockaddr_in local;
	socklen_t len = sizeof(local);

	start(2, 16);
	fds[0] = client("127.0.0.2");
	fds[1] = client("127.0.0.2");
	trunk_ip = "127.0.0.9";
	fds[2] = client("127.0.0.9");
	ck_assert(stands(fds[0]) && stands(fds[1]) && stands(fds[2]));
	ck_assert_uint_eq(counts().known, 1);
	// A phone has registered over a stranger's connection: its place is free again.
	ck_assert_int_eq(getsockname(fds[1], (struct sockaddr *)&local, &len), 0);
	phone_port = ntohs(local.sin_port);
	say(fds[1], "\r\n");
	ck_assert_uint_eq(counts().known, 2);
	ck_assert_uint_eq(counts().strangers, 1);
	fds[3] = client("127.0.0.3");
	for (int i = 0; i < 4; i++)
		ck_assert(stands(fds[i]));
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	serve();
	ck_assert_uint_eq(counts().known + counts().strangers, 0);
	stop();
}
END_TEST

// Beyond their number trunks' connections count as strangers'.
START_TEST(known_peers_are_bounded)
{
	int fds[12];

	start(2, 16);
	trunk_ip = "127.0.0.9";
	for (int i = 0; i < 12; i++)
		fds[i] = client("127.0.0.9");
	ck_assert_uint_eq(counts().known, 8);
	ck_assert_uint_eq(counts().strangers, 2);
	ck_assert(!stands(fds[11]));
	for (int i = 0; i < 12; i++)
		close(fds[i]);
	stop();
}
END_TEST

START_TEST(no_descriptor_is_left)
{
	int fds[3], taken[FILES_MAX], n = 0;

	limit_files(FILES_MAX);
	start(16, 16);
	fds[0] = client("127.0.0.2");
	fds[1] = client_socket("127.0.0.9");
	fds[2] = client_socket("127.0.0.9");
	trunk_ip = "127.0.0.9";
	while ((taken[n] = dup(STDERR_FILENO)) >= 0)
		ck_assert_int_lt(++n, FILES_MAX);
	client_connect(fds[1]);
	for (int i = 0; i < 20; i++)
		serve();
	ck_assert(!stands(fds[0]));	      // a stranger made room
	ck_assert_uint_eq(counts().known, 1); // for the trunk
	client_connect(fds[2]);
	for (int i = 0; i < 20; i++)
		serve();
	ck_assert_uint_eq(counts().known, 1);
	ck_assert_uint_lt(counts().accept_failed, 12); // within 0.6 s and more
	while (n > 0)
		close(taken[--n]);
	pass(5000);
	for (int i = 0; i < 50 && counts().known < 2; i++) // a slow machine takes its time
		serve();
	ck_assert_uint_eq(counts().known, 2);
	limit_files(1024);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}
END_TEST

START_TEST(a_lower_limit_takes_from_strangers)
{
	struct ua_connection_limits limits = {8, 16, 8, 1024};
	int fds[4];

	limit_files(1024);
	start(8, 16);
	connections_limit(conns, &limits);
	for (int i = 0; i < 3; i++)
		fds[i] = client("127.0.0.2");
	ck_assert_uint_eq(counts().strangers_max, 8);
	limit_files(1018);
	ck_assert_uint_eq(counts().strangers_max, 2);
	fds[3] = client("127.0.0.2");
	serve();
	ck_assert(!stands(fds[0]));
	ck_assert_uint_le(counts().strangers, 2);
	limit_files(1024);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	stop();
}
END_TEST

UNIT_MAIN("connections", strangers_share_their_number, a_trickle_is_idle, one_source_has_a_part,
	known_peers_have_their_own, known_peers_are_bounded, no_descriptor_is_left,
	a_lower_limit_takes_from_strangers)
