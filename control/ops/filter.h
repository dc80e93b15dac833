// What lists of calls and recordings are narrowed down by.
#pragma once

#include <stdbool.h>

#include "control/store/store.h"

struct call_info;
struct request;

// False: the request was failed.
bool request_filter(struct request *r, struct store_filter *f);
bool filter_takes(const struct store_filter *f, const struct call_info *i); // a call in progress
