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

static struct page {
	char *text, *at;
	unsigned line, block; // of at; where the block begins
} page;

static struct {
	char name[32];
	struct sim_caller *call; // NULL: hung up
} callers[CALLERS];
static unsigned caller_count;

// The next line, without its end; NULL: that was the last one.
static char *line_next(void)
{
	char *line = page.at;
	if (*line == '\0')
		return NULL;
	size_t len = strcspn(line, "\n");
	page.at += len + (line[len] != '\0');
	line[len] = '\0';
	page.line++;
	return line;
}

// The next block of a language, each of its lines indented by so much.
static bool block_next(const char *language, const char *indent, char out[BLOCK_MAX])
{
	struct str_buf b;
	char *line;
	do {
		line = line_next();
	} while (line != NULL && !(str_starts(line, "```") && str_equal(line + 3, language)));
	page.block = page.line;
	str_buf_init(&b, out, BLOCK_MAX);
	while (line != NULL && (line = line_next()) != NULL && !str_equal(line, "```"))
		str_buf_add(&b, "%s%s\n", indent, line);
	ck_assert(!b.cut);
	return line != NULL;
}

// --- what stands in a block of calls ---

static struct sim_caller **caller_of(const char *name)
{
	for (unsigned i = 0; i < caller_count; i++)
		if (str_equal(callers[i].name, name))
			return &callers[i].call;
	ck_assert_uint_lt(caller_count, CALLERS);
	str_copy(callers[caller_count].name, sizeof(callers[0].name), name);
	return &callers[caller_count++].call;
}

// who: an agent, "one of" several, or "waits".
static void ck_has(const char *name, const char *who)
{
	const char *hears = caller_hears(*caller_of(name));
	bool agent = false;
	for (unsigned i = 0; i < 3; i++)
		agent |= str_equal(hears, agents[i]);
	bool so = str_equal(who, "waits")   ? !agent
		: str_starts(who, "one of") ? agent && strstr(who, hears) != NULL
					    : str_equal(who, hears);
	ck_assert_msg(so, "line %u: expected %s: %s, got '%s'", page.line, name, who, hears);
}

static void step(const char *line)
{
	char name[32], rest[96];
	unsigned seconds;
	if (sscanf(line, "%u s later: %31s %95[^\n]", &seconds, name, rest) == 3) {
		sim_run(seconds ? 1000 * seconds : SETTLE_MS);
		ck_has(name, str_starts(rest, "has ") ? rest + 4 : rest);
	} else if (sscanf(line, "%31s calls 400%95[^\n]", name, rest) == 2 && rest[1] == ':') {
		char number[] = {'4', '0', '0', rest[0], '\0'};
		*caller_of(name) = dial(name, number);
		sim_run(SETTLE_MS);
		ck_has(name, rest + 3);
	} else if (sscanf(line, "%31s hangs %95[^\n]", name, rest) == 2 && str_equal(rest, "up")) {
		caller_hangs_up(*caller_of(name));
		*caller_of(name) = NULL;
	} else {
		ck_abort_msg("line %u: what is '%s'?", page.line, line);
	}
}

static void example(const char *tenant, char *calls)
{
	unsigned last = page.line;
	bool several = strstr(tenant, "ring-all") != NULL;
	sim_begin(&(struct sim_setup){
		.yaml = tenant, .lax_order = true, .several = several, .rings_all = several});
	for (unsigned i = 0; i < 3; i++) {
		phone_register(agents[i]);
		phone_answers(agents[i], 0);
		sim_run(100);
	}
	caller_count = 0;
	page.line = page.block;
	for (size_t len; *calls != '\0'; calls += len + 1) {
		len = strcspn(calls, "\n");
		calls[len] = '\0';
		page.line++;
		step(calls);
	}
	page.line = last;
	for (unsigned i = 0; i < caller_count; i++)
		if (callers[i].call != NULL)
			caller_hangs_up(callers[i].call);
	sim_run(1000);
	sim_end();
}

static void page_read(void)
{
	char path[512];
	size_t size = 1 << 20;
	const char *root = getenv("SOURCE_ROOT");
	str_format(path, sizeof(path), "%s/docs/routing.md", root ? root : ".");
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s: cannot be read", path);
	page.text = page.at = calloc(1, size);
	ck_assert_ptr_nonnull(page.text);
	ck_assert_uint_lt(fread(page.text, 1, size - 1, f), size - 1);
	fclose(f);
}

START_TEST(what_the_page_says)
{
	char base[BLOCK_MAX], more[BLOCK_MAX], calls[BLOCK_MAX], tenant[2 * BLOCK_MAX];
	unsigned count = 0;
	page_read();
	ck_assert(block_next("yaml", "  ", base));
	while (block_next("yaml", "  ", more)) {
		ck_assert(block_next("calls", "", calls));
		str_format(tenant, sizeof(tenant), "%s%s", base, more);
		example(tenant, calls);
		count++;
	}
	ck_assert_uint_gt(count, 12);
	free(page.text);
}
END_TEST

UNIT_MAIN("routing_md", what_the_page_says)
