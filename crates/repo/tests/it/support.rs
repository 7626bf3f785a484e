//! A data folder, a clone to push from, and pushes as bytes.

use model::{ObjectId, RefName, RepositoryId};
use repo::{
    AllowAll, Judge, Limits, PushOutcome, ReceiveOptions, RefStatus, Repositories, Repository,
    receive_pack,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tempfile::TempDir;
use wire::{Band, Decoder, Pkt};

pub const ID: RepositoryId = RepositoryId(1);
pub const ZERO: ObjectId = ObjectId::ZERO;

/// Shielded from whoever runs the tests, with fixed people and dates.
pub fn git_in(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .env("GIT_AUTHOR_NAME", "Ann")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_COMMITTER_NAME", "Ann")
        .env("GIT_COMMITTER_EMAIL", "ann@example.com")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000");
    command
}

/// Runs git and gives its output; panics with what it said when it fails.
pub fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = git_in(dir).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Runs git with this input and gives its raw output.
pub fn git_with(dir: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut child =
        git_in(dir).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap().unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    output.stdout
}

/// A working copy.
pub struct Clone {
    pub dir: PathBuf,
}

impl Clone {
    pub fn commit(&self, file: &str, content: &str) -> ObjectId {
        std::fs::write(self.dir.join(file), content).unwrap();
        git(&self.dir, &["add", "--", file]);
        git(&self.dir, &["commit", "-q", "-m", &format!("change {file}")]);
        self.id("HEAD")
    }

    pub fn id(&self, revision: &str) -> ObjectId {
        ObjectId::parse(git(&self.dir, &["rev-parse", revision]).as_bytes()).unwrap()
    }

    /// A pack of what `revisions` name (one a line, `^` excludes), thin if asked.
    pub fn pack(&self, revisions: &str, thin: bool) -> Vec<u8> {
        let thin = if thin { "--thin" } else { "--no-reuse-delta" };
        let arguments = ["pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset", thin];
        git_with(&self.dir, &arguments, revisions.as_bytes())
    }

    /// A pack of exactly these objects.
    pub fn pack_of(&self, ids: &[ObjectId]) -> Vec<u8> {
        let lines: String = ids.iter().map(|it| format!("{it}\n")).collect();
        git_with(&self.dir, &["pack-objects", "--stdout", "-q"], lines.as_bytes())
    }

    /// Stores an object whatever git thinks of it.
    pub fn object(&self, kind: &str, content: &[u8]) -> ObjectId {
        let arguments = ["hash-object", "-w", "--literally", "-t", kind, "--stdin"];
        ObjectId::parse(git_with(&self.dir, &arguments, content).trim_ascii_end()).unwrap()
    }
}

/// A data folder with one empty repository, and a clone.
pub struct World {
    pub temp: TempDir,
    pub repositories: Option<Repositories>,
    pub repository: Arc<Repository>,
    pub clone: Clone,
}

impl World {
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let repositories = Repositories::open(&temp.path().join("data")).unwrap();
        let main = RefName::branch("main").unwrap();
        let repository = repositories.create(ID, &main).unwrap();
        let clone = new_clone(&temp.path().join("clone"));
        Self { temp, repositories: Some(repositories), repository, clone }
    }

    pub fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    pub fn journal(&self) -> &Arc<repo::Journal> {
        self.repositories.as_ref().unwrap().journal()
    }

    /// Stops without a checkpoint, as after a kill, and starts again.
    pub fn restart(&mut self) {
        self.repositories = None;
        let repositories = Repositories::open(&self.data()).unwrap();
        self.repository = repositories.repository(ID).unwrap();
        self.repositories = Some(repositories);
    }

    /// One commit on `main`, landed.
    pub fn with_main() -> (Self, ObjectId) {
        let world = Self::new();
        let id = world.clone.commit("a", "one\n");
        let answer = world.push(&[(ZERO, id, "refs/heads/main")], &world.clone.pack("HEAD", false));
        answer.landed();
        (world, id)
    }

    pub fn push(&self, commands: &[(ObjectId, ObjectId, &str)], pack: &[u8]) -> Answer {
        self.push_with(commands, "", pack, &mut AllowAll, &Limits::default())
    }

    /// `extra` is added to the capabilities.
    pub fn push_with(
        &self,
        commands: &[(ObjectId, ObjectId, &str)],
        extra: &str,
        pack: &[u8],
        judge: &mut dyn Judge,
        limits: &Limits,
    ) -> Answer {
        push_into(&self.repository, commands, extra, pack, judge, limits)
    }

    /// What stock git sees: `ID NAME` lines.
    pub fn refs(&self) -> String {
        git(self.repository.git_dir(), &["for-each-ref", "--format=%(objectname) %(refname)"])
    }

    /// Our refs and git's agree, everything is whole, and nothing lies about.
    pub fn check(&self) {
        check(&self.repository);
    }
}

