// A header's parameters in libre's place: the same search, for a pattern that is put together by
// copying. Libre prints it, octet by octet through a handler, for each parameter of each address
// of each message. Nobody calls this file but by libre's names.
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "control/base/re.h"
#include "control/sip/transport/libre.h"

#define EXPR_MAX 128

// False: no parameter has such a name.
static bool around(char expr[EXPR_MAX], const char *name, const char *behind)
{
	static const char before[] = ";[ \t\r\n]*";
	size_t len = strlen(name), more = strlen(behind);
	char *at = expr + sizeof(before) - 1;

	if (sizeof(before) + len + more > EXPR_MAX)
		return false;
	memcpy(expr, before, sizeof(before) - 1);
	memcpy(at, name, len);
	memcpy(at + len, behind, more + 1);
	return true;
}

LIBRE_OVERRIDE int msg_param_decode(const struct pl *pl, const char *name, struct pl *val)
{
	char expr[EXPR_MAX];
	struct pl found;

	if (!pl || !name || !val)
		return EINVAL;
	if (!around(expr, name, "[ \t\r\n]*=[ \t\r\n]*[~ \t\r\n;]+") ||
		re_regex(pl->p, pl->l, expr, NULL, NULL, NULL, &found))
		return ENOENT;
	*val = found;
	return 0;
}

LIBRE_OVERRIDE int msg_param_exists(const struct pl *pl, const char *name, struct pl *end)
{
	char expr[EXPR_MAX];
	struct pl before, behind;

	if (!pl || !name || !end)
		return EINVAL;
	if (!around(expr, name, "[ \t\r\n;=]*") || re_regex(pl->p, pl->l, expr, &before, &behind))
		return ENOENT;
	if (!behind.l && behind.p < pl->p + pl->l) // a longer name begins with it
		return ENOENT;
	end->p = before.p - 1;
	end->l = (size_t)(behind.p - end->p);
	return 0;
}
