// Who asked the node for something: through the command socket, or by a signal.
#pragma once

#include <stdint.h>

struct body;

struct ops_who {
	const char *by; // "operator", "signal"
	uint32_t uid;
	int pid; // 0: neither is known
};

// Its members of an event's body: "by", and who that is where it is known.
void ops_who_tell(const struct ops_who *who, struct body *b);
