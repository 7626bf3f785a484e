//! Whom a key of many places stands for at one repository. Looks at what each was given there;
//! asks nobody and decides nothing: what the chosen one may do is the policy's to say.

use model::{AccessKeyId, Grant, Level, Permission, Subject};
use store::{AccessKey, Owner};

/// The outcome of a choice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice<'a> {
    One(&'a AccessKey),
    /// Several that come first together.
    Ambiguous,
}

/// What one of the keys was given at the repository, and how near its home is. In order of rank.
type Rank = (Permission, Option<Level>);

/// The one with the highest permission among the grants on the repository and what contains it;
/// of equals, the one whose home is nearest; of those to whom
/// nothing was given here, the oldest, who will be told like anybody else that there is no such
/// repository. `None` when there are no keys.
pub(crate) fn choose<'a>(
    keys: &'a [AccessKey],
    grants: &[Grant],
    homes: &[Owner],
) -> Option<Choice<'a>> {
    let rank = |key: &AccessKey| -> Option<Rank> {
        let home = homes.contains(&key.owner).then(|| key.owner.level());
        Some((given(key.id, grants)?, home))
    };
    let best = keys.iter().filter_map(&rank).max();
    let mut first = keys.iter().filter(|it| rank(it) == best);
    let chosen = first.next()?;
    if best.is_some() && first.next().is_some() {
        return Some(Choice::Ambiguous);
    }
    Some(Choice::One(chosen))
}

/// The highest permission among the grants that name the key itself.
fn given(key: AccessKeyId, grants: &[Grant]) -> Option<Permission> {
    let named = grants.iter().filter(|it| it.subject == Subject::AccessKey(key));
    named.map(|it| it.permission).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Fingerprint, ProjectId, RepositoryId, Timestamp, WorkspaceId};
    use store::Key;

    const HOMES: [Owner; 3] = [
        Owner::Repository(RepositoryId(1)),
        Owner::Project(ProjectId(1)),
        Owner::Workspace(WorkspaceId(1)),
    ];
    const ELSEWHERE: Owner = Owner::Repository(RepositoryId(2));

    fn key(id: i64, owner: Owner) -> AccessKey {
        let key = Key {
            label: format!("key {id}"),
            key: String::new(),
            comment: String::new(),
            fingerprint: Fingerprint::of_digest(&[0; 32]),
            last_used_at: None,
            last_refused: None,
            created_at: Timestamp(0),
            created_by: String::new(),
        };
        AccessKey { id: AccessKeyId(id), owner, key, permission: None }
    }

    /// Keys by home, what the grants here give them, and which of them is chosen; 0 is none of
    /// them for sure.
    type Row = (&'static [Owner], &'static [(i64, Permission)], i64);

    #[test]
    fn the_most_permitted_then_the_nearest_is_chosen() {
        use Permission::{Read, Write};
        const REPOSITORY: Owner = HOMES[0];
        const PROJECT: Owner = HOMES[1];
        const WORKSPACE: Owner = HOMES[2];
        let table: [Row; 9] = [
            (&[REPOSITORY], &[(1, Read)], 1),
            (&[ELSEWHERE, REPOSITORY], &[(2, Read)], 2),
            (&[WORKSPACE, PROJECT, REPOSITORY], &[(1, Read), (2, Read), (3, Read)], 3),
            (&[WORKSPACE, PROJECT, REPOSITORY], &[(1, Write), (2, Read), (3, Read)], 1),
            (&[ELSEWHERE, WORKSPACE], &[(1, Read), (2, Read)], 2),
            (&[ELSEWHERE, WORKSPACE], &[(1, Write), (2, Read)], 1),
            (&[ELSEWHERE, ELSEWHERE], &[], 1),
            (&[ELSEWHERE, ELSEWHERE], &[(1, Read), (2, Write)], 2),
            (&[ELSEWHERE, ELSEWHERE], &[(1, Read), (2, Read)], 0),
        ];
        for (owners, granted, expected) in table {
            let keys: Vec<_> = (1..).zip(owners).map(|(id, on)| key(id, *on)).collect();
            let choice = choose(&keys, &grants(granted), &HOMES).unwrap();
            match choice {
                Choice::One(it) => assert_eq!(it.id.0, expected, "{owners:?} {granted:?}"),
                Choice::Ambiguous => assert_eq!(0, expected, "{owners:?} {granted:?}"),
            }
        }
        assert_eq!(choose(&[], &grants(&[]), &HOMES), None);
    }

    fn grants(given: &[(i64, Permission)]) -> Vec<Grant> {
        let grant = |subject, permission| Grant { level: Level::Repository, subject, permission };
        let key = |(id, permission): &(i64, Permission)| {
            grant(Subject::AccessKey(AccessKeyId(*id)), *permission)
        };
        // What everybody may do says nothing about which key is meant.
        let everyone = grant(Subject::Everyone, Permission::Write);
        given.iter().map(key).chain([everyone]).collect()
    }
}
