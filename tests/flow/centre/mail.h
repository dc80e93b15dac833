// The way into the router's mailbox (--wrap=router_post, --wrap=router_take): it is full now and
// then, and a message comes twice.
#pragma once

#include <stdint.h>

struct mail_faults {
	unsigned full, twice; // per thousand
};

struct mail_counts {
	uint64_t posted, full, twice;
};

void mail_faults(const struct mail_faults *faults, uint64_t seed);
const struct mail_counts *mail_counts(void);
