// Problems of a configuration: kept as text with their marks, sorted, and what was meant instead.
#include "control/base/config_problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/quote.h"
#include "engine/base/str.h"

#define PROBLEMS_MAX 10000 // nobody reads on
#define GUESS_MAX    48	   // longer words are not guessed

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

static char *problem_text(const struct config_place *at, const char *fmt, va_list args)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	if (f == NULL)
		return NULL;
	fprintf(f, "%s:%u:%u: %s: ", at->file, at->mark.line, at->mark.column, at->key);
	vfprintf(f, fmt, args);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return problem_clean(text);
}

void config_problems_add(
	struct config_problems *p, const struct config_place *at, const char *fmt, va_list args)
{
	if (p->count >= PROBLEMS_MAX)
		return;
	char *text = problem_text(at, fmt, args);
	struct config_problem *list = realloc(p->list, (p->count + 1) * sizeof(*list));
	if (list != NULL)
		p->list = list;
	if (text == NULL || list == NULL) {
		free(text);
		p->memory = true;
		return;
	}
	p->list[p->count++] = (struct config_problem){at->mark, text};
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

void config_problems_sort(struct config_problems *p)
{
	if (p->count > 1)
		qsort(p->list, p->count, sizeof(*p->list), problem_order);
}

void config_problems_free(struct config_problems *p)
{
	for (unsigned i = 0; i < p->count; i++)
		free(p->list[i].text);
	free(p->list);
	*p = (struct config_problems){0};
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

// Letters to insert, remove or change (Levenshtein).
static unsigned distance(const char *a, const char *b)
{
	unsigned row[GUESS_MAX + 1];
	size_t width = strlen(b);
	for (size_t j = 0; j <= width; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= width; j++) {
			unsigned change = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			row[j] = least(change, least(row[j], row[j - 1]) + 1);
		}
	}
	return row[width];
}

void config_guess_try(struct config_guess *g, const char *candidate)
{
	size_t len = strlen(g->typed);
	if (len > GUESS_MAX || strlen(candidate) > GUESS_MAX || len < 2)
		return;
	unsigned d = distance(g->typed, candidate);
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
