// Room in a full house.
#include "control/ops/socket_room.h"

#include <string.h>
#include <sys/socket.h>

#include "engine/base/str.h"

#define SILENT_MS  200	// without a request
#define STALLED_MS 5000 // without taking anything of what it is sent

bool room_idle(const struct ops_client *c, uint64_t now_ms)
{
	return (!c->asked && now_ms - c->born_ms >= SILENT_MS) ||
		(c->sending && now_ms - c->moved_ms >= STALLED_MS);
}

struct ops_client *room_least(
	struct ops_client *const clients[OPS_CLIENTS_MAX], bool for_root, uint64_t now_ms)
{
	struct ops_client *least = NULL;
	unsigned worth = for_root ? 3 : 1, own;
	for (int i = 0; i < OPS_CLIENTS_MAX; i++) {
		struct ops_client *c = clients[i];
		if (c == NULL || c->dead)
			continue;
		own = room_idle(c, now_ms) ? 0 : c->root ? 2 : 1;
		if (own < worth || (least != NULL && own == worth && c->born_ms < least->born_ms)) {
			worth = own;
			least = c;
		}
	}
	return least;
}

bool room_root(int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == 0;
}

void room_refuse(int fd, const char *reason)
{
	char line[256];
	int len =
		str_format(line, sizeof(line), "{\"end\":{\"error\":\"%s\",\"exit\":1}}\n", reason);
	if (len == 0)
		send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
}
