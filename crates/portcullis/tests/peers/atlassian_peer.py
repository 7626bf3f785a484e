"""What bots do with atlassian-python-api: look at a repository and say how its builds went.

usage: atlassian_peer.py URL USER SECRET
"""

import sys

from atlassian.bitbucket import Cloud


def worked(name):
    print(name, flush=True)


url, user, secret = sys.argv[1:4]
cloud = Cloud(url=url, username=user, password=secret)
site = cloud.repositories.get("acme", "site")
assert site.slug == "site" and site.is_private
worked("repository")

branches = {it.name: it.hash for it in site.branches.each()}
assert set(branches) == {"main", "topic/x"}, branches
assert site.branches.get("topic/x").hash == branches["topic/x"]
assert [it.name for it in site.tags.each()] == ["v1"]
worked("refs")

commits = list(site.commits.each())
assert len(commits) == 5 and len({it.hash for it in commits}) == 5
new = list(site.commits.each(top="topic/x", exclude="main"))
assert [it.message.strip() for it in new] == ["change a"], new
commit = site.commits.get(branches["main"][:12])
assert commit.hash == branches["main"] and commit.author.nickname == "ann"
assert [it.hash for it in commit.parents()] and list(commit.participants()) == []
worked("commits")

diff = site.get("diff/topic%2Fx..main", not_json_response=True)
assert b"+fn b() {}" in diff, diff
files = list(site._get_paged("diffstat/topic%2Fx..main"))
assert [(it["status"], it["new"]["path"]) for it in files] == [("modified", "src/a.rs")], files
assert b"Subject: [PATCH] change a" in site.get("patch/topic%2Fx..main", not_json_response=True)
worked("differences")

assert site.get_source_file("main", "README") == b"two\n"
assert [it["path"] for it in site.get_source_directory("main")["values"]] == ["README", "src"]
worked("source")

commit.add_build("bot/build", url="https://ci.example.com/1", refname="main")
assert commit.get_build("bot/build").inprogress
commit.add_build("bot/build", url="https://ci.example.com/1", state="SUCCESSFUL")
builds = list(commit.builds())
assert [(it.key, it.successful, it.commit) for it in builds] == [("bot/build", True, commit.hash)]
worked("builds")

site.branches.create("made", branches["main"])
assert site.branches.get("made").hash == branches["main"]
worked("a new branch")
