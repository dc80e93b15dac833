// A port: its queues, its start and its end.
#include "engine/port/port.h"

#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "engine/base/str.h"
#include "engine/gate.h"
#include "engine/port/device.h"
#include "engine/port/flow.h"

#define PORT_SLOTS     1024 // descriptors of a queue, as far as the driver allows
#define PORT_XDP_SLOTS 2048 // as many as the driver gives the kernel to fill: 4 ms of 10,000 calls
#define PORT_XDP_FILL  4096 // what AF_XDP's fill ring and pool hold, besides

const char *port_kind_name(enum port_kind kind)
{
	static const char *const names[] = {
		[PORT_TAP] = "tap",
		[PORT_AF_PACKET] = "af_packet",
		[PORT_AF_XDP] = "af_xdp",
		[PORT_RING] = "ring",
		[PORT_NULL] = "null",
		[PORT_MEMIF] = "memif",
		[PORT_PCI] = "pci",
	};

	return names[kind];
}

unsigned port_queues(const struct engine_config *config, unsigned port)
{
	const struct engine_port *p = &config->port[port];
	unsigned queues = p->queues;

	if (p->kind == PORT_TAP)
		return 1;
	// Where the far side (interface, memif peer, a ring's test) has to agree on more than one
	// they have to be asked for.
	if (queues == 0 &&
		(p->kind == PORT_AF_XDP || p->kind == PORT_RING || p->kind == PORT_MEMIF))
		queues = 1;
	if (queues == 0)
		queues = config->workers;
	return queues < config->workers ? queues : config->workers;
}

unsigned port_mbufs(const struct engine_port *config)
{
	if (config->kind == PORT_RING)
		return 2 * DEVICE_RING_SLOTS;
	if (config->kind == PORT_AF_XDP)
		return 2 * PORT_XDP_SLOTS + PORT_XDP_FILL;
	return 2 * PORT_SLOTS;
}

static int fail(char error[ENGINE_ERROR_MAX], int rc, const struct port *p, const char *what)
{
	str_format(
		error, ENGINE_ERROR_MAX, "port %s: %s (%s)", p->config->name, what, strerror(-rc));
	return rc;
}

// RSS spreads what no flow rule steers; whoever gets a packet hands it to its session's owner.
static int port_configure(struct port *p, char error[ENGINE_ERROR_MAX])
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};
	uint16_t rx = p->config->kind == PORT_AF_XDP ? PORT_XDP_SLOTS : PORT_SLOTS, tx = rx;
	int rc = rte_eth_dev_info_get(p->id, &info);

	if (rc)
		return fail(error, rc, p, "the driver tells nothing of its device");
	if (p->queues > info.max_rx_queues || p->queues > info.max_tx_queues)
		p->queues = info.max_rx_queues < info.max_tx_queues ? info.max_rx_queues
								    : info.max_tx_queues;
	conf.rx_adv_conf.rss_conf.rss_hf =
		(RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
	if (p->queues > 1 && conf.rx_adv_conf.rss_conf.rss_hf)
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	else
		conf.rx_adv_conf.rss_conf.rss_hf = 0;
	rc = rte_eth_dev_configure(p->id, p->queues, p->queues, &conf);
	if (rc)
		return fail(error, rc, p, "the driver refuses this number of queues");
	rc = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &rx, &tx);
	if (rc)
		return fail(error, rc, p, "the driver refuses its rings' sizes");
	p->rx_slots = rx;
	p->tx_slots = tx;
	return 0;
}

static int port_queues_start(
	struct port *p, struct rte_mempool *const *pools, char error[ENGINE_ERROR_MAX])
{
	int socket = rte_eth_dev_socket_id(p->id), rc = 0;

	for (uint16_t q = 0; q < p->queues && !rc; q++) {
		rc = rte_eth_rx_queue_setup(
			p->id, q, p->rx_slots, (unsigned)socket, NULL, pools[q]);
		if (!rc)
			rc = rte_eth_tx_queue_setup(p->id, q, p->tx_slots, (unsigned)socket, NULL);
	}
	return rc ? fail(error, rc, p, "the driver cannot set up a queue") : 0;
}