pub fn new_clone(dir: &Path) -> Clone {
    std::fs::create_dir_all(dir).unwrap();
    git(dir, &["init", "-q", "-b", "main"]);
    Clone { dir: dir.to_owned() }
}

pub fn push_into(
    repository: &Repository,
    commands: &[(ObjectId, ObjectId, &str)],
    extra: &str,
    pack: &[u8],
    judge: &mut dyn Judge,
    limits: &Limits,
) -> Answer {
    let mut body = request(commands, extra);
    body.extend_from_slice(pack);
    raw_push(repository, &body, judge, limits)
}

/// The commands as git sends them.
pub fn request(commands: &[(ObjectId, ObjectId, &str)], extra: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (nth, (old, new, name)) in commands.iter().enumerate() {
        let line = format!("{old} {new} {name}");
        let line = if nth == 0 {
            format!("{line}\0 report-status-v2 side-band-64k agent=test {extra}")
        } else {
            line
        };
        wire::put_data(&mut body, line.as_bytes());
    }
    wire::put_flush(&mut body);
    body
}

pub fn raw_push(
    repository: &Repository,
    body: &[u8],
    judge: &mut dyn Judge,
    limits: &Limits,
) -> Answer {
    let options = ReceiveOptions { limits: limits.clone(), ..ReceiveOptions::default() };
    let mut input = body;
    let mut output = Vec::new();
    let outcome = receive_pack(repository, &mut input, &mut output, judge, &options).unwrap();
    Answer::parse(outcome, &output, input.len())
}

/// What the client was told, and what we know.
pub struct Answer {
    pub outcome: PushOutcome,
    pub report: String,
    pub text: String,
    /// Bytes of the request that nobody needed.
    pub unread: usize,
}

impl Answer {
    fn parse(outcome: PushOutcome, output: &[u8], unread: usize) -> Self {
        let (mut report, mut text) = (Vec::new(), Vec::new());
        for data in packets(output) {
            match Band::split(&data) {
                Ok((Band::Data, bytes)) => report.extend_from_slice(bytes),
                Ok((Band::Progress, bytes)) => text.extend_from_slice(bytes),
                _ => text.extend_from_slice(&data),
            }
        }
        let report: String =
            packets(&report).iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        let text = String::from_utf8(text).unwrap();
        Self { outcome, report: report.trim_end().to_owned(), text, unread }
    }

    /// Everything landed.
    pub fn landed(&self) -> &Self {
        let all = self.outcome.refs.iter().all(|it| it.status == RefStatus::Landed);
        assert!(all && self.report.starts_with("unpack ok"), "{}\n{}", self.report, self.text);
        assert_eq!(self.unread, 0, "the pack was not read to its end");
        self
    }

    /// The report is this.
    pub fn reported(&self, report: &str) -> &Self {
        assert_eq!(self.report, report, "{}", self.text);
        self
    }
}

fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut decoder = Decoder::new();
    let mut rest = bytes;
    let mut found = Vec::new();
    loop {
        while let Some(pkt) = decoder.take().unwrap() {
            if let Pkt::Data(data) = pkt {
                found.push(data.to_vec());
            }
        }
        if rest.is_empty() {
            return found;
        }
        let space = decoder.space();
        let count = space.len().min(rest.len());
        space[..count].copy_from_slice(&rest[..count]);
        decoder.filled(count);
        rest = &rest[count..];
    }
}

pub fn check(repository: &Repository) {
    let dir = repository.git_dir();
    git(dir, &["fsck", "--full", "--strict", "--no-progress"]);
    let theirs = git(dir, &["for-each-ref", "--format=%(objectname) %(refname) %(*objectname)"]);
    let ours: Vec<String> = repository
        .refs()
        .unwrap()
        .iter()
        .map(|it| {
            let peeled = it.peeled.map(|it| it.to_string()).unwrap_or_default();
            format!("{} {} {peeled}", it.id, it.name)
        })
        .collect();
    assert_eq!(ours.join("\n").trim_end(), theirs.trim_end());
    assert_eq!(leftovers(dir), Vec::<PathBuf>::new());
}

/// Files that only an unfinished push could leave.
pub fn leftovers(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let left = name.ends_with(".lock")
            || name.starts_with("incoming-")
            || name.starts_with("tmp_")
            || name.ends_with(".keep");
        if left {
            found.push(path.clone());
        }
        if path.is_dir() {
            found.extend(leftovers(&path));
        }
    }
    found
}

/// A folder's files with their lengths: equal before and after means that nothing was written.
pub fn listing(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        } else {
            found.push((path.clone(), path.metadata().unwrap().len()));
        }
    }
    found.sort();
    found
}
