// The shim of the refusal sweep, see refuse.h. Loaded by LD_PRELOAD; never a part of the program.
#undef _FILE_OFFSET_BITS // open and open64 are both here, each by its own name

#include "tests/refusal/refuse.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT	   __attribute__((visibility("default")))
#define CALLER	   __builtin_return_address(0)
#define RANGES_MAX 16
#define LIVE_SLOTS (1u << 20)

EXPORT refuse_page_fn refuse_page;
EXPORT refuse_slot_fn refuse_slot;
EXPORT refuse_live_fn refuse_live;
EXPORT refuse_hold_fn refuse_hold;

static struct refuse_control none;
static struct refuse_control *control = &none;
static struct {
	uintptr_t from, to, base;
	char name[32];
} ranges[RANGES_MAX];
static unsigned range_count;
static void *live[LIVE_SLOTS];
static const void *live_by[LIVE_SLOTS];
static char *pages;
static int lock; // by __atomic alone
static int full = -1;
static _Thread_local int inside;
static bool ready; // until then no library may be called: a sanitizer begins before we are linked

// --- whose allocations count ---

static bool wanted(const char *name)
{
	const char *from = getenv("REFUSE_FROM");
	char list[256] = "", *rest = list, *part;
	if (name[0] == '\0')
		return true; // the program
	snprintf(list, sizeof(list), "%s", from ? from : "");
	while ((part = strsep(&rest, ":")) != NULL) {
		if (part[0] != '\0' && strstr(name, part) != NULL)
			return true;
	}
	return false;
}

