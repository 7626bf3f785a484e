//! One push, looked into: commit by commit, file by file, for all rules that ask at once. What no
//! rule asks is not read.

use super::signature::{self, Signature};
use super::signers::{KeyOwner, SignerProblem};
use super::test::Test;
use crate::{App, Result, clock};
use model::{Email, Fingerprint, Restriction, RestrictionId, Timestamp};
use policy::{Fault, FaultKind, Faults, NamedCommit};
use repo::{FileChange, FileChanges, MergedFiles, NewCommit, Quarantine, RefUpdate, Visible};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::runtime::Handle;

/// A subject is cut here, in characters.
const SUBJECT: usize = 50;

/// A commit is new until it is on a ref that somebody could push to: what only a pull request leads
/// to was perhaps judged by a fork's rules.
const COUNTED: Visible<'static> = Visible::Except(crate::push::CLOSED);

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
    pusher: Option<&'a Email>,
    keys: RefCell<HashMap<Fingerprint, Option<KeyOwner>>>,
    now: Timestamp,
}

/// A rule with what it wants to know.
struct Asking {
    rule: RestrictionId,
    test: Test,
}

impl<'a> Look<'a> {
    /// `pusher`: the e-mail address of whoever pushes; tokens and keys have none.
    pub(crate) fn new(
        app: &'a App,
        runtime: &'a Handle,
        objects: &'a Quarantine<'a>,
        pusher: Option<&'a Email>,
    ) -> Self {
        Self { app, runtime, objects, pusher, keys: RefCell::default(), now: clock::now() }
    }

    /// Finds out what these rules ask. A rule that is not about content is passed over.
    pub(crate) fn find(&self, asked: &[About<'_>]) -> Result<Found> {
        let all = self.tests(asked.iter().flat_map(|it| &it.rules))?;
        let updates: Vec<RefUpdate> = asked.iter().map(|it| it.update.clone()).collect();
        let in_commits = all.iter().any(|it| it.test.needs_commits());
        let new =
            if in_commits { self.objects.new_commits(&updates, COUNTED)? } else { <_>::default() };
        // Most commits are without fault, and several updates may bring the same ones.
        let mut faultless = HashSet::new();
        let asks_of_merges = all.iter().any(|it| matches!(it.test, Test::Paths(_)));
        let files = self.objects.file_changes(match asks_of_merges {
            true => MergedFiles::NewOrLeftOut,
            false => MergedFiles::New,
        });
        let mut found = Found::with_capacity(asked.len());
        for About { update, rules } in asked {
            let mut against = self.start(rules, &all);
            for id in new.of(&update.new) {
                if faultless.contains(&id) {
                    continue;
                }
                let faults = self.look_at(&self.objects.new_commit(&id)?, &files, &all)?;
                if faults.is_empty() {
                    faultless.insert(id);
                }
                add(&mut against, faults);
            }
            if let Some(id) = new.other_than_commit(&update.new) {
                let mut faults = Vec::new();
                let mut show = |it: FileChange<'_>| self.look_at_file(it, None, &all, &mut faults);
                self.objects.files_at(&id, &mut show)?;
                add(&mut against, faults);
            }
            found.push(against);
        }
        Ok(found)
    }

    /// Each rule once.
    fn tests<'r>(&self, rules: impl Iterator<Item = &'r Arc<Restriction>>) -> Result<Vec<Asking>> {
        let mut all: Vec<Asking> = Vec::new();
        for rule in rules {
            if all.iter().any(|it| it.rule == rule.id) {
                continue;
            }
            if let Some(test) = Test::of(rule, &self.app.patterns)? {
                all.push(Asking { rule: rule.id, test });
            }
        }
        Ok(all)
    }

    /// The rules of one update, with what the push alone says against them.
    fn start(&self, rules: &[Arc<Restriction>], all: &[Asking]) -> BTreeMap<RestrictionId, Faults> {
        let bytes = self.objects.pack_bytes();
        let asked = |it: &&Asking| rules.iter().any(|rule| rule.id == it.rule);
        let push = |it: &Asking| match it.test {
            Test::PushSize(most) if bytes > most => {
                Faults::one(Fault { commit: None, path: None, kind: FaultKind::PushSize { bytes } })
            }
            _ => Faults::default(),
        };
        all.iter().filter(asked).map(|it| (it.rule, push(it))).collect()
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
            let mut show =
                |it: FileChange<'_>| self.look_at_file(it, Some(&name), all, &mut faults);
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
        commit: Option<&NamedCommit>,
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
                    // What a parent has was looked at there.
                    let blob = file.blob.filter(|_| !file.as_in_parent);
                    if let (Some(blob), None) = (blob, size) {
                        size = Some(self.objects.new_blob_size(&blob)?.unwrap_or(0));
                    }
                    size.filter(|it| it > most).map(|bytes| FaultKind::FileSize { bytes })
                }
                Test::Signed
                | Test::PushSize(_)
                | Test::AuthorEmail(_)
                | Test::CommitterEmail(_)
                | Test::CommitterIsPusher
                | Test::Message(_) => None,
            };
            if let Some(kind) = kind {
                let (commit, path) = (commit.cloned(), Some(path.clone().into_owned()));
                faults.push((*rule, Fault { commit, path, kind }));
            }
        }
        Ok(())
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
