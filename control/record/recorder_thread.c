// The recorder's thread: commands and frames in, operations on the disk out, results back.
#include "control/record/recorder_thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/str.h"
#include "engine/tap.h"

LOG_TOPIC("record");

#define DRAIN_NS      (200 * NS_PER_MS) // after CLOSE sound may still come
#define TURN_NS	      (64 * NS_PER_MS)	// chunks are closed together, that often
#define BATCH_MAX     32u		// completions that are waited for together,
#define BATCH_NS      (5 * NS_PER_MS)	// that long
#define DISK_CHECK_NS NS_PER_S
#define WATCH_TURNS   8u // a file is looked for each 33 s
#define REFUSED_MS    10 // until what the kernel refused is asked for again

static struct recorder_file *recording_find(struct recorder *r, uint32_t number)
{
	uint32_t slot = number & TAP_SLOT_MASK;

	if (slot >= r->recordings_max || r->recordings[slot].number != number)
		return NULL;
	return &r->recordings[slot];
}

static void recorder_count_lost(struct recorder *r, struct recorder_file *rec)
{
	uint64_t lost = 0;

	for (unsigned side = 0; side < 2; side++)
		lost += mapping_ledger(&r->mapping, rec->file.index, side).lost;
	r->lost += lost - rec->lost;
	rec->lost = lost;
	atomic_store_explicit(&r->frames_lost, r->lost, memory_order_relaxed);
}

// Where the folder was made again, the files that are being written are looked for too.
static void recorder_look_at_disk(struct recorder *r)
{
	if (!recorder_check_disk(r))
		return;
	for (uint32_t i = 0; i < r->recordings_max; i++) {
		struct recorder_file *rec = &r->recordings[i];
		if (!rec->number || rec->file.done)
			continue;
		rec->file.watch_due = true;
		disk_step(&r->disk, &rec->file);
	}
}

static void recording_begin(struct recorder *r, uint32_t slot)
{
	struct recorder_file *rec = &r->recordings[slot];
	const struct mapping_recording *entry = &r->mapping.recordings[slot];

	*rec = (struct recorder_file){.number = entry->number};
	placing_init(&rec->file.place, &r->mapping, slot, codec_get(entry->law)->silence);
	disk_file_init(&rec->file, slot);
	dlist_init(&rec->close_link);
	r->active++;
	r->turn_ns[slot] = placing_turn_ns(&rec->file.place);
	r->flush_at_ns[slot] = rec->file.written_ns + r->flush_ns;
	if (r->now_ns - r->disk_checked_ns >= DISK_CHECK_NS) {
		r->disk_checked_ns = r->now_ns;
		recorder_look_at_disk(r);
	}
	disk_step(&r->disk, &rec->file);
}

// No more sound: what there is goes to the file.
static void recording_end(struct recorder *r, struct recorder_file *rec)
{
	dlist_remove(&rec->close_link);
	if (rec->file.done || rec->file.ending)
		return;
	placing_close(&rec->file.place, true);
	r->turn_ns[rec->file.index] = r->flush_at_ns[rec->file.index] = UINT64_MAX;
	rec->file.ending = true;
	disk_step(&r->disk, &rec->file);
}

static bool recording_live(const struct recorder *r, const struct recorder_file *rec)
{
	bool live = false;

	for (unsigned side = 0; side < 2; side++)
		live |= atomic_load_explicit(
			&mapping_lane(&r->mapping, rec->file.index, side)->live,
			memory_order_acquire);
	return live;
}

static void recording_close(struct recorder *r, struct recorder_file *rec)
{
	if (rec->closing || rec->file.done)
		return;
	rec->closing = true;
	rec->close_at_ns = r->now_ns + DRAIN_NS;
	dlist_push_back(&r->closing, &rec->close_link);
	if (!recording_live(r, rec) || r->stopping)
		recording_end(r, rec);
}

// The file is whole: the result goes to control, which owns the entry from here on.
static void recording_done(struct disk_file *file, void *arg)
{
	struct recorder *r = arg;
	struct recorder_file *rec = container_of(file, struct recorder_file, file);
	struct mapping_recording *e = file->place.entry;
	struct recording_result *result = &rec->result;

	dlist_remove(&rec->close_link);
	r->turn_ns[file->index] = r->flush_at_ns[file->index] = UINT64_MAX;
	recorder_count_lost(r, rec);
	e->samples = file->gone ? 0 : disk_file_samples(file);
	e->crc32c = file->gone ? 0 : file->crc32c;
	e->error = file->error;
	*result = (struct recording_result){
		.number = rec->number,
		.call = e->call,
		.error = e->error,
		.start_wall_ns = e->start_wall_ns,
		.samples = e->samples,
		.crc32c = e->crc32c,
		.law = e->law,
		.side = {mapping_ledger(&r->mapping, file->index, 0),
			mapping_ledger(&r->mapping, file->index, 1)},
	};
	str_copy(result->id, sizeof(result->id), e->id);
	str_copy(result->file, sizeof(result->file), e->file);
	atomic_store_explicit(&e->state, MAPPING_DONE, memory_order_release);
	r->active--;
	check(ring_push(r->results, &result)); // it has a slot per recording
	ring_wake_reader(&r->result_wake);
	if (r->disk.full)
		recorder_look_at_disk(r);
}

