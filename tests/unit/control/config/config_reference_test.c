// docs/configuration.md is what the schema says now.
#include "control/config/report/reference.h"
#include "control/modules.h"

#include <string.h>

#include "engine/base/str.h"
#include "tests/unit/unit.h"

START_TEST(page_is_fresh)
{
	char path[512], *written = NULL, kept[65536];
	size_t size;
	const char *root = getenv("SOURCE_ROOT");
	FILE *out = open_memstream(&written, &size);
	config_reference(&control_modules, out);
	fclose(out);
	str_format(path, sizeof(path), "%s/docs/configuration.md", root ? root : ".");
	FILE *f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	kept[fread(kept, 1, sizeof(kept) - 1, f)] = '\0';
	fclose(f);
	ck_assert_msg(strcmp(written, kept) == 0, "docs/configuration.md is old: run make docs");
	free(written);
}
END_TEST

UNIT_MAIN("config_reference", page_is_fresh)
