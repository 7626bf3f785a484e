"""Does to an SSH server what nobody should, and prints the name of each thing that was survived.

usage: ssh_flood.py HOST PORT KEY-FILE REPOSITORY

The server's key is taken as it comes: who attacks does not care.
"""
import sys
import time

import paramiko

HOST, PORT, KEY, REPOSITORY = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def connect():
    transport = paramiko.Transport((HOST, PORT))
    transport.connect(username="git", pkey=paramiko.Ed25519Key.from_private_key_file(KEY))
    return transport


def channels():
    """Opens channels as fast as it can and closes none."""
    transport, opened, refused = connect(), [], 0
    for _ in range(200):
        try:
            opened.append(transport.open_session(timeout=60))
        except paramiko.ChannelException:
            refused += 1
    assert opened and len(opened) <= 20 and refused == 200 - len(opened), (len(opened), refused)
    transport.close()


def commands():
    """Begins more commands than one connection may run, and reads none of their answers."""
    transport, refused = connect(), 0
    opened = [transport.open_session(timeout=60) for _ in range(20)]
    for channel in opened:
        channel.exec_command(f"git-receive-pack '{REPOSITORY}'")
    for channel in opened:
        if channel.exit_status_ready() or channel.recv_stderr_ready():
            refused += 1
    deadline = time.monotonic() + 60
    while refused < 10 and time.monotonic() < deadline:
        refused = sum(channel.exit_status_ready() for channel in opened)
    assert refused == 10, refused
    transport.close()


def deaf():
    """Sends without end to a command whose answer, longer than its window, it does not take."""
    transport = connect()
    channel = transport.open_session(window_size=1024, timeout=60)
    channel.exec_command(f"git-upload-pack '{REPOSITORY}'")
    channel.settimeout(20)
    sent = 0
    try:
        while sent < 64 << 20:
            sent += channel.send(b"0" * 32768)
    except (OSError, EOFError):
        pass
    assert sent < 16 << 20, sent
    transport.close()


for attack in (channels, commands, deaf):
    attack()
    print(attack.__name__)
