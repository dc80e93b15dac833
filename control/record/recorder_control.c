// Control's half of the recorder: start and stop, numbers, commands, results.
#include "control/record/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/config/config.h"
#include "control/eventlog/eventlog.h"
#include "control/record/name.h"
#include "control/record/placing.h"
#include "control/record/recorder_thread.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "engine/tap.h"

#define FLUSH_S	    10
#define BATCH	    32 // results told in one go
#define SYNC_MAX_NS (2 * NS_PER_S)

static int start_folder(struct recorder *r, char error[512])
{
	mkdir(r->directory, 0750); // the lock says what is wrong
	r->lock = mapping_lock(r->directory, error);
	return r->lock < 0 ? r->lock : 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int start_memory(struct recorder *r)
{
	uint32_t n = r->recordings_max;

	r->slot_state = calloc(n, sizeof(*r->slot_state));
	r->recordings = calloc(n, sizeof(*r->recordings));
	r->turn_ns = malloc(n * sizeof(*r->turn_ns));
	r->flush_at_ns = malloc(n * sizeof(*r->flush_at_ns));
	for (uint32_t i = 0; r->turn_ns && r->flush_at_ns && i < n; i++)
		r->turn_ns[i] = r->flush_at_ns[i] = UINT64_MAX;
	// At most an open and a close of every recording, a close that a failure has overtaken,
	// and the stop.
	r->commands = ring_new(RING_SPSC, 3 * n + 1, sizeof(struct recorder_command));
	r->results = ring_new(RING_SPSC, n, sizeof(struct recording_result *));
	r->told_size = n + r->recovered.count;
	r->told = calloc(r->told_size, sizeof(*r->told));
	r->recovered_files = malloc((r->recovered.count + 1) * sizeof(*r->recovered_files));
	if (!r->recovered_files || !r->told || !r->slot_state || !r->recordings || !r->turn_ns ||
		!r->flush_at_ns || !r->commands || !r->results)
		return -ENOMEM;
	for (size_t i = 0; i < r->recovered.count; i++)
		r->recovered_files[i] = r->recovered.list[i].file;
	qsort(r->recovered_files, r->recovered.count, sizeof(*r->recovered_files), by_text);
	return pool_init(&r->slots, n);
}

static int start_all(struct recorder *r, char error[512])
{
	int rc = start_folder(r, error);

	if (!rc)
		rc = recover_mappings(r->directory, &r->recovered, error);
	if (!rc)
		rc = mapping_make(&r->mapping, r->directory, r->recordings_max, error);
	if (!rc && r->tap)
		mapping_give(&r->mapping, r->tap);
	if (!rc)
		rc = start_memory(r);
	if (!rc)
		rc = ring_wake_init(&r->command_wake);
	if (!rc)
		rc = ring_wake_init(&r->result_wake);
	if (!rc)
		rc = disk_init(&r->disk, r->recordings_max, error);
	if (!rc)
		rc = disk_hold(&r->disk, r->lock);
	if (rc)
		return rc;
	recorder_check_disk(r);
	rc = saver_start(&r->saver, r->directory);
	if (!rc) {
		rc = -pthread_create(&r->thread, NULL, recorder_thread, r);
		if (rc)
			saver_stop(&r->saver);
	}
	if (rc)
		disk_fini(&r->disk);
	return rc;
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	// What the log does not have is told again by the next start.
	mapping_close(&r->mapping, r->told_count > 0);
	recover_fini(&r->recovered, r->recovered_told && !r->told_count);
	if (r->lock >= 0)
		close(r->lock);
	pool_fini(&r->slots);
	free(r->slot_state);
	free(r->recordings);
	free(r->turn_ns);
	free(r->flush_at_ns);
	free(r->told);
	free(r->recovered_files);
	ring_free(r->commands);
	ring_free(r->results);
	ring_wake_fini(&r->command_wake);
	ring_wake_fini(&r->result_wake);
	free(r);
}

// Of the time after which sound is safe at the latest a part is for the wait for a sync, and one
// for the sync.
static void recorder_set_flush(struct recorder *r, unsigned flush_s)
{
	uint64_t limit_ns = (flush_s ? flush_s : FLUSH_S) * NS_PER_S, fifth_ns = limit_ns / 5;

	r->sync_ns = fifth_ns < SYNC_MAX_NS ? fifth_ns : SYNC_MAX_NS;
	r->flush_ns = limit_ns - r->sync_ns - (fifth_ns < NS_PER_S ? fifth_ns : NS_PER_S);
}

int recorder_start(
	const struct config *config, struct tap *tap, struct recorder **out, char error[512])
{
	struct recorder *r = aligned_alloc(_Alignof(struct recorder), sizeof(*r));

	*out = NULL;
	error[0] = 0;
	if (!r)
		return -ENOMEM;
	*r = (struct recorder){
		.tap = tap,
		.recordings_max = config->recording.calls_max,
		.free_min_bytes = config->recording.free_min_bytes,
		.mapping.fd = -1,
		.lock = -1,
		.command_wake.efd = -1,
		.result_wake.efd = -1,
	};
	dlist_init(&r->closing);
	recorder_set_flush(r, config->recording.flush_s);
	check(r->recordings_max && r->recordings_max <= TAP_SLOT_MASK);
	str_copy(r->directory, sizeof(r->directory), config->recording.directory);
	int rc = start_all(r, error);
	if (rc) {
		if (!error[0])
			str_format(error, 512, "the recorder does not start: %s", strerror(-rc));
		recorder_free(r);
		return rc;
	}
	if (r->recovered.count) // told by the first poll
		check(write(r->result_wake.efd, &(uint64_t){1}, 8) == 8);
	ring_wake_arm(&r->result_wake);
	*out = r;
	return 0;
}

static void recorder_command(struct recorder *r, enum recorder_command_kind kind, uint32_t slot)
{
	struct recorder_command c = {kind, slot};

	check(ring_push(r->commands, &c));
	ring_wake_reader(&r->command_wake);
}

bool recorder_recovers(const struct recorder *r, const char *file)
{
	return r->recovered.count &&
		bsearch(&file, r->recovered_files, r->recovered.count, sizeof(char *), by_text);
}

void recorder_set_result(struct recorder *r, recorder_result_h *h, void *arg)
{
	r->handler = h;
	r->handler_arg = arg;
}

int recorder_fd(const struct recorder *r)
{
	return r->result_wake.efd;
}

void recorder_set_log(struct recorder *r, struct eventlog *log, uint64_t found)
{
	r->log = log;
	r->log_found = found;
}

static void recorder_release(struct recorder *r, uint32_t slot)
{
	if (!r->slot_state[slot].closed || !r->slot_state[slot].logged)
		return;
	r->open--;
	pool_give(&r->slots, slot);
}

// The oldest result that was told: what the mapping has of it is no longer needed.
static void told_take(struct recorder *r)
{
	struct recorder_told *t = &r->told[r->told_first];

	r->told_first = (r->told_first + 1) % r->told_size;
	r->told_count--;
	if (t->entry)
		atomic_store_explicit(&t->entry->state, MAPPING_FREE, memory_order_release);
	if (t->slot == POOL_NONE)
		return;
	r->slot_state[t->slot].logged = true;
	recorder_release(r, t->slot);
}

static void told_written(uint64_t sequence, void *arg)
{
	struct recorder *r = arg;

	while (r->told_count && r->told[r->told_first].sequence <= sequence)
		told_take(r);
	if (r->recovered_told && !r->told_count)
		recover_fini(&r->recovered, true);
}

static void recorder_tell(struct recorder *r, const struct recording_result *result,
	struct mapping_recording *entry, uint32_t slot)
{
	struct eventlog_status log = {0};

	if (r->handler)
		r->handler(result, r->handler_arg);
	if (r->log)
		eventlog_status(r->log, &log);
	if (entry)
		entry->told = log.appended;
	check(r->told_count < r->told_size);
	r->told[(r->told_first + r->told_count++) % r->told_size] =
		(struct recorder_told){log.appended, entry, slot};
}

// Some of them, but for what the killed process had told, and its log has.
static void recorder_tell_recovered(struct recorder *r)
{
	if (!r->handler || r->recovered_told)
		return;
	for (unsigned i = 0; i < BATCH && r->recovered_next < r->recovered.count; i++) {
		size_t at = r->recovered_next++;
		struct mapping_recording *entry = r->recovered.entries[at];

		if (!entry || !entry->told || entry->told > r->log_found)
			recorder_tell(r, &r->recovered.list[at], entry, POOL_NONE);
	}
	r->recovered_told = r->recovered_next == r->recovered.count;
}

// A kill until the log has them tells them again.
static void recorder_told_all(struct recorder *r)
{
	if (!r->told_count)
		return;
	const struct recorder_told *last =
		&r->told[(r->told_first + r->told_count - 1) % r->told_size];

	if (r->log)
		(void)eventlog_when_written(r->log, last->sequence, told_written, r); // or the next
	else
		told_written(UINT64_MAX, r);
}

// True: there may be more.
static bool recorder_tell_some(struct recorder *r)
{
	struct recording_result *result;

	recorder_tell_recovered(r);
	for (unsigned i = 0; i < BATCH; i++) {
		if (!ring_pop(r->results, &result))
			return r->handler && !r->recovered_told;
		uint32_t slot = result->number & TAP_SLOT_MASK;

		r->slot_state[slot].told = true;
		recorder_tell(r, result, &r->mapping.recordings[slot], slot);
	}
	return true;
}

void recorder_poll(struct recorder *r)
{
	uint32_t before = r->told_count;

	ring_wake_drain(&r->result_wake);
	ring_wake_arm(&r->result_wake);
	if (recorder_tell_some(r)) // the rest in the loop's next turn
		ring_wake_reader(&r->result_wake);
	if (r->told_count > before)
		recorder_told_all(r);
}

void recorder_stop(struct recorder *r)
{
	if (!r)
		return;
	recorder_command(r, RECORDER_STOP, 0);
	pthread_join(r->thread, NULL);
	while (recorder_tell_some(r))
		;
	recorder_told_all(r);
	saver_stop(&r->saver);
	disk_fini(&r->disk);
	if (!r->log)
		recorder_free(r);
}

int recorder_open(struct recorder *r, const struct recording_request *q, uint32_t *number,
	uint64_t *start_ns, char file[512])
{
	if (atomic_load_explicit(&r->disk_full, memory_order_relaxed))
		return -ENOSPC;
	check(q->law == CODEC_PCMU || q->law == CODEC_PCMA);
	uint32_t slot = pool_take(&r->slots);
	while (slot == POOL_NONE && r->told_count) { // a log that is not written costs no recording
		told_take(r);
		slot = pool_take(&r->slots);
	}
	if (slot == POOL_NONE)
		return -EMFILE;
	struct mapping_recording *e = &r->mapping.recordings[slot];
	int rc = recording_name(r->directory, q, e->id, e->file);
	if (rc) {
		pool_give(&r->slots, slot);
		return rc;
	}
	// The generation is odd while the slot is taken: the number is never 0.
	*number = (pool_generation(&r->slots, slot) << TAP_SLOT_BITS) | slot;
	*start_ns = clock_mono_ns();
	str_copy(file, 512, e->file);
	e->number = *number;
	e->call = q->call;
	e->start_wall_ns = q->wall_ns;
	e->law = q->law;
	atomic_store_explicit(&e->in_file, 0, memory_order_relaxed);
	atomic_store_explicit(&e->length, 0, memory_order_relaxed);
	e->start_mono_ns = *start_ns;
	e->told = 0;
	placing_open_lanes(&r->mapping, slot, codec_get(q->law)->silence);
	atomic_store_explicit(&e->state, MAPPING_OPEN, memory_order_release);
	memset(&r->slot_state[slot], 0, sizeof(r->slot_state[slot]));
	r->open++;
	recorder_command(r, RECORDER_OPEN, slot);
	return 0;
}

void recorder_close(struct recorder *r, uint32_t number)
{
	uint32_t slot = number & TAP_SLOT_MASK;

	check(slot < r->recordings_max && r->mapping.recordings[slot].number == number &&
		!r->slot_state[slot].closed);
	r->slot_state[slot].closed = true;
	if (!r->slot_state[slot].told)
		recorder_command(r, RECORDER_CLOSE, slot);
	recorder_release(r, slot);
}

void recorder_status(const struct recorder *r, struct recorder_status *out)
{
	*out = (struct recorder_status){
		.open = r->open,
		.open_max = r->recordings_max,
		.bytes_written = atomic_load_explicit(&r->bytes_written, memory_order_relaxed),
		.frames_lost = atomic_load_explicit(&r->frames_lost, memory_order_relaxed),
		.disk_free_bytes = atomic_load_explicit(&r->disk_free_bytes, memory_order_relaxed),
		.disk_full = atomic_load_explicit(&r->disk_full, memory_order_relaxed),
		.folder_error = atomic_load_explicit(&r->folder_error, memory_order_relaxed),
		.write_max_ns = atomic_load_explicit(&r->write_max_ns, memory_order_relaxed),
		.ring_fill_permille = r->tap ? tap_fill_permille(r->tap) : 0,
	};
}
