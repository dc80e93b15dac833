// The node's last sign of life: a small file beside the segments, `alive`, that is written ten
// times a second while there are calls. A node that is killed in a long talk has logged nothing for
// minutes, and its calls went on until then.
//
// The write goes through the log's io_uring, hence waits for no disk; what the kernel has got stays
// after a kill. Nothing but the time of death is read from it.
#pragma once

#include <stdint.h>

#define ALIVE_NAME "alive"
#define ALIVE_MS   100

struct alive_mark {	   // as it lies in the file, little endian
	char magic[8];	   // ALIVE_MAGIC
	uint64_t sequence; // of the last record appended
	uint64_t wall_ns, mono_ns;
};
#define ALIVE_MAGIC "rhalive1"

struct event;
// Of the process that wrote the log up to *last: 0; -ENOENT: there is none, or it tells of another
// one or of a moment before that record.
int alive_read(const char *directory, const struct event *last, struct alive_mark *out);
