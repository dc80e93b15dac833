// Loading: the file's bytes, then each stage of reading, then prompt ids; or problems.
#include "control/config/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/checks/checks.h"
#include "control/config/merge.h"
#include "control/config/refs.h"
#include "control/config/walk.h"
#include "engine/base/str.h"
#include "engine/bounds.h"

#define FILE_MAX (64u << 20)

static const struct config_prompt *prompt_before(
	const struct config *previous, const struct config_prompt *p)
{
	for (unsigned i = 0; previous != NULL && i < previous->prompt_count; i++)
		if (str_equal(previous->prompts[i].name, p->name) &&
			str_equal(previous->prompts[i].tenant->name, p->tenant->name))
			return &previous->prompts[i];
	return NULL;
}

// A prompt keeps its id over reloads. New ones get ids that were not in use before, as long as
// there are such: a call in progress may still name the old ones.
static void prompt_ids(struct config *c, const struct config *previous)
{
	bool taken[PROMPTS_MAX] = {0}, recent[PROMPTS_MAX] = {0};
	for (unsigned i = 0; previous != NULL && i < previous->prompt_count; i++)
		recent[previous->prompts[i].id] = true;
	for (unsigned i = 0; i < c->prompt_count; i++) {
		const struct config_prompt *before = prompt_before(previous, &c->prompts[i]);
		c->prompts[i].id = before ? before->id : UINT32_MAX;
		if (before != NULL)
			taken[before->id] = true;
	}
	uint32_t next = 0, reused = 0;
	for (unsigned i = 0; i < c->prompt_count; i++) {
		if (c->prompts[i].id != UINT32_MAX)
			continue;
		while (next < PROMPTS_MAX && (taken[next] || recent[next]))
			next++;
		while (next == PROMPTS_MAX && taken[reused])
			reused++;
		c->prompts[i].id = next < PROMPTS_MAX ? next : reused;
		taken[c->prompts[i].id] = true;
	}
}

// False: nothing can be said of its values.
static bool read_document(struct config_read *r)
{
	config_node root = config_doc_root(r->doc);
	if (config_doc_kind(r->doc, root) != NODE_MAP) {
		config_read_wrong(r, (struct config_mark){1, 1},
			"expected a map with sip, engine and tenants, got %s",
			config_doc_null(r->doc, root)			     ? "an empty file"
				: config_doc_kind(r->doc, root) == NODE_LIST ? "a list"
									     : "one value");
		return false;
	}
	if (config_merge(r) || config_walk(r))
		return false;
	config_refs_resolve(r);
	if (r->memory)
		return false;
	config_check_engine(r);
	config_check_sip(r);
	config_check_store(r);
	config_check_tenants(r);
	config_check_crews(r);
	for (const struct config_module *m = r->modules->list; m->map != NULL; m++)
		m->check(r);
	config_check_numbers(r);
	config_check_regions(r);
	config_check_out(r);
	config_check_dials(r);
	config_check_families(r);
	config_check_passwords(r);
	return !r->memory;
}

struct loading {
	const struct config_modules *modules;
	const struct config *previous;	// or NULL
	const struct config_more *more; // or NULL
};

static int read_text(
	struct config_read *r, const struct config_text *text, const struct loading *load)
{
	struct config_doc_error error = {.mark = {1, 1}};
	int err = config_doc_new(text->data, text->len, &r->doc, &error);
	if (err == -EINVAL) {
		struct config_place at = {text->file, "yaml", error.mark};
		config_problems_say(r->problems, &at, "%s", error.text);
	}
	if (err)
		return err;
	bool whole = read_document(r);
	const struct config *previous = load->previous;
	if (whole && load->more != NULL)
		load->more->say(r, load->more->arg);
	// Of a file that is wrong anyway nobody wants to hear what else it changes.
	if (previous != NULL && !r->memory && r->problems->count == 0)
		config_check_reload(r, previous);
	config_doc_free(r->doc);
	if (r->memory || r->problems->memory)
		return -ENOMEM;
	return r->problems->count > 0 ? -EINVAL : 0;
}

static void say_file(const char *file, int err, struct config_problems *problems)
{
	struct config_place at = {file, "file", {1, 1}};
	config_problems_say(problems, &at, "expected a readable file, got '%s'", strerror(-err));
}

static int load_text(const struct config_text *text, const struct loading *load,
	struct config **out, struct config_problems *problems)
{
	struct config_read r;
	*out = NULL;
	*problems = (struct config_problems){0};
	int err = config_read_init(&r, text->file, problems);
	r.modules = load->modules;
	if (err == 0) {
		err = read_text(&r, text, load);
		config_read_fini(&r);
		if (err) {
			config_release(r.config);
		} else {
			prompt_ids(r.config, load->previous);
			*out = r.config;
		}
	}
	if (err != 0 && err != -EINVAL)
		say_file(text->file, err, problems);
	config_problems_sort(problems);
	return err ? -EINVAL : 0;
}

int config_load_text(const struct config_modules *modules, const struct config_text *text,
	const struct config *previous, struct config **out, struct config_problems *problems)
{
	return load_text(text, &(struct loading){modules, .previous = previous}, out, problems);
}

static int read_file(const char *file, char **data, size_t *len)
{
	FILE *f = fopen(file, "rbe");
	if (f == NULL)
		return -errno;
	int err = 0;
	size_t size = 0;
	*data = NULL;
	*len = 0;
	while (err == 0 && !feof(f)) {
		size = size ? size * 2 : 65536;
		char *more = size <= FILE_MAX ? realloc(*data, size) : NULL;
		if (more == NULL) {
			err = size <= FILE_MAX ? -ENOMEM : -EFBIG;
			break;
		}
		*data = more;
		*len += fread(*data + *len, 1, size - *len, f);
		if (ferror(f))
			err = -EIO;
	}
	fclose(f);
	if (err)
		free(*data);
	return err;
}

static int load_file(const char *file, const struct loading *load, struct config **out,
	struct config_problems *problems)
{
	struct config_text text = {.file = file};
	char *data = NULL;
	int err = read_file(file, &data, &text.len);
	if (err) {
		*out = NULL;
		*problems = (struct config_problems){0};
		say_file(file, err, problems);
		return -EINVAL;
	}
	text.data = data;
	err = load_text(&text, load, out, problems);
	free(data);
	return err;
}

int config_load(const struct config_modules *modules, const char *file,
	const struct config *previous, struct config **out, struct config_problems *problems)
{
	return load_file(file, &(struct loading){modules, .previous = previous}, out, problems);
}

int config_load_more(const struct config_modules *modules, const char *file,
	const struct config_more *more, struct config **out, struct config_problems *problems)
{
	return load_file(file, &(struct loading){modules, .more = more}, out, problems);
}
