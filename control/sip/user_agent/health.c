// Answers OPTIONS.
#include "control/sip/user_agent/health.h"

#include <string.h>

#include "control/base/timer.h"
#include "control/config/config.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "control/sip/transport/guard.h"
#include "control/sip/transport/reply.h"
#include "engine/base/hash.h"
#include "engine/base/str.h"

bool health_asks(const struct ua *ua, const struct addr *source)
{
	const struct config_sip *sip = &ua->config->sip;

	return config_prefixes_hold(sip->health_peers, sip->health_peer_count, source);
}

// By the whole address, so that balancers of one /64 share nothing: who forges one's starves that
// one alone.
static bool may_hear(const struct ua *ua, const struct addr *source)
{
	uint64_t hash = hash_bytes(source->ip, sizeof(source->ip), ua->seed);
	struct addr key = {.family = source->family};

	memcpy(key.ip, &hash, sizeof(hash));
	return guard_answer(ua->health, &key, timers_now_ms(ua->timers));
}

static void answer(struct stack_end *end, const struct sip_msg *msg, uint16_t status,
	const char *reason, const char *more)
{
	char headers[256];

	(void)str_format(
		headers, sizeof(headers), "%sAccept: application/sdp\r\n%s", end->ua->allow, more);
	reply_once(end, msg, status, reason, headers);
}

void health_answer(struct stack_end *end, const struct sip_msg *msg)
{
	struct addr source = addr_of_sa(&msg->src);
	struct ua *ua = end->ua;
	bool balancer = health_asks(ua, &source);

	if (balancer && !may_hear(ua, &source)) {
		ua->counts.rate_limited++;
		return;
	}
	if (ua->draining)
		answer(end, msg, 503, "Draining", "Retry-After: 120\r\n");
	else if (balancer && ua->overloaded)
		answer(end, msg, 503, "Overload", "Retry-After: 10\r\n");
	else
		answer(end, msg, 200, "OK", "");
}
