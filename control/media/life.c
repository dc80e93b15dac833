// The media of a node: made over its gate, freed when nobody asks any more.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/config/config.h"
#include "control/media/state.h"

void media_configure(struct media *m, const struct config *config)
{
	memset(m->addresses, 0, sizeof(m->addresses));
	for (unsigned i = 0; i < config->engine.media_count && i < MEDIA_MAX; i++) {
		m->addresses[i].name = config->engine.media[i].name;
		m->addresses[i].external = config->engine.media[i].external;
	}
	m->jitter_min_ms = config->engine.jitter_min_ms;
	m->jitter_max_ms = config->engine.jitter_max_ms;
	m->rtp_timeout_s = config->engine.rtp_timeout_s;
	m->speech = config->engine.speech;
}

int media_new(
	struct gate *gate, const struct config *config, struct timers *timers, struct media **out)
{
	struct media *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return -ENOMEM;
	dlist_init(&m->voices);
	dlist_init(&m->failing);
	dlist_init(&m->closing);
	m->gate = gate;
	m->timers = timers;
	m->swept = media_swept;
	m->workers = gate_shape(gate)->workers;
	m->slots = gate_shape(gate)->sessions;
	int err = hash_init(&m->sides, 256);
	if (err) {
		free(m);
		return err;
	}
	media_coders_start(m, config, config->engine.sessions);
	err = media_post_init(&m->post, gate, timers, media_voice_sent);
	if (!err)
		err = media_mixers_start(m);
	if (err) {
		media_free(m);
		return err;
	}
	links_init(&m->links, config);
	media_configure(m, config);
	for (unsigned i = 0; i < m->workers; i++) {
		m->by_slot[i] = calloc(m->slots, sizeof(*m->by_slot[i]));
		if (m->by_slot[i] == NULL) {
			media_free(m);
			return -ENOMEM;
		}
	}
	*out = m;
	return 0;
}

void media_free(struct media *m)
{
	if (m == NULL)
		return;
	timer_cancel(&m->failed);
	timer_cancel(&m->sweep);
	media_post_fini(&m->post);
	dlist_for_each_safe (it, &m->voices)
		free(container_of(it, struct media_voice, link));
	for (unsigned i = 0; i < m->workers; i++)
		free(m->by_slot[i]);
	hash_fini(&m->sides);
	media_mixers_end(m);
	free(m->prompts.ms);
	links_fini(&m->links);
	free(m);
}

struct ring_wake *media_wake(const struct media *m)
{
	return gate_control_wake(m->gate);
}
