// Writes requests and answers and sends each as one datagram.
#include "bench/ringload/send.h"

#include <string.h>

#include "control/base/re.h"
#include "engine/base/str.h"

#define TEXT_MAX  4096
#define EVENT_PT  101
#define EXPIRES_S 3600

struct letter {
	char data[TEXT_MAX];
	struct str_buf text;
};

static void letter_send(struct load *l, struct letter *t, const struct addr *to)
{
	struct sockaddr_storage name;
	socklen_t len = socket_addr_to(to, &name);

	if (t->text.cut ||
		sendto(l->sip_fd, t->data, t->text.len, 0, (struct sockaddr *)&name, len) < 0)
		l->counts.sip_failed++;
}

static void letter_sdp(struct letter *t, const struct load *l, const struct call *c)
{
	const struct profile *p = l->profile;
	unsigned pt = p->codec == LAW_PCMU ? 0 : 8;
	unsigned port = p->rtp_port + 2 * (c->index % p->rtp_sockets);
	char ip6 = l->local.family == ADDR_IP6;
	char body[512];
	struct str_buf b;

	str_buf_init(&b, body, sizeof(body));
	str_buf_add(&b, "v=0\r\no=- %u 1 IN IP%c %s\r\ns=-\r\nc=IN IP%c %s\r\nt=0 0\r\n", c->count,
		ip6 ? '6' : '4', l->media_ip, ip6 ? '6' : '4', l->media_ip);
	str_buf_add(&b, "m=audio %u RTP/AVP %u %u\r\na=rtpmap:%u %s/8000\r\n", port, pt, EVENT_PT,
		pt, pt ? "PCMA" : "PCMU");
	str_buf_add(&b, "a=rtpmap:%u telephone-event/8000\r\na=fmtp:%u 0-15\r\na=ptime:%u\r\n",
		EVENT_PT, EVENT_PT, p->ptime_ms);
	str_buf_add(&t->text, "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
		b.len, body);
}

static void letter_host(struct letter *t, const struct load *l)
{
	bool six = l->local.family == ADDR_IP6;

	str_buf_add(
		&t->text, "%s%s%s:%u", six ? "[" : "", l->local_ip, six ? "]" : "", l->local.port);
}

static void letter_via(struct letter *t, const struct load *l, const char *branch)
{
	str_buf_add(&t->text, "Via: SIP/2.0/UDP ");
	letter_host(t, l);
	str_buf_add(&t->text, ";rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n", branch);
}

static void letter_dialog(struct letter *t, const struct call *c, uint32_t cseq, const char *method)
{
	str_buf_add(&t->text, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n", c->local,
		c->remote, c->call_id, cseq, method);
}

// CANCEL and the ACK of a refusal belong to the INVITE's transaction: its branch, its CSeq.
static void letter_begin(struct letter *t, const struct load *l, const struct call *c,
	const char *method, bool of_invite)
{
	char branch[64];

	str_buf_init(&t->text, t->data, sizeof(t->data));
	str_format(branch, sizeof(branch), "%u-%u-%s-%llx", c->index, of_invite ? 1 : c->cseq,
		of_invite ? "INVITE" : method, (unsigned long long)(l->tag ^ c->began_ns));
	str_buf_add(&t->text, "%s %s SIP/2.0\r\n", method, c->target);
	letter_via(t, l, branch);
	letter_dialog(t, c, c->cseq, method);
}

void send_request(struct load *l, const struct call *c, const char *method)
{
	struct letter t;
	bool invite = str_equal(method, "INVITE");

	letter_begin(&t, l, c, method, invite || str_equal(method, "CANCEL"));
	if (invite) {
		str_buf_add(&t.text, "Contact: <sip:%s@", l->profile->from);
		letter_host(&t, l);
		str_buf_add(&t.text, ">\r\nAllow: INVITE, ACK, CANCEL, BYE, INFO\r\n");
		letter_sdp(&t, l, c);
	} else {
		str_buf_add(&t.text, "Content-Length: 0\r\n\r\n");
	}
	letter_send(l, &t, &l->target);
}

void send_ack(struct load *l, const struct call *c, bool refused)
{
	struct letter t;

	letter_begin(&t, l, c, "ACK", refused);
	str_buf_add(&t.text, "Content-Length: 0\r\n\r\n");
	letter_send(l, &t, &l->target);
}

static const char *reason(int status)
{
	return status == 200	? "OK"
		: status == 180 ? "Ringing"
		: status == 486 ? "Busy Here"
		: status == 487 ? "Request Terminated"
				: "No";
}

