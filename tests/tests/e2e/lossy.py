#!/usr/bin/env python3
"""A bad link between two network namespaces: what netem does, for kernels without it.

usage: lossy.py [loss=SHARE] [double=SHARE] [corrupt=SHARE] [delay=MS] [jitter=MS] [seed=N]

Is run in a network namespace of its own (unshare -rn) and makes a second one. A pair of TUN devices joins them, 10.98.0.1 here
and 10.98.0.2 there. It says `ready PID`, of a process over there, and carries packets with these troubles until its standard
input ends; a line on that, such as `loss=1`, is another trouble from then on. Packets overtake each other by the jitter.
In the end it says what it did.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000  # linux/if_tun.h
CLONE_NEWNET = 0x40000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """A system call, or an end that says which one failed and why."""
    if getattr(LIBC, name)(*arguments) != 0:
        error = ctypes.get_errno()
        sys.exit(f"lossy.py: {name}: {os.strerror(error)} (network namespaces and /dev/net/tun are needed: root)")


def other_namespace():
    """A process in a new network namespace, which ends with this one."""
    made, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
        call("unshare", CLONE_NEWNET)
        os.write(tell, b"+")
        while True:
            signal.pause()
    os.close(tell)
    if os.read(made, 1) != b"+":
        sys.exit("lossy.py: there is no second namespace")
    return pid


def device(name, address, peer):
    """The end of the link in the namespace that this process is in."""
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as error:
        sys.exit(f"lossy.py: /dev/net/tun: {error.strerror} (root is needed)")
    subprocess.check_call(["ip", "address", "add", address, "peer", peer, "dev", name])
    subprocess.check_call(["ip", "link", "set", name, "up", "mtu", "1400"])
    subprocess.check_call(["ip", "link", "set", "lo", "up"])
    return tun


class Link:
    def __init__(self, ends):
        self.ends = ends
        self.trouble = dict(loss=0.0, double=0.0, corrupt=0.0, delay=0.0, jitter=0.0, seed=1.0)
        self.done = dict(carried=0, lost=0, doubled=0, corrupted=0)
        self.queue, self.number = [], 0
        self.random = random.Random(1)

    def set(self, text):
        name, value = text.split("=")
        if name not in self.trouble:
            sys.exit(f"lossy.py: no such trouble: {name}")
        self.trouble[name] = float(value)
        if name == "seed":
            self.random = random.Random(int(value))

    def happens(self, what):
        return self.random.random() < self.trouble[what]

    def take(self, now, packet, to):
        if self.happens("loss"):
            self.done["lost"] += 1
            return
        if self.happens("corrupt"):
            self.done["corrupted"] += 1
            bits = bytearray(packet)
            bits[self.random.randrange(len(bits))] ^= 1 << self.random.randrange(8)
            packet = bytes(bits)
        twice = self.happens("double")
        self.done["doubled"] += twice
        for _ in range(1 + twice):
            self.number += 1
            late = self.trouble["delay"] + self.random.uniform(-1, 1) * self.trouble["jitter"]
            heapq.heappush(self.queue, (now + max(0.0, late) / 1000, self.number, to, packet))

    def give(self, now):
        while self.queue and self.queue[0][0] <= now:
            _, _, to, packet = heapq.heappop(self.queue)
            try:
                os.write(to, packet)
                self.done["carried"] += 1
            except OSError:  # its header is damaged, or its queue is full
                self.done["lost"] += 1

    def run(self, orders):
        here, there = self.ends
        other = {here: there, there: here}
        while True:
            now = time.monotonic()
            wait = max(0.0, self.queue[0][0] - now) if self.queue else None
            ready, _, _ = select.select([here, there, orders], [], [], wait)
            now = time.monotonic()
            for end in ready:
                if end == orders:
                    said = os.read(orders, 4096).decode()
                    if not said:
                        return
                    for order in said.split():
                        self.set(order)
                    continue
                try:
                    while True:
                        self.take(now, os.read(end, 65535), other[end])
                except BlockingIOError:
                    pass
            self.give(now)


def main():
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    far = other_namespace()
    away = os.open(f"/proc/{far}/ns/net", os.O_RDONLY)
    here = device("near", "10.98.0.1", "10.98.0.2")
    call("setns", away, CLONE_NEWNET)
    there = device("far", "10.98.0.2", "10.98.0.1")
    call("setns", home, CLONE_NEWNET)
    link = Link((here, there))
    for argument in sys.argv[1:]:
        link.set(argument)
    print("ready", far, flush=True)
    link.run(sys.stdin.fileno())
    print(*(f"{what}={count}" for what, count in link.done.items()), flush=True)
    os.kill(far, signal.SIGKILL)


main()
