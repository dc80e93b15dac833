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

#define OPTIONS_HEADERS REPLY_ALLOW "Accept: application/sdp\r\n"

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
		reply_once(end, msg, 503, "Draining", OPTIONS_HEADERS "Retry-After: 120\r\n");
	else if (balancer && ua->overloaded)
		reply_once(end, msg, 503, "Overload", OPTIONS_HEADERS "Retry-After: 10\r\n");
	else
		reply_once(end, msg, 200, "OK", OPTIONS_HEADERS);
}
