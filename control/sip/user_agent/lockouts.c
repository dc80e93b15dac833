// Lockouts for people: those that stand, and their end by an operator.
#include "control/base/timer.h"
#include "control/sip/shared.h"
#include "control/sip/transport/lockout.h"
#include "engine/base/str.h"

#define PAGE 256 // accounts looked at in one go

struct asker {
	void (*each)(const struct ua_lockout *l, void *arg);
	void *arg;
	uint64_t now_ms;
};

static void give(const struct lockout_lock *lock, void *arg)
{
	const struct asker *a = arg;
	struct ua_lockout l = {.address = lock->address,
		.bits = lock->bits,
		.failures = lock->failures,
		.for_ms = (unsigned)(a->now_ms - lock->since_ms),
		.left_ms = (unsigned)(lock->until_ms - a->now_ms)};

	(void)str_copy(l.account, sizeof(l.account), lock->name);
	a->each(&l, a->arg);
}

// First the tables of addresses, then the accounts as the configuration has them: its top bit says
// which.
#define ACCOUNTS (1u << 31)

bool ua_lockouts_page(struct ua *ua, uint32_t *from,
	void (*each)(const struct ua_lockout *l, void *arg), void *arg)
{
	struct asker a = {each, arg, timers_now_ms(ua->timers)};
	const struct config *c = ua->config;
	struct lockout_lock lock;

	if (!(*from & ACCOUNTS)) {
		if (!lockout_page(ua->lockout, from, a.now_ms, give, &a))
			*from = ACCOUNTS;
		return true;
	}
	uint32_t i = *from & ~ACCOUNTS, end = i + PAGE;
	for (; i < c->agent_count && i < end; i++)
		if (lockout_of_account(ua->lockout, c->agents[i].name, a.now_ms, &lock))
			give(&lock, &a);
	*from = ACCOUNTS | i;
	return i < c->agent_count;
}

char *ua_lockout_place(const struct ua_lockout *l, char out[UA_PLACE_MAX])
{
	char text[ADDR_TEXT_MAX];

	addr_text(&l->address, text);
	if (l->address.family == ADDR_IP6)
		(void)str_format(out, UA_PLACE_MAX, "%s/%u", text, l->bits);
	else
		(void)str_copy(out, UA_PLACE_MAX, text);
	return out;
}

unsigned ua_lockouts(const struct ua *ua)
{
	return lockout_count(ua->lockout, timers_now_ms(ua->timers));
}

unsigned ua_lockouts_lift(struct ua *ua, const struct addr *address, const char *account)
{
	return lockout_lift(ua->lockout, address, account, timers_now_ms(ua->timers));
}
