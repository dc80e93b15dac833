// The frame of a unit test program over Check: write START_TESTs, end with
// UNIT_MAIN("ring", first_test, second_test). Tests run in the program's own process, which is
// fast and suits debuggers; with CK_FORK=yes in the environment each gets a process of its own.
#pragma once

#include <check.h>
#include <stdlib.h>

// Rounds of what is tried at random: a sanitizer makes each some ten times dearer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNIT_ROUNDS(n) ((n) / 10)
#else
#define UNIT_ROUNDS(n) (n)
#endif

static inline int unit_run(const char *name, const TTest *const tests[], size_t count)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner = srunner_create(suite);

	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	tcase_set_timeout(tcase, 600); // a loaded machine; the runner has its own
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, getenv("CK_FORK") ? CK_FORK_GETENV : CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(name, ...)                                                    \
	int main(void)                                                          \
	{                                                                       \
		const TTest *const tests[] = {__VA_ARGS__};                     \
		return unit_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
	}
