// RTCP as tshark reads it: counts, times, loss, jitter and round trip of RFC 3550, in each way that
// a stream is fed, and what the far end says of us in the session's figures.
#include "tests/path/voice.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/str.h"

#define ROWS_MAX 32

struct row { // of one compound packet
	double at_s;
	char types[32], senders[64], cname[64], trouble[256];
	uint64_t ntp; // 32.32
	uint32_t ts, packets, bytes;
	int fraction, lost, has_block;
	uint32_t highest, jitter, lsr, dlsr;
};

static struct row rows[ROWS_MAX];
static unsigned row_count;

static const char *const fields[] = {"frame.time_epoch", "rtcp.pt", "rtcp.senderssrc",
	"rtcp.timestamp.ntp.msw", "rtcp.timestamp.ntp.lsw", "rtcp.timestamp.rtp",
	"rtcp.sender.packetcount", "rtcp.sender.octetcount", "rtcp.ssrc.fraction",
	"rtcp.ssrc.cum_nr", "rtcp.ssrc.ext_high", "rtcp.ssrc.jitter", "rtcp.ssrc.lsr",
	"rtcp.ssrc.dlsr", "rtcp.sdes.text", "_ws.malformed"};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 0);
}

static void read_row(char *line, struct row *r)
{
	char *f[FIELDS], *rest = line;

	line[strcspn(line, "\n")] = 0;
	for (unsigned i = 0; i < FIELDS; i++) {
		f[i] = strsep(&rest, "\t");
		ck_assert_ptr_nonnull(f[i]);
	}
	*r = (struct row){
		.at_s = strtod(f[0], NULL) - STAGE_START_NS / 1e9,
		.ntp = (uint64_t)number(f[3]) << 32 | number(f[4]),
		.ts = number(f[5]),
		.packets = number(f[6]),
		.bytes = number(f[7]),
		.has_block = f[8][0] != 0,
		.fraction = (int)number(f[8]),
		.lost = (int)strtol(f[9], NULL, 0),
		.highest = number(f[10]),
		.jitter = number(f[11]),
		.lsr = number(f[12]),
		.dlsr = number(f[13]),
	};
	str_copy(r->types, sizeof(r->types), f[1]);
	str_copy(r->senders, sizeof(r->senders), f[2]);
	str_copy(r->cname, sizeof(r->cname), f[14]);
	str_copy(r->trouble, sizeof(r->trouble), f[15]);
}

// Of all that went to a far end's RTCP port; nothing may be malformed.
static void read_reports(enum far far)
{
	char path[STAGE_PATH_MAX], command[1200], line[1024];
	struct str_buf b;
	unsigned port = far == AGENT ? 6001 : 4001;

	str_buf_init(&b, command, sizeof(command));
	str_buf_add(&b,
		"tshark -n -r %s -d udp.port==%u,rtcp -Y 'rtcp && udp.dstport==%u' -T fields",
		stage_path(path, "out"), port, port);
	for (unsigned i = 0; i < FIELDS; i++)
		str_buf_add(&b, " -e %s", fields[i]);
	str_buf_add(&b, " 2>/dev/null");
	FILE *f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	for (row_count = 0; fgets(line, sizeof(line), f); row_count++) {
		ck_assert_uint_lt(row_count, ROWS_MAX);
		read_row(line, &rows[row_count]);
		ck_assert_str_eq(rows[row_count].trouble, "");
	}
	ck_assert_int_eq(pclose(f), 0);
}

// RTP to a far end up to a report: its packets and bytes, and the last of them.
static const struct heard *sent_until(
	enum far far, const struct row *r, uint32_t *packets, uint32_t *bytes)
{
	const struct heard *h, *last = NULL;

	*packets = *bytes = 0;
	for (unsigned i = 0; (h = heard_rtp(far, i)); i++) {
		if (h->at_ns / 1e9 > r->at_s + 1e-4)
			break;
		++*packets;
		*bytes += h->rtp.len;
		last = h;
	}
	return last;
}

