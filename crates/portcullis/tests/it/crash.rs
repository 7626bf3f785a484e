//! The real program, killed at every point of a push, and started again: what was acknowledged is
//! there, nothing is half there, and every push is on record once.

use crate::program::{Server, log};
use crate::session::until;
use model::{RefName, RepositoryId};
use serde_json::json;
use std::path::{Path, PathBuf};
use store::{PageRequest, PushRecord, Store};
use testkit::{Door, Git, KeyPair, Rest, WorkTree};

const SITE: &str = "acme/site";

/// Points that only packs too large for the journal pass.
const LARGE_ONLY: [&str; 1] = ["quarantine-created"];
/// Points that only packs small enough for the journal pass.
const SMALL_ONLY: [&str; 1] = ["small-pack-moved"];

/// The point that only a pack passes that arrives in pieces: that of a merge is there at once.
const PIECEMEAL: &str = "pack-half-read";

/// A data folder, and somebody who pushes to the server that is started on it.
struct Site {
    home: tempfile::TempDir,
    tree: WorkTree,
    secret: String,
    folder: PathBuf,
}

impl Site {
    /// With `main`, and branches `gone/0`, `gone/1` … to be deleted.
    fn new(doomed: usize) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(home.path(), &[]);
        let secret = std::fs::read_to_string(server.data.join("admin-token")).unwrap();
        let secret = secret.trim().to_owned();
        let rest = Rest::new(server.url(), Some(format!("Bearer {secret}")));
        rest.post("/api/v1/workspaces", &json!({ "slug": "acme", "name": "Acme" })).expect(201);
        let project = json!({ "key": "CORE", "name": "Core" });
        rest.post("/2.0/workspaces/acme/projects", &project).expect(201);
        let repository = json!({ "scm": "git", "project": { "key": "CORE" } });
        rest.post(&format!("/2.0/repositories/{SITE}"), &repository).expect(200);
        let folder = only_repository(&server.data);
        let key = KeyPair::make(home.path(), "key", "ed25519");
        let body = json!({ "label": "key", "key": key.public() });
        rest.post("/api/v1/users/admin/ssh-keys", &body).expect(201);
        // Each start of the server is at another port, and all of them are this one server.
        let ssh = format!(
            "ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
             -o LogLevel=ERROR -o IdentitiesOnly=yes -o IdentityAgent=none -i {}",
            key.path().display()
        );
        let tree = WorkTree::beside(Git::system().over_ssh(&ssh), "nowhere");
        let site = Self { home, tree, secret, folder };
        site.follow(&server, Door::Http);
        site.tree.commit("base");
        let mut names = vec!["main".to_owned()];
        names.extend((0..doomed).map(|it| format!("gone/{it}")));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        site.tree.push_with(&[], &names).accepted();
        server.stop();
        site
    }

    fn start(&self, environment: &[(&str, &str)], door: Door) -> Server {
        let server = Server::start_with(self.home.path(), &[], environment);
        self.follow(&server, door);
        server
    }

    fn follow(&self, server: &Server, door: Door) {
        self.tree.follow(&match door {
            Door::Http => format!("http://admin:{}@{}/{SITE}.git", self.secret, server.address()),
            Door::Ssh => format!("ssh://git@{}/{SITE}.git", server.ssh_address()),
        });
    }

    /// Every ref with its id, as stock git reads the folder.
    fn refs(&self) -> Vec<String> {
        let format = "--format=%(objectname) %(refname)";
        let listed = Git::system().ok(&self.folder, &["for-each-ref", format]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Waits until the previews of these requests, which are open, are of `main` as it is: they are
    /// made by a landing of their own, which may be killed as well.
    fn settle(&self, open: std::ops::RangeInclusive<usize>) {
        let format = "--format=%(refname) %(parent)";
        until("the previews", || {
            let listed =
                Git::system().ok(&self.folder, &["for-each-ref", format, "refs/pull-requests"]);
            let main = Git::system().ok(&self.folder, &["rev-parse", "refs/heads/main"]);
            let is_current = |number: usize| {
                let shown = format!("refs/pull-requests/{number}/merge {}", main.trim());
                listed.lines().any(|it| it.starts_with(&shown))
            };
            open.clone().all(is_current).then_some(())
        });
    }

    /// What a killed push must not leave behind, once the repository was used again.
    fn is_tidy(&self, point: &str) {
        // Asked first: a repository is swept when it is first used.
        let listed = self.tree.git(&["ls-remote", "--refs", "origin"]).replace('\t', " ");
        assert_eq!(listed.lines().collect::<Vec<_>>(), self.refs(), "{point}: the disk says more");
        Git::system().ok(&self.folder, &["fsck", "--full", "--strict", "--no-dangling"]);
        let left: Vec<_> = files(&self.folder)
            .into_iter()
            .filter(|it| ["incoming-", "tmp_", ".lock"].iter().any(|part| it.contains(part)))
            .collect();
        assert_eq!(left, Vec::<String>::new(), "{point}");
    }

    /// What is on record of pushes, newest first. Of a server that was stopped.
    fn records(&self) -> Vec<PushRecord> {
        self.stored(async |store, id| {
            store.list_pushes(id, None, PageRequest::ALL).await.unwrap().items
        })
    }

    /// The pull requests whose merge is in their history, each as often as it is.
    fn merges_noted(&self) -> Vec<model::PullRequestId> {
        let activity = self.stored(async |store, id| {
            let merged = [model::ActivityKind::Merged];
            store.list_activity(id, None, &merged, PageRequest::ALL).await.unwrap().items
        });
        activity.iter().map(|it| it.request).collect()
    }

    fn stored<T>(&self, read: impl AsyncFnOnce(&Store, RepositoryId) -> T) -> T {
        let database = self.home.path().join("data/portcullis.db");
        let id = self.folder.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let url = format!("sqlite:{}", database.display());
            let store = Store::open(&url, store::Options::default()).await.unwrap();
            let found = read(&store, RepositoryId(id)).await;
            store.close().await;
            found
        })
    }
}

