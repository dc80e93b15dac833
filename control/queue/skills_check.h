// What must hold of a configuration's skills, and what of them can never be: a part of queue_check.
#pragma once

struct config_read;

void skills_check(struct config_read *r);
