//! One push, looked into: commit by commit, file by file, for all rules about the same refs at once.
//! What no rule asks is not read.
//!
//! To a rule is new what neither the main branch nor a ref that the rule is about led to before.
//! What came in by a branch nobody watches is therefore looked at when it comes to one that
//! somebody does; what the main branch holds is everybody's ground and comes along freely.

use super::signature::{self, Signature};
use super::signers::{KeyOwner, SignerProblem};
use super::test::Test;
use crate::push::CLOSED;
use crate::{App, Result};
use model::{
    Email, Fingerprint, Matcher, MatcherKind, RefKinds, RefName, Restriction, RestrictionId,
    Timestamp,
};
use policy::{Facts, Fault, FaultKind, Faults, NamedCommit, Place};
use repo::{
    FileChange, FileChanges, MergedFiles, NewCommit, NewCommits, Quarantine, RefUpdate, Visible,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::runtime::Handle;

/// A subject is cut here, in characters.
const SUBJECT: usize = 50;

/// Which rules ask about an update, by its place in the push.
pub(crate) struct About<'a> {
    pub update: &'a RefUpdate,
    pub rules: Vec<Arc<Restriction>>,
}

/// What was found: for each update asked about, in order, what speaks against each rule.
pub(crate) type Found = Vec<BTreeMap<RestrictionId, Faults>>;

/// Looks into one push.
pub(crate) struct Look<'a> {
    app: &'a App,
    runtime: &'a Handle,
    objects: &'a Quarantine<'a>,
    facts: &'a Facts,
    pusher: Option<&'a Email>,
    keys: RefCell<HashMap<Fingerprint, Option<KeyOwner>>>,
    now: Timestamp,
}

/// A rule with what it wants to know.
struct Asking {
    rule: RestrictionId,
    test: Test,
}

/// Rules about the same refs: the same commits are new to them.
struct Watchers<'a> {
    matcher: &'a Matcher,
    on: RefKinds,
    asking: Vec<Asking>,
}

impl Watchers<'_> {
    fn ask(&self, about: &About<'_>) -> bool {
        about.rules.iter().any(|rule| self.asking.iter().any(|it| it.rule == rule.id))
    }

    fn watch_everything(&self) -> bool {
        let Matcher { kind, except, .. } = self.matcher;
        *kind == MatcherKind::Any && except.is_empty() && self.on == RefKinds::Both
    }
}

impl<'a> Look<'a> {
    /// `pusher`: the e-mail address of whoever pushes; tokens and keys have none.
    pub(crate) fn new(
        app: &'a App,
        runtime: &'a Handle,
        objects: &'a Quarantine<'a>,
        facts: &'a Facts,
        pusher: Option<&'a Email>,
    ) -> Self {
        let (keys, now) = (RefCell::default(), facts.now);
        Self { app, runtime, objects, facts, pusher, keys, now }
    }

