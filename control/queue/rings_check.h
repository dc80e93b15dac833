// What must hold of how queues widen: their rings and reserves. A part of queue_check.
#pragma once

struct config_read;

void rings_check(struct config_read *r);
