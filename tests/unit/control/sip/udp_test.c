// Libre's UDP, which is ours: in batches, in order, and with what the kernel says to each.
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/base/loop.h"
#include "control/base/re.h"
#include "control/base/timer.h"

#define MANY 1000
#define TURN 20

static struct timers timers;
static struct loop loop;
static struct timer over, next;
static struct udp_sock *one, *two; // two sends
static struct sa at_one, at_two;
static unsigned came, wrong, errors, last_error, most;
static size_t came_len;

static void stop(void *arg)
{
	(void)arg;
	loop_stop();
}

static void on_datagram(const struct sa *src, struct mbuf *mb, void *arg)
{
	unsigned n;

	ck_assert_ptr_eq(arg, &at_one);
	ck_assert(sa_cmp(src, &at_two, SA_ALL));
	came_len = mbuf_get_left(mb);
	if (came_len >= sizeof(n)) {
		memcpy(&n, mbuf_buf(mb), sizeof(n));
		wrong += n != came;
	}
	if (++came == most)
		loop_stop();
}

static void on_error(int err, void *arg)
{
	(void)arg;
	errors++;
	last_error = (unsigned)err;
	loop_stop();
}

static void begin(unsigned expected)
{
	came = wrong = errors = last_error = 0;
	most = expected;
	timers_init(&timers, NULL);
	ck_assert_int_eq(loop_init(&loop, &timers, 1024), 0);
	sa_set_str(&at_one, "127.0.0.1", 0);
	at_two = at_one;
	ck_assert_int_eq(udp_listen(&one, &at_one, on_datagram, &at_one), 0);
	ck_assert_int_eq(udp_listen(&two, &at_two, NULL, NULL), 0);
	ck_assert_int_eq(udp_local_get(one, &at_one), 0);
	ck_assert_int_eq(udp_local_get(two, &at_two), 0);
	udp_sockbuf_set(one, 8 << 20);
}

static void run(timer_h *fn)
{
	timer_start(&timers, &over, 10000, stop, NULL);
	if (fn)
		timer_start(&timers, &next, 0, fn, NULL);
	ck_assert_int_eq(loop_run(), 0);
	timer_cancel(&over);
	timer_cancel(&next);
}

static void end(void)
{
	one = mem_deref(one);
	two = mem_deref(two);
	loop_close(&loop);
}

static int send_number(unsigned n, size_t len)
{
	struct mbuf *mb = mbuf_alloc(len);

	ck_assert_ptr_nonnull(mb);
	memset(mb->buf, 'x', len);
	memcpy(mb->buf, &n, sizeof(n));
	mb->end = len;
	int err = udp_send(two, &at_one, mb);
	memset(mb->buf, 'y', len); // what was sent is not looked at again
	mem_deref(mb);
	return err;
}

// Of libre's own calls too.
START_TEST(program_exports_them_all)
{
	static const char *const names[] = {"udp_connect", "udp_error_handler_set",
		"udp_handler_set", "udp_helper_find", "udp_listen", "udp_local_get",
		"udp_multicast_join", "udp_multicast_leave", "udp_register_helper",
		"udp_rxbuf_presz_set", "udp_rxsz_set", "udp_send", "udp_send_anon",
		"udp_send_helper", "udp_setsockopt", "udp_sock_fd", "udp_sockbuf_set",
		"udp_thread_attach", "udp_thread_detach", "rand_bytes", "rand_char", "rand_str",
		"rand_u16", "rand_u32", "rand_u64"};
	Dl_info own, found;

	ck_assert(dladdr((void *)(uintptr_t)on_error, &own));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *symbol = dlsym(RTLD_DEFAULT, names[i]);

		ck_assert_msg(symbol && dladdr(symbol, &found), "%s not found", names[i]);
		ck_assert_msg(found.dli_fbase == own.dli_fbase, "%s is still libre's", names[i]);
	}
}
END_TEST

