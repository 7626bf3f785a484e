//! From the names in the file to users that can be asked: who exists, may read the repository and is
//! not the author. Names that mean nobody are told with their line.

use super::parse::{CodeOwners, FILE_MAX, Fault, Owner, OwnerName};
use crate::error::{Error, Result};
use crate::open::{OpenRepository, RepositoryAct};
use crate::render::visible;
use crate::{App, PlaceName};
use model::{Email, ObjectId, Slug, UserId};
use repo::{DiffOptions, Repository, TreeEntry};
use std::collections::BTreeSet;
use store::{PrincipalKind, PrincipalName};

const FILE: &str = ".bitbucket/CODEOWNERS";
/// More files than these are not looked at.
const FILES_MAX: usize = 3_000;
/// What comparing paths with patterns may cost, in bytes of the one times bytes of the other: less
/// than a second.
const COST_MAX: usize = 200_000_000;
/// More reviewers nobody wants.
const OWNERS_MAX: usize = 20;

/// Whom the file names for a change, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picked {
    /// In the order of the lines that name them.
    pub users: Vec<UserId>,
    pub faults: Vec<Fault>,
}

/// What a pull request changes, by its two ends.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub source: ObjectId,
    pub destination: ObjectId,
}

impl App {
    /// The code owners of what a request changes, without its author. For use after the policy has
    /// let the asker in. Empty where the destination has no such file.
    pub(crate) async fn code_owners<A: RepositoryAct + Send + Sync + 'static>(
        &self,
        open: &OpenRepository<A>,
        ends: Ends,
        author: &PrincipalName,
    ) -> Result<Picked> {
        let found = open.on_disk(move |repository| read(repository, ends)).await?;
        let Some((file, named)) = found else { return Ok(Picked::default()) };
        let mut picked = Picked { users: Vec::new(), faults: file.faults.clone() };
        for owner in &named {
            let mut users = self.users_of(open, &file, owner, &mut picked.faults).await?;
            users.retain(|it| author.kind != PrincipalKind::User || author.id != Some(it.0));
            choose(&mut users, owner.most, ends.source);
            for user in users {
                if picked.users.len() < OWNERS_MAX && !picked.users.contains(&user) {
                    picked.users.push(user);
                }
            }
        }
        Ok(picked)
    }

    /// The users that a name stands for, as far as they may read the repository.
    async fn users_of<A>(
        &self,
        open: &OpenRepository<A>,
        file: &CodeOwners,
        owner: &Owner,
        faults: &mut Vec<Fault>,
    ) -> Result<Vec<UserId>> {
        let names = match &owner.name {
            OwnerName::Team(team) => match file.team(team) {
                Some(members) => members.to_vec(),
                None => {
                    let message = format!("there is no line `@@@{}` in this file", visible(team));
                    faults.push(Fault { line: owner.line, message });
                    return Ok(Vec::new());
                }
            },
            OwnerName::Email(_) | OwnerName::Named(_) | OwnerName::Group { .. } => {
                vec![owner.clone()]
            }
        };
        let place = PlaceName::from(open.path());
        let mut may = Vec::new();
        for name in names {
            let Some(users) = self.named(open, &name.name).await? else {
                let message = format!("{} is nobody here", words(&name.name));
                faults.push(Fault { line: name.line, message });
                continue;
            };
            for user in users {
                if self.may_see(user, &place).await? {
                    may.push(user);
                }
            }
        }
        Ok(may)
    }

    /// A user, or the members of a group; `None` where there is neither.
    async fn named<A>(
        &self,
        open: &OpenRepository<A>,
        name: &OwnerName,
    ) -> Result<Option<Vec<UserId>>> {
        let workspace = &open.workspace;
        let group = match name {
            OwnerName::Email(address) => {
                let Ok(email) = Email::parse(address) else { return Ok(None) };
                let user = self.store.find_user_by_email(&email).await?;
                return Ok(user.map(|it| vec![it.id]));
            }
            OwnerName::Named(name) => match self.find_named_user(name).await? {
                Some(user) => return Ok(Some(vec![user.id])),
                None => name,
            },
            OwnerName::Group { workspace: named, group } => {
                if !named.eq_ignore_ascii_case(workspace.slug.as_str()) {
                    return Ok(None);
                }
                group
            }
            // A team of teams means nobody.
            OwnerName::Team(_) => return Ok(None),
        };
        let Ok(slug) = Slug::parse(group) else { return Ok(None) };
        let Some(group) = self.store.find_group(workspace.id, &slug).await? else {
            return Ok(None);
        };
        let all = store::PageRequest::ALL;
        let members = self.store.list_group_members(workspace.id, group.id, all).await?;
        Ok(Some(members.items.into_iter().map(|it| it.id).collect()))
    }
}

