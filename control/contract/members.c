// The members' table.
#include "control/contract/member.h"

const struct contract_member members[MEMBER_COUNT_ALL] = {
#define X(id, name, kind, help) [MEMBER_##id] = {name, MEMBER_##kind, help},
	MEMBERS(X)
#undef X
};
