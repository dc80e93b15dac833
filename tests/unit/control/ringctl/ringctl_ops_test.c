// ringctl and the daemon's handlers together: each command over the real socket, against the
// fake daemon. OPS_FAKE and RINGCTL name the programs.
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/ringctl/print/columns.h"
#include "tests/unit/control/ops/ops_fake.h"
#include "tests/unit/control/ops/ops_fake_world.h"
#include "tests/unit/control/ops/shape_judge.h"

static struct ops_fake fake;
static char answer[1 << 16];

// Runs `ringctl WORDS` with stderr among the answer; returns its exit code.
static int ringctl(const char *words)
{
	char line[4096];
	str_format(line, sizeof(line), "TZ=UTC LANG=C.UTF-8 '%s' --socket '%s' %s 2>&1",
		getenv("RINGCTL"), fake.socket, words);
	FILE *p = popen(line, "r");
	ck_assert_ptr_nonnull(p);
	answer[fread(answer, 1, sizeof(answer) - 1, p)] = '\0';
	return WEXITSTATUS(pclose(p));
}

static void expect(const char *words, int code, const char *wanted)
{
	ck_assert_int_eq(ringctl(words), code);
	ck_assert_str_eq(answer, wanted);
}

static json_t *ringctl_json(const char *words)
{
	char line[256];
	str_format(line, sizeof(line), "--json %s", words);
	ck_assert_msg(ringctl(line) == 0, "%s: %s", words, answer);
	json_t *json = json_loads(answer, 0, NULL);
	ck_assert_msg(json != NULL, "%s: %s", words, answer);
	return json;
}

// Every member that a column shows is in the rows, so that no column stays empty for ever.
START_TEST(columns_show_what_rows_have)
{
	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &columns[i];
		const char *words = commands[c->command].words, *section = c->section;
		char line[128];
		if (c->command == COMMAND_RECORDINGS_CHECK)
			continue; // its rows are ringctl's own
		bool history = section && strcmp(section, "history") == 0;
		str_format(line, sizeof(line), "%s%s", words,
			history						 ? " --history"
				: c->command == COMMAND_CALLS_SHOW	 ? " 18a5c3f2b1d4d0"
				: c->command == COMMAND_QUEUES_SHOW	 ? " service"
				: c->command == COMMAND_CONFERENCES_SHOW ? " board"
									 : "");
		json_t *json = ringctl_json(line);
		const json_t *rows = section && !history ? json_object_get(json, section) : json;
		const json_t *row = json_array_get(rows, 0);
		ck_assert_msg(json_object_get(row, c->key) != NULL, "%s: no %s", line, c->key);
		json_decref(json);
	}
}
END_TEST

static void expect_shape(const char *words, const struct shape *s, const json_t *row)
{
	char problem[SHAPE_PROBLEM_MAX];
	ck_assert_msg(shape_judge(s, row, problem), "%s: %s", words, problem);
}

// A list is an array, one thing an object, as its flag says; all of it is as the schema says.
static void expect_form(const char *words, enum command_id id)
{
	size_t i;
	const json_t *row;
	json_t *json = ringctl_json(words);
	bool one = (commands[id].flags & (COMMAND_ONE | COMMAND_ACT)) != 0;
	ck_assert_int_eq(json_is_object(json), one);
	if (one)
		expect_shape(words, shape_of_command(id), json);
	else
		ck_assert_msg(json_array_size(json) > 0, "%s shows nothing", words);
	json_array_foreach(json, i, row) expect_shape(words, shape_of_command(id), row);
	json_decref(json);
}

