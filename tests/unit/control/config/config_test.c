// The configuration: what loads, what each mistake says and where, what is found in it.
#include "control/config/load.h"
#include "control/modules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"
#include "tests/unit/unit.h"

static struct config_problems problems;

static const char *source_path(const char *file)
{
	static char path[512];
	const char *root = getenv("SOURCE_ROOT");
	str_format(path, sizeof(path), "%s/%s", root ? root : ".", file);
	return path;
}

static struct config *load_text(const char *text, const struct config *previous)
{
	struct config *c;
	struct config_text t = {"/etc/ringhall/t.yaml", text, strlen(text)};
	config_problems_free(&problems);
	int err = config_load_text(&control_modules, &t, previous, &c, &problems);
	ck_assert_int_eq(err == 0, problems.count == 0);
	return c;
}

static int load_file(const char *file, struct config **out)
{
	config_problems_free(&problems);
	return config_load(&control_modules, file, NULL, out, &problems);
}

// A whole file with one line (or several) of a section replaced.
#define SIP	   "sip: {listen: [udp:10.9.0.1:5060]}\n"
#define PORTS	   "  ports: {p: {host: 10.9.0.1/24}}\n"
#define MEDIA	   "  media: {m: {port: p, address: 10.9.0.2/24}}\n"
#define ENGINE	   "engine:\n" PORTS MEDIA
#define TENANTS	   "tenants: {}\n"
#define HEAD	   SIP ENGINE
#define ACME(text) HEAD "tenants:\n acme:\n" text
#define AGENTS	   "  agents: {alice: x, bob: y}\n"

static void expect(const char *text, const char *problem)
{
	struct config *c = load_text(text, NULL);
	ck_assert_msg(c == NULL, "loaded although: %s", problem);
	ck_assert_msg(problems.count == 1, "%u problems, the first: %s\nexpected: %s",
		problems.count, problems.list[0].text, problem);
	ck_assert_str_eq(problems.list[0].text + strlen("/etc/ringhall/t.yaml:"), problem);
}

START_TEST(examples_load_clean)
{
	static const char *const files[] = {"examples/minimal.yaml", "examples/hotline.yaml",
		"examples/carrier.yaml", "examples/blended.yaml"};
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct config *c;
		int err = load_file(source_path(files[i]), &c);
		ck_assert_msg(err == 0, "%s", problems.count ? problems.list[0].text : "?");
		config_release(c);
	}
}
END_TEST

START_TEST(minimal_gets_defaults)
{
	struct config *c;
	ck_assert_int_eq(load_file(source_path("examples/minimal.yaml"), &c), 0);
	ck_assert_uint_eq(c->engine.workers, 1);
	ck_assert_uint_eq(c->engine.rtp_timeout_s, 30);
	ck_assert_uint_eq(c->engine.media[0].rtp_min, 1536);
	ck_assert_uint_eq(c->engine.media[0].dscp, 46);
	ck_assert_str_eq(c->engine.ports[0].kind, "tap");
	ck_assert_str_eq(c->engine.ports[0].device, "media0");
	ck_assert_uint_eq(c->trunks[0].codecs[1], CODEC_PCMU);
	ck_assert_str_eq(c->queues[0].policy, "longest-idle");
	ck_assert_uint_eq(c->queues[0].answer_prompt, UINT32_MAX);
	ck_assert_str_eq(c->prompts[c->queues[0].music].name, "music");
	ck_assert(c->agents[0].ready_on_register);
	ck_assert_str_eq(c->agents[0].display, "alice");
	const struct config_flow *f = c->numbers[0].flow;
	ck_assert_uint_eq(f->step_count, 2);
	ck_assert_uint_eq(f->steps[0].next, 1);
	ck_assert_uint_eq(f->steps[1].next, STEP_NONE);
	ck_assert_ptr_eq(f->steps[1].queue, &c->queues[0]);
	ck_assert_uint_eq(c->recording.free_min_bytes, 1ull << 30);
	config_release(c);
}
END_TEST

