// XDP program of an interface that the host uses too: frames for media addresses go to the engine,
// everything else to the host. Which addresses these are the engine writes into a map.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "engine/xdp/media_key.h"

#define QUEUES_MAX 256

#define VLAN_MASK     0x0fff
#define ETH_IP4	      0x0800
#define ETH_ARP	      0x0806
#define ETH_VLAN      0x8100
#define ETH_IP6	      0x86dd
#define NEXT_ICMP6    58
#define ICMP6_SOLICIT 135

// Offsets in a header of what tells whose a frame is.
#define ARP_TARGET 24
#define ARP_LEN	   28
#define IP4_TO	   16
#define IP4_LEN	   20
#define IP6_NEXT   6
#define IP6_TO	   24
#define IP6_LEN	   40
#define ND_TARGET  (IP6_LEN + 8)
#define ND_LEN	   (IP6_LEN + 24)

// The name is DPDK's: its driver looks for it and enters the socket of each queue.
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MEDIA_KEYS_MAX);
	__type(key, struct media_key);
	__type(value, __u8);
} media_addresses SEC(".maps");

struct packet {
	const __u8 *l3, *end;
	__u16 vlan;
};

static __always_inline int is_media(const struct packet *p, const __u8 *ip, __u16 family)
{
	struct media_key key = {.vlan = p->vlan, .family = family};

	if (family == 4)
		__builtin_memcpy(key.ip, ip, 4);
	else
		__builtin_memcpy(key.ip, ip, 16);
	return bpf_map_lookup_elem(&media_addresses, &key) != 0;
}

// The target of an answer to a question of ours is our address, too (RFC 826).
static __always_inline int arp_is_media(const struct packet *p)
{
	if (p->l3 + ARP_LEN > p->end)
		return 0;
	return is_media(p, p->l3 + ARP_TARGET, 4);
}

static __always_inline int ip4_is_media(const struct packet *p)
{
	if (p->l3 + IP4_LEN > p->end)
		return 0;
	return is_media(p, p->l3 + IP4_TO, 4);
}

// Solicited-node groups are told by the target: the host may be in the same group.
static __always_inline int ip6_is_media(const struct packet *p)
{
	const __u8 *ip = p->l3;

	if (ip + IP6_LEN > p->end)
		return 0;
	if (is_media(p, ip + IP6_TO, 6))
		return 1;
	if (ip[IP6_NEXT] != NEXT_ICMP6 || ip + ND_LEN > p->end || ip[IP6_LEN] != ICMP6_SOLICIT)
		return 0;
	return is_media(p, ip + ND_TARGET, 6);
}

static __always_inline __u16 get16(const __u8 *at)
{
	return (__u16)(at[0] << 8 | at[1]);
}

SEC("xdp")
int media(struct xdp_md *ctx)
{
	const __u8 *frame = (const __u8 *)(long)ctx->data;
	struct packet p = {.l3 = frame + 14, .end = (const __u8 *)(long)ctx->data_end};
	__u16 type;
	int ours = 0;

	if (p.l3 + 4 > p.end)
		return XDP_PASS;
	type = get16(frame + 12);
	if (type == ETH_VLAN) {
		p.vlan = get16(frame + 14) & VLAN_MASK;
		type = get16(frame + 16);
		p.l3 += 4;
	}
	if (type == ETH_IP4)
		ours = ip4_is_media(&p);
	else if (type == ETH_IP6)
		ours = ip6_is_media(&p);
	else if (type == ETH_ARP)
		ours = arp_is_media(&p);
	// A queue without a socket, as when the engine has ended, leaves its frames to the host.
	return ours ? bpf_redirect_map(&xsks_map, ctx->rx_queue_index, XDP_PASS) : XDP_PASS;
}

// Every helper above may be called under any licence; this one is the project's.
char licence[] SEC("license") = "Dual BSD/GPL";
