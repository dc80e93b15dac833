// From the row to the file.
#include "control/store/opened.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "control/store/files.h"
#include "control/store/state.h"

static int open_below(const char *directory, const char *file)
{
	int folder = files_open(directory);

	if (folder < 0)
		return folder;
	int fd = files_read(folder, directory, file);
	close(folder);
	return fd;
}

void store_open_file(const struct store *s, struct store_question *q)
{
	if (q->rows.count != 1)
		return;
	json_t *row = json_loads(q->rows.text, 0, NULL);
	const char *state = json_string_value(json_object_get(row, "state"));
	const char *file = json_string_value(json_object_get(row, "file"));

	if (state && file && !strcmp(state, "whole"))
		q->fd = s->recordings_folder[0] ? open_below(s->recordings_folder, file) : -EXDEV;
	json_decref(row);
}
