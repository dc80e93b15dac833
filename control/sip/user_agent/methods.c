// The table, and who finds rows in it.
#include "control/sip/user_agent/methods.h"

#include "control/sip/dialog/change_server.h"
#include "control/sip/dialog/invite_server.h"
#include "control/sip/registrar/register.h"
#include "control/sip/transport/reply.h"
#include "control/sip/user_agent/health.h"
#include "engine/base/str.h"

static void on_nowhere(struct stack_end *end, const struct sip_msg *msg)
{
	reply_once(end, msg, 481, "Call/Transaction Does Not Exist", NULL);
}

static void on_register(struct stack_end *end, const struct sip_msg *msg)
{
	reply_to_source(msg);
	register_request(end, msg);
}

static const struct method methods[] = {
	{"INVITE", {LEG_IN_REINVITE, change_invite}, invite_request, true, true},
	{"ACK", {LEG_IN_ACK, NULL}, NULL, false, false},
	{"CANCEL", {LEG_IN_REQUEST, NULL}, on_nowhere, false, false}, // it fits no transaction
	{"BYE", {LEG_IN_BYE, indialog_bye}, on_nowhere, false, false},
	{"UPDATE", {LEG_IN_UPDATE, change_update}, on_nowhere, false, false},
	{"INFO", {LEG_IN_INFO, indialog_info}, on_nowhere, false, false},
	{"OPTIONS", {LEG_IN_REQUEST, indialog_options}, health_answer, false, true},
	{"REGISTER", {LEG_IN_REQUEST, NULL}, on_register, true, true},
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

const struct method *method_find(const struct pl *name)
{
	for (unsigned i = 0; i < METHODS; i++)
		if (pl_strcmp(name, methods[i].name) == 0)
			return &methods[i];
	return NULL;
}

void methods_allow(char *out, size_t size)
{
	struct str_buf b;

	str_buf_init(&b, out, size);
	for (unsigned i = 0; i < METHODS; i++)
		str_buf_add(&b, "%s%s", i ? ", " : "Allow: ", methods[i].name);
	str_buf_add(&b, "\r\n");
}
