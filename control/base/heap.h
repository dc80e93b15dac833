// How the C library's heap is kept by the daemon, and by what is measured in its stead.
#pragma once

// What a call has used the next one uses: the heap is not given back to the kernel at each ebb,
// which would fault its pages in again one by one, and grows by more than a page or two. Of the
// process; before it has other threads.
void heap_keep(void);
