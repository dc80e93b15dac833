// A recording's file for whoever may only ask for it: the store's thread opens it, as that may wait
// for a disk.
#pragma once

struct store;
struct store_question;

// Its rows are there; of a single one that is whole the file comes to q->fd, or why it does not.
void store_open_file(const struct store *s, struct store_question *q);
