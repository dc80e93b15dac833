// A recording's file by the store: of one call's, whole, and of the recording folder alone.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/control/store/store_node.h"
#include "tests/unit/unit.h"

struct heard {
	int fd;
	unsigned opened, rows, ends;
};

static struct node n;
static char recordings[96]; // their folder

static void on_opened(int fd, void *arg)
{
	struct heard *h = arg;

	ck_assert_uint_eq(h->rows, 0); // the file comes before its row
	h->fd = fd;
	h->opened++;
}

static void on_row(const char *json, void *arg)
{
	((struct heard *)arg)->rows++;
}

static void on_end(int error, void *arg)
{
	ck_assert_int_eq(error, 0);
	((struct heard *)arg)->ends++;
}

static struct heard ask(const char *call)
{
	struct heard h = {.fd = -1};
	const struct store_answer answer = {on_row, on_end, &h, NULL};

	ck_assert_int_eq(store_query_file(n.store, call, on_opened, &answer), 0);
	while (!h.ends)
		node_poll(&n, 10000);
	ck_assert_uint_eq(h.opened, 1);
	return h;
}

static void expect(const char *call, unsigned rows, int fd)
{
	struct heard h = ask(call);

	ck_assert_uint_eq(h.rows, rows);
	ck_assert_int_eq(h.fd, fd);
}

// file: below the test's folder.
static uint64_t put(enum event_type type, unsigned number, const char *file)
{
	struct callid id = {.node = 1, .counter = 1, .start = number};
	char body[400];

	str_format(body, sizeof(body), "{\"id\":\"r%u\",\"file\":\"%s/%s\",\"start\":%u}", number,
		n.dir, file, number);
	return eventlog_append(n.log, type, "acme", &id, body);
}

static void begin(bool recorded)
{
	struct eventlog_options options = {};
	struct eventlog_report report;
	char error[512];

	n = (struct node){};
	folder_new(n.dir);
	str_format(recordings, sizeof(recordings), "%s/rec", n.dir);
	options.directory = n.dir;
	ck_assert_int_eq(eventlog_open(&options, &n.log, &report), 0);
	const struct store_options store = {
		.directory = n.dir, .recordings = recorded ? recordings : NULL};
	ck_assert_int_eq(store_start(&store, &n.store, error), 0);
	store_set_passed(n.store, node_passed, n.log);
}

static void shell(const char *line)
{
	char command[600];

	str_format(command, sizeof(command), "cd %s && %s", n.dir, line);
	ck_assert_int_eq(system(command), 0);
}

static void end(void)
{
	node_stop(&n);
	folder_remove(n.dir);
}

// The others have been answered before.
static int ask_when_free(void)
{
	struct heard h = {.fd = -1};
	const struct store_answer answer = {on_row, on_end, &h, NULL};

	while (store_query_file(n.store, "0000000000000001", on_opened, &answer) != 0)
		node_poll(&n, 10000);
	while (!h.ends)
		node_poll(&n, 10000);
	return h.fd;
}

START_TEST(the_file_of_one_call)
{
	char sound[8] = "";

	begin(true);
	shell("mkdir -p rec/acme/day && echo one >rec/acme/day/1.wav && echo >rec/acme/day/2.wav");
	put(EVENT_RECORDING_ENDED, 1, "rec/acme/day/1.wav");
	put(EVENT_RECORDING_STARTED, 2, "rec/acme/day/2.wav");
	node_wait_passed(&n, put(EVENT_RECORDING_FAILED, 3, "rec/acme/day/2.wav"));
	struct heard h = ask("0000000000000001");
	ck_assert_uint_eq(h.rows, 1);
	ck_assert_int_eq(read(h.fd, sound, sizeof(sound)), 4);
	ck_assert_str_eq(sound, "one\n");
	ck_assert_int_eq(fcntl(h.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_int_eq(fcntl(h.fd, F_GETFD), FD_CLOEXEC);
	close(h.fd);
	expect("0000000000000002", 1, -ENODATA); // still written
	expect("0000000000000003", 1, -ENODATA); // failed
	expect("00000000000000", 2, -ENODATA);	 // more than one
	expect("1", 0, -ENODATA);
	expect("000000000000000100000001000000010", 0, -ENODATA); // longer than a call's number
	shell("rm rec/acme/day/1.wav");
	expect("0000000000000001", 1, -ENOENT);
	end();
}
END_TEST

// Names in the database are not believed.
START_TEST(nothing_else_is_opened)
{
	static const char *const files[] = {"outside.wav", "rec/../outside.wav",
		"rec/acme/../../outside.wav", "rec/acme/link/linked.wav", "rec/acme/day/soft.wav",
		"rec/acme/day/pipe.wav", "rec/acme/day/folder.wav", "rec/acme/day/note.txt",
		"rec/top.wav", "recorder/a/b.wav"};
	char call[24];
	uint64_t last = 0;

	begin(true);
	shell("mkdir -p rec/acme/day/folder.wav elsewhere recorder/a && touch outside.wav "
	      "elsewhere/linked.wav rec/acme/day/note.txt rec/top.wav recorder/a/b.wav && "
	      "ln -s ../../elsewhere rec/acme/link && chmod g+w rec/acme && "
	      "ln -s ../../../outside.wav rec/acme/day/soft.wav && mkfifo rec/acme/day/pipe.wav");
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		last = put(EVENT_RECORDING_ENDED, i + 1, files[i]);
	node_wait_passed(&n, last);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		str_format(call, sizeof(call), "%016x", i + 1);
		expect(call, 1, -EXDEV);
	}
	end();
	begin(false); // nothing is recorded: there is no folder
	shell("mkdir -p rec/acme/day && touch rec/acme/day/1.wav");
	node_wait_passed(&n, put(EVENT_RECORDING_ENDED, 1, "rec/acme/day/1.wav"));
	expect("0000000000000001", 1, -EXDEV);
	end();
}
END_TEST

static unsigned open_files(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

// Whoever left, or is still there when the store ends: no file stays open. And many who ask at
// once find few open.
START_TEST(no_file_stays_open)
{
	struct heard h = {.fd = -1};
	const struct store_answer answer = {on_row, on_end, &h, NULL};

	begin(true);
	shell("mkdir -p rec/acme/day && touch rec/acme/day/1.wav");
	node_wait_passed(&n, put(EVENT_RECORDING_ENDED, 1, "rec/acme/day/1.wav"));
	close(ask("0000000000000001").fd);
	unsigned own = open_files();
	for (unsigned i = 0; i < STORE_OPENED_MAX; i++)
		ck_assert_int_eq(
			store_query_file(n.store, "0000000000000001", on_opened, &answer), 0);
	ck_assert_int_eq(store_query_file(n.store, "0000000000000001", on_opened, &answer), -EBUSY);
	store_forget(n.store, &h);
	close(ask_when_free());
	ck_assert_uint_eq(h.opened + h.rows + h.ends, 0);
	ck_assert_uint_eq(open_files(), own);
	ck_assert_int_eq(store_query_file(n.store, "0000000000000001", on_opened, &answer), 0);
	store_stop(n.store); // it has been answered by now, or never is
	ck_assert_uint_eq(h.opened, 0);
	eventlog_close(n.log);
	ck_assert_uint_lt(open_files(), own);
	folder_remove(n.dir);
}
END_TEST

UNIT_MAIN("store_opened", the_file_of_one_call, nothing_else_is_opened, no_file_stays_open)
