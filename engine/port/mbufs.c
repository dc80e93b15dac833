// The pools of packet buffers.
#include "engine/port/mbufs.h"

#include <sys/mman.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include "engine/base/shortage.h"
#include "engine/base/str.h"
#include "engine/port/eal.h"
#include "engine/port/port.h"

#define POOL_CACHE 256
#define POOL_SPARE 1024 // stashes, parked packets, caches
// Of a packet buffer with its heads. DPDK lets none cross a page: small pages hold one each.
#define POOL_MBUF_BYTES 4096
#define HUGE_PAGE	(2ull << 20)

static unsigned mbufs_count(const struct engine_config *c)
{
	unsigned n = POOL_SPARE + (c->workers > 1 ? 2 * HAND_SLOTS : 0);

	for (unsigned i = 0; i < c->ports; i++)
		n += port_mbufs(&c->port[i]);
	return n;
}

uint64_t mbufs_memory(const struct engine_config *config)
{
	return (uint64_t)config->workers * mbufs_count(config) * POOL_MBUF_BYTES;
}

// Whether a device may read the buffers itself; then none may cross a page.
static bool mbufs_has_devices(const struct engine_config *c)
{
	for (unsigned i = 0; i < c->ports; i++)
		if (c->port[i].kind != PORT_RING && c->port[i].kind != PORT_TAP &&
			c->port[i].kind != PORT_AF_PACKET)
			return true;
	return false;
}

static void mbufs_unmap(struct rte_mempool_memhdr *h, void *bytes)
{
	munmap(h->addr, (size_t)(uintptr_t)bytes);
}

// Without hugepages DPDK gives each buffer a small page of its own: each then costs an entry of
// the TLB, and at their same places all of them meet in the same few sets of the caches. So they
// lie densely, in memory that the kernel may back with huge pages.
static struct rte_mempool *mbufs_dense(const char *name, unsigned n, int socket)
{
	const unsigned size = sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE;
	struct rte_pktmbuf_pool_private private = {
		.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE};
	struct rte_mempool *pool = rte_mempool_create_empty(
		name, n, size, POOL_CACHE, sizeof(private), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	size_t each, bytes;
	void *memory;

	if (!pool)
		return NULL;
	each = pool->header_size + pool->elt_size + pool->trailer_size;
	bytes = (n * each + 2 * HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		rte_mempool_free(pool);
		return NULL;
	}
	madvise(memory, bytes, MADV_HUGEPAGE);
	rte_pktmbuf_pool_init(pool, &private);
	if (rte_mempool_populate_iova(pool, memory, RTE_BAD_IOVA, bytes, mbufs_unmap,
		    (void *)(uintptr_t)bytes) < (int)n) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

static const char *mbufs_refused(
	const struct engine_config *config, uint64_t bytes, char why[SHORTAGE_MAX])
{
	if (config->hugepages && shortage_of_hugepages(bytes, why))
		return why;
	return shortage_why(bytes, why);
}

struct rte_mempool *mbufs_new(
	const struct engine_config *config, unsigned worker, char error[ENGINE_ERROR_MAX])
{
	unsigned n = mbufs_count(config);
	bool dense = !config->hugepages && !mbufs_has_devices(config);
	int socket = eal_socket(worker);
	char name[32], why[SHORTAGE_MAX];
	struct rte_mempool *pool;

	str_format(name, sizeof(name), "rh-pool%u", worker);
	pool = dense ? mbufs_dense(name, n, socket)
		     : rte_pktmbuf_pool_create(
			       name, n, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
	if (!pool)
		str_format(error, ENGINE_ERROR_MAX,
			"no memory for %u packet buffers of worker %u (%s): %s", n, worker,
			rte_strerror(rte_errno),
			mbufs_refused(config, (uint64_t)n * POOL_MBUF_BYTES, why));
	return pool;
}

void mbufs_free(struct rte_mempool *pool)
{
	rte_mempool_free(pool);
}
