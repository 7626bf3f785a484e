//! Refusals for a terminal. Prints what the value says and nothing else: no reason, name or step
//! is added here. Lines fit 80 columns, except commands, which must stay whole to be pasted.

use crate::refusal::{CredentialNote, PrincipalNote, RefusalRecord, RemedyNote, RuleNote};
use model::{CredentialKind, MatcherKind, Timestamp};
use std::fmt::Write as _;

const WIDTH: usize = 80;
/// Refusals of one push that are printed in full. A thousand refs refused by one rule would
/// otherwise be ten thousand lines.
const IN_FULL: usize = 8;

/// What git shows as `remote:` lines: each refusal in full, blank lines between them.
pub fn git_text(refusals: &[RefusalRecord]) -> String {
    let mut text = String::new();
    for (place, refusal) in refusals.iter().take(IN_FULL).enumerate() {
        if place > 0 {
            text.push('\n');
        }
        full(&mut text, refusal);
    }
    if let Some(more) = refusals.len().checked_sub(IN_FULL).filter(|it| *it > 0) {
        line(&mut text, "", &format!("… and {more} more refused refs; each has its id below"));
    }
    text
}

/// What rules in `evaluate` mode would have refused: told, and not refused.
pub(crate) fn notices(refusals: &[RefusalRecord]) -> String {
    let mut text = String::new();
    for refusal in refusals.iter().take(IN_FULL) {
        let words = format!("{}  only noted: {}", refusal.code, visible(&refusal.message));
        wrapped(&mut text, &words, 2);
        if let Some(rule) = &refusal.rule {
            line(&mut text, "rule", &rule_words(rule, refusal.at));
        }
        findings(&mut text, refusal);
        more(&mut text, refusal);
    }
    if let Some(left) = refusals.len().checked_sub(IN_FULL).filter(|it| *it > 0) {
        line(&mut text, "", &format!("… and {left} more that would be refused"));
    }
    text
}

/// A record in full: what was printed when it happened, and how it was reached, layer by layer.
pub fn record_page(refusal: &RefusalRecord) -> String {
    let mut text = git_text(std::slice::from_ref(refusal));
    if !refusal.trace.is_empty() {
        text.push_str("\nweighed, layer by layer:\n");
    }
    for step in &refusal.trace {
        let weighed = step.weighed.join("; ");
        let words = format!("  {:<16}  {:<9}  {weighed}", step.layer.as_str(), step.finding);
        wrapped(&mut text, words.trim_end(), 31);
    }
    text
}

/// The body of an answer at the door, which git prints as `remote:` lines, too.
pub fn door_text(refusals: &[RefusalRecord]) -> String {
    git_text(refusals)
}

/// What stands in the parentheses of `! [remote rejected]`. Many clients show nothing else.
pub fn short(refusal: &RefusalRecord) -> String {
    match &refusal.id {
        Some(id) => format!("{}: {}, {id}", refusal.code, visible(&refusal.short)),
        None => format!("{}: {}", refusal.code, visible(&refusal.short)),
    }
}

fn full(text: &mut String, refusal: &RefusalRecord) {
    let head = format!("{}  {}", refusal.code, visible(&refusal.message));
    wrapped(text, &head, refusal.code.chars().count() + 2);
    if let Some(rule) = &refusal.rule {
        line(text, "rule", &rule_words(rule, refusal.at));
    }
    findings(text, refusal);
    if let Some(scopes) = &refusal.scopes {
        line(text, "needs", &scopes.required.join(", "));
        let held = scopes.held.join(", ");
        line(text, "has", if held.is_empty() { "no scopes at all" } else { &held });
    }
    if let Some(you) = who_words(&refusal.principal, &refusal.credential) {
        line(text, "you", &you);
    }
    if !refusal.who_may.is_empty() {
        let names: Vec<_> = refusal.who_may.iter().map(|it| visible(it)).collect();
        line(text, "may", &names.join(", "));
    }
    for remedy in &refusal.remedies {
        next(text, remedy);
    }
    more(text, refusal);
}

fn findings(text: &mut String, refusal: &RefusalRecord) {
    for (at, finding) in refusal.findings.iter().enumerate() {
        line(text, if at == 0 { "found" } else { "" }, &visible(finding));
    }
}

fn more(text: &mut String, refusal: &RefusalRecord) {
    if let Some(id) = &refusal.id {
        line(text, "more", &format!("portcullis explain {id}   or the page .../refusals/{id}"));
    }
}

