// The journal of what was asked for, and the disk that is made of it.
#include "tests/unit/control/record/powercut_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/record/disk.h"
#include "control/record/saver.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/str.h"
#include "tests/unit/control/record/powercut_private.h"

#define TICK_NS	 (20 * NS_PER_MS)
#define OPS_MAX	 200000u
#define FDS_MAX	 1024
#define PATH_LEN 300

struct armed { // a poll
	struct io_uring *ring;
	int fd;
	uint64_t user_data;
};

static struct {
	bool on, ended, no_sync;
	char directory[PATH_LEN];
	uint64_t now_ns, tick_ns, sync_until_ns, longest_ns;
	struct rng rng;
	bool (*tick)(void);
	sem_t go, end;
	struct op *ops;
	uint32_t count, pending[OPS_MAX], pending_count;
	struct armed armed[8];
	unsigned armed_count;
	char *objects[4096]; // paths
	uint32_t object_count;
	uint32_t direct[256], fds[FDS_MAX]; // to objects
} cut;

static uint32_t object_of(const char *path)
{
	for (uint32_t i = cut.object_count; i-- > 0;)
		if (!strcmp(cut.objects[i], path))
			return i;
	check(cut.object_count < 4096);
	cut.objects[cut.object_count] = strdup(path);
	return cut.object_count++;
}

static void fd_path(int fd, char out[PATH_LEN])
{
	char link[64];

	str_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, out, PATH_LEN - 1);
	check(len > 0);
	out[len] = 0;
}

static struct op *op_add(enum kind kind, uint32_t object, uint64_t takes_ns)
{
	check(cut.count < OPS_MAX);
	struct op *o = &cut.ops[cut.count++];

	*o = (struct op){
		.kind = kind,
		.object = object,
		.elsewhere = object < WHOLE && strstr(cut.objects[object], "/events-"),
		.begin_ns = cut.now_ns,
		.end_ns = cut.now_ns + takes_ns,
	};
	return o;
}

static uint64_t takes_ns(unsigned usual_ms)
{
	uint64_t ns = NS_PER_MS / 10 + rng_below(&cut.rng, usual_ms * 1000) * 1000ull;

	return rng_below(&cut.rng, 50) ? ns : ns * 10; // the disk is busy with something else
}

// --- what io_uring is asked for ---
static struct op *ask_open(const struct io_uring_sqe *sqe)
{
	char path[2 * PATH_LEN] = "", folder[PATH_LEN];
	const char *name = (const char *)(uintptr_t)sqe->addr;

	if (name[0] != '/') {
		fd_path(sqe->fd, folder);
		str_format(path, sizeof(path), "%s/%s", folder, name);
	} else {
		str_copy(path, sizeof(path), name);
	}
	struct op *o = op_add(OTHER, NOTHING, takes_ns(1));
	if (sqe->open_flags & O_DIRECTORY) {
		o->res = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		o->res = o->res < 0 ? -errno : o->res;
		return o;
	}
	char *parent = cut_parent_of(path);
	if (access(parent, F_OK)) {
		free(parent);
		o->res = -ENOENT;
		return o;
	}
	o->kind = CREATE;
	o->object = object_of(path);
	o->elsewhere = strstr(path, "/events-");
	o->path = parent;
	if (sqe->file_index) {
		cut.direct[sqe->file_index - 1] = o->object;
	} else {
		o->res = open("/dev/null", O_WRONLY | O_CLOEXEC);
		check(o->res >= 0 && o->res < FDS_MAX);
		cut.fds[o->res] = o->object;
	}
	return o;
}

static uint32_t asked_object(const struct io_uring_sqe *sqe)
{
	return sqe->flags & IOSQE_FIXED_FILE ? cut.direct[sqe->fd] : cut.fds[sqe->fd];
}

static struct op *ask_sync(const struct io_uring_sqe *sqe)
{
	char path[PATH_LEN];
	struct op *o = op_add(cut.no_sync ? OTHER : SYNC, asked_object(sqe), takes_ns(30));

	if (sqe->flags & IOSQE_FIXED_FILE)
		return o;
	fd_path(sqe->fd, path);
	if (strcmp(path, "/dev/null")) {
		o->object = NOTHING;
		o->path = strdup(path);
	}
	return o;
}

static struct op *ask_data(const struct io_uring_sqe *sqe)
{
	struct op *o = op_add(WRITE, asked_object(sqe), takes_ns(20));

	o->offset = sqe->off;
	o->length = sqe->len;
	o->res = (int)sqe->len;
	if (sqe->opcode == IORING_OP_FALLOCATE) {
		o->kind = ALLOCATE;
		o->length = sqe->addr;
		o->res = 0;
	} else if (sqe->opcode == OP_FTRUNCATE) {
		o->kind = TRUNCATE;
		o->length = sqe->off;
		o->res = 0;
	} else {
		o->data = malloc(o->length);
		check(o->data);
		memcpy(o->data, (const void *)(uintptr_t)sqe->addr, o->length);
	}
	return o;
}

