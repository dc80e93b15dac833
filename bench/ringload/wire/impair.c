// Dice for each packet; the late ones wait in a wheel of milliseconds.
#include "bench/ringload/wire/impair.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS	 512u
#define RTP_HEAD 12u

struct impair_packet {
	struct impair_packet *next;
	struct media_path path;
	uint32_t len;
	uint8_t data[600];
};

void impair_init(struct impair *im, const struct profile *p, struct rng *rng, uint64_t now_ms)
{
	*im = (struct impair){.profile = p, .rng = rng, .next_ms = now_ms};
	im->active = p->loss > 0 || p->reorder > 0 || p->duplicate > 0 || p->jitter_ms > 0;
}

void impair_fini(struct impair *im)
{
	for (unsigned i = 0; i < SLOTS; i++)
		while (im->due[i]) {
			struct impair_packet *p = im->due[i];

			im->due[i] = p->next;
			free(p);
		}
}

static bool impair_dice(struct impair *im, double share)
{
	return share > 0 && rng_below(im->rng, 1000000) < (uint32_t)(share * 1000000);
}

static void impair_keep(struct impair *im, const struct media_path *path,
	const struct media_packet *packet, uint64_t at_ms)
{
	struct impair_packet *p = malloc(sizeof(*p));

	if (!p)
		return;
	*p = (struct impair_packet){.path = *path, .len = packet->head_len + packet->body_len};
	memcpy(p->data, packet->head, packet->head_len);
	if (packet->body_len)
		memcpy(p->data + packet->head_len, packet->body, packet->body_len);
	// Packets of one millisecond go out as they came in.
	struct impair_packet **end = &im->due[at_ms % SLOTS];
	while (*end)
		end = &(*end)->next;
	*end = p;
}

unsigned impair_judge(struct impair *im, const struct media_path *path,
	const struct media_packet *packet, uint64_t now_ms)
{
	const struct profile *p = im->profile;

	if (impair_dice(im, p->loss)) {
		im->dropped++;
		return 0;
	}
	bool twice = impair_dice(im, p->duplicate);
	im->doubled += twice;
	uint32_t late_ms = p->jitter_ms ? rng_below(im->rng, p->jitter_ms + 1) : 0;
	if (impair_dice(im, p->reorder)) {
		im->swapped++;
		late_ms += p->ptime_ms + p->ptime_ms / 2;
	}
	if (late_ms == 0)
		return twice ? 2 : 1;
	for (int i = 0; i <= twice; i++)
		impair_keep(im, path, packet, now_ms + late_ms);
	return 0;
}

static void impair_release(struct media_port *port, struct impair_packet *p)
{
	struct media_packet packet = {
		.head_len = RTP_HEAD, .body = p->data + RTP_HEAD, .body_len = p->len - RTP_HEAD};

	memcpy(packet.head, p->data, RTP_HEAD);
	port->driver->send(port, &p->path, &packet);
	port->driver->flush(port); // the body is ours
	free(p);
}

void impair_advance(struct impair *im, struct media_port *port, uint64_t now_ms)
{
	for (; im->active && im->next_ms <= now_ms; im->next_ms++) {
		struct impair_packet **slot = &im->due[im->next_ms % SLOTS];

		while (*slot) {
			struct impair_packet *p = *slot;

			*slot = p->next;
			impair_release(port, p);
		}
	}
}
