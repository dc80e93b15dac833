// The store's thread: takes the log in, answers questions between batches.
#pragma once

void *store_thread(void *store); // struct store; ends when it is stopping and all is taken in