// The golden text is what `ringhall --check` prints.
START_TEST(twenty_mistakes_twenty_lines)
{
	struct config *c;
	char line[512], golden[512];
	FILE *f = fopen(source_path("tests/data/config/twenty.txt"), "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(load_file(source_path("tests/data/config/twenty.yaml"), &c), -EINVAL);
	ck_assert_uint_eq(problems.count, 20);
	for (unsigned i = 0; i < problems.count; i++) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
		line[strcspn(line, "\n")] = '\0';
		str_format(golden, sizeof(golden), "%s", source_path(line));
		ck_assert_str_eq(problems.list[i].text, golden);
	}
	fclose(f);
}
END_TEST

START_TEST(maps_and_keys)
{
	expect(HEAD, "1:1: tenants: expected a map, got nothing");
	expect(HEAD TENANTS "sips: 1\n",
		"6:1: sips: expected a key of the file, got 'sips' (did you mean 'sip'?)");
	expect(HEAD TENANTS TENANTS,
		"6:1: tenants: expected each key once, got 'tenants' after line 5");
	expect(HEAD "tenants: [a]\n", "5:10: tenants: expected a map, got a list");
	expect(HEAD TENANTS "store: 5\n", "6:8: store: expected a map, got '5'");
	expect(HEAD TENANTS "node: {}\n",
		"6:7: node: expected a name of letters, digits, "
		"'-', '_', '.' or '+', got a map");
	expect(HEAD TENANTS "[a]: b\n",
		"6:1: file: expected a key that is a word, got a list or a map");
	expect(ENGINE TENANTS, "1:1: sip.listen: expected a list, got nothing");
}
END_TEST

START_TEST(not_yaml)
{
	expect("a: [1\nb: 2\n",
		"2:2: yaml: expected ',' or ']' in the list that '[' opens in line 1, got "
		"something else");
	expect(HEAD TENANTS "---\nb: 2\n",
		"7:1: yaml: expected one YAML document, got a second one: remove the line '---' "
		"before it");
	ck_assert_ptr_null(load_text("", NULL));
	ck_assert_ptr_null(load_text("\t", NULL));
	ck_assert_ptr_null(load_text("&a [*a]", NULL));
}
END_TEST

START_TEST(unreadable_file)
{
	struct config *c;
	ck_assert_int_eq(load_file("/nonexistent.yaml", &c), -EINVAL);
	ck_assert_uint_eq(problems.count, 1);
	ck_assert_str_eq(problems.list[0].text,
		"/nonexistent.yaml:1:1: file: expected a readable "
		"file, got 'No such file or directory'");
}
END_TEST

START_TEST(engine_relations)
{
	expect(SIP "engine:\n  sessions: 32001\n" PORTS MEDIA TENANTS,
		"3:13: engine.sessions: expected at most 32000, two ports each on 1 media address, "
		"got 32001");
	expect(SIP "engine:\n  workers: 2\n  cores: [1]\n" PORTS MEDIA TENANTS,
		"4:10: engine.cores: expected as many cores as workers (2), got 1");
	expect(SIP "engine:\n  workers: 2\n  cores: [1, 1]\n" PORTS MEDIA TENANTS,
		"4:14: engine.cores.2: expected each core once, got 1 again");
	expect(SIP "engine:\n  jitter_max: 10ms\n" PORTS MEDIA TENANTS,
		"3:3: engine.jitter_min: expected at most jitter_max (10ms), got 20ms");
	expect(SIP "engine:\n  mixer_parties: 40\n  mixed_parties: 39\n" PORTS MEDIA TENANTS,
		"4:18: engine.mixed_parties: expected 0 or at least mixer_parties (40), got 39");
	expect(SIP "engine:\n" PORTS "  media: {}\n" TENANTS,
		"4:10: engine.media: expected at least one media address, got none");
	expect(SIP
		"engine:\n  ports: {p: {kind: pci, device: a}, q: {kind: pci, device: a}}\n" MEDIA
			TENANTS,
		"3:61: engine.ports.q.device: expected a device that no other port has, got 'a' of "
		"p");
	expect(SIP "engine:\n  ports: {a-name-of-sixteen: {}}\n"
		   "  media: {m: {port: a-name-of-sixteen, address: 10.9.0.2/24}}\n" TENANTS,
		"3:30: engine.ports.a-name-of-sixteen.device: expected an interface name of up to "
		"15 "
		"letters, got 'a-name-of-sixteen'");
}
END_TEST

