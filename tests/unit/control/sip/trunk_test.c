// Trunks over reloads, and one that finds no memory in the middle.
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>

#include "control/sip/trunk/trunk.h"
#include "engine/base/str.h"

static unsigned allocations_left;
static struct trunks *trunks;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

// The linker leads calloc here.
void *__wrap_calloc(size_t count, size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return __real_calloc(count, size);
}

static void trunk(struct config_trunk *t, const char *name, struct config_prefix *peer)
{
	*t = (struct config_trunk){.peers = peer, .peer_count = 1};
	str_copy(t->name, sizeof(t->name), name);
}

static void prefix(struct config_prefix *p, const char *net)
{
	ck_assert_int_eq(addr_parse(net, &p->net), 0);
	p->bits = 24;
}

static const struct config_trunk *at(const char *text)
{
	struct addr source;
	ck_assert_int_eq(addr_parse(text, &source), 0);
	const struct trunk *t = trunk_find(trunks, &source);
	return t ? t->config : NULL;
}

static void count(const struct ua_trunk_status *t, void *arg)
{
	++*(unsigned *)arg;
}

static unsigned trunks_seen(void)
{
	unsigned n = 0;
	trunks_walk(trunks, count, &n);
	return n;
}

START_TEST(no_memory_leaves_all_as_they_were)
{
	struct config_prefix nets[3];
	struct config_trunk before[2], after[3];
	struct config old = {.trunks = before, .trunk_count = 2};
	struct config new = {.trunks = after, .trunk_count = 3};
	prefix(&nets[0], "10.1.0.0");
	prefix(&nets[1], "10.2.0.0");
	prefix(&nets[2], "10.3.0.0");
	trunk(&before[0], "one", &nets[0]);
	trunk(&before[1], "two", &nets[1]);
	trunk(&after[0], "three", &nets[2]);
	trunk(&after[1], "one", &nets[1]); // moves
	trunk(&after[2], "four", &nets[0]);
	allocations_left = 3;
	trunks = trunks_new(NULL, NULL, NULL);
	ck_assert_ptr_nonnull(trunks);
	ck_assert_int_eq(trunks_reserve(trunks, &old), 0);
	trunks_configure(trunks, &old);
	for (unsigned n = 0; n < 2; n++) { // which one is refused
		allocations_left = n;
		ck_assert_int_eq(trunks_reserve(trunks, &new), -ENOMEM);
		ck_assert_ptr_eq(at("10.1.0.9"), &before[0]);
		ck_assert_ptr_eq(at("10.2.0.9"), &before[1]);
		ck_assert_ptr_null(at("10.3.0.9"));
		ck_assert_uint_eq(trunks_seen(), 2);
	}
	allocations_left = 2;
	ck_assert_int_eq(trunks_reserve(trunks, &new), 0);
	trunks_configure(trunks, &new);
	ck_assert_ptr_eq(at("10.1.0.9"), &after[2]);
	ck_assert_ptr_eq(at("10.2.0.9"), &after[1]);
	ck_assert_ptr_eq(at("10.3.0.9"), &after[0]);
	ck_assert_uint_eq(trunks_seen(), 3);
	allocations_left = 0; // back to the first needs one
	ck_assert_int_eq(trunks_reserve(trunks, &old), -ENOMEM);
	ck_assert_ptr_eq(at("10.2.0.9"), &after[1]);
	trunks_free(trunks);
	allocations_left = 1000;
}
END_TEST

UNIT_MAIN("trunk", no_memory_leaves_all_as_they_were)
