//! What somebody sent about a build, checked field by field.

use crate::error::{Error, Fields, Result};
use crate::text_input::check_text;
use model::{BuildState, ObjectId};
use store::{BuildStatus, NewBuildStatus};

/// How a build went, as it was sent. What is left out of a change stays as it is.
#[derive(Clone, Debug, Default)]
pub struct BuildInput {
    pub key: Option<String>,
    /// `SUCCESSFUL`, `FAILED`, `INPROGRESS` or `STOPPED`.
    pub state: Option<String>,
    pub url: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    /// The branch it was built for.
    pub refname: Option<String>,
}

/// Longest texts, in bytes.
const KEY: usize = 255;
const URL: usize = 4096;
const NAME: usize = 255;
const DESCRIPTION: usize = 16 << 10;
const REFNAME: usize = 1024;

impl BuildInput {
    /// What is to be stored of it, over what is there already.
    pub(crate) fn check(
        self,
        commit: ObjectId,
        there: Option<BuildStatus>,
    ) -> Result<NewBuildStatus> {
        let mut fields = Fields::default();
        let old = there.as_ref();
        let key = text(&mut fields, "key", self.key, old.map(|it| it.key.clone()), KEY);
        if key.trim().is_empty() {
            fields.add("key", "name the build");
        }
        let state = match self.state {
            Some(word) => fields.take("state", BuildState::parse(&word)),
            None => old.map(|it| it.state),
        };
        if state.is_none() && !fields.0.contains_key("state") {
            fields.add("state", "say how it went: SUCCESSFUL, FAILED, INPROGRESS or STOPPED");
        }
        let url = text(&mut fields, "url", self.url, old.map(|it| it.url.clone()), URL);
        // Pages make a link of it: other schemes would be programs.
        if !(url.is_empty() || url.starts_with("https://") || url.starts_with("http://")) {
            fields.add("url", "begin it with `https://` or `http://`");
        }
        let name = text(&mut fields, "name", self.name, old.map(|it| it.name.clone()), NAME);
        let before = old.map(|it| it.description.clone());
        let description = text(&mut fields, "description", self.description, before, DESCRIPTION);
        let refname = self.refname.or_else(|| old.and_then(|it| it.refname.clone()));
        let refname = text(&mut fields, "refname", refname, None, REFNAME);
        match state {
            Some(state) if fields.0.is_empty() => Ok(NewBuildStatus {
                commit,
                key,
                state,
                url,
                name,
                description,
                refname: Some(refname).filter(|it| !it.is_empty()),
            }),
            Some(_) | None => Err(Error::Invalid(fields)),
        }
    }
}

fn text(
    fields: &mut Fields,
    field: &str,
    sent: Option<String>,
    before: Option<String>,
    most: usize,
) -> String {
    let text = sent.or(before).unwrap_or_default();
    if text.len() > most {
        fields.add(field, format!("it is longer than {most} bytes"));
    }
    check_text(field, &text, fields);
    text
}
