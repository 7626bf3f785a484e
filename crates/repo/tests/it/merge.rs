//! Merges made without a work tree: what git makes of the same, and nothing else.

use crate::support::{Clone, World, ZERO, git, git_in, git_with};
use model::{MergeStrategy, ObjectId};
use repo::{MadeMerge, MergeAnswer, MergePlan, MergePreview, NotMergeable, Repository, Signature};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Whom the tests' git commits as.
fn ann() -> Signature {
    Signature {
        name: "Ann".into(),
        email: "ann@example.com".into(),
        seconds: 1_700_000_000,
        offset_minutes: 0,
    }
}

pub fn make(
    repository: &Repository,
    strategy: MergeStrategy,
    target: ObjectId,
    source: ObjectId,
) -> MergeAnswer {
    let (author, committer) = (Signature { name: "Bea".into(), ..ann() }, ann());
    let plan = MergePlan {
        strategy,
        target,
        source,
        message: "Merge it\n\nAnd more.\n",
        author: &author,
        committer: &committer,
    };
    repository.make_merge(&plan).unwrap()
}

pub fn made(answer: MergeAnswer) -> MadeMerge {
    match answer {
        MergeAnswer::Made(made) => made,
        MergeAnswer::Not(why) => panic!("{why:?}"),
    }
}

pub fn not_made(answer: MergeAnswer) -> NotMergeable {
    match answer {
        MergeAnswer::Made(made) => panic!("{made:?}"),
        MergeAnswer::Not(why) => why,
    }
}

/// Everything of the clone in the repository, each branch as it is.
pub fn push_branches(world: &World) -> BTreeMap<String, ObjectId> {
    let listed = git(&world.clone.dir, &["for-each-ref", "--format=%(refname) %(objectname)"]);
    let branches: BTreeMap<String, ObjectId> = listed
        .lines()
        .filter_map(|it| it.split_once(' '))
        .map(|(name, id)| (name.to_owned(), ObjectId::parse(id.as_bytes()).unwrap()))
        .collect();
    let commands: Vec<_> = branches.iter().map(|(name, id)| (ZERO, *id, name.as_str())).collect();
    let tips: String = branches.values().map(|it| format!("{it}\n")).collect();
    world.push(&commands, &world.clone.pack(&tips, false)).landed();
    branches.into_iter().map(|(name, id)| (name["refs/heads/".len()..].to_owned(), id)).collect()
}

/// Small, and the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

const FILES: [&str; 9] = ["a", "b", "x/a", "x/b", "x/y/c", "x/y/d", "z/e", "z/x/f", "w"];

/// Changes a few files: writes, removes, moves, makes executable, puts a folder where a file was.
fn edit(files: &mut BTreeMap<String, (bool, String)>, dice: &mut Dice) {
    for _ in 0..=dice.roll(3) {
        let name = FILES[dice.roll(FILES.len())].to_owned();
        match dice.roll(8) {
            0 => drop(files.remove(&name)),
            1 => files.retain(|it, _| !it.starts_with("x/") || dice.0.is_multiple_of(2)),
            2 => {
                if let Some(content) = files.remove(&name) {
                    files.insert(format!("moved/{name}"), content);
                }
            }
            3 => {
                let moved: Vec<_> =
                    files.keys().filter(|it| it.starts_with("x/")).cloned().collect();
                for old in moved {
                    let content = files.remove(&old).unwrap();
                    files.insert(old.replacen("x/", "n/", 1), content);
                }
            }
            4 => {
                if let Some(file) = files.get_mut(&name) {
                    file.0 = !file.0;
                }
            }
            5 => {
                let content = (false, format!("new {}\n", dice.roll(3)));
                files.insert(format!("{name}_new"), content);
            }
            _ => {
                if let Some(file) = files.get_mut(&name) {
                    let line = dice.roll(8);
                    let lines = file.1.lines().enumerate().map(|(nth, it)| match nth == line {
                        true => format!("{it} changed {}\n", dice.0 % 2),
                        false => format!("{it}\n"),
                    });
                    file.1 = lines.collect();
                }
            }
        }
    }
}

pub fn write_commit(
    stream: &mut String,
    branch: &str,
    from: Option<&str>,
    files: &BTreeMap<String, (bool, String)>,
) {
    writeln!(stream, "commit refs/heads/{branch}").unwrap();
    writeln!(stream, "committer Ann <ann@example.com> 1700000000 +0000").unwrap();
    writeln!(stream, "data {}\n{branch}", branch.len()).unwrap();
    if let Some(from) = from {
        writeln!(stream, "from refs/heads/{from}").unwrap();
    }
    writeln!(stream, "deleteall").unwrap();
    for (name, (executable, content)) in files {
        let mode = if *executable { "100755" } else { "100644" };
        writeln!(stream, "M {mode} inline {name}\ndata {}\n{content}", content.len()).unwrap();
    }
}

