// A recording's file for whoever may ask: opened by the store, handed over through the socket.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/base/body.h"
#include "control/eventlog/eventlog.h"
#include "control/store/store.h"
#include "control/contract/cause.h"
#include "control/ops/asked.h"
#include "control/ops/ops_private.h"
#include "engine/base/log.h"

LOG_TOPIC("ops");

struct open_place {
	json_t *row; // the first
	unsigned rows;
	int fd; // of its file, or -errno
};

static void open_leave(void *place)
{
	struct open_place *p = place;
	json_decref(p->row);
	if (p->fd >= 0)
		close(p->fd);
}

static void on_opened(int fd, void *arg)
{
	struct request *r = arg;
	((struct open_place *)r->place)->fd = fd;
}

static void open_row(const char *json, void *arg)
{
	struct request *r = arg;
	struct open_place *p = r->place;
	if (p->rows++ == 0)
		p->row = json_loads(json, 0, NULL);
}

static void open_tell(const struct request *r, const json_t *row)
{
	struct ops_who who = request_who(r);
	const char *file = member_text(row, "file");
	struct callid call;
	struct body body;
	bool known = callid_parse(member_text(row, "call"), &call) == 0;
	body_begin(&body);
	body_text(&body, "file", file);
	ops_who_tell(&who, &body);
	eventlog_append(request_env(r)->log, EVENT_RECORDING_FETCHED, member_text(row, "tenant"),
		known ? &call : NULL, body_end(&body));
	log_info("recording fetched call=%s file=%s uid=%u pid=%d", member_text(row, "call"), file,
		who.uid, who.pid);
}

static void open_failed(struct request *r, const json_t *row, int err)
{
	const char *file = member_text(row, "file");
	if (err == -ENOENT)
		request_fail(r, EXIT_FAILED, "the recording %s is not there any more", file);
	else if (err == -EXDEV)
		request_fail(r, EXIT_FAILED,
			"%s is no file of recording.directory (now another folder?)", file);
	else if (err == -EMFILE || err == -ENFILE)
		request_fail(r, EXIT_FAILED, "ringhall has no descriptor left: try again");
	else
		request_fail(r, EXIT_FAILED, "ringhall cannot open %s: %s", file, strerror(-err));
}

// What failed has its row, which says why.
static void open_answer(struct request *r, struct open_place *p)
{
	int fd = p->fd;
	if (strcmp(member_text(p->row, "state"), "open") == 0) {
		request_fail(r, EXIT_FAILED,
			"the recording of call %s is still being written: ask when the call has "
			"ended",
			member_text(p->row, "call"));
	} else if (fd < 0 && fd != -ENODATA) {
		open_failed(r, p->row, fd);
	} else if (fd < 0) {
		request_row(r, json_incref(p->row));
		request_done(r);
	} else {
		p->fd = -ENODATA;
		if (request_row_file(r, json_copy(p->row), fd))
			open_tell(r, p->row);
		request_done(r);
	}
}

static void open_end(int error, void *arg)
{
	struct request *r = arg;
	struct open_place *p = r->place;
	if (error)
		request_fail_for(r, CAUSE_STORE, strerror(-error));
	else if (p->row == NULL)
		request_fail_for(r, CAUSE_NO_RECORDING, r->args[0]);
	else if (p->rows > 1)
		request_fail_for(r, CAUSE_MANY_CALLS, r->args[0]);
	else
		open_answer(r, p);
}

void command_run_RECORDINGS_OPEN(struct request *r)
{
	const struct store_answer answer = {open_row, open_end, r, NULL};
	struct open_place *p = calloc(1, sizeof(*p));
	if (p == NULL) {
		request_fail_for(r, CAUSE_MEMORY, "");
		return;
	}
	p->fd = -ENODATA;
	r->place = p;
	r->leave = open_leave;
	request_waits_for_store(r);
	if (store_query_file(request_env(r)->store, r->args[0], on_opened, &answer) != 0)
		request_fail_for(r, CAUSE_STORE_BUSY, "");
}
