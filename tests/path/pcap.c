// pcap with nanoseconds (magic a1b23c4d), in the host's byte order.
#include "tests/path/pcap.h"

#include <string.h>

#define MAGIC	 0xa1b23c4du
#define ETHERNET 1
#define SECOND	 1000000000ull

struct file_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, figures, snap, link;
};

struct frame_head {
	uint32_t s, ns, kept, len;
};

FILE *pcap_create(const char *path)
{
	struct file_head h = {MAGIC, 2, 4, 0, 0, PCAP_FRAME_MAX, ETHERNET};
	FILE *f = fopen(path, "wbe");

	if (f && fwrite(&h, sizeof(h), 1, f) != 1) {
		fclose(f);
		return NULL;
	}
	return f;
}

void pcap_put(FILE *f, uint64_t at_ns, const void *data, uint32_t len)
{
	struct frame_head h = {(uint32_t)(at_ns / SECOND), (uint32_t)(at_ns % SECOND), len, len};

	fwrite(&h, sizeof(h), 1, f);
	fwrite(data, 1, len, f);
}

FILE *pcap_open(const char *path)
{
	struct file_head h;
	FILE *f = fopen(path, "rbe");

	if (!f)
		return NULL;
	if (fread(&h, sizeof(h), 1, f) != 1 || h.magic != MAGIC || h.link != ETHERNET) {
		fclose(f);
		return NULL;
	}
	return f;
}

bool pcap_get(FILE *f, struct pcap_frame *out)
{
	struct frame_head h;

	if (fread(&h, sizeof(h), 1, f) != 1 || h.kept > sizeof(out->data))
		return false;
	out->at_ns = h.s * SECOND + h.ns;
	out->len = h.kept;
	return fread(out->data, 1, h.kept, f) == h.kept;
}
