// What several commands are asked for in the same words: a call, on or off, how many; and who asks.
#pragma once

#include <stdbool.h>

#include "control/ops/who.h"

struct call_info;
struct floor_queue_info;
struct near;
struct request;

struct ops_who request_who(const struct request *r);
// The call in progress that the first argument names; false: the request was failed.
bool request_call(struct request *r, struct call_info *out);
// The one queue of the first argument's name, in the tenant named or in any; false: the request was
// failed.
bool request_queue(struct request *r, struct floor_queue_info *out);
// Several tenants have a thing (`what`) of that name, or none has, or not the one that was named.
void request_name_failed(struct request *r, const char *what, unsigned found, const struct near *n);
// The second argument, on or off; false: it is neither and the request was failed.
bool request_on_off(struct request *r, bool *on);
// 0 where the option is not given; false: it is no number and the request was failed.
bool request_limit(struct request *r, unsigned *out);
// From here on the store answers it; where its client leaves before, the question is forgotten.
void request_waits_for_store(struct request *r);
