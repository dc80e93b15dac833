// Hears requests before libre does.
#include "control/sip/transport/cancel.h"

#include <dlfcn.h>
#include <errno.h>

typedef int listen_fn(
	struct sip_lsnr **lsnrp, struct sip *sip, bool req, sip_msg_h *msgh, void *arg);

static listen_fn *libre_listen;
static sip_msg_h *libre_requests; // to its server transactions
static cancel_h *handler;

int cancel_init(cancel_h *h)
{
	handler = h;
	libre_listen = (listen_fn *)dlsym(RTLD_NEXT, "sip_listen");
	return libre_listen ? 0 : -ENOSYS;
}

static bool on_request(const struct sip_msg *msg, void *arg)
{
	if (pl_strcmp(&msg->met, "CANCEL") == 0 && handler && handler(arg, msg))
		return true;
	return libre_requests(msg, arg);
}

// Libre's own listeners, which nobody takes away again, hear a message first: the one for requests
// is its server transactions'.
LIBRE_OVERRIDE int sip_listen(
	struct sip_lsnr **lsnrp, struct sip *sip, bool req, sip_msg_h *msgh, void *arg)
{
	if (!libre_listen)
		return ENOSYS;
	if (req && !lsnrp) {
		libre_requests = msgh;
		msgh = on_request;
	}
	return libre_listen(lsnrp, sip, req, msgh, arg);
}
