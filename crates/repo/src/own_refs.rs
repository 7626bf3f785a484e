//! Refs that are the server's own: heads of pull requests and the like. They move by the same
//! landing as everybody's, durable and all at once, but nobody pushed them and nobody records
//! them. Objects may come along: as a pack that was made here, or out of another repository.

use crate::failure::{Failure, FailureCode};
use crate::land::{Move, Order, land};
use crate::push::PushId;
use crate::quarantine::Quarantine;
use crate::receive::Limits;
use crate::repository::Repository;
use crate::{Error, Result, import};
use model::{ObjectId, RefName};

/// How often refs are looked at again that move while they are moved. The server alone moves them.
const ATTEMPTS: usize = 5;

/// Where the objects are that new refs lead to.
#[derive(Clone, Copy)]
pub enum ObjectsFrom<'a> {
    /// In the repository.
    Here,
    /// In this pack, as far as they are not in the repository.
    Pack(&'a [u8]),
    /// In another repository, as far as they are not in this one. They are copied.
    Other(&'a Repository),
}

impl Repository {
    /// Gives refs these values, whatever they were before: all or none. A zero id takes a ref away.
    /// Costs nothing where they have them already.
    pub fn set_own_refs(
        &self,
        wanted: &[(RefName, ObjectId)],
        objects: ObjectsFrom<'_>,
        limits: &Limits,
    ) -> Result<()> {
        let mut attempts = 0..ATTEMPTS;
        loop {
            let moves = self.moves_to(wanted)?;
            if moves.is_empty() {
                return Ok(());
            }
            match self.bring(&moves, objects, limits) {
                Err(Error::Failed(Failure { code: FailureCode::RefStale, .. }))
                    if attempts.next().is_some() => {}
                ended => return ended,
            }
        }
    }

    /// What has to move, from where it is now.
    fn moves_to(&self, wanted: &[(RefName, ObjectId)]) -> Result<Vec<Move>> {
        let refs = self.refs()?;
        let now = |name: &RefName| refs.find(name.as_str()).map_or(ObjectId::ZERO, |it| it.id);
        let moves =
            wanted.iter().map(|(name, new)| Move { name: name.clone(), old: now(name), new: *new });
        Ok(moves.filter(|it| it.old != it.new).collect())
    }

    fn bring(&self, moves: &[Move], objects: ObjectsFrom<'_>, limits: &Limits) -> Result<()> {
        let push = PushId::random()?;
        let mut quarantine = Quarantine::new(self, push);
        match objects {
            ObjectsFrom::Here => {}
            ObjectsFrom::Pack(mut pack) => quarantine.ingest(&mut pack, limits, true)?,
            ObjectsFrom::Other(other) => {
                let tips = moves.iter().map(|it| it.new).filter(|it| !it.is_zero()).collect();
                import::bring(&mut quarantine, other, tips, limits)?;
            }
        }
        for new in moves.iter().map(|it| it.new).filter(|it| !it.is_zero()) {
            if quarantine.find_header(&new)?.is_none() {
                return Err(FailureCode::PackMissingObject.because(new.to_string()).into());
            }
        }
        let pack = quarantine.take_pack();
        let order = Order { push, moves, atomic: true, pack, meta: None, objects: &quarantine };
        let landed = land(self, order)?;
        let failed = landed.results.into_iter().filter_map(std::result::Result::err);
        match failed.min_by_key(|it| it.code == FailureCode::AtomicFailed) {
            Some(failure) => Err(failure.into()),
            None => {
                quarantine.remember();
                Ok(())
            }
        }
    }
}
