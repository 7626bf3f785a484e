//! Stories told to five clients at once: one fetches from stock git, four from us, over sessions
//! and HTTP, in every protocol version (1 is 0 with a line before it). After each step all five
//! must have the same.

use crate::world::{World, git, succeed};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

struct Client {
    name: String,
    url: String,
    version: u8,
    clone: PathBuf,
}

impl Client {
    /// One step in this client's clone; what it printed.
    fn run(&self, step: &str) -> String {
        let parent = self.clone.parent().unwrap();
        let (folder, step) = match step.strip_prefix("clone") {
            Some(rest) => (parent, format!("clone{rest} {} {}", self.url, self.clone.display())),
            None if self.clone.exists() => (self.clone.as_path(), step.replace("URL", &self.url)),
            None => (parent, step.replace("URL", &self.url)),
        };
        let mut command = git(folder);
        command.args(["-c", &format!("protocol.version={}", self.version), "-c", "gc.auto=0"]);
        succeed(command.args(step.split_whitespace()))
    }

    /// All that a fetch can change.
    fn state(&self) -> String {
        if !self.clone.exists() {
            return String::new();
        }
        let shallow = std::fs::read_to_string(self.clone.join(".git/shallow")).unwrap_or_default();
        let mut shallow: Vec<&str> = shallow.lines().collect();
        shallow.sort_unstable();
        let head = std::fs::read_to_string(self.clone.join(".git/HEAD")).unwrap();
        let refs = self.run("for-each-ref --format=%(objectname):%(refname):%(symref)");
        let objects =
            self.run("cat-file --batch-all-objects --unordered --batch-check=%(objectname)");
        let mut objects: Vec<&str> = objects.lines().collect();
        objects.sort_unstable();
        format!("HEAD {head}{refs}\nshallow {shallow:?}\nobjects {objects:#?}")
    }
}

fn clients(world: &World) -> Vec<Client> {
    let stock = format!("file://{}", world.git_dir.display());
    let session = &world.server.git;
    let http = &world.server.http;
    [(&stock, 2), (session, 1), (session, 2), (http, 0), (http, 2)]
        .into_iter()
        .enumerate()
        .map(|(nth, (url, version))| Client {
            name: format!("{url} version {version}"),
            url: url.clone(),
            version,
            clone: world.dir.path().join(format!("clone-{nth}")),
        })
        .collect()
}

/// Tells a story. A line is a git command in the clone, or `clone ...`; with `server:` before it,
/// something that happens on the server.
fn tell(mut world: World, story: &str) -> World {
    let clients = clients(&world);
    for step in story.lines().map(str::trim).filter(|it| !it.is_empty()) {
        if let Some(event) = step.strip_prefix("server: ") {
            happen(&mut world, event);
            continue;
        }
        let [stock, ours @ ..] = clients.as_slice() else { panic!() };
        let printed = stock.run(step).replace(&stock.url, "URL");
        let state = stock.state();
        for client in ours {
            let same = client.run(step).replace(&client.url, "URL");
            assert_eq!(same, printed, "{step:?} with {} printed something else", client.name);
            assert_same(&client.state(), &state, &format!("{step:?} with {}", client.name));
        }
    }
    world
}

fn happen(world: &mut World, event: &str) {
    match *event.split(' ').collect::<Vec<_>>().as_slice() {
        ["grow", branch, count] => world.grow(branch, count.parse().unwrap()),
        ["tag", name, target] => world.tag(name, target),
        ref arguments => drop(succeed(git(&world.git_dir).args(arguments))),
    }
}

fn assert_same(ours: &str, stock: &str, what: &str) {
    if ours != stock {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (ours, stock) = (lines(ours), lines(stock));
        let more: Vec<_> = ours.iter().filter(|it| !stock.contains(it)).collect();
        let less: Vec<_> = stock.iter().filter(|it| !ours.contains(it)).collect();
        panic!("after {what}: we gave {more:#?}\nstock git gave {less:#?}");
    }
}