START_TEST(json_has_the_form_of_its_command)
{
	static const char *const arguments[COMMAND_COUNT] = {
		[COMMAND_CALLS_SHOW] = OPS_FAKE_CALL,
		[COMMAND_CALLS_WHY] = "18a5c3f2b1d4d000a1b2c3d4",
		[COMMAND_CALLS_HANGUP] = OPS_FAKE_CALL,
		[COMMAND_CALLS_ORIGINATE] = "service --trunk carrier --to 4001 --connect queue",
		[COMMAND_CALLS_MASK] = OPS_FAKE_CALL " on",
		[COMMAND_LOCKOUTS_LIFT] = "bob",
		[COMMAND_CALLS_MONITOR] = OPS_FAKE_CALL " fang listen",
		[COMMAND_CONFERENCES_SHOW] = "board",
		[COMMAND_CONFERENCES_MUTE] = OPS_FAKE_CALL " on",
		[COMMAND_CONFERENCES_GAIN] = OPS_FAKE_CALL " -6",
		[COMMAND_QUEUES_SHOW] = "service",
		[COMMAND_AGENTS_SHOW] = "fang",
		[COMMAND_AGENTS_SET] = "fang away",
		[COMMAND_AGENTS_PAUSE] = "fang --code lunch",
		[COMMAND_AGENTS_RESUME] = "fang",
		[COMMAND_WHY_AGENT] = "fang",
		[COMMAND_WHY_CALL] = OPS_FAKE_CALL,
		[COMMAND_WHY_QUEUE] = "service",
		[COMMAND_TRUNKS_SHOW] = "carrier",
		[COMMAND_SESSIONS_SHOW] = "0000000100000001",
		[COMMAND_RECORDINGS_SHOW] = OPS_FAKE_CALL,
		[COMMAND_RECORDINGS_CHECK] = OPS_FAKE_CALL,
		[COMMAND_RECORDINGS_OPEN] = "18a5c3f2b1d4d000a1b2c3d4",
		[COMMAND_TRACE_SIP] = OPS_FAKE_CALL,
		[COMMAND_LOG_LEVEL] = "info",
		[COMMAND_NAMES] = "queues",
	};
	for (unsigned i = 0; i < COMMAND_COUNT; i++) {
		char line[128];
		const struct command *c = &commands[i];
		if (c->flags & COMMAND_STREAM || i == COMMAND_RELOAD)
			continue;
		str_format(line, sizeof(line), "%s %s", c->words, arguments[i] ? arguments[i] : "");
		expect_form(line, i);
	}
	expect_form("calls list --history", COMMAND_CALLS_LIST);
	expect_form("calls show 18a5c3f2b1d4d0", COMMAND_CALLS_SHOW);
	for (unsigned i = 1; i < 5; i++) { // a conference, a menu, a queue
		char line[128];
		str_format(line, sizeof(line), "calls show %.30s%02u", OPS_FAKE_CALL, i);
		if (ringctl(line) == 0)
			expect_form(line, COMMAND_CALLS_SHOW);
	}
}
END_TEST

START_TEST(lists_stand_straight)
{
	expect("agents list", 0,
		"AGENT  NAME   STATE              FOR  WHY           PAUSE  CALL            "
		"ANSWERED  "
		"MISSED   TALKED  QUEUES   TENANT  TEAM  GROUP\n"
		"alice  Alice  talking         1:02.3  connected     -      18a5c3f2b1d4e6       "
		"325  "
		"     5  2:32:00  service  acme    red   hotline\n"
		"fang   王芳   ready           0:04.1  set           -      -                    "
		"315  "
		"     0  2:15:11  service  acme    red   hotline\n"
		"bob    -      signed-out  1 d 2:40 h  unregistered  lunch  -                      "
		"0  "
		"     0        -  service  acme    red   hotline\n");
	expect("calls list --agent bob", 0, "no such calls\n");
	expect("drops", 0,
		"REASON          PACKETS  MEANING\n"
		"ip-other             40  IP packet to an address that is not ours\n"
		"rtp-stranger          2  RTP from a source that is not the session's far end\n"
		"= dropped            42  sum of the reasons\n"
		"+ delivered   1,234,525  reached a session, or ARP, ND and ping answered\n"
		"= received    1,234,567  all that the ports gave to the workers\n");
}
END_TEST

#define TRACE_HELP                                                                           \
	"usage: ringctl trace COMMAND [ARGUMENT…] [--NAME VALUE…]\n\nCommands:\n"        \
	"  trace sip CALL                    the SIP messages of a call as a ladder, or as " \
	"a capture file\n\n"                                                                 \
	"`ringctl help trace COMMAND` shows the options of one command.\n"

START_TEST(groups_have_help)
{
	expect("trace", 2, TRACE_HELP);
	expect("trace --help", 0, TRACE_HELP);
	expect("help trace", 0, TRACE_HELP);
	ck_assert_int_eq(ringctl("help calls"), 0);
	ck_assert_ptr_nonnull(strstr(answer, "\n  calls monitor CALL AGENT"));
	ck_assert_ptr_null(strstr(answer, "\n  queues list"));
	expect("help cals", 2,
		"ringctl: no command `cals`; did you mean `calls`; `ringctl help` lists all\n");
}
END_TEST