START_TEST(media_relations)
{
#define ONE(text) SIP "engine:\n" PORTS "  media:\n    m: {port: p, " text "}\n" TENANTS
	expect(ONE("address: 10.8.0.2/24"),
		"5:27: engine.media.m.address: expected an address within 10.9.0.1/24, the host "
		"prefix of port p, got 10.8.0.2");
	expect(ONE("address: 10.9.0.1/24"),
		"5:27: engine.media.m.address: expected an address that the kernel does not have, "
		"got 10.9.0.1");
	expect(ONE("address: 10.9.0.2"),
		"5:27: engine.media.m.address: expected an address with its prefix length like "
		"192.0.2.10/24, got '10.9.0.2'");
	expect(ONE("address: 10.9.0.2/24, gateway: 10.9.0.2"),
		"5:49: engine.media.m.gateway: expected another address within 10.9.0.2/24, got "
		"10.9.0.2");
	expect(ONE("address: 10.9.0.2/24, external: \"2001:db8::1\""),
		"5:50: engine.media.m.external: expected an IPv4 address like the one it stands "
		"for, got 2001:db8::1");
	expect(ONE("address: 10.9.0.2/24, rtp: 16385-20000"),
		"5:45: engine.media.m.rtp: expected ports from an even one, 1024 or above, to an "
		"odd "
		"one like 16384-32767, got '16385-20000'");
	expect(ONE("address: 10.9.0.2/24}\n    n: {port: p, address: 10.9.0.2/16"),
		"6:27: engine.media.n.address: expected an address of its own, got 10.9.0.2 of m "
		"too");
	expect(ONE("address: 239.9.0.2/24, gateway: 239.9.0.1"),
		"5:27: engine.media.m.address: expected a unicast address, got 239.9.0.2");
}
END_TEST

START_TEST(sip_relations)
{
	expect("sip: {listen: [udp:10.9.0.1, \"udp:10.9.0.1:5060\"]}\n" ENGINE TENANTS,
		"1:30: sip.listen.2: expected each listener once, got 10.9.0.1:5060 again");
	expect("sip: {listen: []}\n" ENGINE TENANTS,
		"1:15: sip.listen: expected at least one listener, got none");
	expect("sip: {listen: udp:10.9.0.2}\n" ENGINE TENANTS,
		"4:33: engine.media.m.address: expected an address that the kernel does not have, "
		"got 10.9.0.2");
	expect("sip: {listen: udp:10.9.0.1, register_max: 50s}\n" ENGINE TENANTS,
		"1:6: sip.register_min: expected at most register_max (50s), got 60s");
	expect(HEAD TENANTS "store: {directory: here}\n",
		"6:20: store.directory: expected an absolute path, got 'here'");
}
END_TEST

#ifdef HAVE_OPUS
#define OPUS ", opus"
#else
#define OPUS
#endif

