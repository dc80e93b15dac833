// ringhall: options, the configuration's problems, and the node's life.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/base/heap.h"
#include "control/config/load.h"
#include "control/config/report/reference.h"
#include "control/modules.h"
#include "control/check/check.h"
#include "control/node/node.h"
#include "control/options.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("main");

enum { EXIT_CONFIG = 2 };

struct options {
	const char *file, *log_level;
	bool check, elsewhere, router_thread;
};

static void print_help(FILE *to)
{
	fprintf(to, "usage: ringhall [OPTION]… FILE\n\n");
	for (size_t i = 0; i < daemon_option_count; i++)
		fprintf(to, "  --%-22s %s\n", daemon_options[i].synopsis, daemon_options[i].help);
}

// 0: go on; else the process is over with *code.
static int options_parse(int argc, char **argv, struct options *o, int *code)
{
	struct option longs[16] = {0};
	for (size_t i = 0; i < daemon_option_count && i < 15; i++)
		longs[i] = (struct option){daemon_options[i].name, daemon_options[i].has_value,
			NULL, daemon_options[i].id};
	int id;
	while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (id) {
		case OPTION_CHECK:
			o->check = true;
			break;
		case OPTION_ELSEWHERE:
			o->elsewhere = true;
			break;
		case OPTION_ROUTER_THREAD:
			o->router_thread = true;
			break;
		case OPTION_LOG_LEVEL:
			o->log_level = optarg;
			break;
		case OPTION_REFERENCE:
			config_reference(&control_modules, stdout);
			return *code = 0, 1;
		case OPTION_VERSION:
			printf("ringhall %s\n", RINGHALL_VERSION);
			return *code = 0, 1;
		case OPTION_HELP:
			print_help(stdout);
			return *code = 0, 1;
		default:
			print_help(stderr);
			return *code = EXIT_CONFIG, 1;
		}
	}
	if (o->elsewhere && !o->check) {
		fprintf(stderr, "ringhall: --elsewhere goes with --check\n");
		return *code = EXIT_CONFIG, 1;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "ringhall: expected one configuration file\n");
		print_help(stderr);
		return *code = EXIT_CONFIG, 1;
	}
	o->file = argv[optind];
	return 0;
}

static int config_read(const char *file, struct config **out)
{
	struct config_problems problems = {0};
	int err = config_load(&control_modules, file, NULL, out, &problems);
	for (unsigned i = 0; i < problems.count; i++)
		log_text(LOG_ERROR, false, problems.list[i].text);
	config_problems_log(&problems);
	config_problems_free(&problems);
	return err;
}

static int log_level_apply(const char *text)
{
	enum log_level level;
	if (log_level_parse(text, &level) != 0) {
		fprintf(stderr,
			"ringhall: log level: expected error, warn, info or debug, got %s\n", text);
		return -EINVAL;
	}
	return log_set_level("*", level);
}

// Before any thread is made: SIGTERM, SIGINT and SIGHUP come by signalfd; a broken pipe is an
// error code; the real-time signals of net_tap belong to the worker alone.
static void signals_block(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	for (int s = SIGRTMIN; s <= SIGRTMAX; s++)
		sigaddset(&set, s);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct config *config = NULL;
	struct node *node;
	char error[4096];
	int code;
	heap_keep();
	log_init();
	if (options_parse(argc, argv, &options, &code) != 0)
		return code;
	if (options.check)
		return check_file(options.file, options.elsewhere);
	if (config_read(options.file, &config) != 0)
		return EXIT_CONFIG;
	const char *level = options.log_level ? options.log_level : config->control.log_level;
	if (level[0] != '\0' && log_level_apply(level) != 0)
		return EXIT_CONFIG;
	signals_block();
	const struct node_options wanted = {
		.config = config, .router_thread = options.router_thread};
	int err = node_start(&wanted, &node, error);
	if (err) {
		log_text(LOG_ERROR, true, error);
		return err == -EINVAL ? EXIT_CONFIG : EXIT_FAILURE;
	}
	log_info("ringhall %s runs: file=%s", RINGHALL_VERSION, options.file);
	err = node_run(node);
	node_stop(node);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
