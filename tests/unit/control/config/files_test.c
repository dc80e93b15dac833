// The budget of descriptors, and the waits of what was refused.
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/config/files.h"
#include "control/base/retry.h"

static struct timers timers;

static struct rlimit before;

static void limit_files(rlim_t files)
{
	struct rlimit r = before;

	r.rlim_cur = files;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &r), 0);
}

static struct config config_of(unsigned recordings, unsigned agents, unsigned strangers)
{
	struct config c = {.agent_count = agents, .trunk_count = 1};

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	c.recording.calls_max = recordings;
	c.sip.unknown_connections = strangers;
	return c;
}

static rlim_t soft_limit(void)
{
	struct rlimit r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &r), 0);
	return r.rlim_cur;
}

START_TEST(the_limit_is_raised_as_needed)
{
	struct config c = config_of(200, 50, 256);

	char error[512] = "";

	limit_files(100);
	ck_assert_int_ge(files_raise(&c, error), 4096);
	ck_assert_uint_ge(soft_limit(), 200 + 66 + 2 * 50 + 32 + 256);
	limit_files(before.rlim_max); // more than enough stays
	ck_assert_int_ge(files_raise(&c, error), 4096);
	ck_assert_uint_eq(soft_limit(), before.rlim_max);
	limit_files(before.rlim_cur);
}
END_TEST

START_TEST(strangers_get_what_is_left)
{
	struct config c = config_of(200, 50, 256);
	struct files f = {};
	char error[512] = "";

	limit_files(1000);
	ck_assert_int_eq(files_settle(&c, &f, error), 0);
	ck_assert_uint_eq(f.strangers, 256);
	ck_assert_uint_eq(f.needed, f.own + 200 + 66 + 132 + 256 + 64);
	limit_files(f.needed - 56);
	ck_assert_int_eq(files_settle(&c, &f, error), 0);
	ck_assert_uint_eq(f.strangers, 200);
	limit_files(f.needed - 300);
	ck_assert_int_eq(files_settle(&c, &f, error), 0);
	ck_assert_uint_eq(f.strangers, 4); // else no phone could sign in
	limit_files(f.own + 8);
	ck_assert_int_eq(files_settle(&c, &f, error), -EMFILE);
	ck_assert_ptr_nonnull(strstr(error, "raise LimitNOFILE= of the service, or ulimit -n"));
	limit_files(before.rlim_cur);
}
END_TEST

// At a reload phones and recordings are open: they are of those that are planned for.
START_TEST(a_reload_counts_nothing_twice)
{
	struct config c = config_of(200, 50, 256);
	struct files f = {}, after;
	char error[512] = "";
	int phones[150];

	limit_files(1000);
	ck_assert_int_eq(files_settle(&c, &f, error), 0);
	limit_files(f.needed);
	for (unsigned i = 0; i < 150; i++)
		ck_assert_int_ge(phones[i] = dup(0), 0);
	after = f;
	ck_assert_int_eq(files_settle(&c, &after, error), 0);
	for (unsigned i = 0; i < 150; i++)
		close(phones[i]);
	ck_assert_uint_eq(after.strangers, 256);
	ck_assert_uint_eq(after.needed, f.needed);
	limit_files(before.rlim_cur);
}
END_TEST

static uint64_t now_ms;
static unsigned tries;

static uint64_t mono_ms(void *arg)
{
	return now_ms;
}

static uint64_t wall_ns(void *arg)
{
	return now_ms * 1000000;
}

static void try_again(void *arg)
{
	tries++;
	retry_refused(arg, -ENOMEM, try_again, arg);
}

START_TEST(waits_grow_and_end)
{
	static const struct timers_clock clock = {mono_ms, wall_ns};
	struct retry r = {.timers = &timers, .what = "what is tried"};

	timers_init(&timers, &clock);
	retry_done(&r); // nothing to be over
	ck_assert_uint_eq(timers_count(&timers), 0);
	retry_refused(&r, ENOMEM, try_again, &r);
	for (unsigned i = 0; i < 60000; i++) {
		now_ms++;
		timers_run(&timers, now_ms);
	}
	ck_assert_uint_ge(tries, 25); // every 2 s in the end
	ck_assert_uint_le(tries, 45);
	ck_assert_uint_eq(r.refused, tries + 1);
	timer_cancel(&r.timer);
	retry_done(&r);
	ck_assert_uint_gt(r.refused, 0); // not over yet
	now_ms += RETRY_CALM_MS;
	timers_run(&timers, now_ms);
	ck_assert_uint_eq(r.refused, 0);
	ck_assert_uint_eq(timers_count(&timers), 0);
	retry_refused(&r, ENOMEM, try_again, &r);
	retry_stop(&r);
	ck_assert_uint_eq(timers_count(&timers), 0);
}
END_TEST

UNIT_MAIN("files", the_limit_is_raised_as_needed, strangers_get_what_is_left,
	a_reload_counts_nothing_twice, waits_grow_and_end)