fn next(text: &mut String, remedy: &RemedyNote) {
    let has_more = !remedy.commands.is_empty() || remedy.url.is_some();
    let colon = if has_more { ":" } else { "" };
    let summary = visible(&remedy.summary);
    let words = match remedy.actor.as_str() {
        "you" => format!("{summary}{colon}"),
        "instance admin" => format!("ask an instance admin: {summary}{colon}"),
        other => format!("ask a {other}: {summary}{colon}"),
    };
    line(text, "next", &words);
    for command in remedy.commands.iter().chain(&remedy.url) {
        let _infallible = writeln!(text, "            {}", visible(command));
    }
}

fn rule_words(rule: &RuleNote, now: Timestamp) -> String {
    let matcher = match rule.matcher {
        MatcherKind::Any => "every ref".to_owned(),
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref => {
            format!("\"{}\"", visible(&rule.pattern))
        }
        MatcherKind::BranchingModel => format!("{} branches", visible(&rule.pattern)),
    };
    let by = rule.changed_by.as_deref().map_or_else(|| "the system".into(), visible);
    format!(
        "{} on {matcher}, {}, rule {} ({by}, {})",
        rule.kind,
        visible(&rule.place),
        rule.id,
        ago(rule.changed_at, now)
    )
}

/// `ann, by API token "laptop" (…k3Qz)`; `None` when nobody said who they are.
fn who_words(principal: &PrincipalNote, credential: &CredentialNote) -> Option<String> {
    if credential.kind == CredentialKind::None {
        return None;
    }
    let name = match principal.name.as_str() {
        "" => "nobody known".into(),
        name => visible(name),
    };
    Some(format!("{name}, by {}", credential_words(credential)))
}

/// `API token "laptop" (…k3Qz)`.
pub(crate) fn credential_words(credential: &CredentialNote) -> String {
    let kind = match credential.kind {
        CredentialKind::None => "nothing",
        CredentialKind::Password => "password",
        CredentialKind::ApiToken => "API token",
        CredentialKind::AccessToken => "access token",
        CredentialKind::SshKey => "SSH key",
        CredentialKind::SshCertificate => "SSH certificate",
        CredentialKind::OidcToken => "OIDC token",
    };
    let label = credential.label.as_deref().map(|it| format!(" \"{}\"", visible(it)));
    let mark = match (&credential.last4, &credential.fingerprint) {
        (Some(last4), _) => format!(" (…{})", visible(last4)),
        (None, Some(fingerprint)) => format!(" ({})", visible(fingerprint)),
        (None, None) => String::new(),
    };
    format!("{kind}{}{mark}", label.unwrap_or_default())
}

/// A labelled line, continued below its text when it is long.
fn line(text: &mut String, label: &str, words: &str) {
    wrapped(text, &format!("  {label:<8}{words}"), 10);
}

/// Breaks at spaces so that lines fit; what has no space stays whole.
fn wrapped(text: &mut String, words: &str, indent: usize) {
    let mut rest = words;
    let mut lead = 0;
    loop {
        let room = WIDTH - lead;
        let cut = match rest.char_indices().nth(room) {
            None => None,
            Some((end, _)) => {
                // Never at the label or in the indent: that would leave an empty line.
                let from = if lead == 0 { indent.min(end) } else { 0 };
                let space = rest.get(from..=end).and_then(|it| it.rfind(' ')).map(|it| it + from);
                space.or_else(|| rest.get(end..).and_then(|it| it.find(' ')).map(|it| it + end))
            }
        };
        let (now, later) = cut.map_or((rest, ""), |at| rest.split_at(at));
        text.extend(std::iter::repeat_n(' ', lead));
        text.push_str(now.trim_end());
        text.push('\n');
        rest = later.trim_start();
        lead = indent;
        if rest.is_empty() {
            return;
        }
    }
}

