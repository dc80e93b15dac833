// tests/data/config/mistakes.txt: each mistake with all that `ringhall --check` says of it.
//
//	=== what is wrong
//	YAML; a line $HEAD stands for the five lines below, \xNN for a byte
//	>>> LINE:COLUMN: … (a problem, or a warning)
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "engine/base/str.h"
#include "tests/unit/unit.h"

#define FILE_NAME "/etc/ringhall/t.yaml"
#define LEAST	  40 // mistakes

static const char head[] = "sip: {listen: [udp:10.9.0.1:5060]}\n"
			   "engine:\n"
			   "  ports: {p: {host: 10.9.0.1/24}}\n"
			   "  media: {m: {port: p, address: 10.9.0.2/24}}\n"
			   "tenants:\n"
			   " acme:\n";

struct mistake {
	char name[128];
	char yaml[8192], said[4096];
	size_t yaml_len;
};

static void add_line(struct mistake *m, const char *line)
{
	if (str_equal(line, "$HEAD\n"))
		line = head;
	for (; *line != '\0'; line++) {
		unsigned byte;
		ck_assert_uint_lt(m->yaml_len, sizeof(m->yaml) - 1);
		if (line[0] == '\\' && line[1] == 'x' && sscanf(line + 2, "%2x", &byte) == 1) {
			m->yaml[m->yaml_len++] = (char)byte;
			line += 3;
		} else {
			m->yaml[m->yaml_len++] = *line;
		}
	}
}

static void say(struct str_buf *b, const struct config_problem *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		str_buf_add(b, "%s\n", list[i].text + strlen(FILE_NAME ":"));
}

static void judge(const struct mistake *m)
{
	struct config_text text = {FILE_NAME, m->yaml, m->yaml_len};
	struct config_problems problems;
	struct config *c;
	char said[4096];
	struct str_buf b;
	int err = config_load_text(&control_modules, &text, NULL, &c, &problems);
	str_buf_init(&b, said, sizeof(said));
	say(&b, problems.list, problems.count);
	say(&b, problems.warnings, problems.warning_count);
	ck_assert_msg(str_equal(said, m->said), "%s: said\n%sexpected\n%s", m->name, said, m->said);
	ck_assert_int_eq(err, problems.count ? -EINVAL : 0);
	config_problems_free(&problems);
	config_release(c);
}

START_TEST(each_mistake_is_told)
{
	static struct mistake m;
	char line[1024], path[512];
	unsigned count = 0;
	const char *root = getenv("SOURCE_ROOT");
	str_format(path, sizeof(path), "%s/tests/data/config/mistakes.txt", root ? root : ".");
	FILE *f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		size_t len = strlen(m.said);
		if (str_starts(line, "=== ")) {
			if (count++ > 0)
				judge(&m);
			memset(&m, 0, sizeof(m));
			str_format(m.name, sizeof(m.name), "%.*s", (int)strcspn(line + 4, "\n"),
				line + 4);
		} else if (str_starts(line, ">>> ")) {
			str_copy(m.said + len, sizeof(m.said) - len, line + 4);
		} else if (count > 0) {
			add_line(&m, line);
		}
	}
	judge(&m);
	fclose(f);
	ck_assert_uint_ge(count, LEAST);
}
END_TEST

UNIT_MAIN("config_mistakes", each_mistake_is_told)
