// What the commands_*.c files share: the environment and the shapes of rows.
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "control/ops/ops.h"
#include "control/ops/request.h"

struct addr;
struct call_info;
struct media_voice;

const struct ops_env *ops_env(void);

json_t *row_addr(const struct addr *a); // "192.0.2.1:4000", or null
// RFC 3339 in UTC with milliseconds, or null for 0.
json_t *row_time(uint64_t wall_ns);
json_t *row_count(uint64_t n); // null for 0, where that is none
// The call in progress that the first argument names; false: the request was failed.
bool request_call(struct request *r, struct call_info *out);
// The second argument, on or off; false: it is neither and the request was failed.
bool request_on_off(struct request *r, bool *on);
struct ops_who request_who(const struct request *r);
json_t *row_text(const char *text); // null for NULL and for what is not UTF-8
// 0 where the option is not given; false: it is no number and the request was failed.
bool request_limit(struct request *r, unsigned *out);

#define X(id, words, args, help, least, most, options, flags) request_run_h command_run_##id;
COMMANDS(X)
#undef X

// Unended requests whose client left.
void events_gone(struct request *r);
void queries_gone(struct request *r);
void reload_gone(struct request *r);
