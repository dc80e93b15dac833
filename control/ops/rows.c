// Texts of addresses and times, and null for what is unset.
#include "control/ops/rows.h"

#include "control/call/call.h"
#include "control/contract/member.h"
#include "engine/base/addr.h"

json_t *row_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	return a->family == ADDR_NONE ? json_null() : json_string(addr_text(a, text));
}

json_t *row_time(uint64_t wall_ns)
{
	char text[SHAPE_TIME_MAX];
	return wall_ns ? json_string(shape_time(wall_ns, 3, text)) : json_null();
}

json_t *row_count(uint64_t n)
{
	return n ? json_integer((json_int_t)n) : json_null();
}

json_t *row_text(const char *text)
{
	json_t *json = text ? json_string(text) : NULL;
	return json ? json : json_null();
}

json_t *row_wants(struct calls *calls, uint64_t call)
{
	struct call_wants w;
	if (!call_waits_for(calls, call, &w))
		return json_pack("{s:n,s:n,s:n,s:n}", "skills", "ring", "priority", "lacks");
	return json_pack("{s:o,s:o,s:i,s:o}", "skills", row_text(w.skills[0] ? w.skills : NULL),
		"ring", row_count(w.ring), "priority", (int)w.priority, "lacks", row_text(w.lacks));
}
