// Compares a digest's uri with the request's.
#include "control/sip/registrar/auth_uri.h"

#include <string.h>

#include "control/sip/message/text.h"

static bool is_here(const struct pl *host, const struct auth_place *here)
{
	struct sa a;

	if (pl_strcasecmp(host, here->realm) == 0)
		return true;
	return sa_set(&a, host, 0) == 0 && sa_cmp(&a, here->address, SA_ADDR);
}

static bool same_host(const struct pl *a, const struct pl *b, const struct auth_place *here)
{
	return pl_casecmp(a, b) == 0 || (is_here(a, here) && is_here(b, here));
}

// A user is told by its octets, however they are escaped (RFC 3261 19.1.4).
static bool same_user(const struct pl *a, const struct pl *b)
{
	char left[UA_TEXT_MAX * 2], right[UA_TEXT_MAX * 2];

	text_user(left, sizeof(left), a);
	text_user(right, sizeof(right), b);
	return str_equal(left, right);
}

bool auth_uri_fits(const char *uri, const struct pl *request, const struct auth_place *here)
{
	struct uri said, asked;
	struct pl text;

	pl_set_str(&text, uri);
	if (pl_cmp(&text, request) == 0)
		return true;
	if (uri_decode(&said, &text) || uri_decode(&asked, request))
		return false;
	return pl_casecmp(&said.scheme, &asked.scheme) == 0 && same_user(&said.user, &asked.user) &&
		same_host(&said.host, &asked.host, here);
}
