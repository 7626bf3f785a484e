"""Does with libgit2 what people do with git, and prints the name of each thing that worked.

usage: pygit2_peer.py URL USER SECRET FOLDER
       pygit2_peer.py ssh://URL HOST-KEY KEY-FILE FOLDER

The server must allow everything on `topic/*` and refuse every push to `refs/heads/closed`.
libgit2 cannot do partial clones or atomic pushes, so those are not here.
"""
import sys
from pathlib import Path

import pygit2
from pygit2.enums import CredentialType

URL, USER, SECRET, FOLDER = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
WHO = pygit2.Signature("Ann Lee", "ann@example.org", 1767225600, 0)


class Callbacks(pygit2.RemoteCallbacks):
    """Signs in, and keeps what the server said about each ref."""

    def __init__(self):
        super().__init__()
        self.refused, self.said = {}, ""

    def credentials(self, url, username_from_url, allowed_types):
        if allowed_types & CredentialType.SSH_KEY:
            return pygit2.Keypair(username_from_url, f"{SECRET}.pub", SECRET, "")
        assert allowed_types & CredentialType.USERPASS_PLAINTEXT, allowed_types
        return pygit2.UserPass(USER, SECRET)

    def certificate_check(self, certificate, valid, host):
        # libgit2 knows hosts from the user's own file only, which a test has none of.
        return True

    def push_update_reference(self, refname, message):
        if message is not None:
            self.refused[refname] = message

    def sideband_progress(self, string):
        self.said += string


def clone(name, **options):
    return pygit2.clone_repository(URL, FOLDER / name, callbacks=Callbacks(), **options)


def commit(repo, message, parents=None):
    """A commit with one file, on no branch."""
    blob = repo.create_blob(message.encode())
    tree = repo.TreeBuilder(repo.head.peel().tree)
    tree.insert(f"{message}.txt", blob, pygit2.enums.FileMode.BLOB)
    parents = [repo.head.target] if parents is None else parents
    return repo.create_commit(None, WHO, WHO, message, tree.write(), parents)


def push(repo, *specs, options=None):
    callbacks = Callbacks()
    repo.remotes["origin"].push(list(specs), callbacks=callbacks, push_options=options)
    return callbacks


def tips(repo):
    return {head.name: head.oid for head in repo.remotes["origin"].list_heads(callbacks=Callbacks())}


def point(repo, name, target):
    """A local ref to push from: libgit2 pushes names, not ids."""
    repo.references.create(f"refs/local/{name}", target, force=True)
    return f"refs/local/{name}"


def main():
    repo = clone("full")
    assert not repo.is_empty and repo.head.shorthand == "main"
    print("clone")

    first = commit(repo, "first")
    assert not push(repo, f"{point(repo, 'first', first)}:refs/heads/topic/one").refused
    assert tips(repo)["refs/heads/topic/one"] == first
    print("push")

    other = clone("other")
    second = commit(repo, "second", [first])
    assert not push(repo, f"{point(repo, 'second', second)}:refs/heads/topic/one").refused
    other.remotes["origin"].fetch(callbacks=Callbacks())
    assert other.lookup_reference("refs/remotes/origin/topic/one").target == second
    print("fetch")

    shallow = clone("shallow", depth=1)
    assert shallow.is_shallow and len(list(shallow.walk(shallow.head.target))) == 1
    print("shallow")

    rewritten = commit(repo, "rewritten", [first])
    spec = f"{point(repo, 'rewritten', rewritten)}:refs/heads/topic/one"
    try:
        push(repo, spec)
        raise AssertionError("a rewrite was sent without force")
    except pygit2.GitError:
        pass
    assert not push(repo, f"+{spec}").refused
    assert tips(repo)["refs/heads/topic/one"] == rewritten
    print("rewrite")

    tag = repo.create_tag("v1", first, pygit2.enums.ObjectType.COMMIT, WHO, "version one")
    assert not push(repo, "refs/tags/v1:refs/tags/v1").refused
    assert tips(repo)["refs/tags/v1"] == tag
    print("tag")

    assert not push(repo, f"{point(repo, 'optional', first)}:refs/heads/topic/options", options=["ci.skip"]).refused
    print("push options")

    refused = push(repo, f"{point(repo, 'closed', first)}:refs/heads/closed")
    reason = refused.refused.get("refs/heads/closed", "")
    assert reason.startswith("PC-REF-PUSH"), reason
    assert "refs/heads/closed" not in tips(repo)
    print("refused")

    mixed = push(repo, f"{point(repo, 'open', first)}:refs/heads/topic/mixed", f"{point(repo, 'closed', first)}:refs/heads/closed")
    assert list(mixed.refused) == ["refs/heads/closed"], mixed.refused
    assert "refs/heads/topic/mixed" in tips(repo)
    print("per ref")

    assert not push(repo, ":refs/heads/topic/one").refused
    assert "refs/heads/topic/one" not in tips(repo)
    print("delete")

    source = point(repo, "many", first)
    many = [f"{source}:refs/heads/topic/many/{number:04}" for number in range(2000)]
    assert not push(repo, *many).refused
    assert sum(name.startswith("refs/heads/topic/many/") for name in tips(repo)) == 2000
    print("thousands of refs")


main()
