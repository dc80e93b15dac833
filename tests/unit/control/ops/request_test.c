// Answers in pages: a bounded piece of one answer in a turn, whoever asks; slow readers; rows in
// parts; what could not be made is said.
#include "tests/unit/unit.h"

#include <poll.h>

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/base/timer.h"
#include "control/ops/request.h"
#include "control/ops/socket.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/folder.h"

#define ENTRIES 6000
#define CLIENTS 3

static struct timers timers;

static char folder[64], path[96], filler[400];
static struct requests *requests;
static unsigned visits, left, turns; // visits: of this turn

struct place {
	unsigned next;
};

static void on_leave(void *arg)
{
	left++;
}

static bool list_page(struct request *r)
{
	struct place *p = r->place;
	for (unsigned i = 0; i < REQUEST_PAGE && p->next < ENTRIES; i++) {
		visits++;
		request_row(r, json_pack("{s:i,s:s}", "n", (int)p->next++, "text", filler));
	}
	return p->next < ENTRIES;
}

static void on_gone(struct request *r)
{
	ck_abort_msg("a request in pages ends by itself");
}

static void run_list(struct request *r)
{
	r->gone = on_gone;
	request_pages(r, list_page, sizeof(struct place), on_leave);
}

static bool show_page(struct request *r)
{
	struct place *p = r->place;
	for (unsigned i = 0; i < REQUEST_PAGE; i++, p->next++) {
		if (p->next == ENTRIES) {
			request_list(r, "none");
			request_list(r, "last");
		} else if (p->next == ENTRIES + 3) {
			request_close(r);
			return false;
		}
		request_item(r, json_integer(p->next));
	}
	return true;
}

static void run_show(struct request *r)
{
	if (request_pages(r, show_page, sizeof(struct place), NULL) == NULL)
		return;
	request_open(r, json_pack("{s:s}", "name", "q"));
	request_list(r, "first");
}

static bool broken_page(struct request *r)
{
	request_row(r, json_pack("{s:s}", "text", "one"));
	request_row(r, json_pack("{s:s}", "text", "\xff")); // no row can be made of it
	request_note(r, "a %s", "note");
	return false;
}

static void run_broken(struct request *r)
{
	request_pages(r, broken_page, 1, NULL);
}

