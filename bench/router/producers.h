// What messages that several threads post at once cost the router.
#pragma once

struct bench;

void producers_measure(struct bench *b); // producers_1_per_s, producers_4_per_s
