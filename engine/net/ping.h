// Echo replies (RFC 792, RFC 4443): a request becomes its answer in place.
#pragma once

#include <stdint.h>

#include "engine/net/rx_parse.h"

// frame: as rx_parse called it RX_PING4 or RX_PING6. Returns the frame's new length.
uint32_t ping_answer(uint8_t *frame, const struct rx_hit *hit, const uint8_t mac[6]);