static void recorder_stop_all(struct recorder *r)
{
	r->stopping = true;
	for (uint32_t i = 0; i < r->recordings_max; i++)
		if (r->recordings[i].number && !r->recordings[i].file.done)
			recording_end(r, &r->recordings[i]);
}

static bool recorder_take_commands(struct recorder *r)
{
	struct recorder_command c;
	bool any = false;

	while (ring_pop(r->commands, &c)) {
		any = true;
		if (c.kind == RECORDER_OPEN)
			recording_begin(r, c.slot);
		else if (c.kind == RECORDER_CLOSE)
			recording_close(r, &r->recordings[c.slot]);
		else
			r->stopping = true;
	}
	return any;
}

static void recorder_take_note(struct recorder *r, const struct tap_note *n)
{
	struct recorder_file *rec = recording_find(r, n->recording);

	if (!rec && recorder_take_commands(r)) // its OPEN was posted before its first frame
		rec = recording_find(r, n->recording);
	if (!rec || rec->file.done || rec->file.ending)
		return;
	if (n->kind == TAP_END) {
		if (rec->closing && !recording_live(r, rec))
			recording_end(r, rec);
		return;
	}
	placing_want(&rec->file.place, n->chunk);
	r->turn_ns[rec->file.index] = placing_turn_ns(&rec->file.place);
	disk_step(&r->disk, &rec->file);
}

static bool recorder_take_notes(struct recorder *r)
{
	struct tap_note n;
	bool any = false;

	while (r->tap && tap_take(r->tap, &n)) {
		any = true;
		recorder_take_note(r, &n);
	}
	return any;
}

static void recording_plan_flush(struct recorder *r, struct recorder_file *rec)
{
	struct disk_file *f = &rec->file;

	if (f->done || f->ending || f->error)
		return;
	if (f->flush_due && f->op == DISK_IDLE && dlist_empty(&f->waiting)) {
		f->flush_due = false; // nothing was heard
		f->written_ns = r->now_ns;
	}
	if (!f->flush_due)
		r->flush_at_ns[f->index] = f->written_ns + r->flush_ns;
}

static void recording_flush(struct recorder *r, struct recorder_file *rec)
{
	r->flush_at_ns[rec->file.index] = UINT64_MAX;
	rec->file.flush_due = true;
	disk_step(&r->disk, &rec->file);
	recording_plan_flush(r, rec);
}

// What was written since the last sync; one at a time, so that a slow disk has one to do.
static void recorder_sync(struct recorder *r)
{
	if (r->now_ns < r->sync_at_ns || r->disk.bytes_written == r->synced_bytes)
		return;
	uint64_t bytes = r->disk.bytes_written;

	if (!saver_ask(&r->saver))
		return;
	r->synced_bytes = bytes;
	r->sync_at_ns = r->now_ns + r->sync_ns;
}

static void recording_turn(struct recorder *r, struct recorder_file *rec)
{
	if (placing_turn(&rec->file.place, r->now_ns))
		rec->file.watch_due |= ++rec->turns % WATCH_TURNS == 0;
	r->turn_ns[rec->file.index] = placing_turn_ns(&rec->file.place);
	recorder_count_lost(r, rec);
	disk_step(&r->disk, &rec->file);
}

// Closes the chunks that the clock has passed, writes what has become too old. Their times lie side
// by side, so that looking through ten thousand costs a few microseconds.
static void recorder_take_turns(struct recorder *r)
{
	if (!r->active || r->now_ns - r->turned_ns < TURN_NS)
		return;
	r->turned_ns = r->now_ns;
	disk_retry(&r->disk);
	recorder_sync(r);
	for (uint32_t i = 0; i < r->recordings_max; i++) {
		if (r->turn_ns[i] <= r->now_ns)
			recording_turn(r, &r->recordings[i]);
		if (r->flush_at_ns[i] <= r->now_ns)
			recording_flush(r, &r->recordings[i]);
	}
}

static void recorder_completed(struct recorder *r, struct disk_file *file, int res)
{
	disk_completed(&r->disk, file, res);
	recording_plan_flush(r, container_of(file, struct recorder_file, file));
}

