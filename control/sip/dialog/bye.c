// Says BYE, and sees a trunk's to its end.
#include "control/sip/dialog/bye.h"

#include <stdlib.h>

#include "control/sip/dialog/within.h"
#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "engine/base/str.h"

#define REASON_MAX 256

struct bye {
	struct dlist link;    // ua's
	struct dialog dialog; // of its own: the leg may be gone
	struct within request;
};

static void bye_free(struct bye *b)
{
	dlist_remove(&b->link);
	within_drop(&b->request);
	dialog_drop(&b->dialog);
	free(b);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct bye *b = arg;

	if ((msg && msg->scode < 200) || within_again(&b->dialog, &b->request, msg))
		return;
	bye_free(b);
}

// NULL: no memory.
static struct bye *bye_new(const struct dialog *d, const char *headers)
{
	struct bye *b = calloc(1, sizeof(*b));

	if (!b || dialog_copy(&b->dialog, d)) {
		free(b);
		return NULL;
	}
	b->request = (struct within){.method = "BYE", .h = on_response, .arg = b};
	dlist_push_back(&d->flow.end->ua->byes, &b->link);
	if (within_say(&b->request, headers, NULL) == 0)
		return b;
	bye_free(b);
	return NULL;
}

static void write_reason(const char *why, char out[REASON_MAX])
{
	struct str_buf b;

	str_buf_init(&b, out, REASON_MAX);
	if (why && *why) {
		str_buf_add(&b, "Reason: Q.850;cause=16;text=\"");
		text_add_quoted(&b, why);
		str_buf_add(&b, "\"\r\n");
	}
	if (b.cut)
		*out = '\0';
}

// Nobody else asks for a password, nor is any other's end waited for.
int dialog_bye(struct dialog *d, const char *why)
{
	char headers[REASON_MAX];

	write_reason(why, headers);
	struct bye *b = d->trunk ? bye_new(d, headers) : NULL;
	struct within unheard = {.method = "BYE", .headers = headers};
	int rc = b ? within_send(&b->dialog, &b->request) : within_send(d, &unheard);

	free(unheard.lines);
	if (b)
		d->cseq_local = b->dialog.cseq_local;
	if (b && rc)
		bye_free(b);
	return rc;
}

void byes_drop(struct ua *ua)
{
	while (!dlist_empty(&ua->byes)) {
		struct bye *b = container_of(ua->byes.next, struct bye, link);
		mem_deref(b->request.req); // calls nobody
		bye_free(b);
	}
}
