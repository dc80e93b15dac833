// Digits sent against digits that ringhall reported, by its call records.
#pragma once

#include "bench/ringload_results.h"

// Waits a few seconds for the records of all calls. 0, or -EIO with what went wrong in error.
int digits_compare(const struct load *l, struct digits_report *report, char error[256]);
