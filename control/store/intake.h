// The store's way in: from the event log's files, record by record, into the database.
//
// Where the log and what is committed do not fit each other, the log is read again from its
// beginning: a record makes one row, however often it is read (docs/events.md, "What becomes of
// damage"). The store's thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct eventlog_reader;
struct store;

struct intake { // the thread's place in the log
	struct store *s;
	struct eventlog_reader *reader; // NULL: to be opened behind what is committed
	uint64_t read, read_ns;		// last record taken into the batch: sequence, wall clock
	bool compared; // the log's end and the record committed last were looked at
	bool again;    // reads from the beginning: told when it is through
};

// One batch. 1: there may be more; 0: none for now; -errno of the database or of reading.
int intake_batch(struct intake *in);
void intake_close(struct intake *in);
// The database is another one now: what it has is not known to fit the log.
void intake_restart(struct intake *in);
