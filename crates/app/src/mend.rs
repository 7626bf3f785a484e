//! Commits made anew as content rules want them: the words and the commands, for the clone that
//! was refused with what was pushed checked out. Adds no remedy; the policy has found this one.

use crate::names::shell_word;
use model::{Email, ObjectId, Restriction, RestrictionKind};
use policy::{Change, Fault, FaultKind, Faults, NamedCommit, RefUpdate};

/// Files that are taken out one by one in commands; more are left to people.
const FILES: usize = 3;

/// What to do, and how.
pub(crate) struct Mending {
    pub summary: String,
    pub commands: Vec<String>,
}

/// How commits are to be changed, over all rules.
#[derive(Default)]
struct Plan {
    summary: Vec<&'static str>,
    before: Vec<String>,
    sign: bool,
    author: bool,
    /// Must a person decide, commit by commit?
    by_hand: bool,
    /// Files that go back to what they were.
    files: Vec<Back>,
    /// Is there a file that cannot go back, because both sides of a merge changed it?
    stuck: bool,
}

/// A file, and the parent as in which it is as it should be, counted from one.
struct Back {
    path: String,
    parent: usize,
}

/// How this update is made to pass these rules. `email`: the address of whoever pushes.
pub(crate) fn mending(
    update: &RefUpdate,
    rules: &[&Restriction],
    email: Option<&Email>,
) -> Mending {
    let mut plan = Plan::default();
    let mut faulty: Vec<&NamedCommit> = Vec::new();
    let mut all_known = true;
    for rule in rules {
        let Some(faults) = update.content.against(rule.id) else { continue };
        plan.add(rule, faults, email);
        all_known &= faults.more() == 0;
        faulty.extend(faults.first().iter().filter_map(|it| it.commit.as_ref()));
    }
    let only_tip = all_known && faulty.iter().all(|it| it.id == update.new);
    let summary = plan.summary.join(", and ");
    let commands = if faulty.is_empty() {
        Vec::new()
    } else if only_tip {
        plan.at_the_tip(faulty.first().is_some_and(|it| it.parent.is_none()))
    } else {
        plan.in_history(&base(update, faulty.last().copied().filter(|_| all_known)))
    };
    if commands.is_empty() {
        return Mending { summary, commands };
    }
    let commands = plan.before.into_iter().chain(commands).chain(push(update)).collect();
    Mending { summary, commands }
}

impl Plan {
    fn add(&mut self, rule: &Restriction, faults: &Faults, email: Option<&Email>) {
        let fits = |it: &&Email| {
            let pattern = rule.argument.as_deref().unwrap_or("*").to_lowercase();
            policy::text_fits(&pattern, it.as_str())
        };
        let words = match rule.kind {
            RestrictionKind::RequireSignedCommits => {
                self.sign = true;
                let of_another = |it: &Fault| matches!(it.kind, FaultKind::KeyOfAnother { .. });
                if faults.first().iter().any(of_another) {
                    // A key signs for the address of its owner's account.
                    self.set_email(email);
                }
                "sign the commits with a key that is on record for you"
            }
            RestrictionKind::AuthorEmail => {
                self.author = true;
                self.set_email(email.filter(fits));
                "give the commits their author again, with an address that fits"
            }
            RestrictionKind::CommitterEmail | RestrictionKind::CommitterIsPusher => {
                self.set_email(email.filter(fits));
                "make the commits anew, with your address"
            }
            RestrictionKind::CommitMessage => {
                self.by_hand = true;
                "give the commits a message that fits"
            }
            RestrictionKind::MaxFileSize | RestrictionKind::RestrictedPaths => {
                for fault in faults.first() {
                    self.put_back(fault);
                }
                self.by_hand |= self.files.len() > FILES || faults.more() > 0;
                "take the files out of your commits"
            }
            RestrictionKind::MaxPushSize => "push the history in several steps",
            RestrictionKind::CustomCheck
            | RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => return,
        };
        if !self.summary.contains(&words) {
            self.summary.push(words);
        }
    }

    fn put_back(&mut self, fault: &Fault) {
        let Some(path) = fault.path.clone().filter(|it| !it.is_empty()) else { return };
        let has_parent = fault.commit.as_ref().is_some_and(|it| it.parent.is_some());
        let mut parent = 1;
        if let FaultKind::Path { belongs, .. } = fault.kind {
            self.stuck |= has_parent && belongs.is_none();
            parent = belongs.unwrap_or(parent);
        }
        self.files.push(Back { path, parent });
    }

    fn set_email(&mut self, email: Option<&Email>) {
        let command = email.map(|it| format!("git config user.email {}", shell_word(it.as_str())));
        if let Some(command) = command.filter(|it| !self.before.contains(it)) {
            self.before.push(command);
        }
    }

    /// `git commit --amend --no-edit -S`.
    fn amend(&self) -> String {
        let mut command = "git commit --amend".to_owned();
        if !self.by_hand || !self.files.is_empty() {
            command += " --no-edit";
        }
        if !self.files.is_empty() {
            command += " --allow-empty";
        }
        if self.author {
            command += " --reset-author";
        }
        if self.sign {
            command += " -S";
        }
        command
    }

    fn at_the_tip(&self, is_root: bool) -> Vec<String> {
        if self.stuck {
            return Vec::new();
        }
        let back = |it: &Back| match (is_root, it.parent, shell_word(&it.path)) {
            (true, _, path) => format!("git rm --quiet --cached -- {path}"),
            (false, 1, path) => format!("git reset --quiet HEAD^ -- {path}"),
            (false, nth, path) => format!("git reset --quiet HEAD^{nth} -- {path}"),
        };
        self.files.iter().take(FILES).map(back).chain([self.amend()]).collect()
    }

    /// `base`: where the commits begin that are made anew.
    fn in_history(&self, base: &str) -> Vec<String> {
        if self.by_hand || !self.files.is_empty() {
            return vec![format!("git rebase --interactive {base}")];
        }
        vec![format!("git rebase --rebase-merges --exec {} {base}", shell_word(&self.amend()))]
    }
}

/// The last commit that stays: what the ref has now, or what the oldest faulty commit is on.
fn base(update: &RefUpdate, oldest: Option<&NamedCommit>) -> String {
    if update.change == Change::FastForward {
        return short(update.old);
    }
    match oldest {
        Some(NamedCommit { parent: Some(parent), .. }) => short(*parent),
        Some(NamedCommit { parent: None, .. }) | None => "--root".to_owned(),
    }
}

/// Tags are made again by hand: they do not follow a branch.
fn push(update: &RefUpdate) -> Option<String> {
    update.name.branch_name()?;
    let force = if update.change == Change::Rewrite { "--force-with-lease " } else { "" };
    Some(format!("git push {force}origin HEAD:{}", shell_word(update.name.as_str())))
}

fn short(id: ObjectId) -> String {
    id.to_string().chars().take(12).collect()
}