static struct op *ask_other(const struct io_uring_sqe *sqe)
{
	struct op *o = op_add(OTHER, NOTHING, takes_ns(1));

	if (sqe->opcode == IORING_OP_CLOSE && !sqe->file_index)
		close(sqe->fd);
	if (sqe->opcode == IORING_OP_TIMEOUT) {
		const struct __kernel_timespec *t = (const void *)(uintptr_t)sqe->addr;

		o->end_ns = cut.now_ns + t->tv_sec * NS_PER_S + t->tv_nsec;
		o->res = -ETIME;
	}
	return o;
}

static void ask(struct io_uring *ring, const struct io_uring_sqe *sqe)
{
	struct op *o;

	switch (sqe->opcode) {
	case IORING_OP_POLL_ADD:
		check(cut.armed_count < 8);
		cut.armed[cut.armed_count++] = (struct armed){ring, sqe->fd, sqe->user_data};
		return;
	case IORING_OP_OPENAT:
		o = ask_open(sqe);
		break;
	case IORING_OP_FSYNC:
		o = ask_sync(sqe);
		break;
	case IORING_OP_WRITE:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_FALLOCATE:
	case OP_FTRUNCATE:
		o = ask_data(sqe);
		break;
	default:
		o = ask_other(sqe);
	}
	o->ring = ring;
	o->user_data = sqe->user_data;
	cut.pending[cut.pending_count++] = o - cut.ops;
}

static int take_all(struct io_uring *ring)
{
	struct io_uring_sq *sq = &ring->sq;
	int count = 0;

	for (; sq->sqe_head != sq->sqe_tail; sq->sqe_head++, count++)
		ask(ring, &sq->sqes[sq->sqe_head & sq->ring_mask]);
	*sq->ktail = sq->sqe_tail;
	*sq->khead = sq->sqe_tail;
	return count;
}

static void answer(struct io_uring *ring, uint64_t user_data, int res)
{
	unsigned tail = *ring->cq.ktail;

	ring->cq.cqes[tail & ring->cq.ring_mask] =
		(struct io_uring_cqe){.user_data = user_data, .res = res};
	__atomic_store_n(ring->cq.ktail, tail + 1, __ATOMIC_RELEASE);
}

// --- time ---
static void answer_due(void)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < cut.pending_count; i++) {
		const struct op *o = &cut.ops[cut.pending[i]];

		if (o->end_ns <= cut.now_ns)
			answer(o->ring, o->user_data, o->res);
		else
			cut.pending[left++] = cut.pending[i];
	}
	cut.pending_count = left;
}

static void answer_polls(void)
{
	unsigned left = 0;

	for (unsigned i = 0; i < cut.armed_count; i++) {
		struct armed a = cut.armed[i];
		struct pollfd p = {a.fd, POLLIN, 0};

		if (poll(&p, 1, 0) == 1)
			answer(a.ring, a.user_data, POLLIN);
		else
			cut.armed[left++] = a;
	}
	cut.armed_count = left;
}

// To the next thing that happens, `until` at the latest.
static void advance(uint64_t until_ns)
{
	uint64_t next = until_ns;

	for (uint32_t i = 0; i < cut.pending_count; i++)
		if (cut.ops[cut.pending[i]].end_ns < next)
			next = cut.ops[cut.pending[i]].end_ns;
	if (!cut.ended && cut.tick_ns < next)
		next = cut.tick_ns;
	cut.now_ns = next > cut.now_ns ? next : cut.now_ns;
	answer_due();
	if (!cut.ended && cut.now_ns >= cut.tick_ns) {
		cut.tick_ns += TICK_NS;
		if (!cut.tick()) {
			cut.ended = true;
			sem_post(&cut.end);
		}
	}
	answer_polls();
	if (cut.ended)
		usleep(100); // for the other thread, which ends the recorder
}

// --- in place of the real ones ---
int __real_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring)
{
	return cut.on ? take_all(ring) : __real_io_uring_submit(ring);
}

int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned count, struct __kernel_timespec *ts, sigset_t *mask)
{
	if (!cut.on)
		return __real_io_uring_submit_and_wait_timeout(ring, cqe, count, ts, mask);
	if (!cut.tick_ns) {
		while (sem_wait(&cut.go))
			;
		cut.tick_ns = cut.now_ns;
	}
	uint64_t until_ns = cut.now_ns + ts->tv_sec * NS_PER_S + ts->tv_nsec;
	take_all(ring);
	while (*ring->cq.khead == *ring->cq.ktail && cut.now_ns < until_ns)
		advance(until_ns);
	return 0;
}

int __real___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
	unsigned wait, sigset_t *mask);
int __wrap___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
	unsigned wait, sigset_t *mask);
