//! What pull requests cost where there is a lot of everything: opening and merging in a repository
//! of 20,000 commits, a diff of 3,000 files, a list with 10,000 open requests. Ours through REST,
//! beside stock git asked for the same in a bare clone on the same disk, in turns.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark may fail")]
#![allow(clippy::print_stdout, reason = "its figures")]

use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use testkit::{Git, Rest, Server, WorkTree, feed};

const COMMITS: usize = 20_000;
const FILES: usize = 3_000;
/// Branches of one commit each, to open requests from.
const TOPICS: usize = 10_000;
/// How often each thing is measured; the figures are medians.
const TIMES: usize = 25;

const REPOSITORY: &str = "acme/large";
const REQUESTS: &str = "/2.0/repositories/acme/large/pullrequests";

fn main() {
    let server = Server::start();
    server.create_workspace("acme");
    server.create_repository(REPOSITORY);
    let tree = history(&server);
    let peer = Peer::of(&tree);
    let rest = server.admin();
    println!("{:44} {:>12} {:>12} {:>8}", "", "stock git", "ours", "ratio");

    // Each opens and merges what the other does; what was opened is merged.
    let opened = in_turns(TIMES, |at| peer.open(at), |at| open(rest, at));
    row(&format!("open, {COMMITS} commits"), opened);
    let merged = in_turns(TIMES, |at| peer.merge(at), |at| merge(rest, at));
    row(&format!("merge, {COMMITS} commits"), merged);

    let wide = request(rest, "wide");
    let diff = format!("{REQUESTS}/{wide}/diff");
    let diff = in_turns(5, |_| peer.diff(&["-p"]), |_| got(rest, &diff));
    row(&format!("diff of {FILES} files"), diff);
    let stat = format!("{REQUESTS}/{wide}/diffstat?pagelen=100");
    let stat = in_turns(5, |_| peer.diff(&["--numstat"]), |_| got(rest, &stat));
    row(&format!("diffstat of {FILES} files, its first page"), stat);

    let list = format!("{REQUESTS}?pagelen=50");
    let few = median((0..TIMES).map(|_| timed(|| got(rest, &list))));
    let began = Instant::now();
    (TIMES..TOPICS).for_each(|at| open(rest, at));
    let all = began.elapsed();
    let open_now = rest.get(&list).expect(200)["size"].clone();
    let many = median((0..TIMES).map(|_| timed(|| got(rest, &list))));
    let last = format!("{list}&page={}", TOPICS / 50 - 1);
    let last = median((0..TIMES).map(|_| timed(|| got(rest, &last))));
    println!("\n{:44} {:>12} {:>12} {:>8}", "", "1 open", "ours", "ratio");
    row(&format!("list, {open_now} open: first page"), (few, many));
    row(&format!("list, {open_now} open: page {}", TOPICS / 50 - 1), (few, last));
    println!("opening {} more took {:.1} s", TOPICS - TIMES, all.as_secs_f64());
}

/// A history of many commits to many files, and branches that leave it near its end; all of it
/// on the server.
fn history(server: &Server) -> WorkTree {
    let tree = WorkTree::beside(Git::system(), &server.url_as("admin", REPOSITORY));
    let mut command = tree.command(&["fast-import", "--quiet", "--depth=20"]);
    feed(&mut command, &stream());
    tree.push_with(&[], &["refs/heads/*:refs/heads/*"]).accepted();
    tree
}

fn path(file: usize) -> String {
    format!("part-{:02}/file-{file:04}.txt", file % 60)
}

/// Thirty lines, one of which is of this commit.
fn content(file: usize, commit: usize) -> String {
    let line = |at| match at == commit % 30 {
        true => format!("line {at} of {file}, changed by {commit}\n"),
        false => format!("line {at} of {file}\n"),
    };
    (0..30).map(line).collect()
}