// What bash offers behind a line, in one line; the fake daemon knows the names.
static void expect_offer(const char *typed, const char *wanted)
{
	char line[2048];
	str_format(line, sizeof(line),
		"completion bash >'%s.sh'; PATH=\"$(dirname '%s'):$PATH\" bash -c '. '\"'%s.sh'\"';"
		" COMP_WORDS=(ringctl --socket '\"'%s'\"' %s); COMP_CWORD=$((${#COMP_WORDS[@]} - "
		"1));"
		" _ringctl; echo ${COMPREPLY[@]}'",
		fake.socket, getenv("RINGCTL"), fake.socket, fake.socket, typed);
	ck_assert_msg(ringctl(line) == 0, "%s", answer);
	answer[strcspn(answer, "\n")] = '\0';
	ck_assert_msg(strcmp(answer, wanted) == 0, "%s: %s, not %s", typed, answer, wanted);
}

START_TEST(the_shell_completes_every_argument)
{
	expect_offer("q", "queues");
	expect_offer("help agents s", "show set");
	expect_offer("queues show \"\"", "service");
	expect_offer("agents set f", "fang");
	expect_offer("agents set fang \"\"", "ready away");
	expect_offer("calls mask 18a5c3f2b1d4e600 \"\"", "on off");
	expect_offer("calls monitor 18a5c3f2b1d4e600 al", "alice");
	expect_offer("calls monitor 18a5c3f2b1d4e600 alice w", "whisper");
	expect_offer("calls hangup 18a5c3f2b1d4d", ""); // it has ended
	expect_offer("calls hangup 18a5c3f2b1d4e600", OPS_FAKE_CALL);
	expect_offer("calls show 18a5c3f2b1d4d", "18a5c3f2b1d4d000a1b2c3d400000009");
	expect_offer("recordings show 18a5c3f2b1d4d", "18a5c3f2b1d4d000a1b2c3d400000009");
	expect_offer("trunks show \"\"", "carrier");
	expect_offer("conferences show \"\"", "board");
	expect_offer("sessions show 00000001000000", "0000000100000001 0000000100000002");
	expect_offer("calls list --tenant \"\"", "acme");
	expect_offer("calls list --why \"\"", "caller-hangup");
	expect_offer("events follow --type call-dig", "call-digit");
	expect_offer("log level w", "warn");
	expect_offer("log level warn op", "ops");
	expect_offer("schema calls-sh", "calls-show");
	expect_offer("lockouts lift \"\"", "bob 2001:db8:0:7::");
	expect_offer("calls list --csv --his", "--history");
}
END_TEST

// What is called as the shell's own words is offered as its name: TAB runs nothing, and neither
// does Enter behind it. In a folder of files by such names, with a daemon that has no others.
START_TEST(names_are_no_words_of_the_shell)
{
	char line[2048];
	str_format(line, sizeof(line),
		"completion bash >'%s.sh'; mkdir '%s.files' && cd '%s.files' &&"
		" touch 'a$(touch ran)' 'b`touch ran`' 'c d;*' && bash -c '. '\"'%s.sh'\"';"
		" ringctl() { printf \"%%s\\n\" \"a\\$(touch ran)\" \"b\\`touch ran\\`\""
		" \"c d;*\"; };"
		" for typed in \"agents show\" \"calls list --why\" \"recordings fetch 18a5\""
		" \"--pcap\"; do"
		" COMP_WORDS=(ringctl $typed \"\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
		" _ringctl; echo \"${#COMPREPLY[@]}\"; printf \"%%s\\n\" \"${COMPREPLY[@]}\" |"
		" sort; eval \"set -- ${COMPREPLY[*]}\"; echo $#; done'; ls; cd - >/dev/null;"
		" rm -r '%s.files'",
		fake.socket, fake.socket, fake.socket, fake.socket, fake.socket);
	ck_assert_msg(ringctl(line) == 0, "%s", answer);
#define OFFERED "3\na\\$\\(touch\\ ran\\)\nb\\`touch\\ ran\\`\nc\\ d\\;\\*\n3\n"
	ck_assert_str_eq(
		answer, OFFERED OFFERED OFFERED OFFERED "a$(touch ran)\nb`touch ran`\nc d;*\n");
}
END_TEST

