//! A refusal as people and programs get it: one value that every channel prints and none adds to.
//! Made by `judge`, from what `policy` found; this file never decides anything.

use crate::explain::ExplainedStep;
use model::{
    Channel, CredentialKind, Layer, Level, MatcherKind, Mode, RestrictionId, RestrictionKind,
    Timestamp,
};
use std::fmt;

/// The name of a refusal's record: `R-` and eight letters or digits. 40 random bits; besides, only
/// the one who was refused and administrators may read the record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefusalId(Box<str>);

/// Crockford's alphabet: no I, L, O or U, so that an id can be read out over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ID_LEN: usize = 8;

impl RefusalId {
    /// A new id, from the operating system's randomness.
    pub fn make() -> Self {
        let mut bits: u64 = rand::random();
        let mut text = String::from("R-");
        for _ in 0..ID_LEN {
            text.extend(ALPHABET.get((bits % 32) as usize).map(|it| char::from(*it)));
            bits /= 32;
        }
        Self(text.into())
    }

    /// Reads an id as people type it: any case, with I, L and O for the digits they look like.
    /// `None` when no record can have this name.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let digits = text.strip_prefix("R-")?;
        if digits.len() < 6
            || digits.len() > 16
            || !digits.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            return None;
        }
        let digits: String = digits
            .chars()
            .map(|c| match c {
                'I' | 'L' => '1',
                'O' => '0',
                other => other,
            })
            .collect();
        Some(Self(format!("R-{digits}").into()))
    }

    /// The id, as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefusalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One reason why something was refused, with what would make it pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRecord {
    /// Its name, if it was recorded. A request without a credential, which git always sends
    /// first, is answered without a record.
    pub id: Option<RefusalId>,
    /// Did it happen? `evaluate`: a rule that is only tried out would have refused, and did not.
    pub mode: Mode,
    /// `PC-REF-PUSH`: stable, listed in `docs/reference/refusals.md`.
    pub code: String,
    /// Where in the order of the decision it was refused.
    pub layer: Layer,
    /// One sentence for the person, with its full stop.
    pub message: String,
    /// A few words that stand alone: `pull request required`.
    pub short: String,
    /// Where what refused hangs.
    pub level: Level,
    /// The restriction that refused, when one did.
    pub rule: Option<RuleNote>,
    /// `acme/site`, as it was asked for.
    pub repository: Option<String>,
    /// The full ref name.
    pub reference: Option<String>,
    /// What was wanted: `read`, `push`, or of a ref `create`, `fast-forward`, `rewrite`, `delete`, and
    /// `update` as long as it is not known which.
    pub operation: Option<String>,
    /// The door.
    pub channel: Channel,
    /// Who was refused, as the server saw them.
    pub principal: PrincipalNote,
    /// What they presented, as the server saw it. Never a secret.
    pub credential: CredentialNote,
    /// The commits and files that a content rule does not let through, a line each.
    pub findings: Vec<String>,
    /// When the scopes of the credential were the reason.
    pub scopes: Option<ScopesNote>,
    /// Who may do it, as far as the one who was refused may know: `bea`, `group releng`.
    pub who_may: Vec<String>,
    /// What would make it pass. Each was verified by the engine.
    pub remedies: Vec<RemedyNote>,
    /// How it was reached, layer by layer. Empty when the reason is that the place may not be
    /// known: what was looked at there is part of the secret.
    pub trace: Vec<ExplainedStep>,
    /// When.
    pub at: Timestamp,
    /// Where the record can be read; empty without an id.
    pub url: String,
}

/// The restriction that refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNote {
    pub id: RestrictionId,
    pub kind: RestrictionKind,
    pub matcher: MatcherKind,
    /// The pattern that matched; empty for a matcher of any ref.
    pub pattern: String,
    /// `repository acme/site`, `project CORE`, `workspace acme`.
    pub place: String,
    pub changed_at: Timestamp,
    /// The user name; `None` when it was the system.
    pub changed_by: Option<String>,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalNote {
    /// `user`, `access_token`, `anonymous`, …
    pub kind: String,
    /// The user name or the token's name; empty for nobody.
    pub name: String,
}

/// What was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialNote {
    pub kind: CredentialKind,
    /// The name people gave it.
    pub label: Option<String>,
    /// The last four characters of a token.
    pub last4: Option<String>,
    /// Of an SSH key.
    pub fingerprint: Option<String>,
}

/// The scopes of a credential beside what was needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopesNote {
    pub required: Vec<String>,
    pub held: Vec<String>,
    pub missing: Vec<String>,
}

/// A next step whose success the engine has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemedyNote {
    /// `you`, `repository admin`, `project admin`, `workspace admin`, `instance admin`.
    pub actor: String,
    /// What to do, in a few words, without a full stop.
    pub summary: String,
    /// Ready to paste in the clone that was refused; for an administrator, where their own client
    /// is set up.
    pub commands: Vec<String>,
    /// A page, if there is one.
    pub url: Option<String>,
    /// The smallest change through the native API that makes the operation pass.
    pub request: Option<RequestNote>,
}

/// A request of the native API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestNote {
    pub method: String,
    /// Below the public URL: `/api/v1/repositories/acme/site/restrictions/12`.
    pub path: String,
    /// JSON text; empty when the request has no body.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_people_type_it() {
        let id = RefusalId::make();
        assert_eq!(id.as_str().len(), 10);
        assert_eq!(RefusalId::parse(&id.as_str().to_lowercase()), Some(id));
        assert_eq!(RefusalId::parse(" r-7kqzmOIL ").unwrap().as_str(), "R-7KQZM011");
        for bad in ["", "R-", "R-123", "7KQ2M9", "R-7KQ2M9/..", "R-7KQ2M9'", "R-12345678901234567"]
        {
            assert_eq!(RefusalId::parse(bad), None, "{bad}");
        }
        assert_ne!(RefusalId::make(), RefusalId::make());
    }
}
