// docs/architecture.md shows the tables of states as they are now.
#include "tests/machines/tables.h"

#include <string.h>

#include "engine/base/str.h"
#include "tests/unit/unit.h"

START_TEST(page_is_fresh)
{
	char path[512], *kept;
	const char *root = getenv("SOURCE_ROOT");
	str_format(path, sizeof(path), "%s/docs/architecture.md", root ? root : ".");
	char *page = tables_page(path, &kept);
	ck_assert_ptr_nonnull(page);
	ck_assert_msg(strcmp(page, kept) == 0, "docs/architecture.md is old: run make docs");
	free(page);
	free(kept);
}
END_TEST

// A note's name tells states and inputs apart.
START_TEST(names_are_whole)
{
	for (unsigned i = 0; machines[i] != NULL; i++) {
		const struct machine *m = machines[i];
		for (unsigned s = 0; s < m->state_count; s++) {
			ck_assert_ptr_nonnull(m->states[s]);
			ck_assert_ptr_null(strchr(m->states[s], '.'));
			for (unsigned other = 0; other < s; other++)
				ck_assert_str_ne(m->states[s], m->states[other]);
		}
		for (unsigned n = 0; n < m->input_count; n++) {
			ck_assert_ptr_nonnull(m->inputs[n]);
			for (unsigned other = 0; other < n; other++)
				ck_assert_str_ne(m->inputs[n], m->inputs[other]);
		}
	}
}
END_TEST

UNIT_MAIN("machines", page_is_fresh, names_are_whole)