// No more in a turn than a socket takes that nobody reads meanwhile.
static void send_many(void *arg)
{
	static unsigned sent;

	(void)arg;
	sent = came ? sent : 0;
	for (unsigned i = 0; i < TURN; i++, sent++)
		ck_assert_int_eq(send_number(sent, 4 + sent % 3 * 700 + sent % 5 * 1500), 0);
	if (sent < MANY)
		timer_start(&timers, &next, 1, send_many, NULL);
}

// Long ones, which go at once, among short ones, which wait.
START_TEST(order_is_kept)
{
	begin(MANY);
	run(send_many);
	ck_assert_uint_eq(came, MANY);
	ck_assert_uint_eq(wrong, 0);
	end();
}
END_TEST

START_TEST(outside_of_the_loop_they_go_at_once)
{
	char text[8];

	begin(1);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(send_number(i, 4), 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(recv(udp_sock_fd(one, AF_INET), text, sizeof(text), 0), 4);
	end();
}
END_TEST

static void send_and_drop(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(send_number(i, 4), 0);
	two = mem_deref(two);
}

static void send_and_stop(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(send_number(i, 4), 0);
	loop_stop();
}

START_TEST(what_waits_is_sent_before_the_end)
{
	char text[8];

	begin(5);
	run(send_and_drop);
	ck_assert_uint_eq(came, 5);
	ck_assert_uint_eq(wrong, 0);
	end();
	begin(0);
	run(send_and_stop);
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(recv(udp_sock_fd(one, AF_INET), text, sizeof(text), 0), 4);
	end();
}
END_TEST

static int send_text(struct udp_sock *us, const char *to, size_t len)
{
	struct mbuf *mb = mbuf_alloc(len);
	struct sa sa;

	ck_assert_ptr_nonnull(mb);
	ck_assert_int_eq(sa_set_str(&sa, to, 5060), 0);
	memset(mb->buf, 'x', len);
	mb->end = len;
	int err = udp_send(us, &sa, mb);
	mem_deref(mb);
	return err;
}

static void send_wrongly(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(send_text(two, "127.0.0.1", 65508), EMSGSIZE);
		ck_assert_int_eq(send_text(two, "192.0.2.1", 10), EINVAL); // from a loopback
		ck_assert_int_eq(send_text(two, "255.255.255.255", 10), EACCES);
		ck_assert_int_eq(send_text(two, "::1", 10), EAFNOSUPPORT);
	}
	loop_stop();
}

START_TEST(who_sends_hears_why_not)
{
	begin(0);
	run(send_wrongly);
	end();
}
END_TEST

static void send_refused(void *arg)
{
	struct mbuf *mb = mbuf_alloc(4);

	(void)arg;
	mb->end = 4;
	udp_send(two, &at_one, mb);
	mem_deref(mb);
}

// Nobody listens where a connected socket sends: the kernel is told, and tells us.
START_TEST(a_refusal_by_icmp_is_heard)
{
	begin(0);
	one = mem_deref(one);
	udp_error_handler_set(two, on_error);
	ck_assert_int_eq(udp_connect(two, &at_one), 0);
	run(send_refused);
	ck_assert_uint_eq(errors, 1);
	ck_assert_uint_eq(last_error, ECONNREFUSED);
	end();
}
END_TEST

static void drop_one(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
	came++;
	one = mem_deref(one);
	timer_start(&timers, &next, 20, stop, NULL);
}

static void detach_one(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
	came++;
	udp_thread_detach(one);
	timer_start(&timers, &next, 20, stop, NULL);
}

START_TEST(who_drops_a_socket_hears_no_more)
{
	udp_recv_h *const handlers[] = {drop_one, detach_one};

	for (unsigned i = 0; i < 2; i++) {
		begin(0);
		udp_handler_set(one, handlers[i], NULL);
		for (unsigned n = 0; n < 5; n++)
			ck_assert_int_eq(send_number(n, 4), 0);
		run(NULL);
		ck_assert_uint_eq(came, 1);
		end();
	}
}
END_TEST

