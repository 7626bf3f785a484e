//! What a push brings: its new commits and the files they change, whichever way it was ingested.

use crate::support::{World, ZERO, git};
use model::ObjectId;
use repo::{
    Judge, JudgeFailed, Limits, MergedFiles, NewCommit, Push, Quarantine, RefOutcome, RefUpdate,
    Verdict, Visible,
};

/// Lets everything pass and writes down what it brings.
#[derive(Default)]
struct Witness {
    /// For each update: its new commits by subject, with the files each changes.
    seen: Vec<String>,
}

impl Judge for Witness {
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
        Ok(vec![Verdict::Go; push.commands.len()])
    }

    fn after_pack(
        &mut self,
        _: &Push,
        updates: &[RefUpdate],
        objects: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed> {
        let new = objects.new_commits(updates, Visible::Everything).unwrap();
        for update in updates {
            let commits = new.of(&update.new);
            let mut lines: Vec<String> = commits
                .iter()
                .map(|id| {
                    let commit = objects.new_commit(id).unwrap();
                    format!("{}: {}", commit.info.message.trim(), changes(objects, &commit))
                })
                .collect();
            if let Some(id) = new.other_than_commit(&update.new) {
                let mut shown = Vec::new();
                objects
                    .files_at(&id, &mut |it| {
                        shown.push(text(objects, it));
                        Ok(())
                    })
                    .unwrap();
                lines.push(shown.join(" "));
            }
            self.seen.push(format!("{} [{}]", update.name.short(), lines.join("; ")));
        }
        Ok(vec![Verdict::Go; updates.len()])
    }

    fn text(&mut self) -> String {
        String::new()
    }

    fn meta(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn landed(&mut self, _: &Push, _: &[RefOutcome]) -> Result<(), JudgeFailed> {
        Ok(())
    }
}

fn changes(objects: &Quarantine<'_>, commit: &NewCommit) -> String {
    let mut shown = Vec::new();
    let mut show = |it: repo::FileChange<'_>| {
        shown.push(text(objects, it));
        Ok(())
    };
    objects.file_changes(MergedFiles::New).of(commit, &mut show).unwrap();
    shown.join(" ")
}

/// `path=SIZE`, `-path` when it is gone.
fn text(objects: &Quarantine<'_>, it: repo::FileChange<'_>) -> String {
    let path = String::from_utf8_lossy(it.path);
    match it.blob.map(|it| objects.blob_size(&it).unwrap()) {
        None => format!("-{path}"),
        Some(size) => format!("{path}={size}"),
    }
}

/// In the process, and as large packs are, by git.
fn both_ways() -> [Limits; 2] {
    let by_git = Limits { in_process_objects: 0, ..Limits::default() };
    [Limits::default(), by_git]
}

fn seen(world: &World, commands: &[(ObjectId, ObjectId, &str)], limits: &Limits) -> String {
    let mut wanted = String::new();
    for (old, new, _) in commands {
        for (mark, id) in [("", new), ("^", old)] {
            if !id.is_zero() {
                wanted += &format!("{mark}{id}\n");
            }
        }
    }
    let pack = world.clone.pack(&wanted, true);
    let mut witness = Witness::default();
    world.push_with(commands, "", &pack, &mut witness, limits).landed();
    witness.seen.join("\n")
}

#[test]
fn new_commits_are_those_that_no_ref_led_to() {
    for limits in both_ways() {
        let (world, one) = World::with_main();
        let two = world.clone.commit("b", "two\n");
        let three = world.clone.commit("c", "three\n");
        let main = "refs/heads/main";
        let said = seen(&world, &[(one, two, main), (ZERO, three, "refs/heads/x")], &limits);
        assert_eq!(said, "main [change b: b=4]\nx [change c: c=6; change b: b=4]");
        // Of what is there already, nothing is new: not in another branch, nor under a tag.
        git(&world.clone.dir, &["tag", "-a", "-m", "v1", "v1", &two.to_string()]);
        let (tag, y) = (world.clone.id("v1"), "refs/heads/y");
        let said = seen(&world, &[(ZERO, two, y), (ZERO, tag, "refs/tags/v1")], &limits);
        assert_eq!(said, "y []\nv1 []");
        // Going back brings nothing; coming back after that is new again, if no ref has it.
        let x = "refs/heads/x";
        assert_eq!(seen(&world, &[(three, one, x)], &limits), "x []");
        assert_eq!(seen(&world, &[(one, three, x)], &limits), "x [change c: c=6]");
        world.check();
    }
}