// What every report must say of the stream to this far end, whose clock counts so many a ms.
static void expect_sender(enum far far, unsigned per_ms)
{
	char ssrc[16];

	ck_assert_uint_ge(row_count, 3); // 1 to 3 s, then 2 to 6 s apart, and the last
	for (unsigned i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];
		uint32_t packets, bytes;
		const struct heard *h = sent_until(far, r, &packets, &bytes);
		bool last = i == row_count - 1;
		str_format(ssrc, sizeof(ssrc), "0x%08x", h->rtp.ssrc);
		ck_assert_ptr_nonnull(strstr(r->senders, ssrc));
		ck_assert_str_eq(r->types, last ? "200,202,203" : "200,202");
		ck_assert_uint_eq(strlen(r->cname), 16);
		ck_assert_str_eq(r->cname, rows[0].cname);
		ck_assert_uint_le(packets + 1 - r->packets, 2); // one may go in the same turn
		ck_assert_uint_eq(r->packets ? r->bytes / r->packets : 0, bytes / packets);
		// Its timestamp is what the stream has at this moment.
		double off_ms = (int32_t)(r->ts - h->rtp.ts) / (double)per_ms -
			(r->at_s * 1000 - h->at_ns / 1e6);
		ck_assert_msg(off_ms > -3 && off_ms < 3, "report %u: %.1f ms off", i, off_ms);
		double ntp_s = (double)(r->ntp - rows[0].ntp) / 4294967296.0;
		ck_assert_double_lt(fabs(ntp_s - (r->at_s - rows[0].at_s)), 0.001);
		if (i == 0 || last)
			continue;
		ck_assert_double_ge(r->at_s - rows[i - 1].at_s, 2);
		ck_assert_double_le(r->at_s - rows[i - 1].at_s, 6.6);
	}
}

static void put32(uint8_t *to, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(v >> (24 - 8 * i));
}

#define NTP_MSW 0xe0010203u
#define NTP_LSW 0x80405060u

// A sender report with one block on us, as the caller's phone may send it.
static void send_report(uint32_t of_ssrc, uint32_t lsr, uint32_t dlsr)
{
	uint8_t data[28 + 24] = {0x81, 200, 0, 12};

	put32(data + 4, 1000 + CALLER);
	put32(data + 8, NTP_MSW);
	put32(data + 12, NTP_LSW);
	put32(data + 28, of_ssrc);
	put32(data + 32, 64u << 24 | 7); // a quarter lost of late, 7 in all
	put32(data + 40, 80);		 // jitter: 10 ms
	put32(data + 44, lsr);
	put32(data + 48, dlsr);
	stage_udp(CALLER, stage_port(CALLER) + 1, data, sizeof(data));
}

static uint32_t ntp_mid(uint64_t at_ms)
{
	uint64_t ms = STAGE_START_NS / MS + at_ms;

	return (uint32_t)((ms << 16) / 1000);
}

START_TEST(loss_jitter_and_round_trip)
{
	struct gate_live live;
	unsigned lost = 0;

	gen_begin("report");
	struct talker t = gen_talker(CALLER, 10);
	for (unsigned i = 0; i < 600; i++) {
		uint64_t at_ms = t.at_ms;
		t.at_ms += i % 2 * 8; // each second one late: |D| is 64 units always
		t.lost = i % 10 == 9;
		lost += t.lost && i < 599;
		gen_fill(&t, 0x20, 160, 1);
		t.at_ms = at_ms + 20;
	}
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	stage_set_remote(CALLER, &r);
	stage_play(CALLER, 1, PLAY_LOOP);
	stage_until(3500);
	ck_assert(stage_live(CALLER, &live));
	send_report(live.tx_ssrc, ntp_mid(3400), (60 << 16) / 1000);
	stage_until(12020);
	ck_assert(stage_live(CALLER, &live));
	stage_end();
	read_reports(CALLER);
	expect_sender(CALLER, 8);
	const struct row *last = &rows[row_count - 1];
	ck_assert(last->has_block);
	ck_assert_int_eq(last->lost, (int)lost);
	ck_assert_uint_eq(last->highest, 65500 + 598); // the cycle is counted
	ck_assert_int_ge(rows[1].fraction, 256 / 10 - 5);
	ck_assert_int_le(rows[1].fraction, 256 / 10 + 5);
	ck_assert_uint_ge(last->jitter, 56); // a lost one makes two gaps of the same length
	ck_assert_uint_le(last->jitter, 64);
	ck_assert_uint_eq(rows[0].lsr, 0); // none had come
	ck_assert_uint_eq(last->lsr, NTP_MSW << 16 | NTP_LSW >> 16);
	ck_assert_double_lt(fabs(last->dlsr / 65536.0 - (last->at_s - 3.5)), 0.002);
	// What the far end said, and what is known of it, for the record.
	ck_assert_uint_ge(live.round_trip_us, 39000);
	ck_assert_uint_le(live.round_trip_us, 41500);
	ck_assert_uint_eq(live.far_lost, 7);
	ck_assert_uint_eq(live.far_jitter_us, 10000);
	ck_assert_uint_eq(live.far_fraction_lost, 64);
	ck_assert_uint_eq(live.rx_lost, lost);
	ck_assert_uint_ge(live.jitter_us, 7000);
	ck_assert_uint_le(live.jitter_us, 8000);
}
END_TEST

