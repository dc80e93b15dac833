// The call record: what CALL_ENDED carries and the store keeps.
#include "control/call/record.h"

#include <stddef.h>

#include "control/base/body.h"
#include "engine/base/str.h"

static const struct {
	const char *name;
	size_t offset;
	bool number; // uint64_t, else text
} members[] = {
#define TEXT(m)                                            \
	{                                                  \
#m, offsetof(struct call_record, m), false \
	}
#define NUMBER(m)                                         \
	{                                                 \
#m, offsetof(struct call_record, m), true \
	}
	TEXT(direction),
	NUMBER(started),
	NUMBER(answered),
	NUMBER(connected),
	NUMBER(ended),
	TEXT(why),
	TEXT(by),
	TEXT(where),
	TEXT(trunk),
	TEXT(caller),
	TEXT(called),
	TEXT(caller_sent),
	TEXT(called_sent),
	TEXT(caller_name),
	TEXT(privacy),
	TEXT(original_called),
	TEXT(redirected_by),
	TEXT(redirect_reason),
	TEXT(number),
	TEXT(flow),
	TEXT(queue),
	TEXT(agent),
	TEXT(region),
	TEXT(dropped_by),
	NUMBER(total_ms),
	NUMBER(waited_ms),
	NUMBER(talked_ms),
	TEXT(digits),
	TEXT(recording),
	TEXT(sip_call_id),
#undef TEXT
#undef NUMBER
};

// "history" alone is the wish of who was called before.
bool call_record_hides(const struct call_record *r)
{
	return *r->privacy && !str_equal(r->privacy, "history");
}

void call_record_members(const struct call_record *r, bool all, struct body *out)
{
	for (unsigned i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const char *at = (const char *)r + members[i].offset;
		if (members[i].number) {
			uint64_t value = *(const uint64_t *)(const void *)at;
			if (value || all)
				body_u64(out, members[i].name, value);
		} else if (*at || all) {
			body_text(out, members[i].name, at);
		}
	}
	if (r->status || all)
		body_u64(out, "status", r->status);
}