static void recorder_take_completions(struct recorder *r)
{
	struct io_uring_cqe *cqe;

	while (!io_uring_peek_cqe(&r->disk.ring, &cqe)) {
		void *data = io_uring_cqe_get_data(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&r->disk.ring, cqe);
		if (data == &r->command_polled) {
			ring_wake_drain(&r->command_wake);
			r->command_polled = false;
		} else if (data == &r->tap_polled) {
			ring_wake_drain(tap_recorder_wake(r->tap));
			r->tap_polled = false;
		} else {
			r->disk.in_flight--;
			recorder_completed(r, data, res);
		}
	}
	atomic_store_explicit(&r->write_max_ns, r->disk.write_max_ns, memory_order_relaxed);
	atomic_store_explicit(&r->bytes_written, r->disk.bytes_written, memory_order_relaxed);
}

static void recorder_take_timers(struct recorder *r)
{
	while (!dlist_empty(&r->closing)) {
		struct recorder_file *rec =
			container_of(r->closing.next, struct recorder_file, close_link);

		if (rec->close_at_ns > r->now_ns)
			break;
		recording_end(r, rec);
	}
	if (recorder_in_trouble(r) && r->now_ns - r->disk_checked_ns >= DISK_CHECK_NS) {
		r->disk_checked_ns = r->now_ns;
		recorder_look_at_disk(r);
	}
}

static uint64_t recorder_deadline(const struct recorder *r)
{
	uint64_t at = UINT64_MAX;

	if (recorder_in_trouble(r))
		at = r->disk_checked_ns + DISK_CHECK_NS;
	if (r->active && r->turned_ns + TURN_NS < at)
		at = r->turned_ns + TURN_NS;
	if (!dlist_empty(&r->closing)) {
		uint64_t close_at = container_of(r->closing.next, struct recorder_file, close_link)
					    ->close_at_ns;
		at = close_at < at ? close_at : at;
	}
	return at;
}

// polled tells its completion from those of files.
static void recorder_poll_fd(struct recorder *r, int fd, bool *polled)
{
	if (*polled)
		return;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->disk.ring);

	if (!sqe)
		return; // the queue is full of work: submitted below, asked for next time
	io_uring_prep_poll_add(sqe, fd, POLLIN);
	io_uring_sqe_set_data(sqe, polled);
	*polled = true;
}

static void recorder_sleep(struct recorder *r)
{
	uint32_t batch = r->disk.in_flight < BATCH_MAX ? r->disk.in_flight : BATCH_MAX;
	uint64_t at = recorder_deadline(r), now = clock_mono_ns();
	uint64_t wait_ns = at == UINT64_MAX ? 3600 * NS_PER_S : at > now ? at - now : 0;
	if (batch > 1 && wait_ns > BATCH_NS)
		wait_ns = BATCH_NS;
	struct __kernel_timespec wait = {wait_ns / NS_PER_S, wait_ns % NS_PER_S};
	struct io_uring_cqe *cqe;

	recorder_poll_fd(r, r->command_wake.efd, &r->command_polled);
	if (r->tap)
		recorder_poll_fd(r, tap_recorder_wake(r->tap)->efd, &r->tap_polled);
	int rc = io_uring_submit_and_wait_timeout(
		&r->disk.ring, &cqe, batch ? batch : 1, &wait, NULL);
	bool refused = rc < 0 && rc != -ETIME && rc != -EINTR;
	if (refused && !r->refused)
		log_error("io_uring is refused, it is tried again: %s", strerror(-rc));
	if (!refused && r->refused)
		log_warn("io_uring takes what the recorder has to do again");
	r->refused = refused;
	if (refused)
		poll(NULL, 0, REFUSED_MS);
}

static bool recorder_work(struct recorder *r)
{
	r->now_ns = r->disk.now_ns = clock_mono_ns();
	bool any = recorder_take_commands(r);

	any |= recorder_take_notes(r);
	recorder_take_turns(r);
	recorder_take_completions(r);
	recorder_take_timers(r);
	return any;
}

void *recorder_thread(void *arg)
{
	struct recorder *r = arg;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), "recorder");
	r->disk.done = recording_done;
	r->disk.arg = r;
	r->now_ns = r->disk_checked_ns = clock_mono_ns();
	check(!disk_enable(&r->disk));
	while (!r->stopping || r->active) {
		if (recorder_work(r)) {
			io_uring_submit(&r->disk.ring);
			continue;
		}
		if (r->stopping)
			recorder_stop_all(r);
		ring_wake_arm(&r->command_wake);
		if (r->tap)
			ring_wake_arm(tap_recorder_wake(r->tap));
		if (!recorder_work(r) && (!r->stopping || r->active))
			recorder_sleep(r);
	}
	return NULL;
}
