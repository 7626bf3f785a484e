//! Is what a branch brings still the same? Compared as git compares patches: line numbers and white
//! space do not count, what is added and removed does.

use crate::git::{Git, Running};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

/// How long it may take.
const TIME: Duration = Duration::from_secs(30);

impl Repository {
    /// Do two pairs of commits, each where lines parted and a tip, differ in the same way?
    pub fn is_same_change(
        &self,
        one: (ObjectId, ObjectId),
        other: (ObjectId, ObjectId),
    ) -> Result<bool> {
        let trees = |(base, tip): (ObjectId, ObjectId)| {
            Ok::<_, Error>((self.tree_of(&base)?, self.tree_of(&tip)?))
        };
        let (one, other) = (trees(one)?, trees(other)?);
        if one.0 == other.0 {
            return Ok(one.1 == other.1);
        }
        let mut ids = self.patch_ids([one, other])?;
        // A tree that is compared with itself has no patch, and so no id.
        Ok(ids.remove(&one.0) == ids.remove(&other.0))
    }

    fn tree_of(&self, commit: &ObjectId) -> Result<ObjectId> {
        let info = self.commit_info(commit)?;
        let missing = || Error::Object { id: *commit, why: "there is no such commit".into() };
        Ok(info.ok_or_else(missing)?.tree)
    }

    /// The id of each patch, by the first of its trees.
    fn patch_ids(&self, pairs: [(ObjectId, ObjectId); 2]) -> Result<HashMap<ObjectId, String>> {
        let mut command = Git::command(self.git_dir(), "diff-tree");
        command.args(["--stdin", "-r", "-p", "--full-index", "--no-renames"]).stdin(Stdio::piped());
        let mut differ = Running::start("diff-tree", command)?.within(TIME);
        let mut command = Git::command(self.git_dir(), "patch-id");
        command.arg("--stable");
        if let Some(patches) = differ.child().stdout.take() {
            command.stdin(Stdio::from(patches));
        }
        let mut namer = Running::start("patch-id", command)?.within(TIME);
        if let Some(mut stdin) = differ.child().stdin.take() {
            let lines = pairs.map(|(from, to)| format!("{from} {to}\n")).concat();
            stdin.write_all(lines.as_bytes()).map_err(Error::io("write to", self.git_dir()))?;
        }
        let mut said = String::new();
        if let Some(stdout) = &mut namer.child().stdout {
            stdout.read_to_string(&mut said).map_err(Error::io("read from", self.git_dir()))?;
        }
        differ.finish()?;
        namer.finish()?;
        let named = said.lines().filter_map(|line| {
            let (patch, tree) = line.split_once(' ')?;
            Some((ObjectId::parse(tree.as_bytes()).ok()?, patch.to_owned()))
        });
        Ok(named.collect())
    }
}
