// A change that is ours, taken back: who ends a leg needs no more of it.
#include "control/sip/dialog/change.h"

#include <stdlib.h>

void change_drop(struct change *c)
{
	timer_cancel(&c->timer);
	ask_drop(&c->ask);
	free(c->text);
	*c = (struct change){0};
}
