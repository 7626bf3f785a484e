//! Where two lines of history have parted.

use crate::git::{Git, Running};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::Read as _;
use std::time::Duration;

/// How long it may take.
const TIME: Duration = Duration::from_secs(30);

impl Repository {
    /// The best common ancestor of two commits, or one of them where there are several; `None`
    /// where there is none.
    pub fn merge_base(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>> {
        if one == other {
            return Ok(Some(*one));
        }
        let verb = "merge-base";
        let mut command = Git::command(self.git_dir(), verb);
        command.arg(one.to_string()).arg(other.to_string());
        let mut running = Running::start(verb, command)?.within(TIME);
        let mut output = Vec::new();
        if let Some(stdout) = &mut running.child().stdout {
            stdout.read_to_end(&mut output).map_err(Error::io("read from", self.git_dir()))?;
        }
        if running.finish_with(&[0, 1])? == 1 {
            return Ok(None);
        }
        ObjectId::parse(output.trim_ascii()).map(Some).map_err(|_| Error::Object {
            id: *one,
            why: "git named no common ancestor of it".into(),
        })
    }
}
