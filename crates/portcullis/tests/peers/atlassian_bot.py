"""What a bot does with atlassian-python-api: opens a pull request, changes it, talks, says how the
build went, and merges.

usage: atlassian_bot.py URL USER SECRET REVIEWER UUID
"""

import sys

from atlassian.bitbucket import Cloud


def worked(name):
    print(name, flush=True)


url, user, secret, reviewer, uuid = sys.argv[1:6]
cloud = Cloud(url=url, username=user, password=secret)
site = cloud.repositories.get("acme", "site")
site.default_reviewers.add(uuid)
assert [it.nickname for it in site.default_reviewers.each()] == [reviewer]
worked("default reviewers")

request = site.pullrequests.create("Bump", "topic", "main", "by a bot", True)
assert request.is_open and request.id == 1 and request.close_source_branch
assert request.author.nickname == user
assert [it.nickname for it in request.reviewers()] == [reviewer]
worked("opened")

again = site.pullrequests.create("Bump it", "topic", "main", "by the same bot", True)
assert (again.id, again.title) == (1, "Bump it"), again.data
changed = request.put(None, data={"title": "Bump all", "reviewers": [{"uuid": uuid}]})
assert changed["title"] == "Bump all" and changed["description"] == "by the same bot"
assert [it.id for it in site.pullrequests.each(q='source.branch.name="topic"')] == [1]
assert list(site.pullrequests.each(q='source.branch.name="other"')) == []
worked("changed")

assert [it.message.strip() for it in request.commits] == ["four", "three"]
assert [it.new.path for it in request.diffstat()], "nothing has changed"
assert request.diff().startswith("diff --git") and "Subject: [PATCH" in request.patch()
assert not request.has_conflict
worked("read")

request.comment("Looks *good*")
[comment] = list(request.comments())
assert comment.raw == "Looks *good*" and comment.user.nickname == user
task = request.add_task("Say it in the changelog")
task.update("Say it in CHANGELOG.md")
[task] = list(request.tasks())
assert not task.is_resolved and task.description == "Say it in CHANGELOG.md"
task.delete()
assert list(request.tasks()) == []
worked("talked")

site.commits.get(request.source_commit).add_build(
    "bot/stability", url="https://ci.example.com/1", state="SUCCESSFUL"
)
assert [(it.key, it.successful) for it in request.builds()] == [("bot/stability", True)]
worked("built")

request.approve()
request = site.pullrequests.get(1)
assert [(it.user.nickname, it.has_approved) for it in request.participants() if it.has_approved] == [
    (user, True)
]
request.unapprove()
request.request_changes()
request.unrequest_changes()
worked("reviewed")

merged = request.merge(merge_strategy="squash")
assert merged["state"] == "MERGED" and merged["merge_commit"]["hash"], merged
request = site.pullrequests.get(1)
assert request.is_merged and "topic" not in [it.name for it in site.branches.each()]
assert site.branches.get("main").hash.startswith(request.get_data("merge_commit")["hash"])
worked("merged")