static void talk(struct voice *caller, struct voice *agent, unsigned ms)
{
	static int16_t silence[12 * 8000];
	struct voice *const both[] = {caller, agent};

	voice_speak(caller, &(struct voice_of){silence, ms * 8, 10, {0}});
	voice_speak(agent, &(struct voice_of){silence, ms * 8, 15, {0}});
	voices_gen(both, 2);
}

static void relayed(enum codec_id codec, unsigned per_ms)
{
	static struct voice caller, agent;

	gen_begin("report-relay");
	voice_init(&caller, CALLER, codec, 20);
	voice_init(&agent, AGENT, codec, 20);
	talk(&caller, &agent, 11000);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(11020);
	stage_end();
	read_reports(AGENT);
	expect_sender(AGENT, per_ms);
	ck_assert_int_eq(rows[row_count - 1].lost, 0);
	ck_assert_uint_le(rows[row_count - 1].jitter, per_ms);
}

START_TEST(of_a_relayed_stream)
{
	relayed(CODEC_PCMU, 8);
}
END_TEST

#ifdef HAVE_OPUS
START_TEST(of_opus_on_its_clock)
{
	relayed(CODEC_OPUS, 48);
}
END_TEST

// Another clock is another source (RFC 7160), and what it has sent is counted anew.
START_TEST(counts_are_of_the_source)
{
	static struct voice caller, agent, later;
	uint32_t packets = 0, ssrc = 0;

	gen_begin("report-source");
	voice_init(&caller, CALLER, CODEC_PCMU, 20);
	voice_init(&agent, AGENT, CODEC_PCMU, 20);
	voice_init(&later, AGENT, CODEC_OPUS, 20);
	talk(&caller, &agent, 9000);
	stage_begin();
	voice_connect(&caller, 0);
	voice_connect(&agent, 0);
	stage_bridge();
	stage_until(6000);
	later.remote.rx_pt = 0; // its phone goes on as before
	voice_connect(&later, 0);
	stage_until(9020);
	stage_end();
	read_reports(AGENT);
	const struct heard *h;
	for (unsigned i = 0; (h = heard_rtp(AGENT, i)); i++) {
		packets = h->rtp.ssrc == ssrc ? packets + 1 : 1;
		ssrc = h->rtp.ssrc;
	}
	ck_assert_uint_lt(packets, 200);
	ck_assert_uint_le(packets + 1 - rows[row_count - 1].packets, 2);
}
END_TEST
#endif

// Who sends nothing reports what it receives, and leaves with a BYE all the same.
START_TEST(a_receiver_reports_too)
{
	gen_begin("report-receiver");
	struct talker t = gen_talker(CALLER, 10);
	gen_fill(&t, 0x20, 160, 450);
	stage_begin();
	struct gate_remote r = stage_remote(CALLER);
	r.direction = GATE_RECV;
	stage_set_remote(CALLER, &r);
	stage_until(9020);
	stage_end();
	read_reports(CALLER);
	ck_assert_uint_ge(row_count, 2);
	for (unsigned i = 0; i < row_count; i++) {
		ck_assert_str_eq(rows[i].types, i == row_count - 1 ? "201,202,203" : "201,202");
		ck_assert(rows[i].has_block);
		ck_assert_uint_eq(strlen(rows[i].cname), 16);
	}
}
END_TEST

#ifdef HAVE_OPUS
#define OPUS_TESTS of_opus_on_its_clock, counts_are_of_the_source,
#else
#define OPUS_TESTS
#endif

PATH_MAIN("report", OPUS_TESTS loss_jitter_and_round_trip, of_a_relayed_stream,
	a_receiver_reports_too)