// Neighbour solicitations come to group addresses.
static void port_hear_groups(
	const struct port *p, const struct engine_config *config, unsigned index)
{
	bool groups = false;

	for (unsigned i = 0; i < config->media; i++)
		groups |=
			config->medium[i].port == index && config->medium[i].ip.family == ADDR_IP6;
	if (groups && rte_eth_allmulticast_enable(p->id) != 0)
		rte_eth_promiscuous_enable(p->id);
}

static int port_mac(struct port *p, char error[ENGINE_ERROR_MAX])
{
	struct rte_ether_addr mac;
	int rc = rte_eth_macaddr_get(p->id, &mac);

	if (rc)
		return fail(error, rc, p, "its MAC address cannot be read");
	memcpy(p->mac, mac.addr_bytes, 6);
	if (p->config->kind == PORT_TAP) {
		// The driver names the kernel's end of the tap. Ours is another station: a bridge
		// would take frames from its own port's MAC for a loop.
		p->mac[0] |= 2;
		p->mac[5] ^= 1;
	}
	return 0;
}

int port_start(struct port *p, const struct engine_config *config, unsigned index,
	struct rte_mempool *const *pools, char error[ENGINE_ERROR_MAX])
{
	const struct engine_port *pc = &config->port[index];
	struct device d;
	int rc;

	p->config = pc;
	p->queues = (uint16_t)port_queues(config, index);
	rc = device_start(&d, pc, index, p->queues, error);
	if (rc)
		return rc;
	p->id = d.id;
	p->started = true;
	memcpy(p->ring_rx, d.ring_rx, sizeof(p->ring_rx));
	memcpy(p->ring_tx, d.ring_tx, sizeof(p->ring_tx));
	p->xdp = d.xdp;
	rc = port_mac(p, error);
	if (!rc)
		rc = port_configure(p, error);
	if (!rc)
		rc = port_queues_start(p, pools, error);
	if (!rc && pc->kind == PORT_AF_XDP) // the program came with the queues
		rc = port_xdp_addresses_start(&p->xdp, config, index, error);
	if (!rc) {
		rc = rte_eth_dev_start(p->id);
		if (rc)
			fail(error, rc, p, "the driver cannot start it");
	}
	if (rc)
		return rc;
	if (config->workers > 1 && p->queues == config->workers)
		port_flow_start(p->id, config, index);
	port_hear_groups(p, config, index);
	return device_host_start(pc, error);
}

void port_stop(struct port *p)
{
	struct device d = {.id = p->id, .xdp = p->xdp};

	if (!p->started)
		return;
	p->started = false;
	memcpy(d.ring_rx, p->ring_rx, sizeof(d.ring_rx));
	memcpy(d.ring_tx, p->ring_tx, sizeof(d.ring_tx));
	rte_eth_dev_stop(p->id);
	device_stop(&d);
}

void port_stats(const struct port *p, struct gate_port *out)
{
	struct rte_eth_link link = {0};
	struct rte_eth_stats s = {0};

	*out = (struct gate_port){0};
	str_copy(out->name, sizeof(out->name), p->config->name);
	str_copy(out->kind, sizeof(out->kind), port_kind_name(p->config->kind));
	str_format(out->mac, sizeof(out->mac), "%02x:%02x:%02x:%02x:%02x:%02x", p->mac[0],
		p->mac[1], p->mac[2], p->mac[3], p->mac[4], p->mac[5]);
	out->up = rte_eth_link_get_nowait(p->id, &link) == 0 && link.link_status;
	if (rte_eth_stats_get(p->id, &s) != 0)
		return;
	out->rx_packets = s.ipackets;
	out->tx_packets = s.opackets;
	out->rx_bytes = s.ibytes;
	out->tx_bytes = s.obytes;
	out->rx_missed = s.imissed;
	out->rx_nombuf = s.rx_nombuf;
	out->rx_errors = s.ierrors;
	out->tx_errors = s.oerrors;
}
