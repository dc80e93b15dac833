// What an event's body says, of a centre's own names.
#include "tests/flow/centre/news.h"

#include <string.h>

#include "control/eventlog/eventlog.h"
#include "engine/base/str.h"

uint32_t news_number(const struct event *e, const char *member)
{
	char key[32];
	uint64_t n;
	str_format(key, sizeof(key), "\"%s\":\"", member);
	const char *at = strstr(e->body, key);
	if (at == NULL)
		return NEWS_NONE;
	char digits[16];
	at += strlen(key) + 1;
	size_t len = strspn(at, "0123456789");
	if (len == 0 || len >= sizeof(digits) || at[len] != '"')
		return NEWS_NONE;
	memcpy(digits, at, len);
	digits[len] = '\0';
	return str_u64(digits, &n) == 0 ? (uint32_t)n : NEWS_NONE;
}

void news_text(const struct event *e, const char *member, char out[32])
{
	char key[32];
	str_format(key, sizeof(key), "\"%s\":\"", member);
	const char *at = strstr(e->body, key);
	out[0] = '\0';
	for (size_t n = 0; at && n < 31 && at[strlen(key) + n] != '"'; n++) {
		out[n] = at[strlen(key) + n];
		out[n + 1] = '\0';
	}
}
