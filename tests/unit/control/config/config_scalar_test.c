// Scalars of the configuration: what is taken, what is refused, at the edges.
#include "control/config/scalar.h"

#include <errno.h>
#include <string.h>

#include "control/config/config.h"
#include "tests/unit/unit.h"

static int read_as(enum config_type type, const char *text, void *slot)
{
	static const char *const words[] = {"nap", "spin", NULL};
	const struct config_field f = {
		.type = type, .size = 4, .min = 1, .max = 100, .names = words};
	return config_scalar_read(&f, type, text, slot);
}

START_TEST(numbers)
{
	unsigned v = 7;
	ck_assert_int_eq(read_as(CONFIG_INT, "100", &v), 0);
	ck_assert_uint_eq(v, 100);
	static const char *const wrong[] = {
		"0", "101", "-1", "1x", "", "0x10", "1.0", "18446744073709551617", " 1"};
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(read_as(CONFIG_INT, wrong[i], &v) == -EINVAL, "%s", wrong[i]);
	ck_assert_uint_eq(v, 100);
}
END_TEST

START_TEST(durations_and_sizes)
{
	unsigned v;
	uint64_t bytes;
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "1min", &v), 0);
	ck_assert_uint_eq(v, 60);
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "2000 ms", &v), 0);
	ck_assert_uint_eq(v, 2);
	ck_assert_int_eq(read_as(CONFIG_MILLISECONDS, "20ms", &v), 0);
	ck_assert_uint_eq(v, 20);
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "20", &v), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "1500ms", &v), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "2h", &v), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_SECONDS, "99999999999999999d", &v), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_BYTES, "10GiB", &bytes), 0);
	ck_assert_uint_eq(bytes, 10ull << 30);
	ck_assert_int_eq(read_as(CONFIG_BYTES, "0", &bytes), 0);
	ck_assert_int_eq(read_as(CONFIG_BYTES, "10", &bytes), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_BYTES, "99999999TiB", &bytes), -EINVAL);
}
END_TEST

START_TEST(words_and_names)
{
	unsigned choice;
	bool flag;
	char text[4] = "";
	ck_assert_int_eq(read_as(CONFIG_CHOICE, "spin", &choice), 0);
	ck_assert_uint_eq(choice, 1);
	ck_assert_int_eq(read_as(CONFIG_CHOICE, "spi", &choice), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_BOOL, "Yes", &flag), 0);
	ck_assert(flag);
	ck_assert_int_eq(read_as(CONFIG_BOOL, "2", &flag), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_NAME, "a-b", text), 0);
	ck_assert_int_eq(read_as(CONFIG_NAME, "四", text), 0);
	ck_assert_int_eq(read_as(CONFIG_USER, "四", text), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_NAME, "abcd", text), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_NAME, "a b", text), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_NAME, "a/b", text), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_NUMBER, "*", text), 0);
	ck_assert_int_eq(read_as(CONFIG_NUMBER, "4*", text), 0);
	ck_assert_int_eq(read_as(CONFIG_NUMBER, "*1#", text), 0);
	ck_assert_int_eq(read_as(CONFIG_NUMBER, "4*1", text), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_STRING, "a b", text), 0);
	ck_assert_int_eq(read_as(CONFIG_STRING, "abcd", text), -EINVAL);
	ck_assert_str_eq(text, "a b");
}
END_TEST

START_TEST(addresses)
{
	struct config_prefix p;
	struct config_listen l;
	struct addr a;
	uint16_t range[2];
	ck_assert_int_eq(read_as(CONFIG_PREFIX, "192.0.2.77/28", &p), 0);
	ck_assert_uint_eq(p.net.ip[3], 64);
	ck_assert_uint_eq(p.bits, 28);
	ck_assert_int_eq(read_as(CONFIG_PREFIX, "2001:db8::1", &p), 0);
	ck_assert_uint_eq(p.bits, 128);
	ck_assert_int_eq(read_as(CONFIG_PREFIX, "192.0.2.1/33", &p), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_PREFIX, "192.0.2.1/", &p), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_PREFIX, "192.0.2.1:5060/24", &p), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_INTERFACE, "192.0.2.77/28", &p), 0);
	ck_assert_uint_eq(p.net.ip[3], 77);
	ck_assert_int_eq(read_as(CONFIG_INTERFACE, "192.0.2.77", &p), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_IP, "192.0.2.1:1", &a), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "tcp:[::1]:5062", &l), 0);
	ck_assert(l.transport == UA_TCP && l.address.port == 5062 && l.address.family == ADDR_IP6);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "udp:192.0.2.1", &l), 0);
	ck_assert_uint_eq(l.address.port, 5060);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "192.0.2.1", &l), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "TCP:192.0.2.1", &l), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "tcp", &l), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_LISTEN, "tls:192.0.2.1", &l), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_PORT_RANGE, "1024-65535", range), 0);
	ck_assert_uint_eq(range[1], 65535);
	ck_assert_int_eq(read_as(CONFIG_PORT_RANGE, "1022-65535", range), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_PORT_RANGE, "2048-2046", range), -EINVAL);
	ck_assert_int_eq(read_as(CONFIG_PORT_RANGE, "2048-65536", range), -EINVAL);
}
END_TEST

UNIT_MAIN("config_scalar", numbers, durations_and_sizes, words_and_names, addresses)
