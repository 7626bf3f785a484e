//! What a merge says of itself: what whoever merges wrote, else the pull request in Bitbucket's
//! words, which other programs know how to read.

use crate::error::Fields;
use crate::pull_request::{ParticipantView, PullRequestView};
use model::ReviewState;
use store::PrincipalKind;

/// The longest message, in bytes: Bitbucket's.
const LONGEST: usize = 128 << 10;

/// The message that was given, if it says anything.
pub(crate) fn checked(given: Option<String>, fields: &mut Fields) -> Option<String> {
    let given = given.filter(|it| !it.trim().is_empty())?;
    if given.len() > LONGEST {
        let length = given.len();
        fields.add("message", format!("it has {length} bytes: use at most {LONGEST}"));
    }
    if given.contains('\0') {
        fields.add("message", "it contains a NUL character");
    }
    Some(given)
}

/// What is said where nobody wrote anything.
pub(crate) fn usual(view: &PullRequestView) -> String {
    let request = &view.request;
    let (branch, number) = (&view.source.branch, request.number);
    let mut text = format!("Merged in {branch} (pull request #{number})\n\n{}\n", request.title);
    let author = &request.author;
    let is_author =
        |it: &ParticipantView| author.kind == PrincipalKind::User && author.id == Some(it.user.0);
    let approved = view.participants.iter();
    let approved = approved.filter(|it| it.review == Some(ReviewState::Approved) && !is_author(it));
    for (nth, it) in approved.enumerate() {
        if nth == 0 {
            text.push('\n');
        }
        text.push_str(&format!("Approved-by: {}\n", it.person.display_name));
    }
    text
}
