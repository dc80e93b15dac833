// Sends within a dialog: what is waited for, ACK, and BYE.
#include "control/sip/dialog/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/sip/message/text.h"
#include "control/sip/shared.h"
#include "engine/base/str.h"

struct ask {
	struct ask **slot;
	struct dialog *dialog;
	struct sip_request *req;
	enum dialog_path path;
	ask_h *h;
	void *arg;
};

struct sending {
	const char *method;
	uint32_t cseq;
	const char *headers, *body;
	struct sip_request **req;
	sip_resp_h *h;
	void *arg;
};

static int send_out(const struct dialog *d, const struct sending *s)
{
	char route_text[ADDR_TEXT_MAX + 32], contact[ADDR_TEXT_MAX + 32];
	const char *body = s->body ? s->body : "";
	struct uri route;
	struct pl pl;

	flow_uri(&d->flow, route_text, sizeof(route_text));
	flow_contact(&d->flow, contact, sizeof(contact));
	pl_set_str(&pl, route_text);
	if (uri_decode(&route, &pl))
		return -EINVAL;
	bool ack = strcmp(s->method, "ACK") == 0;
	return -sip_requestf(s->req, d->flow.end->sip, !ack, s->method, d->target, &route, NULL,
		NULL, s->h, s->arg,
		"%sTo: %s\r\nFrom: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: %s\r\n"
		"User-Agent: %s\r\n%s%sContent-Length: %zu\r\n\r\n%s",
		d->routes, d->remote, d->local, d->call_id, s->cseq, s->method, contact,
		d->flow.end->ua->config->sip.user_agent, s->headers ? s->headers : "",
		*body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
}

int dialog_ack(struct dialog *d, uint32_t cseq)
{
	// With the credentials of what it acknowledges (RFC 3261 22.1).
	return send_out(d, &(struct sending){"ACK", cseq, d->credentials});
}

int dialog_bye(struct dialog *d, const char *why)
{
	char headers[256];
	struct str_buf b;

	str_buf_init(&b, headers, sizeof(headers));
	if (why && *why) {
		str_buf_add(&b, "Reason: Q.850;cause=16;text=\"");
		text_add_quoted(&b, why);
		str_buf_add(&b, "\"\r\n");
	}
	return send_out(
		d, &(struct sending){"BYE", ++d->cseq_local, .headers = b.cut ? NULL : headers});
}

// --- what is waited for ---

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
static void done(const struct ask *a, const struct sip_msg *msg)
{
	struct dialog *d = a->dialog;
	bool invite = pl_strcmp(&msg->cseq.met, "INVITE") == 0;

	if (invite || pl_strcmp(&msg->cseq.met, "UPDATE") == 0)
		(void)dialog_refresh(d, d->flow.end, msg, a->path);
	if (!invite)
		return;
	d->cseq_acked = msg->cseq.num;
	(void)dialog_ack(d, msg->cseq.num);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct ask *a = arg, over = *a;

	if (msg && msg->scode < 200)
		return;
	*a->slot = NULL;
	free(a);
	if (over.dialog->flow.end->ua->stopping)
		return;
	enum ask_end end = end_of(msg);
	if (end == ASK_DONE)
		done(&over, msg);
	over.h(end, msg, over.arg);
}

int ask_send(struct ask **slot, struct dialog *d, const struct ask_what *what)
{
	struct ask *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	*a = (struct ask){
		.slot = slot, .dialog = d, .path = what->path, .h = what->h, .arg = what->arg};
	int rc = send_out(d,
		&(struct sending){what->method, ++d->cseq_local, what->headers, what->body, &a->req,
			on_response, a});
	if (rc)
		free(a);
	else
		*slot = a;
	return rc;
}

void ask_drop(struct ask **slot)
{
	struct ask *a = *slot;

	if (!a)
		return;
	*slot = NULL;
	mem_deref(a->req); // libre sees it to its end, and calls nobody
	free(a);
}
