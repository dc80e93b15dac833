// The names of the drop reasons, for whoever shows them.
#include "engine/path.h"

#include <stddef.h>

#include "engine/gate.h"

_Static_assert((int)DROP_COUNT <= GATE_REASONS_MAX, "every reason has its counter");

static const struct {
	const char *name, *help;
} path_drops[] = {
#define X(id, name, help) {name, help},
	PATH_DROPS(X)
#undef X
};

const char *gate_drop_name(unsigned reason)
{
	return reason < DROP_COUNT ? path_drops[reason].name : NULL;
}

const char *gate_drop_help(unsigned reason)
{
	return reason < DROP_COUNT ? path_drops[reason].help : NULL;
}