START_TEST(what_never_came_to_pass_is_no_mistake)
{
	expect("calls list --history --why overload", 0, "no such calls\n");
	ck_assert_int_eq(ringctl("calls list --history --why caller-hangop"), 0);
	ck_assert_ptr_nonnull(strstr(answer, "no such calls\n"));
	ck_assert_ptr_nonnull(strstr(answer, "did you mean caller-hangup?"));
	ck_assert_int_eq(ringctl("calls list --history --why overload --queue servise"), 3);
	ck_assert_ptr_nonnull(strstr(answer, "did you mean service?"));
}
END_TEST

START_TEST(a_lockout_is_lifted_by_what_the_list_has)
{
	expect("lockouts lift bob", 0, "lifted 2 lockouts\n");
	expect("lockouts lift 2001:db8:0:7::", 0, "lifted 1 lockout\n");
	expect("lockouts lift 2001:db8:0:7::/64", 0, "lifted 1 lockout\n");
	ck_assert_int_eq(ringctl("lockouts lift 2001:db8:0:8::/64"), 3);
	ck_assert_int_eq(ringctl("lockouts lift 2001:db8:0:7::/"), 3);
	ck_assert_int_eq(ringctl("lockouts lift bob/64"), 3);
}
END_TEST

// A daemon that hangs costs whoever types no more than a moment: here nobody ever answers.
START_TEST(completion_waits_for_nobody)
{
	char line[512];
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	str_format(name.sun_path, sizeof(name.sun_path), "%s.mute", fake.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	str_format(line, sizeof(line), "--socket '%s' names queues", name.sun_path);
	ck_assert_int_ne(ringctl(line), 0);
	close(fd);
	unlink(name.sun_path);
	ck_assert_int_eq(ringctl("names whats"), 2);
	ck_assert_int_ne(ringctl("man ringctl | grep 'names KIND'"), 0); // it is nobody else's
}
END_TEST

START_TEST(lists_are_csv_too)
{
	expect("--csv calls list --agent bob", 0,
		"call,state,tenant,trunk,caller,caller_name,called,number,flow,step,queue,position,"
		"agent,started,answered,connected,ended,waited_ms,talked_ms,total_ms,why,by,where,"
		"status,digits,recording,sip_call_id,caller_sent,called_sent,privacy,"
		"original_called,redirected_by,redirect_reason,sequence,count,direction,"
		"region\r\n");
	expect("registrations list --csv", 0,
		"agent,tenant,contact,source,transport,expires,user_agent\r\n"
		"alice,acme,sip:alice@10.99.0.60:5062,10.99.0.60:5062,tcp,2026-04-12T13:24:10.000Z,"
		"baresip v1.0.0 (x86_64/linux)\r\n");
	ck_assert_int_eq(ringctl("calls list --history --csv --limit 1"), 0);
	ck_assert_ptr_nonnull(strstr(answer,
		"\r\n18a5c3f2b1d4d000a1b2c3d400000009,ended,acme,"
		"carrier,+8613900139000,Wang Wei,4001,"));
	ck_assert_int_eq(ringctl("recordings check --csv"), 1);
	ck_assert_ptr_nonnull(strstr(answer, "result,call,file,samples,problem\r\n"));
	ck_assert_ptr_null(strstr(answer, "to record"));
}
END_TEST

START_TEST(deeds_say_what_they_did)
{
	expect("calls hangup " OPS_FAKE_CALL, 0, "call " OPS_FAKE_CALL " is being ended\n");
	expect("calls mask " OPS_FAKE_CALL " on", 0,
		"the digits of call " OPS_FAKE_CALL " are masked\n");
	expect("calls monitor " OPS_FAKE_CALL " fang listen", 0,
		"agent fang will listen on call " OPS_FAKE_CALL "\n");
	expect("log level debug sip", 0,
		"topic sip, which has logged nothing yet, will log at debug\n");
	expect("reload", 1,
		"ringctl: the old configuration stays in force:\n"
		"a.yaml:3:1: nodes: unknown key\na.yaml:9:2: x: expected number\n");
	expect("reload", 0, "the configuration of /etc/ringhall/demo.yaml is in force\n");
}
END_TEST

START_TEST(what_is_not_there)
{
	expect("calls show 77", 3, "ringctl: no call begins with 77\n");
	expect("calls show 18a5c3f2b1d4e6", 2,
		"ringctl: more than one call begins with 18a5c3f2b1d4e6: give more of it\n");
	expect("calls hangup 77", 3, "ringctl: no call in progress begins with 77\n");
	expect("recordings show 77", 3, "ringctl: no call that was recorded begins with 77\n");
	expect("recordings check 77", 3, "ringctl: no call that was recorded begins with 77\n");
	expect("trace sip 18a5c3f2b1d4e6", 2,
		"ringctl: more than one call begins with 18a5c3f2b1d4e6: give more of it\n");
	expect("queues show nowhere", 3, "ringctl: no queue nowhere\n");
	expect("trunks show carrier --tenant nobody", 3, "ringctl: no tenant nobody\n");
	expect("queues show servce", 3, "ringctl: no queue servce; did you mean service?\n");
	expect("agents show alise", 3, "ringctl: no agent alise; did you mean alice?\n");
	expect("calls list --queue servcie", 3,
		"ringctl: no queue servcie; did you mean service?\n");
	expect("agents set alice ready --reason tea", 2,
		"ringctl: --reason is of an agent that is set away\n");
	expect("calls list --since soon", 2,
		"ringctl: --since: expected a time: 2026-11-29, \"2026-11-29 14:30\", today, "
		"yesterday, 30m, 2h, 7d or RFC 3339, got soon\n");
	expect("calls list --until 1970-01-01T00:00:00Z", 0, "no such calls\n");
	ck_assert_int_eq(ringctl("calls list --since 2h --until 3h"), 2);
	ck_assert_ptr_nonnull(strstr(answer, "nothing is since"));
	expect("conferences show nowhere", 3, "ringctl: no conference nowhere\n");
	expect("conferences gain " OPS_FAKE_CALL " -1", 1,
		"ringctl: call " OPS_FAKE_CALL " is in no conference\n");
	expect("conferences gain " OPS_FAKE_CALL " 13", 2,
		"ringctl: expected a gain of -40 to 12 dB, got 13\n");
	expect("conferences gain " OPS_FAKE_CALL " loud", 2,
		"ringctl: expected a gain of -40 to 12 dB, got loud\n");
	expect("conferences mute 77 on", 3, "ringctl: no call in progress begins with 77\n");
	expect("conferences mute " OPS_FAKE_CALL " yes", 2,
		"ringctl: expected on or off, got yes\n");
	expect("agents pause nobody --code lunch", 3, "ringctl: no agent nobody\n");
	expect("agents pause fang", 2, "ringctl: add --code with one of lunch, training\n");
	expect("agents pause fang --code lunhc", 3,
		"ringctl: no pause lunhc; did you mean lunch? There are lunch, training\n");
	expect("agents pause fang --code tea", 3,
		"ringctl: no pause tea: there are lunch, training\n");
	expect("agents pause bob --code tea", 3,
		"ringctl: the configuration has no pauses for agent bob: see tenants.NAME.pauses, "
		"or agents set bob away --reason\n");
	expect("agents resume nobody", 3, "ringctl: no agent nobody\n");
	expect("agents set nobody ready", 3, "ringctl: no agent nobody\n");
	expect("agents set fang asleep", 2, "ringctl: expected ready or away, got asleep\n");
	expect("calls list --history --limit 0", 2,
		"ringctl: --limit: expected 1 to 10000, got 0\n");
	expect("trace sip 77", 3, "ringctl: no SIP messages of this call are kept any more\n");
	expect("events follow --type call-endet", 3,
		"ringctl: no event type call-endet; did you mean call-ended?\n");
	expect("--socket /nowhere/s status", 1,
		"ringctl: ringhall is not running: nobody listens on /nowhere/s; start it with "
		"`systemctl start ringhall`, or name its control.socket with --socket PATH\n");
}
END_TEST

START_TEST(traces_of_live_and_of_ended_calls)
{
	json_t *live = ringctl_json("trace sip " OPS_FAKE_CALL);
	json_t *ended = ringctl_json("trace sip 18a5c3f2b1d4d0");
	json_t *by_sip = ringctl_json("trace sip agent-leg@10.99.0.1");
	ck_assert_uint_eq(json_array_size(live), 7);
	ck_assert_uint_eq(json_array_size(ended), 7);
	ck_assert_uint_eq(json_array_size(by_sip), 3);
	json_decref(live);
	json_decref(ended);
	json_decref(by_sip);
}
END_TEST

START_TEST(recordings_that_are_gone_are_bad)
{
	ck_assert_int_eq(ringctl("recordings check"), 1);
	ck_assert_ptr_nonnull(strstr(answer, "bad     18a5c3f2b1d4d0  1:32.0  /nowhere/"));
	ck_assert_ptr_nonnull(strstr(answer, "cannot be read: No such file or directory"));
	ck_assert_ptr_nonnull(strstr(answer,
		"to record 1, recorded 0: 1 missing or not as the ledger says; 1 still being "
		"written\n"));
	ck_assert_int_eq(ringctl("recordings check " OPS_FAKE_CALL), 0);
}
END_TEST

START_TEST(events_go_on_until_the_reader_leaves)
{
	ck_assert_int_eq(ringctl("--json events follow --type call-digit | head -2"), 0);
	char *second = strchr(answer, '\n');
	ck_assert_ptr_nonnull(second);
	*second++ = '\0';
	char problem[SHAPE_PROBLEM_MAX];
	json_t *row = json_loads(answer, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(row, "event")), "call-digit");
	ck_assert_msg(shape_judge_event(row, problem), "%s", problem);
	json_decref(row);
	row = json_loads(second, 0, NULL);
	ck_assert_msg(shape_judge_event(row, problem), "%s", problem);
	json_decref(row);
}
END_TEST

