// Who asked, in an event's body.
#include "control/ops/who.h"

#include "control/base/body.h"

void ops_who_tell(const struct ops_who *who, struct body *b)
{
	body_text(b, "by", who->by);
	if (who->pid != 0) {
		body_u64(b, "uid", who->uid);
		body_i64(b, "pid", who->pid);
	}
}
