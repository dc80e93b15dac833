// Numbering plans, and the numbers that are dialled by them: in one form each, no two the same.
#include <stdlib.h>
#include <string.h>

#include "control/config/checks/checks.h"
#include "engine/base/str.h"

static bool is_digits(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

// "none" is how a value that has a default says that there is nothing.
static void check_prefix(struct config_read *r, char *prefix)
{
	if (str_equal(prefix, "none"))
		*prefix = '\0';
	else if (!is_digits(prefix))
		config_read_problem(r, prefix, NULL, "expected digits or none, got '%s'", prefix);
}

static void check_country(struct config_read *r, const char *country)
{
	if (!is_digits(country) || *country == '0')
		config_read_problem(r, country, NULL,
			"expected a country code of one to three digits, got '%s'", country);
}

static void check_plan(struct config_read *r, struct number_plan *p)
{
	check_country(r, p->country);
	check_prefix(r, p->national);
	check_prefix(r, p->international);
	if (*p->country && *p->national && str_equal(p->national, p->international))
		config_read_problem(r, p->international, NULL,
			"expected another one than the national prefix, got '%s'",
			p->international);
}

static void inherit(char *own, const char *theirs, size_t size)
{
	if (*own == '\0')
		str_copy(own, size, theirs);
}

// A trunk's plan is its tenant's, where it says nothing of its own.
static void check_trunk(struct config_read *r, struct config_trunk *t)
{
	const struct number_plan *theirs = &t->tenant->plan;
	struct number_plan *own = &t->plan;
	if (*own->country && !*theirs->country)
		config_read_problem(r, own->country, NULL,
			"expected a trunk of a tenant that has a country_code, got '%s' without",
			own->country);
	bool same = !(*own->country || *own->national || *own->international);
	inherit(own->country, theirs->country, sizeof(own->country));
	inherit(own->national, theirs->national, sizeof(own->national));
	inherit(own->international, theirs->international, sizeof(own->international));
	own->bare = t->bare ? t->bare - 1 : theirs->bare;
	own->short_digits = theirs->short_digits;
	if (!same)
		check_plan(r, own);
}

// --- what is dialled ---

static const char *keep(struct config_read *r, const char *text, bool pattern)
{
	size_t size = strlen(text) + 2;
	char *kept = config_read_take(r, size);
	if (kept != NULL)
		str_format(kept, size, "%s%s", text, pattern ? "*" : "");
	return kept;
}

static void add(struct config_read *r, const struct config_number *n, const char *text)
{
	struct config *c = r->config;
	if (text != NULL)
		c->dialled[c->dialled_count++] = (struct config_dialled){n->tenant, text, n};
}

// Where numbers begin so, short ones do as they stand, others in E.164.
static void add_pattern(struct config_read *r, const struct config_number *n)
{
	char stem[CONFIG_NAME_MAX], normal[NUMBER_TEXT_MAX];
	str_copy_n(stem, sizeof(stem), n->number, strlen(n->number) - 1);
	bool known = number_stem(&n->tenant->plan, stem, normal);
	if (number_is(stem))
		number_strip(stem);
	if (known)
		add(r, n, keep(r, normal, true));
	if (*stem != '+')
		add(r, n, keep(r, stem, true));
}

static bool is_pattern(const struct config_number *n)
{
	size_t len = strlen(n->number);
	return *n->tenant->plan.country && len > 0 && n->number[len - 1] == '*';
}

static void add_number(struct config_read *r, const struct config_number *n)
{
	char normal[NUMBER_TEXT_MAX];
	if (*n->tenant->plan.country == '\0') {
		add(r, n, n->number);
	} else if (is_pattern(n)) {
		add_pattern(r, n);
	} else {
		number_normal(&n->tenant->plan, n->number, normal);
		add(r, n, keep(r, normal, false));
	}
}

static int dialled_order(const void *a, const void *b)
{
	const struct config_dialled *x = a, *y = b;
	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	int order = strcmp(x->text, y->text);
	return order ? order : (x->number > y->number) - (x->number < y->number);
}

// The same text twice is a double key already.
static void check_same(
	struct config_read *r, const struct config_dialled *first, const struct config_dialled *d)
{
	const struct config_number *n = d->number;
	if (first->tenant != d->tenant || !str_equal(first->text, d->text) || first->number == n ||
		str_equal(first->number->number, n->number))
		return;
	config_read_problem(r, n, NULL,
		"expected a number that no other one of the tenant is, got '%s', which is %s like "
		"'%s'",
		n->number, d->text, first->number->number);
}

static void dial(struct config_read *r)
{
	struct config *c = r->config;
	size_t count = c->number_count + 1;
	for (unsigned i = 0; i < c->number_count; i++)
		count += is_pattern(&c->numbers[i]);
	c->dialled = config_read_take(r, count * sizeof(*c->dialled));
	for (unsigned i = 0; i < c->number_count && !r->memory; i++)
		add_number(r, &c->numbers[i]);
	if (r->memory)
		return;
	qsort(c->dialled, c->dialled_count, sizeof(*c->dialled), dialled_order);
	for (unsigned i = 1; i < c->dialled_count; i++)
		check_same(r, &c->dialled[i - 1], &c->dialled[i]);
}

void config_check_numbers(struct config_read *r)
{
	struct config *c = r->config;
	for (unsigned i = 0; i < c->tenant_count; i++)
		check_plan(r, &c->tenants[i].plan);
	for (unsigned i = 0; i < c->trunk_count; i++)
		check_trunk(r, &c->trunks[i]);
	dial(r);
}