static bool keep_odd(struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	++*(unsigned *)arg;
	return mbuf_buf(mb)[0] & 1;
}

static bool swallow(int *err, struct sa *dst, struct mbuf *mb, void *arg)
{
	(void)dst;
	(void)mb;
	*err = *(int *)arg;
	return true;
}

static void count_only(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
	if (++came == most)
		loop_stop();
}

START_TEST(helpers_hear_and_send_first)
{
	struct udp_helper *receiver = NULL, *sender = NULL;
	unsigned heard = 0;
	int err = EPERM;

	begin(3);
	udp_handler_set(one, count_only, NULL);
	ck_assert_int_eq(udp_register_helper(&receiver, one, 7, NULL, keep_odd, &heard), 0);
	ck_assert_ptr_eq(udp_helper_find(one, 7), receiver);
	ck_assert_ptr_null(udp_helper_find(one, 8));
	for (unsigned n = 0; n < 6; n++)
		ck_assert_int_eq(send_number(n, 4), 0);
	run(NULL);
	ck_assert_uint_eq(came, 3);
	ck_assert_uint_ge(heard, 5);
	mem_deref(receiver);
	ck_assert_ptr_null(udp_helper_find(one, 7));
	ck_assert_int_eq(udp_register_helper(&sender, two, 0, swallow, NULL, &err), 0);
	ck_assert_int_eq(send_number(0, 4), EPERM);
	mem_deref(sender);
	end();
}
END_TEST

// A datagram of 64 KB, whole where its size was asked for, else cut as libre cuts it.
START_TEST(large_ones_come_whole)
{
	begin(1);
	ck_assert_int_eq(send_number(0, 60000), 0);
	run(NULL);
	ck_assert_uint_eq(came_len, 8192);
	udp_rxsz_set(one, 65536);
	udp_rxbuf_presz_set(one, 12);
	most = 2;
	ck_assert_int_eq(send_number(1, 65507), 0);
	run(NULL);
	ck_assert_uint_eq(came_len, 65507);
	end();
}
END_TEST

// At no address: of both families, and what it sends may be answered.
START_TEST(a_socket_anywhere)
{
	struct udp_sock *us = NULL;
	struct sa local;

	begin(0);
	ck_assert_int_eq(udp_listen(&us, NULL, NULL, NULL), 0);
	ck_assert_int_ge(udp_sock_fd(us, AF_INET), 0);
	ck_assert_int_eq(udp_local_get(us, &local), 0);
	ck_assert_uint_ne(sa_port(&local), 0);
	ck_assert_int_eq(send_text(us, "127.0.0.1", 4), 0);
	mem_deref(us);
	ck_assert_int_eq(udp_listen(&us, &at_one, NULL, NULL), EADDRINUSE);
	ck_assert_int_eq(udp_listen(NULL, &at_one, NULL, NULL), EINVAL);
	end();
}
END_TEST

// Twice the same of 128 bits, or a character that never comes, would be no accident.
START_TEST(random_numbers_differ)
{
	bool seen[128] = {false};
	char text[2000];
	unsigned kinds = 0;

	for (unsigned i = 0; i < 1000; i++)
		ck_assert(rand_u64() != rand_u64() || rand_u64() != rand_u64());
	rand_str(text, sizeof(text));
	ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
	for (const char *p = text; *p; p++) {
		kinds += !seen[(unsigned char)*p % 128];
		seen[(unsigned char)*p % 128] = true;
	}
	ck_assert_uint_eq(kinds, 62);
	rand_str(text, 1);
	ck_assert_str_eq(text, "");
}
END_TEST

UNIT_MAIN("udp", program_exports_them_all, order_is_kept, outside_of_the_loop_they_go_at_once,
	what_waits_is_sent_before_the_end, who_sends_hears_why_not, a_refusal_by_icmp_is_heard,
	who_drops_a_socket_hears_no_more, helpers_hear_and_send_first, large_ones_come_whole,
	a_socket_anywhere, random_numbers_differ)