static int note_range(struct dl_phdr_info *info, size_t size, void *arg)
{
	if (!wanted(info->dlpi_name))
		return 0;
	for (unsigned i = 0; i < info->dlpi_phnum && range_count < RANGES_MAX; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		const char *slash = strrchr(info->dlpi_name, '/');
		ranges[range_count].base = info->dlpi_addr;
		ranges[range_count].from = info->dlpi_addr + p->p_vaddr;
		ranges[range_count].to = info->dlpi_addr + p->p_vaddr + p->p_memsz;
		snprintf(ranges[range_count++].name, 32, "%s", slash ? slash + 1 : "program");
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	ready = true;
	const char *path = getenv("REFUSE_CONTROL");
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	full = (int)syscall(SYS_openat, AT_FDCWD, "/dev/full", O_WRONLY | O_CLOEXEC);
	dl_iterate_phdr(note_range, NULL);
	void *mem =
		mmap(NULL, REFUSE_PAGES * REFUSE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	if (mem == MAP_FAILED)
		return;
	pages = mem;
	control = mem;
}

EXPORT void refuse_page(unsigned page)
{
	control = (struct refuse_control *)(void *)(pages + page * REFUSE_BYTES);
}

static const char *whose(const void *caller, uintptr_t *offset)
{
	for (unsigned i = 0; i < range_count; i++) {
		uintptr_t at = (uintptr_t)caller;
		if (at < ranges[i].from || at >= ranges[i].to)
			continue;
		*offset = at - ranges[i].base;
		return ranges[i].name;
	}
	return NULL;
}

// One more of this kind: whether it is the one to be refused.
static bool refuse(enum refuse_kind kind, const char *what, const void *caller)
{
	uintptr_t offset = (uintptr_t)caller;
	if (control->off || inside)
		return false;
	const char *name = whose(caller, &offset);
	if (kind == REFUSE_ALLOCATION && name == NULL)
		return false;
	uint32_t n = __atomic_add_fetch(&control->count[kind], 1, __ATOMIC_RELAXED);
	if (control->kind != kind || n < control->n || n - control->n > control->more)
		return false;
	inside++;
	snprintf(control->what, sizeof(control->what), "%s", what);
	snprintf(control->where, sizeof(control->where), "%s+0x%zx", name ? name : "library",
		offset);
	inside--;
	__atomic_add_fetch(&control->refused, 1, __ATOMIC_RELEASE);
	return true;
}

EXPORT int refuse_slot(const char *what, const void *caller)
{
	return refuse(REFUSE_SLOT, what, caller);
}

// A test's doubles allocate too: nothing of theirs is counted.
EXPORT void refuse_hold(int by)
{
	inside += by;
}

// --- allocations ---

static uint32_t live_at(const void *p)
{
	uint32_t i = (uint32_t)(((uintptr_t)p >> 4) * 2654435761u) & (LIVE_SLOTS - 1);
	while (live[i] != NULL && live[i] != p)
		i = (i + 1) & (LIVE_SLOTS - 1);
	return i;
}

static void enter(void)
{
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		;
}

static void leave(void)
{
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
}

static void *born(void *p, const void *caller)
{
	uintptr_t offset;
	if (p == NULL || control == &none || control->off || inside || !whose(caller, &offset))
		return p;
	enter();
	uint32_t i = live_at(p);
	if (live[i] == NULL && control->live < (int32_t)(LIVE_SLOTS / 2)) {
		live[i] = p;
		live_by[i] = caller;
		control->live++;
	}
	leave();
	return p;
}

static void dies(const void *p)
{
	if (p == NULL || control == &none)
		return;
	enter();
	uint32_t i = live_at(p);
	if (live[i] != NULL) {
		control->live--;
		live[i] = NULL;
		for (uint32_t k = (i + 1) & (LIVE_SLOTS - 1); live[k] != NULL;
			k = (k + 1) & (LIVE_SLOTS - 1)) { // those behind it move up
			void *moved = live[k];
			const void *by = live_by[k];
			live[k] = NULL;
			uint32_t to = live_at(moved);
			live[to] = moved;
			live_by[to] = by;
		}
	}
	leave();
}

EXPORT void refuse_live(void)
{
	uintptr_t offset;
	for (uint32_t i = 0; i < LIVE_SLOTS; i++) {
		if (live[i] != NULL && whose(live_by[i], &offset))
			printf("    not freed: made by %s+0x%zx\n", whose(live_by[i], &offset),
				offset);
	}
}

// What dlsym itself asks for before there is anything to ask.
static char early[1 << 24] __attribute__((aligned(16)));
static size_t early_used;

static void *early_give(size_t bytes)
{
	void *p = early + early_used;
	early_used += (bytes + 15) & ~(size_t)15;
	return early_used <= sizeof(early) ? p : NULL;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

#define REAL(name)                     \
	static __typeof__(name) *real; \
	if (real == NULL)              \
	real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static _Thread_local bool looking;

EXPORT void *malloc(size_t bytes)
{
	static void *(*real)(size_t);
	if (!ready)
		return early_give(bytes);
	if (real == NULL) {
		if (looking)
			return early_give(bytes);
		looking = true;
		real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
		looking = false;
	}
	if (refuse(REFUSE_ALLOCATION, "malloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return born(real(bytes), CALLER);
}

EXPORT void *calloc(size_t n, size_t bytes)
{
	static void *(*real)(size_t, size_t);
	if (!ready)
		return early_give(n * bytes);
	if (real == NULL) {
		if (looking)
			return early_give(n * bytes);
		looking = true;
		real = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
		looking = false;
	}
	if (refuse(REFUSE_ALLOCATION, "calloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return born(real(n, bytes), CALLER);
}

EXPORT void free(void *p)
{
	static void (*real)(void *);
	if (p == NULL || is_early(p) || !ready)
		return;
	if (real == NULL)
		real = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	dies(p);
	real(p);
}

EXPORT void *realloc(void *p, size_t bytes)
{
	static void *(*real)(void *, size_t);
	if (!ready) {
		char *new = early_give(bytes);
		for (size_t i = 0; p != NULL && new != NULL &&i < bytes; i++)
			new[i] = ((const char *)p)[i];
		return new;
	}
	if (real == NULL)
		real = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	if (is_early(p))
		return memcpy(malloc(bytes), p, bytes);
	if (refuse(REFUSE_ALLOCATION, "realloc", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	dies(p);
	return born(real(p, bytes), CALLER);
}

EXPORT int posix_memalign(void **out, size_t align, size_t bytes)
{
	REAL(posix_memalign);
	if (refuse(REFUSE_ALLOCATION, "posix_memalign", CALLER))
		return ENOMEM;
	int err = real(out, align, bytes);
	if (err == 0)
		born(*out, CALLER);
	return err;
}

EXPORT char *strdup(const char *text)
{
	REAL(strdup);
	if (refuse(REFUSE_ALLOCATION, "strdup", CALLER)) {
		errno = ENOMEM;
		return NULL;
	}
	return real(text);
}

// --- descriptors ---

#define DESCRIPTOR(name)                                \
	if (refuse(REFUSE_DESCRIPTOR, #name, CALLER)) { \
		errno = EMFILE;                         \
		return -1;                              \
	}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	DESCRIPTOR(open)
	va_start(args, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list args;
	DESCRIPTOR(open)
	va_start(args, flags);
	mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	return openat(AT_FDCWD, path, flags, mode);
}

#define PLAIN(kind, error, type, name, params, args) \
	EXPORT type name params                      \
	{                                            \
		REAL(name);                          \
		if (refuse(kind, #name, CALLER)) {   \
			errno = error;               \
			return -1;                   \
		}                                    \
		return real args;                    \
	}

PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, socket, (int domain, int type, int protocol),
	(domain, type, protocol))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, eventfd, (unsigned count, int flags), (count, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, memfd_create, (const char *name, unsigned flags),
	(name, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, timerfd_create, (clockid_t clock, int flags), (clock, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, signalfd, (int fd, const sigset_t *mask, int flags),
	(fd, mask, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, epoll_create1, (int flags), (flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, dup, (int fd), (fd))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, pipe2, (int fds[2], int flags), (fds, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, accept4,
	(int fd, struct sockaddr *sa, socklen_t *len, int flags), (fd, sa, len, flags))
PLAIN(REFUSE_DESCRIPTOR, EMFILE, int, accept, (int fd, struct sockaddr *sa, socklen_t *len),
	(fd, sa, len))

// --- writes ---

static bool is_file(int fd)
{
	struct stat st;
	return control != &none && !control->off && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define WRITE(error, type, name, params, args)                            \
	EXPORT type name params                                           \
	{                                                                 \
		REAL(name);                                               \
		if (is_file(fd) && refuse(REFUSE_WRITE, #name, CALLER)) { \
			errno = error;                                    \
			return -1;                                        \
		}                                                         \
		return real args;                                         \
	}

WRITE(ENOSPC, ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
WRITE(ENOSPC, ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
WRITE(ENOSPC, ssize_t, pwrite64, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
WRITE(ENOSPC, ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
WRITE(ENOSPC, int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n))
WRITE(ENOSPC, int, fallocate64, (int fd, int mode, off64_t at, off64_t n), (fd, mode, at, n))
WRITE(EIO, int, ftruncate, (int fd, off_t n), (fd, n))
WRITE(EIO, int, ftruncate64, (int fd, off64_t n), (fd, n))
WRITE(EIO, int, fsync, (int fd), (fd))
WRITE(EIO, int, fdatasync, (int fd), (fd))

// --- io_uring ---

// What is written comes back with ENOSPC from /dev/full; what allocates or syncs, or accepts, finds
// no file.
static void spoil(struct io_uring_sqe *sqe)
{
	bool fixed = sqe->flags & IOSQE_FIXED_FILE;
	switch (sqe->opcode) {
	case IORING_OP_WRITE:
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
		if ((!fixed && !is_file(sqe->fd)) || !refuse(REFUSE_WRITE, "io_uring write", spoil))
			return;
		sqe->fd = full;
		break;
	case IORING_OP_FSYNC:
	case IORING_OP_FALLOCATE:
		if (!refuse(REFUSE_WRITE, "io_uring sync or allocate", spoil))
			return;
		sqe->fd = -1;
		break;
	case IORING_OP_OPENAT:
		if (refuse(REFUSE_DESCRIPTOR, "io_uring open", spoil))
			sqe->addr = (uintptr_t) "";
		return;
	case IORING_OP_ACCEPT:
		if (!refuse(REFUSE_DESCRIPTOR, "io_uring accept", spoil))
			return;
		sqe->fd = -1;
		break;
	default:
		return;
	}
	sqe->flags &= (uint8_t)~IOSQE_FIXED_FILE;
}

static void look(struct io_uring *ring)
{
	if (control == &none || control->off)
		return;
	for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++)
		spoil(&ring->sq.sqes[i & ring->sq.ring_mask]);
}

EXPORT int io_uring_submit(struct io_uring *ring)
{
	REAL(io_uring_submit);
	if (refuse(REFUSE_SUBMIT, "io_uring_submit", CALLER))
		return -EAGAIN;
	look(ring);
	return real(ring);
}

EXPORT int io_uring_submit_and_wait(struct io_uring *ring, unsigned n)
{
	REAL(io_uring_submit_and_wait);
	if (refuse(REFUSE_SUBMIT, "io_uring_submit_and_wait", CALLER))
		return -EAGAIN;
	look(ring);
	return real(ring, n);
}

EXPORT int io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
	unsigned n, struct __kernel_timespec *ts, sigset_t *mask)
{
	REAL(io_uring_submit_and_wait_timeout);
	if (refuse(REFUSE_SUBMIT, "io_uring_submit_and_wait_timeout", CALLER))
		return -EAGAIN;
	look(ring);
	return real(ring, cqe, n, ts, mask);
}