#[test]
fn cloning_fetching_and_following_tags() {
    let world = tell(
        World::with_history(),
        "ls-remote --symref URL
         ls-remote URL refs/tags/*
         ls-remote --heads URL main
         clone -q
         fsck --full
         fetch
         server: grow main 2
         server: tag v2 refs/heads/main
         server: branch -D topic
         fetch --prune
         server: tag v3 refs/heads/main~2
         server: update-ref refs/changes/1 refs/heads/main
         fetch --tags
         fetch origin refs/changes/1
         commit --allow-empty -q -m mine
         server: grow main 40
         fetch
         fetch --refetch --no-tags
         fsck --full",
    );
    world.server.take_served();
    let up_to_date = Client {
        name: "last".into(),
        url: world.server.http.clone(),
        version: 2,
        clone: world.dir.path().join("clone-4"),
    };
    up_to_date.run("fetch");
    let served = world.server.take_served();
    assert_eq!((served.requests, served.processes), (1, 0), "nothing new must start nothing");
}

#[test]
fn single_branches_and_exact_commits() {
    tell(
        World::with_history(),
        "clone -q --single-branch --branch topic --no-tags
         fetch origin main
         fetch origin refs/tags/vv:refs/tags/vv
         server: grow topic 1
         fetch",
    );
}

#[test]
fn shallow_clones_deepen_and_become_whole() {
    tell(
        World::with_history(),
        "clone -q --depth 1 --no-single-branch
         fsck
         server: grow main 2
         fetch
         fetch --depth 2
         fetch --deepen 2
         fsck
         server: grow topic 1
         fetch --depth 1
         fetch --unshallow
         fsck --full",
    );
}

#[test]
fn shallow_clones_since_a_moment_and_without_a_ref() {
    tell(
        World::with_history(),
        "clone -q --shallow-since=1700600000 --no-single-branch
         fsck
         fetch --shallow-since=1700300000
         fetch --shallow-exclude=v0 origin main
         fetch --shallow-exclude=v1
         server: grow main 1
         fetch
         fetch --unshallow
         fsck --full",
    );
}

/// Stock git 2.39 names commits as ends that the client does not get, when a merge is an end, and
/// the next fetch dies of it (`error in object: unshallow`). So this is told to us alone.
#[test]
fn an_end_at_a_merge_hides_what_is_behind_it() {
    let world = World::with_history();
    for client in clients(&world).iter().skip(1) {
        client.run("clone -q --shallow-exclude=topic");
        let ends = std::fs::read_to_string(client.clone.join(".git/shallow")).unwrap();
        assert_eq!(ends.trim(), world.id("main~3"), "the merge is the only end");
        client.run("fetch --shallow-since=1700300000");
        client.run("fetch --unshallow");
        assert_eq!(client.run("rev-list --count origin/main").trim(), "16");
    }
}

#[test]
fn a_shallow_clone_of_one_tag_grows_into_another() {
    tell(
        World::with_history(),
        "clone -q --depth 3 --branch v1
         fetch --depth 5 origin tag v0
         fetch --deepen=1 origin topic
         fetch --update-shallow origin main
         fetch --unshallow --tags",
    );
}

#[test]
fn partial_clones_fetch_what_they_left_out() {
    tell(
        World::with_history(),
        "clone -q --no-checkout --filter=blob:none
         checkout -q main
         show --stat HEAD~3
         server: grow main 2
         fetch
         checkout -q origin/main
         checkout -q origin/topic~1",
    );
}

#[test]
fn treeless_and_other_filters() {
    tell(
        World::with_history(),
        "clone -q --no-checkout --filter=tree:0
         checkout -q main
         log -p --no-renames -2 -- sub
         fetch --refetch --filter=blob:limit=200",
    );
    tell(World::with_history(), "clone -q -n --filter=combine:blob:limit=1k+tree:2");
    tell(World::with_history(), "clone -q -n --filter=object:type=commit");
    tell(World::with_history(), "clone -q -n --depth 2 --filter=blob:none\ncheckout -q main");
}

#[test]
fn an_empty_repository_knows_its_branch() {
    tell(
        World::new(),
        "ls-remote URL
         server: grow main 1
         server: symbolic-ref HEAD refs/heads/other
         ls-remote --symref URL
         server: symbolic-ref HEAD refs/heads/main
         clone -q",
    );
    let world = World::new();
    succeed(git(&world.git_dir).args(["symbolic-ref", "HEAD", "refs/heads/elsewhere"]));
    for url in [&world.server.git, &world.server.http] {
        let clone = world.dir.path().join(if url.starts_with("git") { "a" } else { "b" });
        succeed(git(world.dir.path()).args(["clone", "-q", url]).arg(&clone));
        assert_eq!(head(&clone), "ref: refs/heads/elsewhere\n");
    }
}

fn head(clone: &Path) -> String {
    std::fs::read_to_string(clone.join(".git/HEAD")).unwrap()
}

#[test]
fn a_detached_head_is_cloned_as_one() {
    tell(
        World::with_history(),
        "server: update-ref --no-deref HEAD refs/heads/topic~1
         ls-remote --symref URL
         clone -q",
    );
}

#[test]
fn thousands_of_refs() {
    let world = World::with_history();
    let mut stream = String::new();
    for nth in 0..3000 {
        // Every third one a commit of its own, so that a clone wants very many.
        let (kind, from) = if nth % 3 == 0 { ("tags", "main~3") } else { ("heads", "topic~1") };
        if nth % 3 == 1 {
            writeln!(stream, "commit refs/{kind}/many/{nth}").unwrap();
            write!(stream, "committer A <a@x> 1800000000 +0000\ndata 4\n{nth:04}\n").unwrap();
        } else {
            writeln!(stream, "reset refs/{kind}/many/{nth}").unwrap();
        }
        write!(stream, "from refs/heads/{from}\n\n").unwrap();
    }
    world.import(&stream);
    tell(
        world,
        "clone -q
         ls-remote URL refs/heads/many/1*
         server: pack-refs --all
         server: grow many/1 1
         server: tag many/v9 refs/heads/many/1
         fetch",
    );
}
