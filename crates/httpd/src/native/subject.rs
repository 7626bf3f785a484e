//! SUBJECT: who a grant or an entry of a restriction is about.

use crate::time;
use crate::uuid::braced;
use app::{Fields, SubjectInput, SubjectView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A subject, by its name or by its number.
#[derive(Deserialize, ToSchema)]
#[schema(as = SubjectInput)]
pub struct SubjectBody {
    /// `user`, `group`, `access_token`, `access_key`, `workload` or `everyone`.
    #[serde(rename = "type")]
    kind: String,
    /// A user name, a group's slug, a token's name, a key's label.
    name: Option<String>,
    /// A number, or a user's `{uuid}`.
    #[schema(value_type = Option<String>)]
    id: Option<Value>,
    /// Not counted from this moment on. In restrictions only.
    until: Option<String>,
    /// Why, in the words of whoever added it. In restrictions only.
    reason: Option<String>,
}

impl SubjectBody {
    /// The subject as `app` takes it; what is wrong is noted under `field`.
    pub fn parse(self, field: &str, fields: &mut Fields) -> SubjectInput {
        let until = time::parse_field(fields, &format!("{field}.until"), self.until.as_deref());
        let id = self.id.and_then(|it| match it {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Null => None,
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                fields.add(&format!("{field}.id"), "write a number, or a user's `{uuid}`");
                None
            }
        });
        let Self { kind, name, reason, .. } = self;
        SubjectInput { kind, name, id, until, reason }
    }
}

/// A subject with everything it is called.
#[derive(Serialize, ToSchema)]
#[schema(as = Subject)]
pub struct SubjectShown {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The name for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<SubjectView> for SubjectShown {
    fn from(subject: SubjectView) -> Self {
        Self {
            kind: subject.kind,
            name: subject.name,
            display_name: subject.display_name,
            uuid: subject.uuid.map(|it| braced(&it)),
            id: subject.id,
            until: subject.until.map(time::show),
            reason: subject.reason,
        }
    }
}