/// Text of people, made safe for a terminal: what would move the cursor, ring, recolour or turn
/// the line around is shown as its code.
pub fn visible(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// `3 days ago`. Rounded down; the future counts as now, because clocks differ.
pub(crate) fn ago(then: Timestamp, now: Timestamp) -> String {
    let minutes = now.0.saturating_sub(then.0) / 60_000;
    let (count, unit) = match minutes {
        ..1 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1_440 => (minutes / 60, "hour"),
        1_440..43_200 => (minutes / 1_440, "day"),
        43_200..525_600 => (minutes / 43_200, "month"),
        525_600.. => (minutes / 525_600, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalId;
    use model::{Channel, Layer, Level, Mode, RestrictionId, RestrictionKind};

    const DAY: i64 = 86_400_000;

    fn refusal() -> RefusalRecord {
        RefusalRecord {
            id: RefusalId::parse("R-7KQ2M9"),
            mode: Mode::Enforce,
            code: "PC-REF-PUSH".into(),
            layer: Layer::Restriction,
            message: "main is closed to direct pushes.".into(),
            short: "pull request required".into(),
            level: Level::Repository,
            rule: Some(RuleNote {
                id: RestrictionId(12),
                kind: RestrictionKind::Push,
                matcher: MatcherKind::Glob,
                pattern: "main".into(),
                place: "repository acme/site".into(),
                changed_at: Timestamp(0),
                changed_by: Some("bea".into()),
            }),
            repository: Some("acme/site".into()),
            reference: Some("refs/heads/main".into()),
            operation: Some("fast-forward".into()),
            channel: Channel::GitHttp,
            principal: PrincipalNote { kind: "user".into(), name: "ann".into() },
            credential: CredentialNote {
                kind: CredentialKind::ApiToken,
                label: Some("laptop".into()),
                last4: Some("k3Qz".into()),
                fingerprint: None,
            },
            findings: vec![],
            scopes: None,
            who_may: vec![],
            remedies: vec![RemedyNote {
                actor: "you".into(),
                summary: "open a pull request instead".into(),
                commands: vec!["git push origin HEAD:refs/heads/ann/fix-login".into()],
                url: Some(
                    "http://localhost:8080/acme/site/pull-requests/new?source=ann/fix-login".into(),
                ),
                request: None,
            }],
            trace: Vec::new(),
            at: Timestamp(3 * DAY + 5),
            url: "http://localhost:8080/api/v1/refusals/R-7KQ2M9".into(),
        }
    }

    /// The text of decision-model section 5, letter by letter.
    #[test]
    fn a_refused_push_reads_as_promised() {
        assert_eq!(
            git_text(&[refusal()]),
            "\
PC-REF-PUSH  main is closed to direct pushes.
  rule    push on \"main\", repository acme/site, rule 12 (bea, 3 days ago)
  you     ann, by API token \"laptop\" (…k3Qz)
  next    open a pull request instead:
            git push origin HEAD:refs/heads/ann/fix-login
            http://localhost:8080/acme/site/pull-requests/new?source=ann/fix-login
  more    portcullis explain R-7KQ2M9   or the page .../refusals/R-7KQ2M9
"
        );
        assert_eq!(short(&refusal()), "PC-REF-PUSH: pull request required, R-7KQ2M9");
    }

    #[test]
    fn long_texts_are_broken_and_names_cannot_move_the_cursor() {
        let mut long = refusal();
        long.message = "word ".repeat(40).trim_end().into();
        long.who_may = vec!["bob\x1b[2J\n! [remote accepted]".into(), "x".repeat(120)];
        long.credential.label = Some("a\u{202e}b".into());
        long.remedies.clear();
        let text = git_text(&[long]);
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text}");
        assert!(text.contains("bob\\u{1b}[2J\\u{a}! [remote accepted]"), "{text}");
        for line in text.lines() {
            let longest_word = line.split_whitespace().map(|it| it.chars().count()).max();
            assert!(line.chars().count() <= WIDTH || longest_word > Some(100), "{line}");
            assert!(!line.trim().is_empty(), "no empty line: {text}");
        }
    }

    #[test]
    fn a_thousand_refusals_stay_readable() {
        let many = vec![refusal(); 1000];
        let text = git_text(&many);
        assert!(text.lines().count() < 100, "{}", text.lines().count());
        assert!(text.ends_with("… and 992 more refused refs; each has its id below\n"), "{text}");
    }

    #[test]
    fn time_is_told_as_people_tell_it() {
        let table = [
            (-5, "just now"),
            (59_999, "just now"),
            (60_000, "1 minute ago"),
            (2 * 3_600_000, "2 hours ago"),
            (3 * DAY, "3 days ago"),
            (65 * DAY, "2 months ago"),
            (800 * DAY, "2 years ago"),
        ];
        for (millis, words) in table {
            assert_eq!(ago(Timestamp(0), Timestamp(millis)), words);
        }
    }
}
