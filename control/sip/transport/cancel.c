// Hears requests before libre does.
#include "control/sip/transport/cancel.h"

#include <errno.h>

#include "control/sip/transport/libre.h"

int cancel_init(void)
{
	return libre_found() ? 0 : -ENOSYS;
}

static bool on_request(const struct sip_msg *msg, void *arg)
{
	const struct libre_end *e =
		pl_strcmp(&msg->met, "CANCEL") == 0 ? libre_end_of_sip(arg) : NULL;

	if (e && e->cancel && e->cancel(msg, e->arg))
		return true;
	return libre.requests(msg, arg);
}

// Libre's own listeners, which nobody takes away again, hear a message first: the one for requests
// is its server transactions'.
LIBRE_OVERRIDE int sip_listen(
	struct sip_lsnr **lsnrp, struct sip *sip, bool req, sip_msg_h *msgh, void *arg)
{
	if (!libre_found())
		return ENOSYS;
	if (req && !lsnrp) {
		libre.requests = msgh;
		msgh = on_request;
	}
	return libre.sip_listen(lsnrp, sip, req, msgh, arg);
}
