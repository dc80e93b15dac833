// Control's half of the recorder: start and stop, numbers, commands, results.
#include "control/record/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/base/config.h"
#include "control/record/name.h"
#include "control/record/placing.h"
#include "control/record/recorder_thread.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/tap.h"

LOG_TOPIC("record");

static int start_folder(const char *directory, char error[512])
{
	char probe[300];
	int rc = mkdir(directory, 0750) && errno != EEXIST ? -errno : 0;

	str_format(probe, sizeof(probe), "%s/.probe", directory);
	int fd = rc ? -1 : open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		rc = rc ? rc : -errno;
		str_format(error, 512,
			"recordings cannot be written to %s: %s; make the folder and give it to "
			"the "
			"user of the service (recording.directory)",
			directory, strerror(-rc));
		return rc;
	}
	close(fd);
	unlink(probe);
	return 0;
}

// What is left of a killed process. A mapping that could not be saved stays under another name
// until someone has looked at it.
static int start_recover(struct recorder *r, char error[512])
{
	char aside[96];
	int rc = recover_mapping(&r->mapping, &r->recovered);

	if (rc || (!r->recovered.unsaved && !r->mapping.foreign))
		return rc;
	str_format(aside, sizeof(aside), "%s.unsaved", r->mapping.path);
	mapping_close(&r->mapping, true);
	if (rename(r->mapping.path, aside))
		return -errno;
	if (r->mapping.foreign)
		log_error("what a killed process of another version was recording stays in %s: "
			  "stop the service, rename it to %s and start that version once",
			aside, r->mapping.path);
	else
		log_error("%zu recordings of the killed process could not be written out, their "
			  "sound stays in %s: make room, stop the service, rename it to %s and "
			  "start",
			r->recovered.unsaved, aside, r->mapping.path);
	return mapping_open(&r->mapping, r->directory, error);
}

static int start_memory(struct recorder *r)
{
	uint32_t n = r->recordings_max;

	r->slot_state = calloc(n, sizeof(*r->slot_state));
	r->recordings = calloc(n, sizeof(*r->recordings));
	r->turn_ns = malloc(n * sizeof(*r->turn_ns));
	for (uint32_t i = 0; r->turn_ns && i < n; i++)
		r->turn_ns[i] = UINT64_MAX;
	// At most an open and a close of every recording, a close that a failure has overtaken,
	// and the stop.
	r->commands = ring_new(RING_SPSC, 3 * n + 1, sizeof(struct recorder_command));
	r->results = ring_new(RING_SPSC, n, sizeof(struct recording_result *));
	if (!r->slot_state || !r->recordings || !r->turn_ns || !r->commands || !r->results)
		return -ENOMEM;
	return pool_init(&r->slots, n);
}

static int start_all(struct recorder *r, char error[512])
{
	int rc = start_folder(r->directory, error);

	if (!rc)
		rc = mapping_open(&r->mapping, r->directory, error);
	if (!rc)
		rc = start_recover(r, error);
	if (!rc)
		rc = mapping_reset(&r->mapping, r->recordings_max, error);
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
		rc = disk_hold(&r->disk, r->mapping.fd);
	if (rc)
		return rc;
	recorder_check_disk(r);
	rc = -pthread_create(&r->thread, NULL, recorder_thread, r);
	if (rc)
		disk_fini(&r->disk);
	return rc;
}

static void recorder_free(struct recorder *r)
{
	mapping_close(&r->mapping, false);
	pool_fini(&r->slots);
	free(r->slot_state);
	free(r->recordings);
	free(r->turn_ns);
	free(r->recovered.list);
	ring_free(r->commands);
	ring_free(r->results);
	ring_wake_fini(&r->command_wake);
	ring_wake_fini(&r->result_wake);
	free(r);
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
		.flush_ns = (config->recording.flush_s ? config->recording.flush_s : 5) * NS_PER_S,
		.free_min_bytes = config->recording.free_min_bytes,
		.mapping.fd = -1,
		.command_wake.efd = -1,
		.result_wake.efd = -1,
	};
	dlist_init(&r->closing);
	dlist_init(&r->flushing);
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

void recorder_stop(struct recorder *r)
{
	if (!r)
		return;
	recorder_command(r, RECORDER_STOP, 0);
	pthread_join(r->thread, NULL);
	recorder_poll(r);
	disk_fini(&r->disk);
	recorder_free(r);
}

bool recorder_recovers(const struct recorder *r, const char *file)
{
	for (size_t i = 0; i < r->recovered.count; i++)
		if (!strcmp(r->recovered.list[i].file, file))
			return true;
	return false;
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

static void recorder_release(struct recorder *r, uint32_t slot)
{
	if (!r->slot_state[slot].closed || !r->slot_state[slot].told)
		return;
	r->open--;
	pool_give(&r->slots, slot);
}

static void recorder_tell(struct recorder *r, struct recording_result *result)
{
	uint32_t slot = result->number & TAP_SLOT_MASK;

	if (r->handler)
		r->handler(result, r->handler_arg);
	// Not before the handler has seen it: a kill until here tells it again.
	atomic_store_explicit(
		&r->mapping.recordings[slot].state, MAPPING_FREE, memory_order_release);
	r->slot_state[slot].told = true;
	recorder_release(r, slot);
	free(result);
}

void recorder_poll(struct recorder *r)
{
	struct recording_result *result;

	ring_wake_drain(&r->result_wake);
	for (size_t i = 0; i < r->recovered.count && r->handler; i++)
		r->handler(&r->recovered.list[i], r->handler_arg);
	r->recovered.count = 0;
	ring_wake_arm(&r->result_wake);
	while (ring_pop(r->results, &result))
		recorder_tell(r, result);
}

int recorder_open(struct recorder *r, const struct recording_request *q, uint32_t *number,
	uint64_t *start_ns, char file[512])
{
	if (atomic_load_explicit(&r->disk_full, memory_order_relaxed))
		return -ENOSPC;
	check(q->law == CODEC_PCMU || q->law == CODEC_PCMA);
	uint32_t slot = pool_take(&r->slots);
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
	placing_open_lanes(&r->mapping, slot, codec_get(q->law)->silence);
	atomic_store_explicit(&e->state, MAPPING_OPEN, memory_order_release);
	r->slot_state[slot].closed = r->slot_state[slot].told = false;
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
		.write_max_ns = atomic_load_explicit(&r->write_max_ns, memory_order_relaxed),
		.ring_fill_permille = r->tap ? tap_fill_permille(r->tap) : 0,
	};
}
