// A row for who tests the socket alone: it goes out as it stands, of whatever form.
#pragma once

#include <string.h>

#include "control/ops/request.h"
#include "control/ops/socket.h"

static inline bool socket_row(struct request *r, const char *json)
{
	if (r->client == NULL)
		return false;
	r->rows++;
	return ops_client_send(r->client, "{\"row\":", 7) == 0 &&
		ops_client_send(r->client, json, strlen(json)) == 0 &&
		ops_client_send(r->client, "}\n", 2) == 0;
}
