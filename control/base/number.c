// Reading a number by a plan.
#include "control/base/number.h"

#include <string.h>

#include "engine/base/str.h"

#define SEPARATORS "-.() "
#define E164_MAX   15 // digits, ITU-T E.164 6.1

static const char context[] = ";phone-context=+";

bool number_is(const char *text)
{
	const char *digits = text + (*text == '+');
	size_t n = strspn(digits, "0123456789*#" SEPARATORS);

	return digits[n] == '\0' && strpbrk(digits, "0123456789*#") != NULL;
}

void number_strip(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++)
		if (!strchr(SEPARATORS, *c))
			*to++ = *c;
	*to = '\0';
}

struct reading {
	const struct number_plan *plan;
	const char *digits; // behind a plus, if there was one
	const char *place;  // country code, or more, that its sender names; ""
	bool global, stem;
};

// With a plus: country and rest. False: too long for a number.
static bool put(
	const struct reading *r, const char *country, const char *rest, char out[NUMBER_TEXT_MAX])
{
	size_t digits = strlen(country) + strlen(rest);

	if (digits > E164_MAX || (!digits && !r->stem))
		return false;
	return str_format(out, NUMBER_TEXT_MAX, "+%s%s", country, rest) == 0;
}

// Behind the prefix, or NULL. Where digits without one begin with the country code, a prefix is
// known by its 0 alone: no country code begins so.
static const char *behind(const struct reading *r, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!len || strncmp(r->digits, prefix, len) != 0)
		return NULL;
	if (r->plan->bare == NUMBER_E164 && *prefix != '0')
		return NULL;
	return r->digits[len] || r->stem ? r->digits + len : NULL;
}

// "+49" or "+4930" said to be a number's place: of a country's the national prefix is not part.
static bool read_there(const struct reading *r, char out[NUMBER_TEXT_MAX])
{
	const struct number_plan *p = r->plan;
	bool country = str_equal(r->place, p->country), ours = str_starts(r->place, p->country);
	const char *rest = country ? behind(r, p->national) : NULL;

	if (!rest && (country || !ours) && strlen(r->digits) <= p->short_digits)
		return false;
	return put(r, r->place, rest ? rest : r->digits, out);
}

static bool read_number(const struct reading *r, char out[NUMBER_TEXT_MAX])
{
	const struct number_plan *p = r->plan;
	const char *abroad = behind(r, p->international), *inland = behind(r, p->national);

	if (r->global)
		return put(r, "", r->digits, out);
	if (*r->place)
		return read_there(r, out);
	if (!r->stem && str_equal(r->digits, p->international))
		return false; // a prefix alone
	// "810" and "8": the longer one is meant.
	if (abroad && (!inland || abroad > inland))
		return put(r, "", abroad, out);
	if (inland)
		return put(r, p->country, inland, out);
	if (p->bare == NUMBER_LOCAL || (!r->stem && strlen(r->digits) <= p->short_digits))
		return false;
	return put(r, p->bare == NUMBER_E164 ? "" : p->country, r->digits, out);
}

// False: what stands in out is the text, as the plan leaves it.
static bool read_text(
	const struct number_plan *plan, const char *text, bool stem, char out[NUMBER_TEXT_MAX])
{
	char plain[NUMBER_TEXT_MAX];
	const char *said = strstr(text, context);
	size_t len = said ? (size_t)(said - text) : strcspn(text, ";");

	(void)str_copy_n(plain, sizeof(plain), text, len);
	(void)str_copy(out, NUMBER_TEXT_MAX, plain);
	bool numeric = number_is(plain) || (stem && str_equal(plain, "+"));
	if (!*plan->country || !numeric)
		return false;
	number_strip(plain);
	(void)str_copy(out, NUMBER_TEXT_MAX, plain);
	struct reading r = {.plan = plan, .digits = plain, .stem = stem};
	r.place = said ? said + strlen(context) : "";
	r.global = *plain == '+';
	r.digits += r.global;
	if (strpbrk(plain, "*#") || r.place[strspn(r.place, "0123456789")])
		return false;
	return read_number(&r, out);
}

void number_normal(const struct number_plan *plan, const char *text, char out[NUMBER_TEXT_MAX])
{
	(void)read_text(plan, text, false, out);
}

bool number_stem(const struct number_plan *plan, const char *text, char out[NUMBER_TEXT_MAX])
{
	return read_text(plan, text, true, out);
}