// SIGINT ends it as a wish, not as a failure.
START_TEST(events_end_by_control_c)
{
	int code = ringctl("events follow --call 99 & sleep 0.3; kill -INT $!; wait $!");
	ck_assert_str_eq(answer, "");
	ck_assert_int_eq(code, 0);
}
END_TEST

START_TEST(docs_are_fresh)
{
	char line[1024];
	str_format(
		line, sizeof(line), "man cli.md | diff - '%s/docs/cli.md'", getenv("SOURCE_ROOT"));
	ck_assert_msg(ringctl(line) == 0, "docs/cli.md is old: `ringctl man cli.md` prints it\n%s",
		answer);
	const char *root = getenv("SOURCE_ROOT"), *program = getenv("RINGCTL");
	str_format(line, sizeof(line), "man figures.md | diff - '%s/docs/figures.md'", root);
	ck_assert_msg(
		ringctl(line) == 0, "docs/figures.md is old: `make docs` prints it\n%s", answer);
	str_format(line, sizeof(line),
		"schema | while read name; do '%s' schema $name | diff - "
		"'%s/docs/schema/'$name.json"
		" || echo old; done; '%s' schema | sed 's/$/.json/' | LC_ALL=C sort >'%s.schemas'; "
		"LC_ALL=C ls '%s/docs/schema' | LC_ALL=C sort | diff - '%s.schemas'; rm "
		"'%s.schemas'",
		program, root, program, fake.socket, root, fake.socket, fake.socket);
	ck_assert_msg(ringctl(line) == 0 && answer[0] == '\0',
		"docs/schema is old: `make docs` writes it\n%s", answer);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {columns_show_what_rows_have,
		what_never_came_to_pass_is_no_mistake, a_lockout_is_lifted_by_what_the_list_has,
		json_has_the_form_of_its_command, lists_stand_straight, groups_have_help,
		the_shell_completes_every_argument, names_are_no_words_of_the_shell,
		completion_waits_for_nobody, lists_are_csv_too, deeds_say_what_they_did,
		what_is_not_there, traces_of_live_and_of_ended_calls,
		recordings_that_are_gone_are_bad, events_go_on_until_the_reader_leaves,
		events_end_by_control_c, docs_are_fresh};
	if (!ops_fake_start(&fake))
		return 1;
	int code = unit_run("ringctl_ops", tests, sizeof(tests) / sizeof(tests[0]));
	ops_fake_stop(&fake);
	return code;
}