fn stream() -> String {
    let mut text = String::new();
    let mut commit =
        |branch: &str, mark: usize, from: Option<usize>, files: &[(String, String)]| {
            let name = "Ann Lee <ann@example.org>";
            let time = 1_700_000_000 + mark;
            write!(text, "commit refs/heads/{branch}\nmark :{}\n", mark + 1).unwrap();
            write!(text, "author {name} {time} +0000\ncommitter {name} {time} +0000\n").unwrap();
            write!(text, "data 7\ncommit\n\n").unwrap();
            if let Some(from) = from {
                writeln!(text, "from :{}", from + 1).unwrap();
            }
            for (path, content) in files {
                let length = content.len();
                write!(text, "M 100644 inline {path}\ndata {length}\n{content}\n").unwrap();
            }
        };
    let every = |at: usize| (0..FILES).map(|it| (path(it), content(it, at))).collect::<Vec<_>>();
    commit("main", 0, None, &every(0));
    for at in 1..COMMITS {
        let file = at % FILES;
        commit("main", at, Some(at - 1), &[(path(file), content(file, at))]);
    }
    for at in 0..TOPICS {
        let file = (format!("topics/{at}.txt"), content(at, at));
        commit(&topic(at), COMMITS + at, Some(COMMITS - 1 - at % 100), &[file]);
    }
    commit("wide", COMMITS + TOPICS, Some(COMMITS - 1), &every(COMMITS + 1));
    text
}

fn topic(at: usize) -> String {
    format!("topic-{at}")
}

fn request(rest: &Rest, source: &str) -> i64 {
    let body = json!({ "title": source, "source": { "branch": { "name": source } } });
    rest.post(REQUESTS, &body).expect(201)["id"].as_i64().unwrap()
}

fn open(rest: &Rest, at: usize) {
    request(rest, &topic(at));
}

fn merge(rest: &Rest, at: usize) {
    let merged = rest.post(&format!("{REQUESTS}/{}/merge", at + 1), &json!({})).expect(200);
    assert_eq!(merged["state"], "MERGED");
}

fn got(rest: &Rest, path: &str) {
    let answer = rest.get(path);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Stock git with a bare repository of the same objects, packed and indexed as well as it can.
struct Peer(WorkTree);

impl Peer {
    fn of(tree: &WorkTree) -> Self {
        let from = tree.path().display().to_string();
        let bare = WorkTree::clone_by(Git::system(), &from, &["--mirror"]);
        bare.git(&["repack", "-adq", "--write-bitmap-index"]);
        bare.git(&["commit-graph", "write", "--reachable"]);
        Self(bare)
    }

    /// What whoever opens a request has to know and to write: where the branches part, how far
    /// each went, whether they fit together, and the two refs.
    fn open(&self, at: usize) {
        let topic = topic(at);
        let base = self.git(&["merge-base", "main", &topic]);
        self.git(&["rev-list", "--left-right", "--count", &format!("main...{topic}")]);
        assert!(!base.is_empty());
        let made = self.made(&topic);
        let refs = format!("refs/pull-requests/{}", at + 1);
        self.git(&["update-ref", &format!("{refs}/from"), &topic]);
        self.git(&["update-ref", &format!("{refs}/merge"), &made]);
    }

    fn merge(&self, at: usize) {
        let made = self.made(&topic(at));
        self.git(&["update-ref", "refs/heads/main", &made]);
    }

    fn made(&self, topic: &str) -> String {
        let tree = self.git(&["merge-tree", "--write-tree", "main", topic]);
        self.git(&["commit-tree", &tree, "-p", "main", "-p", topic, "-m", "Merge"])
    }

    fn diff(&self, how: &[&str]) {
        let range = [how, &["main...wide"]].concat();
        let said = self.git(&[&["diff"][..], &range].concat());
        assert!(said.lines().count() >= FILES);
    }

    fn git(&self, args: &[&str]) -> String {
        self.0.git(args)
    }
}

fn timed(mut what: impl FnMut()) -> Duration {
    let began = Instant::now();
    what();
    began.elapsed()
}

/// The medians of the one and the other.
fn in_turns(
    times: usize,
    mut theirs: impl FnMut(usize),
    mut ours: impl FnMut(usize),
) -> (Duration, Duration) {
    let pairs = (0..times).map(|at| (timed(|| theirs(at)), timed(|| ours(at))));
    let (theirs, ours): (Vec<_>, Vec<_>) = pairs.unzip();
    (median(theirs), median(ours))
}

fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.into_iter().collect();
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, (theirs, ours): (Duration, Duration)) {
    let ms = |it: Duration| format!("{:.2} ms", it.as_secs_f64() * 1e3);
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{what:44} {:>12} {:>12} {ratio:>8.2}", ms(theirs), ms(ours));
}
