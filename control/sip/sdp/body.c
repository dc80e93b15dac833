// What follows the head of a message.
#include "control/sip/sdp/body.h"

struct sdp_text sdp_body(const struct sip_msg *msg)
{
	return (struct sdp_text){(const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb)};
}
