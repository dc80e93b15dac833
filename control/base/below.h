// A folder below a folder, part by part, as recordings lie: TENANT/DAY. Blocks on the disk.
//
// A link on the way is followed where only root or our own user can have laid it: it is theirs, and
// so is the folder that it lies in, which nobody else may write. So a tenant's recordings may lie
// on a disk of their own, and nobody else leads us to files that are not ours.
#pragma once

#include <stdbool.h>

// Its descriptor; -ELOOP: through somebody else's link, or to what lies beside it; -errno. make:
// what is missing is made, so that it outlives a power cut.
int below_open(int folder, const char *path, bool make);
