// Problems of a configuration: kept as text with their marks, sorted, and what was meant instead.
#include "control/config/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/near.h"
#include "engine/base/log.h"
#include "engine/base/quote.h"
#include "engine/base/str.h"

#define PROBLEMS_MAX 10000 // nobody reads on
#define GUESS_MAX    48	   // longer words are not guessed; within NEAR_NAME_MAX
#define LOGGED_MAX   8	   // of the warnings

LOG_TOPIC("config");

// What a file holds may not steer the terminal that its problems are read on.
static char *problem_clean(char *text)
{
	size_t len = strlen(text), size = 4 * len + 3;
	char *clean = malloc(size);
	if (clean != NULL)
		quote(clean, size, text, len, QUOTE_NEVER);
	free(text);
	return clean;
}

static char *problem_text(
	const struct config_place *at, const char *weight, const char *fmt, va_list args)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	if (f == NULL)
		return NULL;
	fprintf(f, "%s:%u:%u: %s%s: ", at->file, at->mark.line, at->mark.column, weight, at->key);
	vfprintf(f, fmt, args);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return problem_clean(text);
}

// Takes over text. False: no memory.
static bool list_add(
	struct config_problem **list, unsigned *count, struct config_mark mark, char *text)
{
	struct config_problem *more = realloc(*list, (*count + 1) * sizeof(*more));
	if (more != NULL)
		*list = more;
	if (text == NULL || more == NULL) {
		free(text);
		return false;
	}
	more[(*count)++] = (struct config_problem){mark, text};
	return true;
}

void config_problems_add(
	struct config_problems *p, const struct config_place *at, const char *fmt, va_list args)
{
	if (p->count < PROBLEMS_MAX &&
		!list_add(&p->list, &p->count, at->mark, problem_text(at, "", fmt, args)))
		p->memory = true;
}

void config_problems_warn(
	struct config_problems *p, const struct config_place *at, const char *fmt, va_list args)
{
	if (p->warning_count < PROBLEMS_MAX &&
		!list_add(&p->warnings, &p->warning_count, at->mark,
			problem_text(at, "warning: ", fmt, args)))
		p->memory = true;
}

void config_problems_say(
	struct config_problems *p, const struct config_place *at, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	config_problems_add(p, at, fmt, args);
	va_end(args);
}

static int problem_order(const void *a, const void *b)
{
	const struct config_problem *x = a, *y = b;
	if (x->mark.line != y->mark.line)
		return x->mark.line < y->mark.line ? -1 : 1;
	if (x->mark.column != y->mark.column)
		return x->mark.column < y->mark.column ? -1 : 1;
	return strcmp(x->text, y->text);
}

void config_problems_log(const struct config_problems *p)
{
	for (unsigned i = 0; i < p->warning_count && i < LOGGED_MAX; i++)
		log_warn("configuration: %s", p->warnings[i].text);
	if (p->warning_count > LOGGED_MAX)
		log_warn("configuration: further warnings, see ringhall --check count=%u",
			p->warning_count - LOGGED_MAX);
}

void config_problems_sort(struct config_problems *p)
{
	if (p->count > 1)
		qsort(p->list, p->count, sizeof(*p->list), problem_order);
	if (p->warning_count > 1)
		qsort(p->warnings, p->warning_count, sizeof(*p->warnings), problem_order);
}

void config_problems_free(struct config_problems *p)
{
	for (unsigned i = 0; i < p->count; i++)
		free(p->list[i].text);
	for (unsigned i = 0; i < p->warning_count; i++)
		free(p->warnings[i].text);
	free(p->list);
	free(p->warnings);
	*p = (struct config_problems){0};
}

void config_guess_try(struct config_guess *g, const char *candidate)
{
	size_t len = strlen(g->typed);
	if (len > GUESS_MAX || strlen(candidate) > GUESS_MAX || len < 2)
		return;
	unsigned d = near_edits(g->typed, candidate);
	if (d <= 2 && d * 2 <= len && (g->best == NULL || d < g->distance)) {
		g->best = candidate;
		g->distance = d;
	}
}

const char *config_guess_text(const struct config_guess *g, char out[128])
{
	out[0] = '\0';
	if (g->best != NULL)
		str_format(out, 128, " (did you mean '%s'?)", g->best);
	return out;
}