void send_reply(struct load *l, const struct message *m, int status, const struct addr *to)
{
	struct letter t;

	str_buf_init(&t.text, t.data, sizeof(t.data));
	str_buf_add(&t.text, "SIP/2.0 %d %s\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\n", status,
		reason(status), (int)m->via.len, m->via.p, (int)m->from.len, m->from.p,
		(int)m->to.len, m->to.p, text_parameter(m->to, "tag").len ? "" : ";tag=load");
	str_buf_add(&t.text, "Call-ID: %.*s\r\nCSeq: %u %.*s\r\nContent-Length: 0\r\n\r\n",
		(int)m->call_id.len, m->call_id.p, m->cseq, (int)m->cseq_method.len,
		m->cseq_method.p);
	letter_send(l, &t, to);
}

void send_answer(struct load *l, const struct call *c, int status)
{
	struct letter t;

	str_buf_init(&t.text, t.data, sizeof(t.data));
	str_buf_add(&t.text, "SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\n", status,
		reason(status), c->via, c->remote, c->local);
	str_buf_add(&t.text, "Call-ID: %s\r\nCSeq: %u INVITE\r\nContact: <sip:%s%u@", c->call_id,
		c->cseq, l->profile->agent_name, c->agent + 1);
	letter_host(&t, l);
	str_buf_add(&t.text, ">\r\n");
	if (status == 200)
		letter_sdp(&t, l, c);
	else
		str_buf_add(&t.text, "Content-Length: 0\r\n\r\n");
	letter_send(l, &t, &l->target);
}

static void hex_md5(char out[33], const char *text)
{
	uint8_t md[16];

	md5((const uint8_t *)text, strlen(text), md);
	for (unsigned i = 0; i < 16; i++)
		str_format(out + 2 * i, 33 - 2 * i, "%02x", md[i]);
}

// Digest with MD5 and qop=auth (RFC 2617).
static void letter_authorize(
	struct letter *t, const struct load *l, uint32_t agent, struct text challenge)
{
	char realm[128], nonce[256], first[33], second[33], answer[33], plain[512], uri[96];
	const struct profile *p = l->profile;

	text_copy(realm, sizeof(realm), text_parameter(challenge, "realm"));
	text_copy(nonce, sizeof(nonce), text_parameter(challenge, "nonce"));
	str_format(uri, sizeof(uri), "sip:%s", l->target_text);
	str_format(plain, sizeof(plain), "%s%u:%s:%s", p->agent_name, agent + 1, realm,
		p->agent_password);
	hex_md5(first, plain);
	str_format(plain, sizeof(plain), "REGISTER:%s", uri);
	hex_md5(second, plain);
	str_format(plain, sizeof(plain), "%s:%s:00000001:ringload:auth:%s", first, nonce, second);
	hex_md5(answer, plain);
	str_buf_add(&t->text,
		"Authorization: Digest username=\"%s%u\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
		"response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"ringload\"\r\n",
		p->agent_name, agent + 1, realm, nonce, uri, answer);
}

void send_register(struct load *l, uint32_t agent, const struct message *challenge)
{
	const struct profile *p = l->profile;
	struct agent *a = &l->agents[agent];
	char branch[64];
	struct letter t;

	str_format(
		branch, sizeof(branch), "r%u-%u-%llx", agent, a->cseq, (unsigned long long)l->tag);
	str_buf_init(&t.text, t.data, sizeof(t.data));
	str_buf_add(&t.text, "REGISTER sip:%s SIP/2.0\r\n", l->target_text);
	letter_via(&t, l, branch);
	for (int i = 0; i < 2; i++)
		str_buf_add(&t.text, "%s: <sip:%s%u@%s>%s\r\n", i ? "To" : "From", p->agent_name,
			agent + 1, l->target_text, i ? "" : ";tag=load");
	str_buf_add(&t.text, "Call-ID: r%u-%llx\r\nCSeq: %u REGISTER\r\nContact: <sip:%s%u@", agent,
		(unsigned long long)l->tag, a->cseq, p->agent_name, agent + 1);
	letter_host(&t, l);
	str_buf_add(&t.text, ">\r\nExpires: %d\r\n", EXPIRES_S);
	if (challenge)
		letter_authorize(&t, l, agent, challenge->challenge);
	str_buf_add(&t.text, "Content-Length: 0\r\n\r\n");
	letter_send(l, &t, &l->target);
}