START_TEST(tenant_relations)
{
	expect(ACME("  trunks: {a: 10.1.0.0/16}\n b:\n  trunks: {c: [10.1.7.7/16]}\n"),
		"9:16: tenants.b.trunks.c.peers.1: expected a prefix that no other trunk has, got "
		"10.1.0.0/16 of 'a'");
	expect(ACME(AGENTS "  queues: {q: {agents: []}}\n"),
		"8:24: tenants.acme.queues.q.agents: expected at least one agent or team, got "
		"none");
	expect(ACME(AGENTS "  queues: {q: {policy: linear}}\n"),
		"8:15: tenants.acme.queues.q.agents: expected at least one agent or team, got "
		"none");
	expect(ACME(AGENTS "  queues: {q: {teams: [red, red]}}\n  teams: {red: }\n"),
		"8:29: tenants.acme.queues.q.teams.2: expected each team once, got 'red' again");
	expect(ACME(AGENTS "  queues: {q: {agents: [bob, bib]}}\n"),
		"8:30: tenants.acme.queues.q.agents.2: expected an agent of this tenant, got 'bib' "
		"(did you mean 'bob'?)");
	expect(ACME(AGENTS "  queues: {q: {agents: bob, policy: random}}\n"),
		"8:37: tenants.acme.queues.q.policy: expected one of longest-idle, "
		"round-robin, fewest-calls, least-talk, linear, weighted-random, best-skill, "
		"ring-all, got "
		"'random'");
	expect(ACME(AGENTS " b:\n  agents: {bob: z}\n"),
		"9:12: tenants.b.agents.bob: expected a name that no other tenant's agent has, got "
		"'bob' of acme");
	expect(ACME("  agents: {a: {password: x, codecs: [PCMA, G729]}}\n"),
		"7:44: tenants.acme.agents.a.codecs.2: expected one of PCMU, PCMA, G722" OPUS
		", got 'G729'");
	expect(ACME("  agents: {a: {password: x, codecs: [PCMA, pcma]}}\n"),
		"7:44: tenants.acme.agents.a.codecs.2: expected each codec once, got PCMA again");
#ifdef HAVE_OPUS
	expect(ACME("  agents: {a: {password: x, codecs: [PCMA, G722, opus]}}\n"),
		"7:50: tenants.acme.agents.a.codecs.3: expected a codec that the engine has room "
		"for, got opus with engine.opus_sessions 0");
#endif
	expect(ACME("  agents: {a: {password: x, ptime: 25ms}}\n"),
		"7:36: tenants.acme.agents.a.ptime: expected 10ms, 20ms, 30ms, 40ms or 60ms, got "
		"25ms");
	expect(ACME("  agents: {\"al ice\": x}\n"),
		"7:12: tenants.acme.agents.al ice: expected a name of Latin letters, digits, '-', "
		"'_', '.' or '+', got 'al ice'");
	expect(ACME("  numbers: {1: f, 1: f}\n  flows: {f: {a: hangup}}\n"),
		"7:19: tenants.acme.numbers.1: expected each key once, got '1' after line 7");
}
END_TEST

START_TEST(flows)
{
#define FLOW(text) ACME("  prompts: {p: p.wav}\n" AGENTS "  flows: {f: {" text "}}\n")
	expect(FLOW("a: {play: p}"),
		"9:15: tenants.acme.flows.f.a.then: expected a step of this "
		"flow, since this is the last, got nothing");
	expect(FLOW("a: {menu: p, digits: {1: b}}"),
		"9:40: tenants.acme.flows.f.a.digits.1: expected a step of this flow, got 'b'");
	expect(FLOW("a: {menu: p, digits: {x: a}}"),
		"9:37: tenants.acme.flows.f.a.digits.x: expected a digit 0 to 9, '*', '#' or A to "
		"D, "
		"got 'x'");
	expect(FLOW("a: {pley: p}"),
		"9:18: tenants.acme.flows.f.a: expected a map with one of "
		"play, menu, queue, conference, set, branch, lookup, hangup, got none of them");
	expect(FLOW("a: {play: p, then: b}, b: hangup, c: hangup"),
		"9:49: tenants.acme.flows.f.c: expected a step that another one leads to, got 'c', "
		"which none does");
	expect(FLOW("a: {play: p, then: a}"),
		"9:15: tenants.acme.flows.f.a: expected a way that waits for the caller or ends, "
		"got 'a' in a circle of prompts alone");
	expect(FLOW("a: {hangup: p, status: 200}"),
		"9:38: tenants.acme.flows.f.a.status: expected 0 or a status from 400 to 699, got "
		"200");
	expect(FLOW("a: {play: p, then: a, queue: q}"),
		"9:37: tenants.acme.flows.f.a.queue: expected a key of a play step, got 'queue'");
	expect(FLOW("a: {conference: board}"),
		"9:31: tenants.acme.flows.f.a.conference: expected a conference of this tenant, "
		"got 'board'");
	struct config *c =
		load_text(FLOW("a: {menu: p, digits: {0: a, \"*\": b, D: b}}, b: hangup"), NULL);
	const struct config_menu *m = &c->flows[0].steps[0].menu;
	ck_assert_uint_eq(m->on_digit[0], 0);
	ck_assert_uint_eq(m->on_digit[1], STEP_NONE);
	ck_assert_uint_eq(m->on_digit[10], 1);
	ck_assert_uint_eq(m->on_digit[15], 1);
	ck_assert_uint_eq(m->timeout_ms, 5000);
	ck_assert_uint_eq(m->on_timeout, STEP_NONE);
	ck_assert(m->barge);
	ck_assert_uint_eq(c->flows[0].steps[1].prompt, UINT32_MAX);
	config_release(c);
}
END_TEST

