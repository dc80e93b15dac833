// What waits for the router while there is no memory: the order is kept, and a refusal that comes
// alone, or for a while, costs nothing.
#include "control/router/backlog.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

static bool armed;			       // else it is Check who asks
static unsigned asked, refuse_from, refuse_to; // the n-th, from … to before

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void *__wrap_realloc(void *p, size_t bytes);

static bool refused(void)
{
	asked += armed;
	return armed && asked >= refuse_from && asked < refuse_to;
}

void *__wrap_malloc(size_t bytes) // what a compiler may make of the first realloc
{
	return refused() ? NULL : __real_malloc(bytes);
}

void *__wrap_realloc(void *p, size_t bytes)
{
	return refused() ? NULL : __real_realloc(p, bytes);
}

static int init(struct backlog *b)
{
	armed = true;
	int err = backlog_init(b);
	armed = false;
	return err;
}

static void fill(struct backlog *b, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		struct router_message m = {.ticket = i};
		armed = true;
		bool added = backlog_add(b, &m);
		armed = false;
		ck_assert(added);
	}
}

static void empty(struct backlog *b, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		ck_assert_uint_eq(backlog_first(b)->ticket, i);
		backlog_drop(b);
	}
}

START_TEST(one_refusal_costs_nothing)
{
	struct backlog b;
	for (unsigned n = 2; n < 10; n++) {
		asked = 0;
		refuse_from = n;
		refuse_to = n + 1;
		ck_assert_int_eq(init(&b), 0);
		fill(&b, 0, 500);
		empty(&b, 0, 300);
		fill(&b, 500, 2000);
		empty(&b, 300, 2000);
		ck_assert_ptr_null(backlog_first(&b));
		backlog_fini(&b);
	}
}
END_TEST

START_TEST(no_memory_for_a_while)
{
	struct backlog b;
	asked = 0;
	refuse_from = 2;
	refuse_to = 1000;
	ck_assert_int_eq(init(&b), 0);
	fill(&b, 0, 128);
	refuse_to = 0;
	fill(&b, 128, 1000);
	empty(&b, 0, 1000);
	backlog_fini(&b);
}
END_TEST

START_TEST(none_at_the_beginning)
{
	struct backlog b;
	asked = 0;
	refuse_from = 1;
	refuse_to = 2;
	ck_assert_int_ne(init(&b), 0);
	backlog_fini(&b);
}
END_TEST

UNIT_MAIN("backlog", one_refusal_costs_nothing, no_memory_for_a_while, none_at_the_beginning)
