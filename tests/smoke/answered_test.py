#!/usr/bin/python3
"""A call from end to end: greeting, an in-band digit inside speech, music, an agent's phone,
conversation, hang-up; judged from the wire and from the files."""
import datetime
import world
world.enter()

import hotline  # noqa: E402
import rtpcheck  # noqa: E402


def check_wire(w, caller_ip="10.99.0.10"):
    """Greeting and menu from the first packet on, byte by byte; no gap to the end."""
    heard = rtpcheck.read_streams(w.wire.pcap, world.MEDIA, caller_ip)
    assert len(heard) == 1, f"the caller heard {len(heard)} streams"
    stream = heard[0]
    greeting, menu = hotline.bytes_of(w, "greeting"), hotline.bytes_of(w, "menu")
    w.host_gaps.expect_whole(stream, [greeting])
    silence, same = stream.follows(menu, len(greeting))
    print(f"heard: {len(stream.packets)} packets, greeting whole, {silence / 8:.0f} ms later the "
          f"menu, barged in after {same / 8:.0f} ms, {stream.spacing_text()}")
    assert silence <= 60 * 8 and same > 160, "the menu did not follow the greeting"
    return stream


def check_recording(w, caller_pcm, agent_pcm):
    row = hotline.recordings(w, 1)[0]
    left, right = rtpcheck.channel_pcm(row["file"])
    caller, agent = (rtpcheck.channel_pcm(p)[0] for p in (caller_pcm, agent_pcm))
    own = w.host_gaps.likeness(left, caller), w.host_gaps.likeness(right, agent)
    cross = rtpcheck.leak(left, right, agent), rtpcheck.leak(right, left, caller)
    print(f"recording: {len(left) / 8000:.2f} s, caller left {own[0]:.3f}, agent right "
          f"{own[1]:.3f}, leaks {cross[0]:.3f} {cross[1]:.3f}")
    assert min(own) >= 0.95 and max(cross) <= 0.05
    return row


def check_drops(w):
    rows = {r["reason"]: r["packets"] for r in w.ask("drops", "--all")}
    assert rows["= received"] == rows["= dropped"] + rows["+ delivered"], rows
    return rows


def main():
    with world.World() as w:
        hotline.start(w)
        agent = hotline.agent_phone(w)
        sound, pcm = hotline.caller_sound(w, "caller", "1", at_s=4.0)
        caller = w.caller("caller", sound=sound, stay_ms=14000)
        assert caller.wait(30) == 0, "the caller's script failed"
        record = hotline.records(w, 1)[0]
        print("record:", record)
        assert record["digits"] == "1" and record["agent"] == "alice", record
        assert 3000 < record["talked_ms"] <= record["total_ms"], record
        started, ended = (datetime.datetime.fromisoformat(record[m]) for m in ("started", "ended"))
        assert ended - started >= datetime.timedelta(milliseconds=record["total_ms"] - 1), record
        row = check_recording(w, pcm, agent.sound)
        w.wire.stop()
        check_wire(w)
        check_drops(w)
        out = w.ringctl("recordings", "check").stdout
        assert row["file"].split("/")[-1] in out, out
        assert w.daemon.stop() == 0, "ringhall did not end cleanly"


if __name__ == "__main__":
    main()