// Whose peers hold it most narrowly.
static const char *trunk_at(const struct config *c, const struct addr *source)
{
	const char *name = NULL;
	int bits = -1;
	for (unsigned i = 0; i < c->trunk_count; i++) {
		for (unsigned p = 0; p < c->trunks[i].peer_count; p++) {
			const struct config_prefix *peer = &c->trunks[i].peers[p];
			if (peer->bits > bits && addr_in_prefix(source, &peer->net, peer->bits)) {
				name = c->trunks[i].name;
				bits = peer->bits;
			}
		}
	}
	return name;
}

START_TEST(found_by_name)
{
	struct config *c = load_text(
		ACME("  trunks: {wide: 10.0.0.0/8, near: [10.1.0.0/16, \"2001:db8::/32\"]}\n"
		     "  numbers: {4001: f, \"400*\": g, \"40*\": h}\n"
		     "  flows: {f: {a: hangup}, g: {a: hangup}, h: {a: hangup}}\n" AGENTS
		     " other:\n  numbers: {\"*\": f}\n  flows: {f: {a: hangup}}\n"),
		NULL);
	const struct config_tenant *acme = &c->tenants[0], *other = &c->tenants[1];
	struct addr source;
	ck_assert_str_eq(config_find_number(c, acme, "4001")->flow->name, "f");
	ck_assert_str_eq(config_find_number(c, acme, "4002")->flow->name, "g");
	ck_assert_str_eq(config_find_number(c, acme, "40")->flow->name, "h");
	ck_assert_ptr_null(config_find_number(c, acme, "5"));
	ck_assert_ptr_eq(config_find_number(c, other, "5")->tenant, other);
	ck_assert_ptr_eq(config_find_number(c, other, "")->flow->tenant, other);
	addr_parse("10.2.3.4:5060", &source);
	ck_assert_str_eq(trunk_at(c, &source), "wide");
	addr_parse("10.1.3.4", &source);
	ck_assert_str_eq(trunk_at(c, &source), "near");
	addr_parse("[2001:db8::7]:5060", &source);
	ck_assert_str_eq(trunk_at(c, &source), "near");
	addr_parse("11.1.3.4", &source);
	ck_assert_ptr_null(trunk_at(c, &source));
	ck_assert_str_eq(config_find_agent(c, "bob")->password, "y");
	ck_assert_ptr_null(config_find_agent(c, "bobby"));
	config_release(c);
}
END_TEST

START_TEST(prompt_ids_stay)
{
	struct config *a = load_text(ACME("  prompts: {one: 1.wav, two: 2.wav}\n"), NULL);
	struct config *b = load_text(
		ACME("  prompts: {new: n.wav, two: other.wav}\n other: {prompts: {one: /1.wav}}\n"),
		a);
	ck_assert_str_eq(a->prompts[0].file, "/etc/ringhall/1.wav");
	ck_assert_str_eq(b->prompts[2].file, "/1.wav");
	struct config *here;
	struct config_text t = {"t.yaml", ACME("  prompts: {one: 1.wav}\n"), 0};
	t.len = strlen(t.data);
	config_problems_free(&problems);
	ck_assert_int_eq(config_load_text(&control_modules, &t, NULL, &here, &problems), 0);
	ck_assert_int_eq(here->prompts[0].file[0], '/');
	config_release(here);
	ck_assert_uint_eq(b->prompts[1].id, a->prompts[1].id);
	// Neither the id of acme's `one`, which a call may still hear, nor each other's.
	ck_assert_uint_ne(b->prompts[0].id, a->prompts[0].id);
	ck_assert_uint_ne(b->prompts[2].id, a->prompts[0].id);
	ck_assert_uint_ne(b->prompts[0].id, b->prompts[2].id);
	config_hold(a);
	config_release(a);
	config_release(a);
	config_release(b);
}
END_TEST

