//! What was tried in a place: its recorded pushes and refusals, read as acts that can be put to the
//! policy again. Reads records; decides nothing.

use crate::error::Result;
use crate::{App, RefusalRecord, record_text};
use model::{
    Channel, CredentialKind, Layer, Mode, ObjectId, Operation, RefName, RepositoryId, Timestamp,
};
use policy::{Act, Change, Content, RefUpdate, Way};
use store::{Owner, PrincipalName, PushRecord};

/// Something that somebody tried, by one record or by several of the same moment.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub at: Timestamp,
    pub repository: RepositoryId,
    pub principal: PrincipalName,
    /// `None` in records of the time when that was not kept.
    pub credential: Option<CredentialKind>,
    pub channel: Channel,
    pub act: Act,
    /// The codes it was refused with; empty when it landed.
    pub codes: Vec<String>,
}

/// What the records of a place hold.
#[derive(Default)]
pub(crate) struct Attempts {
    /// The newest first.
    pub all: Vec<Attempt>,
    /// Refusals of other layers than the rules': no rule changes those.
    pub elsewhere: usize,
    /// Records that this version cannot read.
    pub unreadable: usize,
    /// Is there more than was asked for?
    pub more: bool,
}

impl App {
    /// The last attempts in a place, at most `last`.
    pub(crate) async fn attempts(&self, owner: Owner, last: u32) -> Result<Attempts> {
        // One more than wanted tells whether there are more. A refused push may have left several
        // records, so that fewer attempts than records come out.
        let most = last.saturating_add(1);
        let pushes = self.store.recent_pushes(owner, most).await?;
        let refusals = self.store.recent_refusals(owner, most).await?;
        let wanted = usize::try_from(last).unwrap_or(usize::MAX);
        let mut found = Attempts {
            more: pushes.len() > wanted || refusals.len() > wanted,
            all: pushes.into_iter().map(landed).collect(),
            ..Attempts::default()
        };
        for row in &refusals {
            match record_text::read(&row.payload) {
                Some(record) => found.note(row, &record),
                None => found.unreadable += 1,
            }
        }
        found.all.sort_by_key(|it| std::cmp::Reverse(it.at));
        found.more |= found.all.len() > wanted;
        found.all.truncate(wanted);
        Ok(found)
    }
}

impl Attempts {
    fn note(&mut self, row: &store::RefusalRecord, record: &RefusalRecord) {
        // What a rule in `evaluate` mode only told about has landed, and is among the pushes.
        if record.mode == Mode::Evaluate {
            return;
        }
        let (Layer::Restriction, Some(repository)) = (record.layer, row.repository) else {
            self.elsewhere += 1;
            return;
        };
        let Some(act) = act_of(record) else {
            self.unreadable += 1;
            return;
        };
        let same = |it: &&mut Attempt| {
            it.at == row.at
                && it.repository == repository
                && it.principal == row.principal
                && !it.codes.is_empty()
                && it.act == act
        };
        if let Some(known) = self.all.iter_mut().find(same) {
            known.codes.push(record.code.clone());
            return;
        }
        self.all.push(Attempt {
            at: row.at,
            repository,
            principal: row.principal.clone(),
            credential: Some(record.credential.kind),
            channel: record.channel,
            act,
            codes: vec![record.code.clone()],
        });
    }
}

fn landed(push: PushRecord) -> Attempt {
    let merged = push.updates.iter().any(|it| it.operation == Operation::Merge);
    let update = |it: store::RefUpdateRecord| RefUpdate {
        name: it.name,
        old: it.old,
        new: it.new,
        change: match it.operation {
            Operation::Create => Change::Create,
            Operation::FastForward | Operation::Merge => Change::FastForward,
            Operation::Rewrite => Change::Rewrite,
            Operation::Delete => Change::Delete,
            // Nothing that only reads lands.
            Operation::Read => Change::Unseen,
        },
        // What was in it is not looked into again.
        content: Content::Unseen,
    };
    let updates = push.updates.into_iter().map(update).collect();
    Attempt {
        at: push.at,
        repository: push.repository,
        principal: push.principal,
        credential: push.credential_kind,
        channel: push.channel,
        act: Act::UpdateRefs { updates, way: way(merged) },
        codes: Vec::new(),
    }
}

const fn way(merged: bool) -> Way {
    if merged { Way::PullRequest } else { Way::Direct }
}

/// The one update that was refused. Its ids are not in the record, and no rule asks for them.
fn act_of(record: &RefusalRecord) -> Option<Act> {
    let name = RefName::parse(record.reference.as_deref()?.as_bytes()).ok()?;
    let word = record.operation.as_deref()?;
    let changes =
        [Change::Unseen, Change::Create, Change::FastForward, Change::Rewrite, Change::Delete];
    let change = changes.into_iter().find(|it| it.as_str() == word)?;
    let (id, content) = (ObjectId::ZERO, Content::Unseen);
    let updates = vec![RefUpdate { name, old: id, new: id, change, content }];
    Some(Act::UpdateRefs { updates, way: way(record.channel == Channel::Merge) })
}
