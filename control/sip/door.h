// Stands before libre's own door: refuses messages it would trip over, and takes its complaints.
//
// Libre prints a line to stderr for each message that it cannot read, which lets any stranger fill
// the log, and passes on messages without the fields that RFC 3261 8.1.1 demands. Both functions
// are called through the symbol table, so those defined in door.c serve Debian's library.
#pragma once

#include <stdint.h>

int door_init(void);	       // 0 or -errno
uint64_t door_malformed(void); // messages refused since start
