//! The names of subjects: joined to the rows that mention them, so that texts can be rendered
//! without another question.

use crate::Result;
use crate::owner::subject_from;
use crate::sql::Row;
use model::Subject;
use std::collections::BTreeMap;

/// How a subject is called, so that texts can be rendered from ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectName {
    /// User name, group slug, token name or key label.
    pub name: String,
    /// The name for people to read; the same as `name` for tokens and keys.
    pub display_name: String,
    /// The UUID, for users.
    pub uuid: Option<String>,
}

/// The names of all subjects that grants, restrictions and owners mention. Everyone and anyone
/// have none.
pub type Names = BTreeMap<Subject, SubjectName>;

/// The columns that [`subject_name_joins`] adds to a row about a subject.
macro_rules! subject_name_columns {
    () => {
        "u.username as user_name, u.display_name as user_display_name, u.uuid as user_uuid,
             g.slug as group_slug, g.name as group_name, t.name as token_name,
             k.label as key_label"
    };
}
pub(crate) use subject_name_columns;

/// Joins the names of subjects to a table with `subject_kind` and `subject_id`.
macro_rules! subject_name_joins {
    ($table:literal) => {
        concat!(
            r#" left join "user" u on "#,
            $table,
            ".subject_kind = 'user' and u.id = ",
            $table,
            r#".subject_id left join "group" g on "#,
            $table,
            ".subject_kind = 'group' and g.id = ",
            $table,
            ".subject_id left join access_token t on ",
            $table,
            ".subject_kind = 'access_token' and t.id = ",
            $table,
            ".subject_id left join access_key k on ",
            $table,
            ".subject_kind = 'access_key' and k.id = ",
            $table,
            ".subject_id "
        )
    };
}
pub(crate) use subject_name_joins;

/// Takes the name out of a row that [`subject_name_joins`] widened. `false`: its subject is gone,
/// and the row is about nobody. It is never written, and if it is there nevertheless, the place it
/// hangs on must not fail for it; it counts for nothing, and the log says so.
pub(crate) fn name_subject(row: &Row, names: &mut Names) -> Result<bool> {
    let columns = row.of("grant or restriction_subject");
    let subject = subject_from(columns)?;
    let key = match subject {
        Subject::User(_) => "user_name",
        Subject::Group(_) => "group_slug",
        Subject::AccessToken(_) => "token_name",
        Subject::AccessKey(_) => "key_label",
        Subject::Workload(_) | Subject::Everyone | Subject::Anyone => return Ok(true),
    };
    if columns.opt_text(key)?.is_none() {
        let (kind, id) = (subject.kind(), crate::owner::subject_id(subject));
        tracing::error!(kind, id, "something is granted to, or listed for, a subject that is gone");
        return Ok(false);
    }
    let name = match subject {
        Subject::User(_) => SubjectName {
            name: columns.text("user_name")?,
            display_name: columns.text("user_display_name")?,
            uuid: columns.opt_text("user_uuid")?,
        },
        Subject::Group(_) => SubjectName {
            name: columns.text("group_slug")?,
            display_name: columns.text("group_name")?,
            uuid: None,
        },
        Subject::AccessToken(_) => {
            let name = columns.text("token_name")?;
            SubjectName { display_name: name.clone(), name, uuid: None }
        }
        Subject::AccessKey(_) => {
            let name = columns.text("key_label")?;
            SubjectName { display_name: name.clone(), name, uuid: None }
        }
        Subject::Workload(_) | Subject::Everyone | Subject::Anyone => return Ok(true),
    };
    names.insert(subject, name);
    Ok(true)
}
