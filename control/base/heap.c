// The heap's settings.
#include "control/base/heap.h"

#include <malloc.h>

void heap_keep(void)
{
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 8 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
}
