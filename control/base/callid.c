// The number of a call: node, start and counter, as bytes and as 32 hex digits.
#include "control/base/callid.h"

#include <errno.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/str.h"

#define NODE_SEED 0x52494e4748414c4cull // for ever: node hashes stand in logs

void callids_init(struct callids *ids, const char *node)
{
	*ids = (struct callids){.node = (uint32_t)hash_str(node, NODE_SEED)};
}

struct callid callid_new(struct callids *ids, uint64_t wall_ns)
{
	return (struct callid){
		.node = ids->node,
		.counter = ++ids->counter,
		.start = wall_ns,
	};
}

char *callid_text(const struct callid *id, char out[CALLID_TEXT_MAX])
{
	str_format(out, CALLID_TEXT_MAX, "%016llx%08x%08x", (unsigned long long)id->start, id->node,
		id->counter);
	return out;
}

static int callid_digits(const char *text, unsigned count, uint64_t *out)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < count; i++) {
		char c = text[i];
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else
			return -EINVAL;
		value = value << 4 | digit;
	}
	*out = value;
	return 0;
}

int callid_parse(const char *text, struct callid *out)
{
	uint64_t start, node, counter;

	if (strlen(text) != CALLID_TEXT_MAX - 1)
		return -EINVAL;
	if (callid_digits(text, 16, &start) || callid_digits(text + 16, 8, &node) ||
		callid_digits(text + 24, 8, &counter))
		return -EINVAL;
	*out = (struct callid){.node = node, .counter = counter, .start = start};
	return 0;
}

bool callid_equal(const struct callid *a, const struct callid *b)
{
	return a->start == b->start && a->node == b->node && a->counter == b->counter;
}

int callid_compare(const struct callid *a, const struct callid *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->counter < b->counter ? -1 : a->counter > b->counter;
}

bool callid_is_none(const struct callid *id)
{
	return !id->start && !id->node && !id->counter;
}
