// Asks within a dialog, and waits for the answer.
#include "control/sip/dialog/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/dialog/within.h"
#include "control/sip/shared.h"

struct ask {
	struct ask **slot;
	struct dialog *dialog;
	struct within request;
	enum dialog_path path;
	ask_h *h;
	void *arg;
};

static enum ask_end end_of(const struct sip_msg *msg)
{
	if (!msg)
		return ASK_SILENT;
	if (msg->scode < 300)
		return ASK_DONE;
	if (msg->scode == 408 || msg->scode == 481)
		return ASK_GONE;
	return msg->scode == 491 ? ASK_PENDING : ASK_REFUSED;
}

// What refreshes the session may move the far end (RFC 3261 12.2.1.2), its ACK goes there already.
static void done(struct ask *a, const struct sip_msg *msg)
{
	struct dialog *d = a->dialog;
	bool invite = pl_strcmp(&msg->cseq.met, "INVITE") == 0;

	if (invite || pl_strcmp(&msg->cseq.met, "UPDATE") == 0)
		(void)dialog_refresh(d, d->flow.end, msg, a->path);
	if (!invite)
		return;
	d->cseq_acked = msg->cseq.num;
	free(d->credentials);
	d->credentials = a->request.lines;
	a->request.lines = NULL;
	(void)dialog_ack(d, msg->cseq.num);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct ask *a = arg, over;

	if ((msg && msg->scode < 200) || within_again(a->dialog, &a->request, msg))
		return;
	over = *a;
	*a->slot = NULL;
	free(a);
	enum ask_end end = end_of(msg);
	bool told = !over.dialog->flow.end->ua->stopping;
	if (told && end == ASK_DONE)
		done(&over, msg);
	within_drop(&over.request);
	if (told)
		over.h(end, msg, over.arg);
}

int ask_send(struct ask **slot, struct dialog *d, const struct ask_what *what)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*a = (struct ask){
		.slot = slot, .dialog = d, .path = what->path, .h = what->h, .arg = what->arg};
	a->request = (struct within){.method = what->method, .h = on_response, .arg = a};
	int rc = within_say(&a->request, what->headers, what->body);
	if (!rc)
		rc = within_send(d, &a->request);
	if (!rc) {
		*slot = a;
		return 0;
	}
	within_drop(&a->request);
	free(a);
	return rc;
}

void ask_drop(struct ask **slot)
{
	struct ask *a = *slot;

	if (!a)
		return;
	*slot = NULL;
	if (strcmp(a->request.method, "INVITE") == 0) // a 2xx may cross our CANCEL
		a->dialog->cseq_acked = a->request.cseq;
	mem_deref(a->request.req); // libre sees it to its end, and calls nobody
	within_drop(&a->request);
	free(a);
}
