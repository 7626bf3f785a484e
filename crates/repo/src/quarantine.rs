//! The objects of a push before they are let in: seen by the judge and the checks, invisible to
//! everybody else, gone without a trace unless the push lands.

use crate::Result;
use crate::objects::{Object, ObjectKind, Objects};
use crate::repository::Repository;
use model::ObjectId;

/// A push's new objects on top of the repository's own.
pub struct Quarantine<'a> {
    repository: &'a Repository,
    objects: Objects,
}

impl<'a> Quarantine<'a> {
    /// The repository that is pushed to.
    pub fn repository(&self) -> &'a Repository {
        self.repository
    }

    /// Reads an object, new or old; `None` when there is none.
    pub fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        self.objects.find(id)
    }

    /// Kind and size of an object, new or old, without reading all of it.
    pub fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        self.objects.find_header(id)
    }
}
