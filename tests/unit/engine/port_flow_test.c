// Flow rules: a NIC that keeps what it is asked for, and where it would put each UDP port.
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <rte_flow.h>

#include "engine/engine.h"
#include "engine/port/flow.h"
#include "engine/split.h"
#include "tests/unit/engine/frames.h"
#include "tests/unit/engine/session_double.h"

#define RULES_MAX 512

static struct {
	struct rule {
		uint8_t ip[16], ip_bytes;
		uint16_t vlan, port, mask, queue;
	} rule[RULES_MAX];
	unsigned rules, room, flushed;
} nic;

// In the place of DPDK's: the linker takes these.
struct rte_flow *rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
	const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
	struct rte_flow_error *error)
{
	struct rule *r = &nic.rule[nic.rules];

	(void)port_id;
	if (nic.rules == nic.room) {
		error->message = "no room";
		return NULL;
	}
	*r = (struct rule){0};
	ck_assert_uint_eq(attr->ingress, 1);
	for (; pattern->type != RTE_FLOW_ITEM_TYPE_END; pattern++) {
		const struct rte_flow_item_vlan *vlan = pattern->spec;
		const struct rte_flow_item_ipv4 *ip4 = pattern->spec;
		const struct rte_flow_item_ipv6 *ip6 = pattern->spec;
		const struct rte_flow_item_udp *udp = pattern->spec, *mask = pattern->mask;

		if (pattern->type == RTE_FLOW_ITEM_TYPE_VLAN)
			r->vlan = ntohs(vlan->tci);
		if (pattern->type == RTE_FLOW_ITEM_TYPE_IPV4)
			memcpy(r->ip, &ip4->hdr.dst_addr, r->ip_bytes = 4);
		if (pattern->type == RTE_FLOW_ITEM_TYPE_IPV6)
			memcpy(r->ip, ip6->hdr.dst_addr, r->ip_bytes = 16);
		if (pattern->type == RTE_FLOW_ITEM_TYPE_UDP) {
			r->port = ntohs(udp->hdr.dst_port);
			r->mask = ntohs(mask->hdr.dst_port);
		}
	}
	ck_assert_int_eq(actions[0].type, RTE_FLOW_ACTION_TYPE_QUEUE);
	ck_assert_int_eq(actions[1].type, RTE_FLOW_ACTION_TYPE_END);
	r->queue = ((const struct rte_flow_action_queue *)actions[0].conf)->index;
	nic.rules++;
	return (struct rte_flow *)r;
}

int rte_flow_flush(uint16_t port_id, struct rte_flow_error *error)
{
	(void)port_id, (void)error;
	nic.rules = 0;
	nic.flushed++;
	return 0;
}

// The queue that the rules choose, -1 for none. Two rules for one packet are a fault.
static int steered(const struct engine_media *m, uint16_t port)
{
	int queue = -1;

	for (unsigned i = 0; i < nic.rules; i++) {
		const struct rule *r = &nic.rule[i];

		if (r->vlan != m->vlan || memcmp(r->ip, m->ip.ip, r->ip_bytes) != 0 ||
			r->ip_bytes != (m->ip.family == ADDR_IP4 ? 4 : 16) ||
			(port & r->mask) != r->port)
			continue;
		ck_assert_int_eq(queue, -1);
		queue = r->queue;
	}
	return queue;
}

static struct engine *begin(struct engine_config *c, unsigned workers, unsigned room)
{
	char error[ENGINE_ERROR_MAX];
	struct engine *e;

	nic.rules = nic.flushed = 0;
	nic.room = room;
	*c = (struct engine_config){
		.workers = workers, .sessions = 100, .ports = 1, .media = 3, .cores = {-1, -1, -1}};
	c->port[0].kind = PORT_RING;
	c->port[0].queues = (uint16_t)workers;
	c->medium[0] = medium_of("192.0.2.1", 24, 0);
	c->medium[1] = medium_of("192.0.2.2", 24, 7);
	c->medium[2] = medium_of("2001:db8::1", 64, 0);
	c->medium[1].rtp_min = 10002;
	c->medium[1].rtp_max = 10777;
	c->medium[2].rtp_min = 1024;
	c->medium[2].rtp_max = 65535;
	ck_assert_msg(engine_open(c, &e, error) == 0, "%s", error);
	return e;
}

START_TEST(each_port_goes_to_the_queue_of_its_worker)
{
	struct engine_config c;
	struct engine *e = begin(&c, 3, RULES_MAX);

	ck_assert_uint_gt(nic.rules, 0);
	for (unsigned i = 0; i < c.media; i++) {
		const struct engine_media *m = &c.medium[i];
		struct split split = split_of(m, c.workers);

		for (uint32_t port = m->rtp_min; port <= m->rtp_max; port++)
			ck_assert_int_eq(steered(m, (uint16_t)port),
				(int)split_owner(&split, (uint16_t)port));
		ck_assert_int_eq(steered(m, (uint16_t)(m->rtp_min - 1)), -1);
	}
	engine_stop(e);
}
END_TEST

START_TEST(a_nic_without_room_for_all_keeps_none)
{
	struct engine_config c;

	engine_stop(begin(&c, 2, 5));
	ck_assert_uint_eq(nic.flushed, 1);
	ck_assert_uint_eq(nic.rules, 0);
}
END_TEST

START_TEST(one_worker_needs_no_rule)
{
	struct engine_config c;

	engine_stop(begin(&c, 1, RULES_MAX));
	ck_assert_uint_eq(nic.rules, 0);
	ck_assert_uint_eq(nic.flushed, 0);
}
END_TEST

START_TEST(blocks_are_a_range_and_nothing_else)
{
	static const uint16_t ends[][2] = {
		{0, 65535}, {1, 65534}, {20000, 29999}, {7, 7}, {32768, 65535}, {65535, 65535}};

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct port_block b[PORT_BLOCKS_MAX];
		unsigned n = port_blocks(ends[i][0], ends[i][1], b);

		ck_assert_uint_le(n, PORT_BLOCKS_MAX);
		for (uint32_t port = 0; port <= UINT16_MAX; port++) {
			unsigned hits = 0;

			for (unsigned k = 0; k < n; k++)
				hits += (port & b[k].mask) == b[k].value;
			ck_assert_uint_eq(hits, port >= ends[i][0] && port <= ends[i][1]);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {blocks_are_a_range_and_nothing_else,
		each_port_goes_to_the_queue_of_its_worker, a_nic_without_room_for_all_keeps_none,
		one_worker_needs_no_rule};

	setenv("CK_FORK", "yes", 1); // DPDK starts once in a process
	return unit_run("port_flow", tests, sizeof(tests) / sizeof(tests[0]));
}
