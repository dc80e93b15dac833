// Flow rules of a NIC: UDP ports to queues, by the split of the workers.
#include "engine/port/flow.h"

#include <string.h>

#include <rte_byteorder.h>
#include <rte_flow.h>

#include "engine/base/log.h"
#include "engine/config.h"
#include "engine/split.h"

LOG_TOPIC("engine");

unsigned port_blocks(uint16_t first, uint16_t last, struct port_block block[PORT_BLOCKS_MAX])
{
	unsigned n = 0;
	uint32_t at = first;

	while (at <= last) {
		uint32_t size = at ? at & -at : 0x10000; // as far as it is aligned

		while (at + size - 1 > last)
			size /= 2;
		block[n++] = (struct port_block){(uint16_t)at, (uint16_t)(0x10000 - size)};
		at += size;
	}
	return n;
}

// Everything that one rule points to, while the driver reads it.
struct flow_rule {
	struct rte_flow_item_eth eth, eth_mask;
	struct rte_flow_item_vlan vlan, vlan_mask;
	struct rte_flow_item_ipv4 ip4, ip4_mask;
	struct rte_flow_item_ipv6 ip6, ip6_mask;
	struct rte_flow_item_udp udp, udp_mask;
	struct rte_flow_action_queue queue;
	struct rte_flow_item item[6];
	struct rte_flow_action action[2];
	unsigned items;
};

static void flow_item(
	struct flow_rule *f, enum rte_flow_item_type type, const void *spec, const void *mask)
{
	f->item[f->items++] = (struct rte_flow_item){.type = type, .spec = spec, .mask = mask};
}

static void flow_rule_init(
	struct flow_rule *f, const struct engine_media *m, struct port_block block, uint16_t queue)
{
	*f = (struct flow_rule){.queue.index = queue};
	flow_item(f, RTE_FLOW_ITEM_TYPE_ETH, NULL, NULL);
	if (m->vlan) {
		f->vlan.tci = rte_cpu_to_be_16(m->vlan);
		f->vlan_mask.tci = RTE_BE16(0x0fff);
		flow_item(f, RTE_FLOW_ITEM_TYPE_VLAN, &f->vlan, &f->vlan_mask);
	}
	if (m->ip.family == ADDR_IP4) {
		memcpy(&f->ip4.hdr.dst_addr, m->ip.ip, 4);
		memset(&f->ip4_mask.hdr.dst_addr, 0xff, 4);
		flow_item(f, RTE_FLOW_ITEM_TYPE_IPV4, &f->ip4, &f->ip4_mask);
	} else {
		memcpy(f->ip6.hdr.dst_addr, m->ip.ip, 16);
		memset(f->ip6_mask.hdr.dst_addr, 0xff, 16);
		flow_item(f, RTE_FLOW_ITEM_TYPE_IPV6, &f->ip6, &f->ip6_mask);
	}
	f->udp.hdr.dst_port = rte_cpu_to_be_16(block.value);
	f->udp_mask.hdr.dst_port = rte_cpu_to_be_16(block.mask);
	flow_item(f, RTE_FLOW_ITEM_TYPE_UDP, &f->udp, &f->udp_mask);
	flow_item(f, RTE_FLOW_ITEM_TYPE_END, NULL, NULL);
	f->action[0] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_QUEUE, &f->queue};
	f->action[1] = (struct rte_flow_action){RTE_FLOW_ACTION_TYPE_END, NULL};
}

// The rules of one worker's ports of one media address. Returns how many, or -1 with the driver's
// word.
static int worker_flows(uint16_t device, const struct engine_media *m, unsigned workers,
	unsigned worker, const char **why)
{
	static const struct rte_flow_attr ingress = {.ingress = 1};
	struct port_block block[PORT_BLOCKS_MAX];
	uint32_t first = m->rtp_min + 2 * split_first(m, workers, worker);
	uint32_t next = m->rtp_min + 2 * split_first(m, workers, worker + 1);
	unsigned n = next > first ? port_blocks((uint16_t)first, (uint16_t)(next - 1), block) : 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_flow_error error = {0};
		struct flow_rule f;

		flow_rule_init(&f, m, block[i], (uint16_t)worker);
		if (rte_flow_create(device, &ingress, f.item, f.action, &error))
			continue;
		*why = error.message ? error.message : "without a word";
		return -1;
	}
	return (int)n;
}

void port_flow_start(uint16_t device, const struct engine_config *config, unsigned index)
{
	const char *name = config->port[index].name, *why = NULL;
	unsigned rules = 0;

	for (unsigned i = 0; i < config->media * config->workers; i++) {
		const struct engine_media *m = &config->medium[i / config->workers];
		int n = 0;

		if (m->port == index)
			n = worker_flows(device, m, config->workers, i % config->workers, &why);
		if (n < 0) {
			rte_flow_flush(device, NULL);
			log_info("no flow rules: workers hand packets over port=%s why=%s", name,
				why);
			return;
		}
		rules += (unsigned)n;
	}
	log_info("flow rules port=%s rules=%u", name, rules);
}