/// What git says: the tree, or the paths in conflict.
fn by_git(dir: &Path, target: &ObjectId, source: &ObjectId) -> Result<String, Vec<String>> {
    let mut command = git_in(dir);
    command.args(["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"]);
    let answer = command.arg(target.to_string()).arg(source.to_string()).output().unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let mut fields = text.split('\0').filter(|it| !it.is_empty());
    let tree = fields.next().unwrap().to_owned();
    match answer.status.code() {
        Some(0) => Ok(tree),
        Some(1) => Err(fields.map(str::to_owned).collect()),
        _ => panic!("{}", String::from_utf8_lossy(&answer.stderr)),
    }
}

#[test]
fn every_merge_comes_out_as_git_makes_it() {
    const CASES: usize = 120;
    let world = World::new();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut stream = String::new();
    for case in 0..CASES {
        let content = |nth: usize| (1..10).map(|it| format!("line {it} of {nth}\n")).collect();
        let mut base: BTreeMap<String, (bool, String)> = FILES
            .iter()
            .enumerate()
            .map(|(nth, name)| ((*name).to_owned(), (false, content(nth))))
            .collect();
        write_commit(&mut stream, &format!("base{case}"), None, &base);
        let mut other = base.clone();
        edit(&mut base, &mut dice);
        edit(&mut other, &mut dice);
        let from = format!("base{case}");
        write_commit(&mut stream, &format!("ours{case}"), Some(&from), &base);
        write_commit(&mut stream, &format!("theirs{case}"), Some(&from), &other);
    }
    git_with(&world.clone.dir, &["fast-import", "--quiet"], stream.as_bytes());
    let branches = push_branches(&world);
    let (mut clean, mut conflicting) = (0, 0);
    for case in 0..CASES {
        let side = |it: &str| branches[&format!("{it}{case}")];
        let (ours, theirs) = (side("ours"), side("theirs"));
        let found = match world.repository.merge_preview(&ours, &theirs).unwrap() {
            MergePreview::Clean { tree } => Ok(tree.to_string()),
            MergePreview::Conflicting(found) => {
                assert!(found.listed.iter().all(|it| !it.reason.is_empty()), "{found:?}");
                let path = |it: &repo::Conflict| String::from_utf8(it.path.clone()).unwrap();
                Err(found.listed.iter().map(path).collect())
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found, by_git(&world.clone.dir, &ours, &theirs), "case {case}");
        match found {
            Ok(_) => clean += 1,
            Err(_) => conflicting += 1,
        }
    }
    assert!(clean > 30 && conflicting > 20, "{clean} {conflicting}");
    world.check();
}

#[test]
fn commits_are_compared_as_git_compares_them() {
    let world = World::new();
    let mut dice = Dice(88_172_645_463_325_252);
    let mut stream = String::new();
    for nth in 0..60_usize {
        writeln!(stream, "commit refs/heads/b{nth}").unwrap();
        let time = 1_700_000_000 + nth * 10 - dice.roll(9);
        writeln!(stream, "committer Ann <ann@example.com> {time} +0000\ndata 1\nx").unwrap();
        if nth > 0 && nth != 30 {
            let first = dice.roll(nth);
            writeln!(stream, "from refs/heads/b{first}").unwrap();
            let second = dice.roll(nth);
            if dice.roll(3) == 0 && second != first {
                writeln!(stream, "merge refs/heads/b{second}").unwrap();
            }
        }
    }
    let dir = &world.clone.dir;
    git_with(dir, &["fast-import", "--quiet"], stream.as_bytes());
    let branches = push_branches(&world);
    let ids: Vec<ObjectId> = branches.values().copied().collect();
    let agree = || {
        let mut dice = Dice(1);
        for _ in 0..80 {
            let (a, b) = (ids[dice.roll(ids.len())], ids[dice.roll(ids.len())]);
            let found = world.repository.divergence(&a, &b).unwrap();
            let (a, b) = (a.to_string(), b.to_string());
            let output = git_in(dir).args(["merge-base", "--all", &a, &b]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let mut theirs: Vec<&str> = text.lines().collect();
            let ours: Vec<String> = found.bases.iter().map(ToString::to_string).collect();
            let mut ours: Vec<&str> = ours.iter().map(String::as_str).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs, "{a} {b}");
            let range = format!("{a}...{b}");
            let counted = git(dir, &["rev-list", "--left-right", "--count", &range]);
            assert_eq!(format!("{}\t{}", found.behind, found.ahead), counted, "{a} {b}");
        }
    };
    agree();
    world.repository.maintain().unwrap();
    agree();
}

/// `main` and `topic` from one commit: three commits on `topic`, one on `main`.
fn diverged() -> (World, ObjectId, ObjectId) {
    let world = World::new();
    let lines: String = (0..20).map(|it| format!("{it}\n")).collect();
    let clone = &world.clone;
    clone.commit("f", &lines);
    git(&clone.dir, &["checkout", "-q", "-b", "topic"]);
    clone.commit("f", &lines.replace("2\n", "two\n"));
    clone.commit("g", "new\n");
    clone.commit("f", &lines.replace("2\n", "two\n").replace("3\n", "three\n"));
    git(&clone.dir, &["checkout", "-q", "main"]);
    clone.commit("f", &lines.replace("19\n", "nineteen\n"));
    let branches = push_branches(&world);
    (world, branches["main"], branches["topic"])
}

/// Brings what was made into the clone, and gives its commits as git shows them.
fn shown(clone: &Clone, target: ObjectId, made: &MadeMerge) -> String {
    if let Some(pack) = &made.pack {
        git_with(&clone.dir, &["unpack-objects", "-q", "--strict"], pack);
    }
    let range = format!("{target}..{}", made.tip);
    git(&clone.dir, &["log", "--topo-order", "--format=%an %cn %p: %s", &range])
}

#[test]
fn each_strategy_makes_the_commits_it_is_named_after() {
    let (world, target, source) = diverged();
    let repository = &world.repository;
    let clone = &world.clone;
    let short = |it: &ObjectId| it.to_string()[..7].to_owned();
    let (t, s) = (short(&target), short(&source));
    assert!(matches!(
        repository.merge_preview(&target, &source).unwrap(),
        MergePreview::Clean { .. }
    ));
    assert_eq!(repository.merge_preview(&source, &source).unwrap(), MergePreview::UpToDate);
    let merged = made(make(repository, MergeStrategy::MergeCommit, target, source));
    let log = shown(clone, target, &merged);
    assert!(log.starts_with(&format!("Bea Ann {t} {s}: Merge it\n")), "{log}");
    let squashed = made(make(repository, MergeStrategy::Squash, target, source));
    assert_eq!(shown(clone, target, &squashed), format!("Bea Ann {t}: Merge it"));
    for strategy in [MergeStrategy::FastForward, MergeStrategy::SquashFastForward] {
        let why = not_made(make(repository, strategy, target, source));
        assert_eq!(why, NotMergeable::NotFastForward { behind: 1 });
    }
    // What `git rebase` makes of it, byte for byte.
    git(&clone.dir, &["checkout", "-q", "-b", "rebased", "topic"]);
    git(&clone.dir, &["rebase", "-q", "main"]);
    let rebased = made(make(repository, MergeStrategy::RebaseFastForward, target, source));
    assert_eq!(rebased.tip, clone.id("rebased"));
    let both = made(make(repository, MergeStrategy::RebaseMerge, target, source));
    let log = shown(clone, target, &both);
    assert!(log.starts_with(&format!("Bea Ann {t} {}: Merge it\n", short(&rebased.tip))), "{log}");
    let tree = |it: &ObjectId| git(&clone.dir, &["rev-parse", &format!("{it}^{{tree}}")]);
    for other in [&squashed.tip, &rebased.tip, &both.tip] {
        assert_eq!(tree(other), tree(&merged.tip));
    }
    // All on one line: nothing has to be made but what the strategy adds.
    assert!(repository.merge_preview(&target, &merged.tip).is_err());
    let forward = made(make(repository, MergeStrategy::FastForward, clone.id("topic~3"), source));
    assert_eq!(forward, MadeMerge { tip: source, pack: None });
    let forward =
        made(make(repository, MergeStrategy::RebaseFastForward, clone.id("topic~3"), source));
    assert_eq!(forward, MadeMerge { tip: source, pack: None });
    let one = made(make(repository, MergeStrategy::SquashFastForward, clone.id("topic~3"), source));
    assert_eq!(tree(&source), {
        shown(clone, clone.id("topic~3"), &one);
        tree(&one.tip)
    });
    for strategy in MergeStrategy::ALL {
        let why = not_made(make(repository, *strategy, source, clone.id("topic~1")));
        assert_eq!(why, NotMergeable::Nothing, "{strategy}");
    }
    world.check();
}

#[test]
fn a_rebase_leaves_out_and_keeps_what_git_leaves_out_and_keeps() {
    let world = World::new();
    let clone = &world.clone;
    let dir = &clone.dir;
    let lines: String = (0..20).map(|it| format!("{it}\n")).collect();
    clone.commit("f", &lines);
    git(dir, &["checkout", "-q", "-b", "side"]);
    clone.commit("side", "side\n");
    git(dir, &["checkout", "-q", "-b", "topic", "main"]);
    clone.commit("same", "same\n");
    clone.commit("g", "g\n");
    git(dir, &["commit", "-q", "--allow-empty", "-m", "empty from the start"]);
    git(dir, &["merge", "-q", "--no-ff", "-m", "a merge", "side"]);
    // The message as bytes, in another encoding, with a person git could not write today.
    let author = ["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty"];
    git(dir, &[&author[..], &["-m", "odd", "--author=Z <z@x>", "--date=5 +0130"]].concat());
    clone.commit("f", &lines.replace("\n5\n", "\nfive\n"));
    git(dir, &["checkout", "-q", "main"]);
    clone.commit("same", "same\n");
    clone.commit("f", &lines.replace("\n15\n", "\nfifteen\n"));
    clone.commit("h", "h\n");
    let branches = push_branches(&world);
    git(dir, &["checkout", "-q", "-b", "rebased", "topic"]);
    git(dir, &["rebase", "-q", "main"]);
    let answer = make(
        &world.repository,
        MergeStrategy::RebaseFastForward,
        branches["main"],
        branches["topic"],
    );
    let made = made(answer);
    shown(clone, branches["main"], &made);
    // Git would write the odd message anew, in UTF-8: its id would be another one.
    let log = |tip: &str| {
        let range = format!("main..{tip}");
        git(dir, &["log", "--topo-order", "--format=%an %ad %cn %T: %s", &range])
    };
    assert_eq!(log(&made.tip.to_string()), log("rebased"));
    // Which commit does not fit is told, and how.
    git(dir, &["checkout", "-q", "topic"]);
    let bad = clone.commit("h", "another\n");
    clone.commit("i", "i\n");
    let pack = clone.pack(&format!("HEAD\n^{}\n", branches["topic"]), true);
    let tip = clone.id("HEAD");
    world.push(&[(branches["topic"], tip, "refs/heads/topic")], &pack).landed();
    let answer = make(&world.repository, MergeStrategy::RebaseMerge, branches["main"], tip);
    match not_made(answer) {
        NotMergeable::RebaseConflicting { commit, conflicts } => {
            assert_eq!((commit, conflicts.total), (bad, 1));
            assert_eq!(conflicts.listed[0].path, b"h");
            assert_eq!(conflicts.listed[0].reason, "contents");
        }
        other => panic!("{other:?}"),
    }
    world.check();
}

#[test]
fn histories_with_nothing_in_common_and_twice_crossed_ones() {
    let world = World::new();
    let clone = &world.clone;
    let dir = &clone.dir;
    clone.commit("f", "1\n2\n3\n4\n5\n6\n7\n8\n");
    git(dir, &["checkout", "-q", "-b", "topic"]);
    clone.commit("f", "1\n2\n3\n4\n5\n6\n7\neight\n");
    git(dir, &["checkout", "-q", "main"]);
    clone.commit("f", "one\n2\n3\n4\n5\n6\n7\n8\n");
    git(dir, &["branch", "old-main"]);
    git(dir, &["merge", "-q", "-m", "cross", "topic"]);
    git(dir, &["checkout", "-q", "topic"]);
    git(dir, &["merge", "-q", "-m", "cross back", "old-main"]);
    clone.commit("g", "g\n");
    git(dir, &["checkout", "-q", "--orphan", "alone"]);
    clone.commit("f", "alone\n");
    let branches = push_branches(&world);
    let (main, topic, alone) = (branches["main"], branches["topic"], branches["alone"]);
    assert_eq!(world.repository.divergence(&main, &topic).unwrap().bases.len(), 2);
    assert_eq!(world.repository.divergence(&main, &alone).unwrap().bases, []);
    let found = world.repository.merge_preview(&main, &topic).unwrap();
    let MergePreview::Clean { tree } = found else { panic!("{found:?}") };
    assert_eq!(Ok(tree.to_string()), by_git(dir, &main, &topic));
    let found = world.repository.merge_preview(&main, &alone).unwrap();
    assert_eq!(found, MergePreview::Unrelated);
    let why = not_made(make(&world.repository, MergeStrategy::MergeCommit, main, alone));
    assert_eq!(why, NotMergeable::Unrelated);
    world.check();
}

#[test]
fn a_merge_is_the_same_when_it_makes_the_same_to_the_last_byte() {
    let world = World::new();
    let clone = &world.clone;
    let dir = &clone.dir;
    let lines = |from: u32| (from..30).map(|it| format!("{it}\n")).collect::<String>();
    let base = clone.commit("f", &lines(0));
    git(dir, &["checkout", "-q", "-b", "topic"]);
    let tip = clone.commit("f", &lines(0).replace("\n20\n", "\nrm -r a/b\n"));
    git(dir, &["checkout", "-q", "main"]);
    let moved = clone.commit("f", &lines(3));
    git(dir, &["checkout", "-q", "-b", "rebased", "topic"]);
    git(dir, &["rebase", "-q", "main"]);
    let rebased = clone.id("rebased");
    git(dir, &["checkout", "-q", "-b", "spaced"]);
    let spaced = clone.commit("f", &lines(3).replace("\n20\n", "\nrm -r a /b\n"));
    git(dir, &["checkout", "-q", "-b", "moded", "rebased"]);
    git(dir, &["update-index", "--chmod=+x", "f"]);
    git(dir, &["commit", "-qm", "x"]);
    let moded = clone.id("moded");
    git(dir, &["checkout", "-qf", "-b", "conflicting", &base.to_string()]);
    let conflicting = clone.commit("f", &lines(0).replace("\n1\n", "\none\n"));
    push_branches(&world);
    let same = |target, one, other| world.repository.is_same_merge(&target, &one, &other).unwrap();
    assert!(same(base, tip, tip));
    assert!(same(moved, tip, rebased));
    assert!(!same(moved, tip, spaced), "white space counts");
    assert!(!same(moved, tip, moded));
    assert!(!same(moved, tip, moved));
    assert!(same(moved, moved, base), "neither brings anything");
    assert!(!same(moved, conflicting, conflicting));
}

/// Ten trees, each eight times in the next, are a thousand million paths.
#[test]
fn trees_that_hold_one_another_are_merged_at_once() {
    let world = World::new();
    let bomb = |leaf: &str| {
        let blob = world.clone.object("blob", leaf.as_bytes());
        let entry = |at: usize, kind: &str, id| format!("{kind} {id}\t{at}\n");
        let tree = |entries: String| {
            let made = git_with(&world.clone.dir, &["mktree"], entries.as_bytes());
            String::from_utf8(made).unwrap().trim().to_owned()
        };
        // One file that only this side changes, in every folder.
        let mut top = tree(entry(0, "100644 blob", blob.to_string()));
        for _ in 0..10 {
            top = tree((0..8).map(|at| entry(at, "040000 tree", top.clone())).collect());
        }
        top
    };
    let commit = |tree: &str, branch: &str, parents: &[&str]| {
        let parents: Vec<_> = parents.iter().flat_map(|it| ["-p", *it]).collect();
        let made =
            git(&world.clone.dir, &[&["commit-tree", tree, "-m", branch], &parents[..]].concat());
        git(&world.clone.dir, &["update-ref", &format!("refs/heads/{branch}"), made.trim()]);
        made.trim().to_owned()
    };
    let with = |tree: &str, name: &str| {
        let listed = git(&world.clone.dir, &["ls-tree", tree]);
        let blob = world.clone.object("blob", name.as_bytes());
        let entries = format!("{listed}\n100644 blob {blob}\t{name}\n");
        let made =
            git_with(&world.clone.dir, &["mktree"], entries.replace("\n\n", "\n").as_bytes());
        String::from_utf8(made).unwrap().trim().to_owned()
    };
    let (one, other) = (bomb("one"), bomb("other"));
    let base = commit(&one, "base", &[]);
    commit(&with(&other, "ours"), "ours", &[&base]);
    commit(&with(&one, "theirs"), "theirs", &[&base]);
    // Both sides changed every folder, and every one in the same way but for the leaf.
    commit(&bomb("a third"), "third", &[&base]);
    let ids = push_branches(&world);
    let clean = make(&world.repository, MergeStrategy::MergeCommit, ids["ours"], ids["theirs"]);
    made(clean);
    let preview = world.repository.merge_preview(&ids["ours"], &ids["third"]);
    assert!(matches!(preview, Ok(MergePreview::TooMuch(_))), "{preview:?}");
}