// A media address is known by its index: a reload that moved it would send voices astray.
START_TEST(reload_keeps_what_was_built)
{
	struct config *was = load_text(HEAD TENANTS, NULL), *now;
	now = load_text(HEAD "tenants: {acme: {agents: {a: x}}}\nstore: {retention: 1GiB}\n", was);
	ck_assert_uint_eq(now->agent_count, 1);
	config_release(now);
	static const char *const changed[] = {
		SIP "engine:\n  workers: 2\n" PORTS MEDIA TENANTS,
		SIP "engine:\n" PORTS "  media: {m: {port: p, address: 10.9.0.3/24}}\n" TENANTS,
		SIP "engine:\n" PORTS
		    "  media: {n: {port: p, address: 10.9.0.3/24}, m: {port: p, address: "
		    "10.9.0.2/24}}\n" TENANTS,
		"sip: {listen: [tcp:10.9.0.1:5060]}\n" ENGINE TENANTS,
		HEAD TENANTS "recording: {calls_max: 7}\n",
	};
	static const char *const where[] = {
		"3:12: engine.workers: ", "4:33: engine.media.m.address: ", "4:10: engine.media: ",
		"1:15: sip.listen: ", "6:24: recording.calls_max: "};
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_ptr_null(load_text(changed[i], was));
		const char *text = problems.list[0].text + strlen("/etc/ringhall/t.yaml:");
		ck_assert_msg(str_starts(text, where[i]), "%s", text);
		ck_assert_ptr_nonnull(strstr(text, "it needs a restart"));
	}
	config_release(was);
}
END_TEST

// Aliases are allowed, and cannot blow a small file up.
START_TEST(store_relations)
{
	expect(HEAD "tenants: {}\nstore: {segment: 4KiB}\n",
		"6:18: store.segment: expected 1MiB to 16GiB, got 4096 bytes");
	expect(HEAD "tenants: {}\nstore: {segment: 8MiB, retention: 15MiB}\n",
		"6:35: store.retention: expected 0 (no limit) or at least 2 segments "
		"(store.segment: "
		"8 MiB each), got 15728640 bytes");
	struct config *c =
		load_text(HEAD "tenants: {}\nstore: {segment: 8MiB, retention: 16MiB}\n", NULL);
	ck_assert_uint_eq(c->store.segment_bytes, 8 << 20);
	config_release(c);
}
END_TEST

START_TEST(aliases)
{
	struct config *c = load_text(ACME("  trunks: {a: &t {peers: 10.1.0.1, ptime: 30ms}}\n"
					  "  agents: {a: &a {password: x}, b: *a}\n"),
		NULL);
	ck_assert_str_eq(c->agents[1].password, "x");
	config_release(c);
	char text[65536] = HEAD "tenants:\n t: &t\n  agents: &a {";
	struct str_buf b = {text, sizeof(text), strlen(text), false};
	for (unsigned i = 0; i < 2000; i++)
		str_buf_add(&b, "a%u: , ", i);
	str_buf_add(&b, "}\n");
	for (unsigned i = 0; i < 2000 && !b.cut; i++)
		str_buf_add(&b, " u%u: *t\n", i);
	ck_assert(!b.cut);
	ck_assert_ptr_null(load_text(text, NULL));
}
END_TEST

START_TEST(nothing_is_left)
{
	config_problems_free(&problems);
	ck_assert_ptr_null(problems.list);
}
END_TEST

UNIT_MAIN("config", examples_load_clean, minimal_gets_defaults, twenty_mistakes_twenty_lines,
	maps_and_keys, not_yaml, unreadable_file, engine_relations, media_relations, sip_relations,
	tenant_relations, flows, found_by_name, prompt_ids_stay, reload_keeps_what_was_built,
	store_relations, aliases, nothing_is_left)
