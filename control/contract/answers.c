// Which shape each command answers in.
#include "control/contract/member.h"

static const struct shape *const answers[COMMAND_COUNT] = {
#define X(id, words, args, help, least, most, options, flags, of) [COMMAND_##id] = &shape_##of,
	COMMANDS(X)
#undef X
};

const struct shape *shape_of_command(enum command_id command)
{
	return command < COMMAND_COUNT ? answers[command] : NULL;
}
