// A tenant with three flows, three queues that share their agents, and much that may go wrong.
#include "tests/flow/sim/busy.h"

#include "engine/base/str.h"

static const char tenant_text[] =
	"  trunks:\n"
	"    carrier: {peers: [10.9.0.0/24], calls_max: 60, targets: 'udp:10.9.0.77:5060',\n"
	"              caller: '4000'}\n"
	"    locked: {peers: [10.9.3.0/24], targets: 'udp:10.9.3.77:5060', caller: '4000',\n"
	"             user: ringhall, password: secret, failover: [carrier], calls_out_max: 6}\n"
	"  numbers: {'1': menu, '2': first, '3': second, '4000': menu}\n"
	"  prompts: {welcome: w.wav, choice: c.wav, sorry: s.wav, music: m.wav, beep: b.wav}\n"
	"  flows:\n"
	"    menu:\n"
	"      greeting: {play: welcome, barge: yes, then: choice}\n"
	"      choice: {menu: choice, digits: {1: first, 2: second, 3: third, 4: choice}, tries: "
	"2,\n"
	"               timeout: 2s, on_timeout: third, on_invalid: end}\n"
	"      first: {queue: first, then: second}\n"
	"      second: {queue: second, then: end}\n"
	"      third: {queue: third, then: first}\n"
	"      end: {hangup: sorry}\n"
	"    first: {q: {queue: first, then: q2}, q2: {queue: third}}\n"
	"    second: {q: {queue: second}}\n"
	"  queues:\n"
	"    first: {agents: [a0, a1, a2, a3], music: music, ring_timeout: 4s, wait_max: 40s,\n"
	"            size_max: 12, wrap_up: %1$s, reject_pause: %1$s}\n"
	"    second: {agents: [a2, a3, a4, a5, a6], music: music, ring_timeout: 3s,\n"
	"             wrap_up: %1$s, reject_pause: %1$s, answer_prompt: beep, short_call: 0s}\n"
	"    third: {agents: [a6, a7, a0], ring_timeout: 5s, wrap_up: 0s, reject_pause: %1$s,\n"
	"            wait_max: 20s}\n"
	"  agents: {a0: x, a1: x, a2: x, a3: x, a4: x, a5: x, a6: x, a7: x%2$s}\n";

const char *const SIM_BUSY_AGENTS[] = {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"};

void sim_busy(char *yaml, size_t size, const char *pause, const char *more)
{
	(void)str_format(yaml, size, tenant_text, pause, more);
}
