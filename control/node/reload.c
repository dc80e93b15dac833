// Reading the configuration and its prompts anew on a thread of its own.
#include "control/node/reload.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/config/load.h"
#include "control/modules.h"
#include "control/base/loop.h"
#include "control/media/gate.h"
#include "engine/base/log.h"

LOG_TOPIC("node");

static char *problems_text(const struct config_problems *problems)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	if (f == NULL)
		return NULL;
	for (unsigned i = 0; i < problems->count; i++)
		fprintf(f, "%s\n", problems->list[i].text);
	fclose(f);
	return text;
}

static void *reload_thread(void *arg)
{
	struct reload *reload = arg;
	struct reload_result *r = &reload->result;
	struct config_problems problems = {0};
	r->error = config_load(
		&control_modules, reload->previous->file, reload->previous, &r->config, &problems);
	if (r->error) {
		r->problems = problems_text(&problems);
	} else {
		r->error = media_prompts_load(r->config, &r->prompts, &r->problems);
		if (r->error) {
			config_release(r->config);
			r->config = NULL;
		} else {
			config_problems_log(&problems);
			config_differ(reload->previous, r->config, &r->difference);
		}
	}
	config_problems_free(&problems);
	if (eventfd_write(reload->efd, 1) != 0)
		abort(); // an eventfd of ours takes a 1
	return NULL;
}

static void on_loaded(int flags, void *arg)
{
	struct reload *reload = arg;
	loop_unwatch(reload->efd);
	pthread_join(reload->thread, NULL);
	close(reload->efd);
	reload->busy = false;
	reload->done(&reload->result, reload->arg);
}

int reload_start(
	struct reload *reload, const struct config *previous, reload_done_h *done, void *arg)
{
	if (reload->busy)
		return -EBUSY;
	*reload = (struct reload){.previous = previous, .done = done, .arg = arg};
	reload->efd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (reload->efd < 0)
		return -errno;
	int err = loop_watch(reload->efd, LOOP_READ, on_loaded, reload);
	if (!err)
		err = -pthread_create(&reload->thread, NULL, reload_thread, reload);
	if (err) {
		loop_unwatch(reload->efd);
		close(reload->efd);
		return err;
	}
	reload->busy = true;
	return 0;
}

void reload_stop(struct reload *reload)
{
	if (!reload->busy)
		return;
	pthread_join(reload->thread, NULL);
	loop_unwatch(reload->efd);
	close(reload->efd);
	reload->busy = false;
	free(reload->result.problems);
	config_release(reload->result.config);
	media_prompts_free(reload->result.prompts);
}

// What a configuration holds may not end a line of the log.
void reload_say_why(const struct reload_result *r)
{
	const char *line = r->problems ? r->problems : strerror(-r->error);
	log_error("configuration not reloaded: the old one stays in force");
	while (*line != '\0') {
		int len = (int)strcspn(line, "\n");
		log_error("not reloaded: %.*s", len, line);
		line += len;
		line += *line == '\n';
	}
}
