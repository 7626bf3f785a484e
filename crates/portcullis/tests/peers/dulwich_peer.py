"""Does with dulwich what people do with git, and prints the name of each thing that worked.

usage: dulwich_peer.py URL USER SECRET FOLDER
       dulwich_peer.py ssh://URL openssh|paramiko KEY-FILE FOLDER

Over SSH it starts the program that GIT_SSH_COMMAND names, or speaks SSH itself, with paramiko; the
server is known from the file `known_hosts` beside the key.

The server must allow everything on `topic/*` and refuse every push to `refs/heads/closed`.
"""
import os
import sys
from io import BytesIO
from pathlib import Path

import paramiko
from dulwich import client, porcelain
from dulwich.client import HTTPUnauthorized, get_transport_and_path
from dulwich.errors import GitProtocolError
from dulwich.objects import Blob, Commit, Tag

URL, USER, SECRET, FOLDER = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
WHO, WHEN = b"Ann Lee <ann@example.org>", 1767225600
NOTHING = b"0" * 40
OVER_SSH = URL.startswith("ssh://")
LOGIN = {} if OVER_SSH else {"username": USER, "password": SECRET}


class Paramiko(client.SSHVendor):
    """A command over SSH, without a program."""

    def run_command(self, host, command, username=None, port=None, protocol_version=None, **_):
        ssh = paramiko.SSHClient()
        ssh.load_host_keys(str(Path(SECRET).parent / "known_hosts"))
        ssh.set_missing_host_key_policy(paramiko.RejectPolicy())
        ssh.connect(host, port, username, key_filename=SECRET, allow_agent=False, look_for_keys=False)
        self.channel = ssh.get_transport().open_session()
        if protocol_version is None or protocol_version == 2:
            self.channel.set_environment_variable("GIT_PROTOCOL", "version=2")
        self.channel.exec_command(command)
        self.ssh, self.stdout, self.stderr = ssh, self.channel.makefile("rb"), self.channel.makefile_stderr("rb")
        return self

    def can_read(self):
        return self.channel.recv_ready()

    def read(self, count=None):
        return self.stdout.read(count)

    def write(self, data):
        self.channel.sendall(data)

    def close(self):
        self.ssh.close()


if USER == "paramiko":
    client.get_ssh_vendor = Paramiko


def connect(secret=SECRET):
    if OVER_SSH:
        return get_transport_and_path(URL, ssh_command=os.environ["GIT_SSH_COMMAND"])
    return get_transport_and_path(URL, username=USER, password=secret)


def clone(name, **options):
    return porcelain.clone(URL, FOLDER / name, errstream=BytesIO(), **LOGIN, **options)


def commit(repo, message, parents=None):
    """A commit with one file, on no branch."""
    parents = [repo.head()] if parents is None else parents
    blob, tree = Blob.from_string(message), repo[repo[repo.head()].tree]
    tree.add(message + b".txt", 0o100644, blob.id)
    made = Commit()
    made.tree, made.parents, made.message = tree.id, parents, message
    made.author = made.committer = WHO
    made.author_time = made.commit_time = WHEN
    made.author_timezone = made.commit_timezone = 0
    for thing in (blob, tree, made):
        repo.object_store.add_object(thing)
    return made.id


def push(repo, updates, expected=None, **options):
    """Sends the updates. With `expected` it is a push with a lease: nothing is sent unless the
    server's refs are at those values. Returns what each refused ref was told."""
    client, path = connect()

    def changes(refs):
        for name, value in (expected or {}).items():
            if refs.get(name, NOTHING) != value:
                raise LookupError(name)
        return updates
    said = []
    # It writes all of its pack before it reads anything. Of a push that is answered early, OpenSSH's
    # client may have ended by then, and with it the pipe: the answer is lost, and asked for again.
    for attempt in range(20):
        try:
            result = client.send_pack(
                path, changes, repo.generate_pack_data, progress=said.append, **options)
            break
        except BrokenPipeError:
            if not OVER_SSH or attempt == 19:
                raise
    return {name: reason for name, reason in (result.ref_status or {}).items() if reason}


def tips():
    client, path = connect()
    return client.get_refs(path.encode()).refs


def main():
    repo = clone("full")
    assert repo.refs.read_ref(b"HEAD") == b"ref: refs/heads/main"
    print("clone")

    first = commit(repo, b"first")
    assert not push(repo, {b"refs/heads/topic/one": first})
    assert tips()[b"refs/heads/topic/one"] == first
    print("push")

    other = clone("other")
    second = commit(repo, b"second", [first])
    assert not push(repo, {b"refs/heads/topic/one": second})
    client, path = connect()
    assert client.fetch(path, other).refs[b"refs/heads/topic/one"] == second
    assert second in other.object_store
    print("fetch")

    shallow = clone("shallow", depth=1)
    assert shallow.head() in shallow.get_shallow()
    assert not any(parent in shallow.object_store for parent in shallow[shallow.head()].parents)
    print("shallow")

    partial = clone("partial", filter_spec="blob:none", bare=True)
    tree = partial[partial[partial.head()].tree]
    assert not any(entry.sha in partial.object_store for entry in tree.iteritems())
    print("partial")

    rewritten = commit(repo, b"rewritten", [first])
    lease = {b"refs/heads/topic/one": first}
    try:
        push(repo, {b"refs/heads/topic/one": rewritten}, expected=lease)
        raise AssertionError("a stale lease was taken")
    except LookupError:
        pass
    assert not push(repo, {b"refs/heads/topic/one": rewritten}, expected={b"refs/heads/topic/one": second})
    assert tips()[b"refs/heads/topic/one"] == rewritten
    print("force with lease")

    tag = Tag()
    tag.name, tag.object, tag.message = b"v1", (Commit, first), b"version one"
    tag.tagger, tag.tag_time, tag.tag_timezone = WHO, WHEN, 0
    repo.object_store.add_object(tag)
    assert not push(repo, {b"refs/tags/v1": tag.id})
    assert tips()[b"refs/tags/v1"] == tag.id
    print("tag")

    assert not push(repo, {b"refs/heads/topic/options": first}, push_options=[b"ci.skip"])
    print("push options")

    refused = push(repo, {b"refs/heads/closed": first})
    assert refused[b"refs/heads/closed"].startswith("PC-REF-PUSH"), refused
    assert b"refs/heads/closed" not in tips()
    print("refused")

    mixed = {b"refs/heads/topic/mixed": first, b"refs/heads/closed": first}
    assert set(push(repo, mixed, atomic=True)) == set(mixed)
    assert b"refs/heads/topic/mixed" not in tips()
    print("atomic")

    assert set(push(repo, mixed)) == {b"refs/heads/closed"}
    assert b"refs/heads/topic/mixed" in tips()
    print("per ref")

    assert not push(repo, {b"refs/heads/topic/one": NOTHING})
    assert b"refs/heads/topic/one" not in tips()
    print("delete")

    many = {b"refs/heads/topic/many/%04d" % number: first for number in range(2000)}
    assert not push(repo, many)
    assert sum(name.startswith(b"refs/heads/topic/many/") for name in tips()) == 2000
    print("thousands of refs")

    if OVER_SSH:
        return
    client, path = connect("not the secret")
    try:
        client.get_refs(path.encode())
        raise AssertionError("a wrong secret was taken")
    except (HTTPUnauthorized, GitProtocolError):
        pass
    print("bad credential")


main()
