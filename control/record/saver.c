// The thread that syncs.
#include "control/record/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"

LOG_TOPIC("record");

enum saver_state { SAVER_IDLE, SAVER_ASKED, SAVER_STOPPING };

static int saver_sync(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int rc = syncfs(fd) ? -errno : 0;
	close(fd);
	return rc;
}

static void saver_tell(struct saver *s, int error)
{
	if (error && !s->told)
		log_error("recordings cannot be made safe against a power cut folder=%s error=%s",
			s->directory, strerror(-error));
	if (!error && s->told)
		log_warn("recordings are made safe again folder=%s", s->directory);
	s->told = error;
}

static void *saver_thread(void *arg)
{
	struct saver *s = arg;
	sigset_t all;
	uint64_t count;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "saver");
	for (;;) {
		uint32_t asked = SAVER_ASKED;

		if (read(s->efd, &count, sizeof(count)) < 0 && errno != EINTR)
			return NULL;
		if (atomic_load_explicit(&s->state, memory_order_acquire) == SAVER_STOPPING)
			return NULL;
		saver_tell(s, saver_sync(s->directory));
		atomic_compare_exchange_strong(&s->state, &asked, SAVER_IDLE);
	}
}

int saver_start(struct saver *s, const char *directory)
{
	*s = (struct saver){.efd = eventfd(0, EFD_CLOEXEC)};
	str_copy(s->directory, sizeof(s->directory), directory);
	if (s->efd < 0)
		return -errno;
	int rc = -pthread_create(&s->thread, NULL, saver_thread, s);
	if (rc)
		close(s->efd);
	return rc;
}

static void saver_wake(struct saver *s)
{
	check(write(s->efd, &(uint64_t){1}, 8) == 8);
}

bool saver_ask(struct saver *s)
{
	if (atomic_load_explicit(&s->state, memory_order_acquire) != SAVER_IDLE)
		return false;
	atomic_store_explicit(&s->state, SAVER_ASKED, memory_order_release);
	saver_wake(s);
	return true;
}

void saver_stop(struct saver *s)
{
	atomic_store_explicit(&s->state, SAVER_STOPPING, memory_order_release);
	saver_wake(s);
	pthread_join(s->thread, NULL);
	close(s->efd);
}
