//! What the journal keeps of a push besides its refs, so that its record can be made after a
//! crash. Lines of text; no secret among them.

use model::{Channel, CredentialKind, Operation, PullRequestId, RestrictionId, Timestamp};
use std::collections::BTreeMap;
use store::{LetThrough, PrincipalKind, PrincipalName};

/// Who pushed, how and when, and what each change was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PushMeta {
    pub principal: PrincipalName,
    pub credential: String,
    /// `None` when it was written before that was kept.
    pub credential_kind: Option<CredentialKind>,
    pub channel: Channel,
    pub protocol: String,
    pub at: Timestamp,
    /// By ref name. What is missing is told by the ids.
    pub operations: BTreeMap<String, Operation>,
    /// The rules that let somebody through whom they list.
    pub let_through: Vec<LetThrough>,
    /// The pull request that it merges.
    pub merges: Option<PullRequestId>,
}

/// The first line: whoever changes the form changes it.
const FORM: &str = "push 3";

/// The form without the rules that let somebody through, which is read as one without any.
const FORM_WITHOUT_RULES: &str = "push 2";

/// What the line of such a rule begins with.
const LET_THROUGH: &str = "let-through";

/// Begins the line of a merge; the operation of no ref is called so.
const MERGES: &str = "pull-request";

/// The form without the kind of the credential. A journal may hold it across an upgrade.
const FORM_WITHOUT_KIND: &str = "push 1";

impl PushMeta {
    /// The bytes for the journal. None of the names holds a line break, and one that does would
    /// only be cut.
    pub fn write(&self) -> Vec<u8> {
        let id = self.principal.id.map(|it| it.to_string()).unwrap_or_default();
        let head = [
            FORM,
            self.principal.kind.as_str(),
            &id,
            &self.principal.name,
            &self.credential,
            self.credential_kind.map_or("", CredentialKind::as_str),
            self.channel.as_str(),
            &self.protocol,
            &self.at.0.to_string(),
        ];
        let mut text: String = head.map(|it| one_line(it) + "\n").concat();
        if let Some(id) = self.merges {
            text.push_str(&format!("{MERGES} {id}\n"));
        }
        for (name, operation) in &self.operations {
            text.push_str(&format!("{operation} {name}\n"));
        }
        for LetThrough { rule, reference, what } in &self.let_through {
            text.push_str(&format!("{LET_THROUGH} {rule} {reference} {}\n", one_line(what)));
        }
        text.into_bytes()
    }

    /// Reads it back; `None` when it is of another form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.lines();
        let has_kind = match lines.next()? {
            FORM | FORM_WITHOUT_RULES => true,
            FORM_WITHOUT_KIND => false,
            _ => return None,
        };
        let kind = PrincipalKind::parse(lines.next()?)?;
        let id = match lines.next()? {
            "" => None,
            digits => Some(digits.parse().ok()?),
        };
        let name = lines.next()?.to_owned();
        let credential = lines.next()?.to_owned();
        let credential_kind = match has_kind.then(|| lines.next()) {
            None | Some(Some("")) => None,
            Some(word) => Some(CredentialKind::parse(word?).ok()?),
        };
        let channel = Channel::parse(lines.next()?).ok()?;
        let protocol = lines.next()?.to_owned();
        let at = Timestamp(lines.next()?.parse().ok()?);
        let (mut operations, mut let_through) = (BTreeMap::new(), Vec::new());
        let mut merges = None;
        for line in lines {
            match line.split_once(' ')? {
                (LET_THROUGH, rest) => let_through.push(parse_let_through(rest)?),
                (MERGES, id) => merges = Some(PullRequestId(id.parse().ok()?)),
                (word, name) => {
                    operations.insert(name.to_owned(), Operation::parse(word).ok()?);
                }
            }
        }
        let principal = PrincipalName { kind, id, name };
        Some(Self {
            principal,
            credential,
            credential_kind,
            channel,
            protocol,
            at,
            operations,
            let_through,
            merges,
        })
    }
}

/// The number of a rule, a ref, and the sentence.
fn parse_let_through(rest: &str) -> Option<LetThrough> {
    let (rule, rest) = rest.split_once(' ')?;
    let (reference, what) = rest.split_once(' ')?;
    let rule = RestrictionId(rule.parse().ok()?);
    Some(LetThrough { rule, reference: reference.to_owned(), what: what.to_owned() })
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_journal_keeps_is_read_back() {
        let meta = PushMeta {
            principal: PrincipalName {
                kind: PrincipalKind::AccessToken,
                id: Some(7),
                name: "ci bot".into(),
            },
            credential: "access token \"ci bot\" (…abcd)".into(),
            credential_kind: Some(CredentialKind::AccessToken),
            channel: Channel::GitHttp,
            protocol: "v0".into(),
            at: Timestamp(1_234),
            operations: [("refs/heads/ä".to_owned(), Operation::Rewrite)].into(),
            let_through: vec![LetThrough {
                rule: RestrictionId(3),
                reference: "refs/heads/ä".into(),
                what: "was let through rule 3 (force) as group devs: rewrite refs/heads/ä".into(),
            }],
            merges: Some(PullRequestId(12)),
        };
        let bytes = meta.write();
        assert_eq!(PushMeta::read(&bytes), Some(meta.clone()));
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines = text.lines().filter(|it| !it.starts_with(LET_THROUGH));
        let text: String = lines.map(|it| format!("{it}\n")).collect();
        let older = text.replace("push 3", "push 2");
        let alone = PushMeta { let_through: vec![], ..meta };
        assert_eq!(PushMeta::read(older.as_bytes()), Some(alone.clone()));
        let older = text.replace("push 3", "push 1").replace("access_token\ngit", "git");
        let unknown = PushMeta { credential_kind: None, ..alone };
        assert_eq!(PushMeta::read(older.as_bytes()), Some(unknown.clone()));
        assert_eq!(PushMeta::read(&unknown.write()), Some(unknown));
        for cut in 0..20 {
            assert_eq!(PushMeta::read(&bytes[..cut]), None, "{cut}");
        }
    }
}