static void run_long(struct request *r)
{
	char text[20000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	request_fail(r, EXIT_FAILED, "%s", text);
}

static void run_other(struct request *r)
{
	request_note(r, "%u left out", 7);
	request_done(r);
}

static void start(void)
{
	static request_run_h *runs[COMMAND_COUNT];
	static const struct request_handlers handlers = {.timers = &timers, .run = runs};
	char error[512];
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		runs[i] = run_other;
	runs[COMMAND_CALLS_LIST] = run_list;
	runs[COMMAND_QUEUES_SHOW] = run_show;
	runs[COMMAND_STATUS] = run_broken;
	runs[COMMAND_DRAIN] = run_long;
	visits = left = turns = 0;
	memset(filler, 'f', sizeof(filler) - 1);
	folder_new(folder);
	str_format(path, sizeof(path), "%s/socket", folder);
	timers_init(&timers, NULL);
	ck_assert_int_eq(requests_start(path, &handlers, &requests, error), 0);
}

static void stop(void)
{
	requests_stop(requests);
	folder_remove(folder);
}

// Turns of the loop, until there is nothing to do or so many are over.
static void serve(unsigned most)
{
	struct pollfd fd = {requests_fd(requests), POLLIN};
	while (most-- > 0 && poll(&fd, 1, 50) > 0) {
		visits = 0;
		requests_poll(requests);
		turns++;
		ck_assert_uint_le(visits, REQUEST_PAGE); // of all clients together
	}
}

static int asks(const char *line)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	str_copy(sun.sun_path, sizeof(sun.sun_path), path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
	return fd;
}

#define LIST	"{\"command\":\"calls list\"}\n"
#define SHOW	"{\"command\":\"queues show\",\"args\":[\"q\"]}\n"
#define BROKEN	"{\"command\":\"status\"}\n"
#define DRAIN	"{\"command\":\"drain\"}\n"
#define VERSION "{\"command\":\"version\"}\n"

struct reader {
	int fd;
	char *text;
	size_t len, size;
	bool ended;
};

static void read_some(struct reader *r)
{
	for (;;) {
		if (r->size - r->len < 65536) {
			r->size = 2 * r->size + 65536;
			r->text = realloc(r->text, r->size);
		}
		ssize_t n = recv(r->fd, r->text + r->len, r->size - r->len - 1, MSG_DONTWAIT);
		if (n <= 0) {
			r->ended |= n == 0;
			return;
		}
		r->len += (size_t)n;
		r->text[r->len] = '\0';
	}
}

static void read_all(struct reader *r)
{
	for (unsigned i = 0; i < 100000 && !r->ended; i++) {
		serve(1);
		read_some(r);
	}
	ck_assert(r->ended);
	close(r->fd);
}

// Every line is JSON, the rows are numbered without a gap or a double, the end is the last.
static void judge_list(struct reader *r)
{
	char *line = r->text, *end;
	int n = 0;
	bool over = false;
	const char *last = r->text + r->len;
	for (; (end = memchr(line, '\n', (size_t)(last - line))) != NULL; line = end + 1) {
		*end = '\0';
		json_t *json = json_loads(line, 0, NULL);
		const json_t *row = json_object_get(json, "row");
		ck_assert_ptr_nonnull(json);
		ck_assert(!over);
		if (row)
			ck_assert_int_eq(json_integer_value(json_object_get(row, "n")), n++);
		over = json_object_get(json, "end") != NULL;
		json_decref(json);
	}
	ck_assert(over);
	ck_assert_int_eq(n, ENTRIES);
	free(r->text);
}

START_TEST(a_page_in_a_turn_of_one_client)
{
	struct reader r[CLIENTS] = {0};
	start();
	for (unsigned i = 0; i < CLIENTS; i++)
		r[i].fd = asks(LIST);
	for (unsigned t = 0; t < 100000 && !(r[0].ended && r[1].ended && r[2].ended); t++) {
		serve(1);
		for (unsigned i = 0; i < CLIENTS; i++)
			read_some(&r[i]);
	}
	ck_assert_uint_ge(turns, CLIENTS * ENTRIES / REQUEST_PAGE);
	ck_assert_uint_eq(left, CLIENTS);
	for (unsigned i = 0; i < CLIENTS; i++) {
		ck_assert(r[i].ended);
		close(r[i].fd);
		judge_list(&r[i]);
	}
	stop();
}
END_TEST

// One reads nothing: its answer stands still, those of others come; then it gets all of its own.
START_TEST(who_does_not_read_waits)
{
	struct reader slow = {0}, quick = {0};
	start();
	slow.fd = asks(LIST);
	serve(100000);
	unsigned before = turns;
	ck_assert_uint_lt(before, ENTRIES / REQUEST_PAGE); // it did not come to its end …
	serve(100000);
	ck_assert_uint_eq(turns, before); // … and costs no turn
	quick.fd = asks(LIST);
	read_all(&quick);
	judge_list(&quick);
	ck_assert_uint_eq(left, 1);
	read_all(&slow);
	judge_list(&slow);
	ck_assert_uint_eq(left, 2);
	stop();
}
END_TEST

START_TEST(who_leaves_in_the_middle_leaves_nothing)
{
	start();
	int fd = asks(LIST);
	serve(20);
	ck_assert_uint_eq(left, 0);
	close(fd);
	serve(100000);
	ck_assert_uint_eq(left, 1);
	fd = asks(LIST);
	serve(20);
	stop(); // the daemon leaves
	ck_assert_uint_eq(left, 2);
	close(fd);
}
END_TEST

START_TEST(a_row_in_parts)
{
	struct reader r = {0};
	start();
	r.fd = asks(SHOW);
	read_all(&r);
	*strchr(r.text, '\n') = '\0';
	json_t *json = json_loads(r.text, 0, NULL);
	const json_t *row = json_object_get(json, "row"), *first = json_object_get(row, "first");
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")), "q");
	ck_assert_uint_eq(json_array_size(first), ENTRIES);
	for (unsigned i = 0; i < ENTRIES; i++)
		ck_assert_int_eq(json_integer_value(json_array_get(first, i)), i);
	ck_assert_uint_eq(json_array_size(json_object_get(row, "none")), 0);
	ck_assert(json_is_array(json_object_get(row, "none")));
	ck_assert_uint_eq(json_array_size(json_object_get(row, "last")), 3);
	ck_assert_str_eq(r.text + strlen(r.text) + 1, "{\"end\":{\"error\":null,\"exit\":0}}\n");
	json_decref(json);
	free(r.text);
	stop();
}
END_TEST

static void answers(const char *line, const char *end)
{
	struct reader r = {.fd = asks(line)};
	read_all(&r);
	ck_assert_ptr_nonnull(strstr(r.text, end));
	free(r.text);
}

START_TEST(nothing_is_missing_without_a_word)
{
	char text[20000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	start();
	answers(BROKEN,
		"{\"end\":{\"error\":\"no memory, or no UTF-8: entries that are missing: 1\","
		"\"exit\":1,\"note\":\"a note\"}}\n");
	answers(VERSION, "{\"end\":{\"error\":null,\"exit\":0,\"note\":\"7 left out\"}}\n");
	answers(DRAIN, text); // a long reason, whole
	stop();
}
END_TEST

UNIT_MAIN("request", a_page_in_a_turn_of_one_client, who_does_not_read_waits,
	who_leaves_in_the_middle_leaves_nothing, a_row_in_parts, nothing_is_missing_without_a_word)