fn only_repository(data: &Path) -> PathBuf {
    let found: Vec<_> = std::fs::read_dir(data.join("repositories"))
        .unwrap()
        .flat_map(|it| std::fs::read_dir(it.unwrap().path()).unwrap())
        .map(|it| it.unwrap().path())
        .collect();
    let [only] = found.as_slice() else { panic!("one repository expected: {found:?}") };
    only.clone()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(files(&path));
        }
    }
    found
}

/// Text that does not compress below the size of a small pack.
fn noise(length: usize, seed: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b' ' + (state % 95) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// One push of three refs per point: `main` moves on, a branch comes, one goes. The doors take
/// turns.
fn killed_at(points: &[&str], size: usize, doors: [Door; 2]) {
    let site = Site::new(points.len());
    let (mut tips, mut happened_at) = (Vec::new(), Vec::new());
    for (nth, point) in points.iter().enumerate() {
        let turn = repo::CRASH_POINTS.iter().position(|it| it == point).unwrap();
        let door = doors[turn % 2];
        let server = site.start(&[("PORTCULLIS_CRASH_AT", point)], door);
        let before = site.refs();
        let tip = site.tree.commit_file("file", &noise(size, nth), point);
        let (new, gone) = (format!("new/{nth}"), format!(":gone/{nth}"));
        let pushed = site.tree.push_with(&[], &["main", &new, &gone]);
        // Ends one that was not killed, so that this fails instead of waiting for ever.
        server.signal("TERM");
        let (code, _) = server.wait();
        assert_eq!(code, None, "{point}: it was not killed\n{}", pushed.stderr());

        let server = site.start(&[], door);
        site.is_tidy(point);
        let after = site.refs();
        let happened = after.contains(&format!("{tip} refs/heads/main"));
        assert!(happened || !pushed.success(), "{point}: acknowledged and lost");
        if happened {
            let mut expected: Vec<_> = before
                .iter()
                .filter(|it| !it.ends_with("/main") && !it.ends_with(&gone[1..]))
                .cloned()
                .collect();
            expected.push(format!("{tip} refs/heads/main"));
            expected.push(format!("{tip} refs/heads/{new}"));
            expected.sort_by(|a, b| a[40..].cmp(&b[40..]));
            assert_eq!(after, expected, "{point}: half a push");
            happened_at.push(*point);
            site.tree.push_with(&[], &["main", &new]).accepted();
        } else {
            assert_eq!(after, before, "{point}: half a push");
            site.tree.push_with(&[], &["main", &new, &gone]).accepted();
        }
        tips.push(tip);
        server.stop();
    }
    // A push that did not happen has no record; its second attempt, or the first of one that
    // did, has the only one.
    let records = site.records();
    assert_eq!(records.len(), points.len() + 1, "{records:?}\n{}", log(site.home.path()));
    let main = RefName::branch("main").unwrap();
    for (tip, point) in tips.iter().zip(points) {
        let moved = |it: &&PushRecord| {
            it.updates.len() == 3
                && it.updates.iter().any(|it| it.name == main && it.new.to_string() == *tip)
        };
        assert_eq!(records.iter().filter(moved).count(), 1, "{point}");
    }
    // Exactly from the commit point on, a push has happened.
    let commit = points.iter().position(|it| *it == "journal-synced").unwrap_or(points.len());
    assert_eq!(happened_at, points[commit..]);
}

#[test]
fn a_small_push_that_is_killed_anywhere_happened_or_did_not() {
    let points: Vec<_> =
        repo::CRASH_POINTS.iter().copied().filter(|it| !LARGE_ONLY.contains(it)).collect();
    assert!(points.len() >= 12);
    killed_at(&points, 200, [Door::Http, Door::Ssh]);
}

/// Large packs come in another way, and move into place before the commit point. Where a small
/// one came through one door, a large one comes through the other.
#[test]
fn a_large_push_that_is_killed_anywhere_happened_or_did_not() {
    let points: Vec<_> =
        repo::CRASH_POINTS.iter().copied().filter(|it| !SMALL_ONLY.contains(it)).collect();
    killed_at(&points, 400_000, [Door::Ssh, Door::Http]);
}

/// A pull request for each point, and a server that is killed there while it merges: the branch
/// and the pull request tell the same story afterwards, once.
#[test]
fn a_merge_that_is_killed_anywhere_happened_or_did_not() {
    let passes = |it: &&str| !LARGE_ONLY.contains(it) && *it != PIECEMEAL;
    let points: Vec<_> = repo::CRASH_POINTS.iter().copied().filter(passes).collect();
    let site = Site::new(0);
    let server = site.start(&[], Door::Http);
    for nth in 0..points.len() {
        let name = format!("topic{nth}");
        site.tree.git(&["checkout", "-q", "-b", &name, "main"]);
        site.tree.commit(&name);
    }
    let names: Vec<_> = (0..points.len()).map(|it| format!("topic{it}")).collect();
    let refspecs: Vec<_> = names.iter().map(|it| format!("{it}:refs/heads/{it}")).collect();
    site.tree.push_with(&[], &refspecs.iter().map(String::as_str).collect::<Vec<_>>()).accepted();
    let requests = format!("/2.0/repositories/{SITE}/pullrequests");
    let rest = |server: &Server| Rest::new(server.url(), Some(format!("Bearer {}", site.secret)));
    for name in &names {
        let body = json!({ "title": name, "source": { "branch": { "name": name } } });
        rest(&server).post(&requests, &body).expect(201);
    }
    server.stop();
    let mut happened_at = Vec::new();
    for (nth, point) in points.iter().enumerate() {
        let server = site.start(&[("PORTCULLIS_CRASH_AT", point)], Door::Http);
        let before = site.refs();
        let path = format!("{requests}/{}", nth + 1);
        let told = rest(&server).try_post(&format!("{path}/merge"), &json!({}));
        server.signal("TERM");
        let (code, _) = server.wait();
        assert_eq!(code, None, "{point}: it was not killed: {told:?}");
        let server = site.start(&[], Door::Http);
        let state = rest(&server).get(&path).expect(200)["state"].clone();
        let is_merged = state == "MERGED";
        site.settle(nth + 1 + usize::from(is_merged)..=points.len());
        site.is_tidy(point);
        let happened = site.refs() != before;
        assert_eq!(is_merged, happened, "{point}: {state}");
        assert!(happened || told.is_none(), "{point}: acknowledged and lost");
        if happened {
            happened_at.push(*point);
        } else {
            rest(&server).post(&format!("{path}/merge"), &json!({})).expect(200);
            site.settle(nth + 2..=points.len());
        }
        assert_eq!(rest(&server).get(&path).expect(200)["state"], "MERGED", "{point}");
        server.stop();
    }
    let merges = site.records().iter().filter(|it| it.channel == model::Channel::Merge).count();
    assert_eq!(merges, points.len());
    let noted = site.merges_noted();
    assert_eq!(noted.len(), points.len(), "each once: {noted:?}");
    let commit = points.iter().position(|it| *it == "journal-synced").unwrap_or(points.len());
    assert_eq!(happened_at, points[commit..]);
}

/// The points that a landing passes which brings nothing: what is queued is there already.
const BRINGING_NOTHING: [&str; 9] = [
    "refs-locked",
    "journal-before-append",
    "journal-half-written",
    "journal-synced",
    "ref-first-renamed",
    "refs-renamed",
    "before-record",
    "after-record",
    "before-report",
];

/// Those from here on are passed only by what is recorded.
const RECORDING: usize = 6;

/// An entry of the merge queue for each point, and a server that is killed there while it lands,
/// with nobody waiting for it: after the next start it has landed once, and as it was built.
#[test]
fn a_queue_that_is_killed_anywhere_goes_on_where_it_was() {
    let site = Site::new(0);
    let rest = |server: &Server| Rest::new(server.url(), Some(format!("Bearer {}", site.secret)));
    let (requests, own) = (
        format!("/2.0/repositories/{SITE}/pullrequests"),
        format!("/api/v1/repositories/{SITE}/pull-requests"),
    );
    let server = site.start(&[], Door::Http);
    for (kind, value) in
        [("enforce_merge_checks", None), ("require_passing_builds_to_merge", Some(1))]
    {
        let matcher = json!({ "type": "glob", "pattern": "main" });
        let rule = json!({ "kind": kind, "matcher": matcher, "value": value });
        let path = format!("/api/v1/repositories/{SITE}/restrictions");
        rest(&server).post(&path, &rule).expect(201);
    }
    server.stop();
    for (nth, point) in BRINGING_NOTHING.iter().enumerate() {
        let number = nth + 1;
        let queue = format!("{own}/{number}/queue");
        let commit_of = |server: &Server| {
            let entry = rest(server).get(&queue).expect(200);
            entry["commit"].as_str().map(str::to_owned)
        };
        let server = site.start(&[], Door::Http);
        let name = format!("topic{nth}");
        site.tree.git(&["checkout", "-q", "-b", &name, "main"]);
        site.tree.commit(&name);
        site.tree.push(&name).accepted();
        let body = json!({ "title": name, "source": { "branch": { "name": name } } });
        rest(&server).post(&requests, &body).expect(201);
        // Made by a landing that nobody records: killed there, too.
        let server = if nth < RECORDING {
            server.stop();
            let server = site.start(&[("PORTCULLIS_CRASH_AT", point)], Door::Http);
            let answer = rest(&server).try_post(&queue, &json!({}));
            answer.is_none_or(|it| it.status == 200).then_some(()).unwrap();
            until("its end", || rest(&server).try_post(&queue, &json!({})).is_none().then_some(()));
            assert_eq!(server.wait().0, None, "{point}: it was not killed");
            site.start(&[], Door::Http)
        } else {
            rest(&server).post(&queue, &json!({})).expect(200);
            server
        };
        let commit = until("its commit", || commit_of(&server));
        server.stop();

        let server = site.start(&[("PORTCULLIS_CRASH_AT", point)], Door::Http);
        let build = json!({ "key": "ci", "state": "SUCCESSFUL", "url": "https://ci.example.org" });
        let statuses = format!("/2.0/repositories/{SITE}/commit/{commit}/statuses/build");
        until("its end", || rest(&server).try_post(&statuses, &build).is_none().then_some(()));
        assert_eq!(server.wait().0, None, "{point}: it was not killed");

        let server = site.start(&[], Door::Http);
        let path = format!("{requests}/{number}");
        until("the merge", || {
            (rest(&server).get(&path).expect(200)["state"] == "MERGED").then_some(())
        });
        until("no ref of the queue", || {
            (!site.refs().iter().any(|it| it.ends_with("/queue"))).then_some(())
        });
        assert!(site.refs().contains(&format!("{commit} refs/heads/main")), "{point}");
        site.is_tidy(point);
        server.stop();
    }
    let merges = site.records().iter().filter(|it| it.channel == model::Channel::Merge).count();
    assert_eq!((merges, site.merges_noted().len()), (BRINGING_NOTHING.len(), merges));
}

/// The server would die at the first byte of the pack: a push that is refused by its commands
/// alone never gets there.
#[test]
fn what_is_refused_by_the_commands_alone_never_reads_the_pack() {
    let site = Site::new(0);
    let server = site.start(&[("PORTCULLIS_CRASH_AT", "pack-half-read")], Door::Http);
    let rest = Rest::new(server.url(), Some(format!("Bearer {}", site.secret)));
    let closed = json!({
        "kind": "push", "matcher": { "type": "glob", "pattern": "main" }, "subjects": [],
    });
    rest.post(&format!("/api/v1/repositories/{SITE}/restrictions"), &closed).expect(201);
    site.tree.commit_file("file", &noise(400_000, 1), "large");
    site.tree.push("main").fails_with("PC-REF-PUSH");
    site.tree.push("side").fails_with("fatal: ");
    assert_eq!(server.wait().0, None, "it is killed by the push that is not refused");
}