int __wrap___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
	unsigned wait, sigset_t *mask)
{
	if (!cut.on)
		return __real___io_uring_get_cqe(ring, cqe, submit, wait, mask);
	take_all(ring);
	while (wait && *ring->cq.khead == *ring->cq.ktail)
		advance(cut.now_ns + NS_PER_S);
	*cqe = NULL;
	if (*ring->cq.khead == *ring->cq.ktail)
		return -EAGAIN;
	*cqe = &ring->cq.cqes[*ring->cq.khead & ring->cq.ring_mask];
	return 0;
}

void __real_io_uring_queue_exit(struct io_uring *ring);
void __wrap_io_uring_queue_exit(struct io_uring *ring);
void __wrap_io_uring_queue_exit(struct io_uring *ring)
{
	unsigned left = 0;

	for (unsigned i = 0; i < cut.armed_count; i++)
		if (cut.armed[i].ring != ring)
			cut.armed[left++] = cut.armed[i];
	cut.armed_count = left;
	__real_io_uring_queue_exit(ring);
}

int __real_io_uring_wait_cqe_timeout(
	struct io_uring *ring, struct io_uring_cqe **cqe, struct __kernel_timespec *ts);
int __wrap_io_uring_wait_cqe_timeout(
	struct io_uring *ring, struct io_uring_cqe **cqe, struct __kernel_timespec *ts);
int __wrap_io_uring_wait_cqe_timeout(
	struct io_uring *ring, struct io_uring_cqe **cqe, struct __kernel_timespec *ts)
{
	if (!cut.on)
		return __real_io_uring_wait_cqe_timeout(ring, cqe, ts);
	return __wrap___io_uring_get_cqe(ring, cqe, 0, cut.pending_count, NULL) ? -ETIME : 0;
}

uint64_t __real_clock_mono_ns(void);
uint64_t __wrap_clock_mono_ns(void);
uint64_t __wrap_clock_mono_ns(void)
{
	return cut.on ? cut.now_ns : __real_clock_mono_ns();
}

bool __wrap_saver_ask(struct saver *s);
bool __wrap_saver_ask(struct saver *s)
{
	(void)s;
	if (cut.now_ns < cut.sync_until_ns)
		return false;
	struct op *o = op_add(cut.no_sync ? OTHER : SYNC, WHOLE, takes_ns(80));
	cut.sync_until_ns = o->end_ns;
	cut.longest_ns =
		o->end_ns - o->begin_ns > cut.longest_ns ? o->end_ns - o->begin_ns : cut.longest_ns;
	return true;
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
	int rc = __real_mkdir(path, mode);

	if (cut.on && !rc) {
		struct op *o = op_add(FOLDER, object_of(path), 0);

		o->path = cut_parent_of(path);
	}
	return rc;
}

// A folder, or what stands for a file that was opened by io_uring.
static void sync_here(int fd)
{
	char path[PATH_LEN];
	struct op *o = op_add(cut.no_sync ? OTHER : SYNC, NOTHING, 0);

	fd_path(fd, path);
	if (strcmp(path, "/dev/null"))
		o->path = strdup(path);
	else
		o->object = cut.fds[fd];
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	if (!cut.on)
		return __real_fsync(fd);
	sync_here(fd);
	return 0;
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	if (!cut.on)
		return __real_fdatasync(fd);
	sync_here(fd);
	return 0;
}

// --- the test's side ---
void cut_begin(const char *directory, uint64_t seed, bool (*tick)(void))
{
	for (uint32_t i = 0; i < cut.count; i++) {
		free(cut.ops[i].data);
		free(cut.ops[i].path);
	}
	for (uint32_t i = 0; i < cut.object_count; i++)
		free(cut.objects[i]);
	free(cut.ops);
	memset(&cut, 0, sizeof(cut));
	cut.ops = malloc(OPS_MAX * sizeof(*cut.ops));
	check(cut.ops);
	str_copy(cut.directory, sizeof(cut.directory), directory);
	rng_seed(&cut.rng, seed);
	cut.now_ns = 1000 * NS_PER_S;
	cut.tick = tick;
	sem_init(&cut.go, 0, 0);
	sem_init(&cut.end, 0, 0);
	cut.on = true;
}

void cut_go(void)
{
	sem_post(&cut.go);
}

void cut_end(void)
{
	while (sem_wait(&cut.end))
		;
}

void cut_over(void)
{
	cut.on = false;
	cut_judge_safe(cut.ops, cut.count);
}

uint64_t cut_now_ns(void)
{
	return cut.now_ns;
}

uint64_t cut_longest_sync_ns(void)
{
	return cut.longest_ns;
}

void cut_without_sync(void)
{
	cut.no_sync = true;
}

void cut_make(uint64_t at_ns, uint64_t seed)
{
	const struct cut_journal j = {cut.ops, cut.count, cut.objects, cut.directory};

	cut_make_of(&j, at_ns, seed);
}