/// The file, and whom it names for what is different; `None` where there is no file.
fn read(repository: &Repository, ends: Ends) -> Result<Option<(CodeOwners, Vec<Owner>)>> {
    let is_file = |it: &TreeEntry| !it.is_folder() && !it.is_submodule();
    let Some(entry) = repository.entry_at(&ends.destination, FILE)?.filter(is_file) else {
        return Ok(None);
    };
    if repository.file_size(&entry)?.is_none_or(|size| size > FILE_MAX as u64) {
        let message = format!("the file is larger than {FILE_MAX} bytes: it is passed over");
        let mut none = CodeOwners::default();
        none.faults.push(Fault { line: 1, message });
        return Ok(Some((none, Vec::new())));
    }
    let mut content = Vec::new();
    repository.write_file(&entry, &mut content)?;
    let mut file = CodeOwners::parse(&String::from_utf8_lossy(&content));
    let changed = match changed(repository, ends) {
        Ok(changed) => changed,
        Err(Error::TookTooLong) => {
            let message = "the changes are too many to look for their owners".to_owned();
            file.faults.push(Fault { line: 1, message });
            Vec::new()
        }
        Err(other) => return Err(other),
    };
    let (mut owners, mut left) = (BTreeSet::new(), COST_MAX);
    for path in changed.iter().take(FILES_MAX) {
        let cost = path.len().saturating_mul(file.pattern_bytes());
        let Some(rest) = left.checked_sub(cost) else {
            let message = "its patterns are too many and too long for all changes".to_owned();
            file.faults.push(Fault { line: 1, message });
            break;
        };
        left = rest;
        owners.extend(file.owners_of(path).iter().cloned());
    }
    Ok(Some((file, owners.into_iter().collect())))
}

/// The paths that are different, as text: patterns are, too.
fn changed(repository: &Repository, ends: Ends) -> Result<Vec<String>> {
    let base = repository.merge_base(&ends.source, &ends.destination)?;
    let options = DiffOptions { renames: false, ..DiffOptions::default() };
    let files = repository.diffstat(base.as_ref(), &ends.source, &options)?;
    let sides = files.into_iter().filter_map(|it| it.new.or(it.old));
    Ok(sides.map(|it| String::from_utf8_lossy(&it.path).into_owned()).collect())
}

/// So many of them, others for other commits, and the same for the same.
fn choose(users: &mut Vec<UserId>, most: Option<usize>, commit: ObjectId) {
    let Some(most) = most.filter(|&it| it < users.len()) else { return };
    let seed = commit.as_bytes().iter().take(4).fold(0_usize, |it, &b| it << 8 | usize::from(b));
    let start = seed % users.len();
    users.rotate_left(start);
    users.truncate(most);
}

fn words(name: &OwnerName) -> String {
    match name {
        OwnerName::Email(it) | OwnerName::Named(it) => format!("`{}`", visible(it)),
        OwnerName::Group { workspace, group } => {
            format!("`@{}/{}`", visible(workspace), visible(group))
        }
        OwnerName::Team(team) => format!("`@@{}`", visible(team)),
    }
}