#[test]
fn a_long_line_that_no_ref_leads_to_is_found_whole() {
    let (world, one) = World::with_main();
    let mut last = one;
    for nth in 0..100 {
        last = world.clone.commit("a", &format!("{nth}\n"));
    }
    let x = "refs/heads/x";
    let limits = Limits::default();
    let all = seen(&world, &[(ZERO, last, x)], &limits);
    assert_eq!(all.matches("change a").count(), 100);
    world.push(&[(last, ZERO, x)], &[]).landed();
    assert_eq!(seen(&world, &[(ZERO, last, x)], &limits).matches("change a").count(), 100);
}

#[test]
fn a_change_is_what_is_as_in_no_parent() {
    for limits in both_ways() {
        let (world, one) = World::with_main();
        let dir = &world.clone.dir;
        std::fs::create_dir_all(dir.join("infra/deep")).unwrap();
        world.clone.commit("infra/deep/x", "x\n");
        git(dir, &["mv", "infra/deep", "infra/flat"]);
        git(dir, &["commit", "-qm", "moved"]);
        git(dir, &["checkout", "-qb", "side", &one.to_string()]);
        world.clone.commit("side", "side\n");
        git(dir, &["checkout", "-q", "main"]);
        git(dir, &["merge", "-q", "--no-ff", "--no-commit", "side"]);
        std::fs::write(dir.join("evil"), "evil\n").unwrap();
        git(dir, &["add", "evil"]);
        git(dir, &["commit", "-qm", "merged"]);
        git(dir, &["rm", "-qr", "infra"]);
        std::fs::write(dir.join("infra"), "now a file\n").unwrap();
        git(dir, &["update-index", "--chmod=+x", "a"]);
        git(dir, &["add", "infra"]);
        git(dir, &["commit", "-qm", "replaced"]);
        let said = seen(&world, &[(one, world.clone.id("HEAD"), "refs/heads/main")], &limits);
        assert_eq!(
            said,
            "main [replaced: a=4 infra=11 -infra/flat/x; merged: evil=5; moved: -infra/deep/x \
             infra/flat/x=2; change side: side=5; change infra/deep/x: infra/deep/x=2]"
        );
    }
}

#[test]
fn what_is_no_commit_has_files_too() {
    let (world, _) = World::with_main();
    let blob = world.clone.object("blob", b"just a file\n");
    let pack = world.clone.pack_of(&[blob]);
    let mut witness = Witness::default();
    let commands = [(ZERO, blob, "refs/tags/file")];
    world.push_with(&commands, "", &pack, &mut witness, &Limits::default()).landed();
    assert_eq!(witness.seen, ["file [=12]"]);
}

/// Eleven trees, each holding the one before ten times: ten thousand million paths.
#[test]
fn a_bomb_of_trees_is_not_walked() {
    let (world, _) = World::with_main();
    let dir = &world.clone.dir;
    let mut ids = vec![world.clone.object("blob", b"x")];
    let mut entry = format!("100644 blob {}", ids[0]);
    for _ in 0..11 {
        let lines: String = (0..10).map(|it| format!("{entry}\tn{it}\n")).collect();
        let made = crate::support::git_with(dir, &["mktree"], lines.as_bytes());
        let tree = ObjectId::parse(made.trim_ascii_end()).unwrap();
        entry = format!("040000 tree {tree}");
        ids.push(tree);
    }
    let tree = ids.last().unwrap().to_string();
    let commit = git(dir, &["commit-tree", "-m", "bomb", &tree]);
    ids.push(ObjectId::parse(commit.as_bytes()).unwrap());
    struct Bombed(Option<String>);
    impl Judge for Bombed {
        fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
            Ok(vec![Verdict::Go; push.commands.len()])
        }
        fn after_pack(
            &mut self,
            _: &Push,
            updates: &[RefUpdate],
            objects: &Quarantine<'_>,
        ) -> Result<Vec<Verdict>, JudgeFailed> {
            let commit = objects.new_commit(&updates[0].new).unwrap();
            self.0 = objects
                .file_changes(MergedFiles::New)
                .of(&commit, &mut |_| Ok(()))
                .err()
                .map(|it| it.to_string());
            Ok(vec![Verdict::Refuse { short: "no".into() }])
        }
        fn text(&mut self) -> String {
            String::new()
        }
        fn meta(&mut self) -> Vec<u8> {
            Vec::new()
        }
        fn landed(&mut self, _: &Push, _: &[RefOutcome]) -> Result<(), JudgeFailed> {
            Ok(())
        }
    }
    let mut judge = Bombed(None);
    let commands = [(ZERO, *ids.last().unwrap(), "refs/heads/bomb")];
    let pack = world.clone.pack_of(&ids);
    let answer = world.push_with(&commands, "", &pack, &mut judge, &Limits::default());
    answer.reported("unpack ok\nng refs/heads/bomb no");
    assert!(judge.0.unwrap().contains("PC-PUSH-TOO-MUCH"));
}
