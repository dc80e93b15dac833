// docs/routing.md: each example is loaded, and the calls that stand under it are made.
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/str.h"
#include "tests/flow/sim/sim.h"
#include "tests/unit/unit.h"

#define CALLERS	  8
#define BLOCK_MAX 4096
#define SETTLE_MS \
	1200 // a phone rings, is picked up, and the caller gives its place up (short_call)

static const char *const agents[] = {"7001", "7002", "7003"};

struct page {
	char *text, *at;
	unsigned line, block; // of at; where the block begins
};

struct callers { // of an example
	struct {
		char name[32];
		struct sim_caller *call; // NULL: hung up
	} list[CALLERS];
	unsigned count;
	unsigned line; // of the page, that they are at
};

// The next line, without its end; NULL: that was the last one.
static char *line_next(struct page *p)
{
	char *line = p->at;
	if (*line == '\0')
		return NULL;
	size_t len = strcspn(line, "\n");
	p->at += len + (line[len] != '\0');
	line[len] = '\0';
	p->line++;
	return line;
}

// The next block of a language, each of its lines indented by so much.
static bool block_next(
	struct page *p, const char *language, const char *indent, char out[BLOCK_MAX])
{
	struct str_buf b;
	char *line;
	do {
		line = line_next(p);
	} while (line != NULL && !(str_starts(line, "```") && str_equal(line + 3, language)));
	p->block = p->line;
	str_buf_init(&b, out, BLOCK_MAX);
	while (line != NULL && (line = line_next(p)) != NULL && !str_equal(line, "```"))
		str_buf_add(&b, "%s%s\n", indent, line);
	ck_assert(!b.cut);
	return line != NULL;
}

// --- what stands in a block of calls ---

static struct sim_caller **caller_of(struct callers *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (str_equal(c->list[i].name, name))
			return &c->list[i].call;
	ck_assert_uint_lt(c->count, CALLERS);
	str_copy(c->list[c->count].name, sizeof(c->list[0].name), name);
	return &c->list[c->count++].call;
}

// who: an agent, "one of" several, or "waits".
static void ck_has(struct callers *c, const char *name, const char *who)
{
	const char *hears = caller_hears(*caller_of(c, name));
	bool agent = false;
	for (unsigned i = 0; i < 3; i++)
		agent |= str_equal(hears, agents[i]);
	bool so = str_equal(who, "waits")   ? !agent
		: str_starts(who, "one of") ? agent && strstr(who, hears) != NULL
					    : str_equal(who, hears);
	ck_assert_msg(so, "line %u: expected %s: %s, got '%s'", c->line, name, who, hears);
}

static void step(struct callers *c, const char *line)
{
	char name[32], rest[96];
	unsigned seconds;
	if (sscanf(line, "%u s later: %31s %95[^\n]", &seconds, name, rest) == 3) {
		sim_run(seconds ? 1000 * seconds : SETTLE_MS);
		ck_has(c, name, str_starts(rest, "has ") ? rest + 4 : rest);
	} else if (sscanf(line, "%31s calls 400%95[^\n]", name, rest) == 2 && rest[1] == ':') {
		char number[] = {'4', '0', '0', rest[0], '\0'};
		*caller_of(c, name) = dial(name, number);
		sim_run(SETTLE_MS);
		ck_has(c, name, rest + 3);
	} else if (sscanf(line, "%31s hangs %95[^\n]", name, rest) == 2 && str_equal(rest, "up")) {
		caller_hangs_up(*caller_of(c, name));
		*caller_of(c, name) = NULL;
	} else {
		ck_abort_msg("line %u: what is '%s'?", c->line, line);
	}
}

// line: of the page, where its calls begin.
static void example(const char *tenant, char *calls, unsigned line)
{
	bool several = strstr(tenant, "ring-all") != NULL;
	struct callers c = {.line = line};
	sim_begin(&(struct sim_setup){
		.yaml = tenant, .lax_order = true, .several = several, .rings_all = several});
	for (unsigned i = 0; i < 3; i++) {
		phone_register(agents[i]);
		phone_answers(agents[i], 0);
		sim_run(100);
	}
	for (size_t len; *calls != '\0'; calls += len + 1) {
		len = strcspn(calls, "\n");
		calls[len] = '\0';
		c.line++;
		step(&c, calls);
	}
	for (unsigned i = 0; i < c.count; i++)
		if (c.list[i].call != NULL)
			caller_hangs_up(c.list[i].call);
	sim_run(1000);
	sim_end();
}

static void page_read(struct page *p)
{
	char path[512];
	size_t size = 1 << 20;
	const char *root = getenv("SOURCE_ROOT");
	str_format(path, sizeof(path), "%s/docs/routing.md", root ? root : ".");
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s: cannot be read", path);
	p->text = p->at = calloc(1, size);
	ck_assert_ptr_nonnull(p->text);
	ck_assert_uint_lt(fread(p->text, 1, size - 1, f), size - 1);
	fclose(f);
}

START_TEST(what_the_page_says)
{
	char base[BLOCK_MAX], more[BLOCK_MAX], calls[BLOCK_MAX], tenant[2 * BLOCK_MAX];
	unsigned count = 0;
	struct page page = {.line = 0};
	page_read(&page);
	ck_assert(block_next(&page, "yaml", "  ", base));
	while (block_next(&page, "yaml", "  ", more)) {
		ck_assert(block_next(&page, "calls", "", calls));
		str_format(tenant, sizeof(tenant), "%s%s", base, more);
		example(tenant, calls, page.block);
		count++;
	}
	ck_assert_uint_gt(count, 12);
	free(page.text);
}
END_TEST

UNIT_MAIN("routing_md", what_the_page_says)