    /// Finds out what these rules ask. A rule that is not about content is passed over.
    pub(crate) fn find(&self, asked: &[About<'_>]) -> Result<Found> {
        let all = self.watchers(asked.iter().flat_map(|it| &it.rules))?;
        let mut asking = all.iter().flat_map(|it| &it.asking);
        let files = self.objects.file_changes(match asking.any(|it| it.test.asks_of_merges()) {
            true => MergedFiles::NewOrLeftOut,
            false => MergedFiles::New,
        });
        let mut found: Found = asked.iter().map(|it| self.start(it, &all)).collect();
        for watchers in &all {
            self.look_for(watchers, asked, &files, &mut found)?;
        }
        Ok(found)
    }

    /// Each rule once, beside those that are about the same refs.
    fn watchers<'r>(
        &self,
        rules: impl Iterator<Item = &'r Arc<Restriction>>,
    ) -> Result<Vec<Watchers<'r>>> {
        let mut all: Vec<Watchers<'r>> = Vec::new();
        for rule in rules {
            if all.iter().flat_map(|it| &it.asking).any(|it| it.rule == rule.id) {
                continue;
            }
            let Some(test) = Test::of(rule, &self.app.patterns)? else { continue };
            let asking = Asking { rule: rule.id, test };
            match all.iter_mut().find(|it| (it.matcher, it.on) == (&rule.matcher, rule.on)) {
                Some(known) => known.asking.push(asking),
                None => {
                    let (matcher, on) = (&rule.matcher, rule.on);
                    all.push(Watchers { matcher, on, asking: vec![asking] });
                }
            }
        }
        Ok(all)
    }

    /// The rules of one update, with what the push alone says against them.
    fn start(&self, about: &About<'_>, all: &[Watchers<'_>]) -> BTreeMap<RestrictionId, Faults> {
        let bytes = self.objects.pack_bytes();
        let asked = |it: &&Asking| about.rules.iter().any(|rule| rule.id == it.rule);
        let push = |it: &Asking| match it.test {
            Test::PushSize(most) if bytes > most => {
                Faults::one(Fault { commit: None, path: None, kind: FaultKind::PushSize { bytes } })
            }
            _ => Faults::default(),
        };
        let asking = all.iter().flat_map(|it| &it.asking).filter(asked);
        asking.map(|it| (it.rule, push(it))).collect()
    }

    /// Looks into what is new to these rules.
    fn look_for(
        &self,
        watchers: &Watchers<'_>,
        asked: &[About<'_>],
        files: &FileChanges<'_>,
        found: &mut Found,
    ) -> Result<()> {
        let all = &watchers.asking;
        if !all.iter().any(|it| it.test.needs_commits()) {
            return Ok(());
        }
        let here = || asked.iter().zip(0..).filter(|(it, _)| watchers.ask(it));
        let updates: Vec<RefUpdate> = here().map(|(it, _)| it.update.clone()).collect();
        let new = self.new_to(watchers, &updates)?;
        // Most commits are without fault, and several updates may bring the same ones.
        let mut faultless = HashSet::new();
        for (About { update, .. }, at) in here() {
            let Some(against) = found.get_mut::<usize>(at) else { continue };
            for id in new.of(&update.new) {
                if faultless.contains(&id) {
                    continue;
                }
                let faults = self.look_at(&self.objects.new_commit(&id)?, files, all)?;
                if faults.is_empty() {
                    faultless.insert(id);
                }
                add(against, faults);
            }
            if let Some(id) = new.other_than_commit(&update.new) {
                let mut faults = Vec::new();
                let mut show = |it: FileChange<'_>| self.look_at_file(it, None, all, &mut faults);
                self.objects.files_at(&id, &mut show)?;
                add(against, faults);
            }
        }
        Ok(())
    }

    /// A commit that only the server's own refs lead to is new: a pull request's was perhaps judged
    /// by a fork's rules.
    fn new_to(&self, watchers: &Watchers<'_>, updates: &[RefUpdate]) -> Result<NewCommits> {
        if watchers.watch_everything() {
            return Ok(self.objects.new_commits(updates, Visible::Except(CLOSED))?);
        }
        let main = match &self.facts.place {
            Place::Repository(it) => it.default_branch.as_ref(),
            Place::Project(_) | Place::Workspace(_) | Place::Instance | Place::Nowhere => None,
        };
        let model = &self.facts.branching_model;
        let counts = |name: &str| {
            let closed = CLOSED.iter().any(|it| name.starts_with(it));
            !closed
                && RefName::parse(name.as_bytes()).is_ok_and(|name| {
                    main == Some(&name)
                        || policy::matches(watchers.matcher, watchers.on, &name, model)
                })
        };
        Ok(self.objects.new_commits(updates, Visible::Only(&counts))?)
    }

    fn look_at(
        &self,
        commit: &NewCommit,
        files: &FileChanges<'_>,
        all: &[Asking],
    ) -> Result<Vec<(RestrictionId, Fault)>> {
        let name = named(commit);
        let mut faults = Vec::new();
        for Asking { rule, test } in all {
            if let Some(kind) = self.fault_of(commit, test)? {
                faults.push((*rule, Fault { commit: Some(name.clone()), path: None, kind }));
            }
        }
        if all.iter().any(|it| it.test.needs_files()) {
            let here = (commit, &name);
            let mut show = |it: FileChange<'_>| self.look_at_file(it, Some(here), all, &mut faults);
            files.of(commit, &mut show)?;
        }
        Ok(faults)
    }

    /// What one rule has against a commit, its files aside.
    fn fault_of(&self, commit: &NewCommit, test: &Test) -> Result<Option<FaultKind>> {
        let info = &commit.info;
        Ok(match test {
            Test::Signed => self.signature_fault(commit)?,
            Test::AuthorEmail(pattern) => (!fits(pattern, &info.author.email))
                .then(|| FaultKind::AuthorEmail { email: info.author.email.clone() }),
            Test::CommitterEmail(pattern) => (!fits(pattern, &info.committer.email))
                .then(|| FaultKind::CommitterEmail { email: info.committer.email.clone() }),
            Test::CommitterIsPusher => {
                let committer = info.committer.email.clone();
                let is_theirs = self.pusher.is_some_and(|it| is_address(it, &committer));
                (!is_theirs).then_some(FaultKind::NotThePusher { committer })
            }
            Test::Message(pattern) => {
                (!pattern.is_match(&info.message)).then_some(FaultKind::Message)
            }
            Test::FileSize(_) | Test::PushSize(_) | Test::Paths(_) => None,
        })
    }

    fn look_at_file(
        &self,
        file: FileChange<'_>,
        commit: Option<(&NewCommit, &NamedCommit)>,
        all: &[Asking],
        faults: &mut Vec<(RestrictionId, Fault)>,
    ) -> repo::Result<()> {
        let path = String::from_utf8_lossy(file.path);
        let mut size = None;
        for Asking { rule, test } in all {
            let kind = match test {
                Test::Paths(patterns) => {
                    let fits = patterns.iter().any(|it| policy::path_fits(it, &path));
                    let (belongs, left_out) = (file.belongs, file.as_in_parent);
                    fits.then_some(FaultKind::Path { belongs, left_out })
                }
                Test::FileSize(most) => {
                    if size.is_none() {
                        size = self.size_of(&file)?;
                    }
                    let large = size.filter(|it| it > most);
                    let new = large.is_some() && self.is_new_content(&file, commit)?;
                    large.filter(|_| new).map(|bytes| FaultKind::FileSize { bytes })
                }
                Test::Signed
                | Test::PushSize(_)
                | Test::AuthorEmail(_)
                | Test::CommitterEmail(_)
                | Test::CommitterIsPusher
                | Test::Message(_) => None,
            };
            if let Some(kind) = kind {
                let path = Some(path.clone().into_owned());
                let commit = commit.map(|it| it.1.clone());
                faults.push((*rule, Fault { commit, path, kind }));
            }
        }
        Ok(())
    }

    /// The size of a file that is not as a parent has it: that was looked at there.
    fn size_of(&self, file: &FileChange<'_>) -> repo::Result<Option<u64>> {
        let blob = file.blob.filter(|_| !file.as_in_parent);
        blob.map(|it| self.objects.blob_size(&it)).transpose()
    }

    /// A file of this content that a parent has under another name was looked at there, too.
    fn is_new_content(
        &self,
        file: &FileChange<'_>,
        commit: Option<(&NewCommit, &NamedCommit)>,
    ) -> repo::Result<bool> {
        let (Some(blob), Some((commit, _))) = (file.blob, commit) else { return Ok(true) };
        Ok(!self.objects.is_in_any(&commit.info.parents, &blob)?)
    }

    /// A signature counts when it is genuine, and the committer's own.
    fn signature_fault(&self, commit: &NewCommit) -> Result<Option<FaultKind>> {
        let Some(signed) = &commit.signed else { return Ok(Some(FaultKind::Unsigned)) };
        let (key, owner) = match signature::check(signed) {
            Signature::Ssh(fingerprint) => {
                let owner = self.owner_of(&fingerprint)?;
                (fingerprint.to_string(), owner)
            }
            Signature::OpenPgp(signature) => {
                let asked = self.app.openpgp_signer(&signature, &signed.payload, self.now);
                match self.runtime.block_on(asked)? {
                    Ok(owner) => (signature.key_id, owner),
                    Err(problem) => return Ok(Some(fault_of_key(problem))),
                }
            }
            Signature::Bad => return Ok(Some(FaultKind::SignatureBad)),
            Signature::Unknown => return Ok(Some(FaultKind::SignatureUnknown)),
        };
        let committer = &commit.info.committer.email;
        Ok(match owner {
            None => Some(FaultKind::KeyUnknown { key }),
            Some(owner) if !owner.active => Some(FaultKind::KeyOfSuspended { owner: owner.name }),
            Some(owner) if !is_address(&owner.email, committer) => {
                let committer = committer.clone();
                Some(FaultKind::KeyOfAnother { owner: owner.name, committer })
            }
            Some(_) => None,
        })
    }

    fn owner_of(&self, fingerprint: &Fingerprint) -> Result<Option<KeyOwner>> {
        if let Some(known) = self.keys.borrow().get(fingerprint) {
            return Ok(known.clone());
        }
        let owner = self.runtime.block_on(self.app.ssh_signer(fingerprint))?;
        self.keys.borrow_mut().insert(fingerprint.clone(), owner.clone());
        Ok(owner)
    }
}

fn fault_of_key(problem: SignerProblem) -> FaultKind {
    match problem {
        SignerProblem::Bad => FaultKind::SignatureBad,
        SignerProblem::Expired(owner) => FaultKind::KeyExpired { owner: owner.name },
        SignerProblem::Revoked(owner) => FaultKind::KeyRevoked { owner: owner.name },
    }
}

/// Adds what was found to the rules that asked about this update.
fn add(against: &mut BTreeMap<RestrictionId, Faults>, faults: Vec<(RestrictionId, Fault)>) {
    for (rule, fault) in faults {
        if let Some(known) = against.get_mut(&rule) {
            known.push(fault);
        }
    }
}

fn named(commit: &NewCommit) -> NamedCommit {
    let first = commit.info.message.lines().next().unwrap_or_default();
    NamedCommit {
        id: commit.info.id,
        subject: first.chars().take(SUBJECT).collect(),
        parent: commit.info.parents.first().copied(),
    }
}

/// Addresses that differ only in case are one, as everywhere here.
fn fits(pattern: &str, email: &str) -> bool {
    policy::text_fits(&pattern.to_lowercase(), &email.to_lowercase())
}

fn is_address(known: &Email, written: &str) -> bool {
    known.as_str() == written.trim().to_lowercase()
}
