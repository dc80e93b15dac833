// The disk as a cut leaves it: what a sync covered, and any part of the rest.
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/control/record/folder.h"
#include "tests/unit/control/record/powercut_private.h"

#define SECTOR 512u

char *cut_parent_of(const char *path)
{
	char *parent = strdup(path);

	*strrchr(parent, '/') = 0;
	return parent;
}

static bool op_covered(const struct op *o, const struct op *sync)
{
	if (sync->kind != SYNC || sync->begin_ns < o->end_ns)
		return false;
	if (sync->object == WHOLE)
		return !o->elsewhere;
	if (o->kind == CREATE || o->kind == FOLDER)
		return sync->object == NOTHING && !strcmp(sync->path, o->path);
	return sync->object == o->object;
}

void cut_judge_safe(struct op *ops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct op *o = &ops[i];

		o->safe_ns = UINT64_MAX;
		for (uint32_t n = i + 1;
			n < count && o->kind < SYNC && ops[n].begin_ns < o->safe_ns; n++)
			if (op_covered(o, &ops[n]) && ops[n].end_ns < o->safe_ns)
				o->safe_ns = ops[n].end_ns;
	}
}

static void make_write(int fd, const struct op *o, struct rng *rng, unsigned keep)
{
	size_t step = keep == 100 ? o->length : SECTOR;

	for (uint64_t at = 0; at < o->length; at += step) {
		size_t n = o->length - at < step ? o->length - at : step;

		if (keep == 100 || rng_below(rng, 100) < keep)
			check(pwrite(fd, o->data + at, n, (off_t)(o->offset + at)) == (ssize_t)n);
	}
}

static void make_op(const struct op *o, const char *path, struct rng *rng, unsigned keep)
{
	struct stat file;

	if (o->kind != WRITE && keep < 100 && rng_below(rng, 100) >= keep)
		return;
	if (o->kind == FOLDER) {
		mkdir(path, 0750); // a folder above may be lost
		return;
	}
	int fd = open(path, O_RDWR | (o->kind == CREATE ? O_CREAT : 0), 0640);
	if (fd < 0)
		return;
	if (o->kind == WRITE)
		make_write(fd, o, rng, keep);
	else if (o->kind == TRUNCATE)
		check(!ftruncate(fd, (off_t)o->length));
	else if (o->kind == ALLOCATE && !fstat(fd, &file) &&
		file.st_size < (off_t)(o->offset + o->length))
		check(!ftruncate(fd, (off_t)(o->offset + o->length)));
	close(fd);
}

void cut_make_of(const struct cut_journal *j, uint64_t at_ns, uint64_t seed)
{
	static const unsigned keeps[] = {0, 50, 95, 100};
	struct rng rng;

	rng_seed(&rng, seed);
	unsigned keep = keeps[rng_below(&rng, 4)];
	folder_remove(j->directory);
	check(!mkdir(j->directory, 0750));
	for (uint32_t i = 0; i < j->count; i++) {
		const struct op *o = &j->ops[i];

		if (o->kind < SYNC && o->begin_ns <= at_ns)
			make_op(o, j->objects[o->object], &rng, o->safe_ns <= at_ns ? 100 : keep);
	}
}
