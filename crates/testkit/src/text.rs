//! Takes out of a text what differs from run to run, so that the rest can be compared whole.

/// Replaces refusal ids by `R-XXXXXX`, the server's address by `http://server`, the last four
/// characters of a token by `…XXXX`, fingerprints of keys by `SHA256:XXXXXX`, `3 minutes ago` by
/// `just now`, and days such as `2026-11-29` by `DAY`.
pub fn normalised(text: &str) -> String {
    let text = address(text);
    let text = replace_after(&text, "R-", 6, |c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let text =
        replace_after(&text, "SHA256:", 43, |c| c.is_ascii_alphanumeric() || "+/".contains(c));
    let text = token_ends(&text);
    days(&minutes(&text))
}

/// `marker` and what follows of a kind becomes `marker` and six X, if it is long enough.
fn replace_after(text: &str, marker: &str, least: usize, of_kind: fn(char) -> bool) -> String {
    let mut parts = text.split(marker);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(of_kind);
        out.push_str(marker);
        let long_enough = part.len() - rest.len() >= least;
        out.push_str(if long_enough { "XXXXXX" } else { "" });
        out.push_str(if long_enough { rest } else { part });
    }
    out
}

fn address(text: &str) -> String {
    let mut out = text.to_owned();
    for scheme in ["http", "https", "ssh"] {
        let marker = format!("{scheme}://127.0.0.1:");
        let mut parts = out.split(marker.as_str());
        let mut next = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            next.push_str(scheme);
            next.push_str("://server");
            next.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
        }
        out = next;
    }
    out
}

fn token_ends(text: &str) -> String {
    let mut parts = text.split("(…");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        out.push_str("(…XXXX");
        out.push_str(rest);
    }
    out
}

/// A slow machine needs minutes for what a test calls now.
fn minutes(text: &str) -> String {
    let mut out = text.to_owned();
    for count in 1..60 {
        let plural = if count == 1 { "" } else { "s" };
        for before in ["(", ", "] {
            let said = format!("{before}{count} minute{plural} ago");
            out = out.replace(&said, &format!("{before}just now"));
        }
    }
    out
}

/// Exemptions are offered until a day that is counted from today.
fn days(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, left) = match rest.split_at_checked(10) {
            Some((day, left)) if is_day(day) => ("DAY", left),
            Some(_) | None => rest.split_at(first.len_utf8()),
        };
        out.push_str(taken);
        rest = left;
    }
    out
}

fn is_day(text: &str) -> bool {
    text.starts_with("20")
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_run_to_run_is_replaced() {
        for (text, expected) in [
            ("explain R-7KQ2M9", "explain R-XXXXXX"),
            ("(bea, 12 minutes ago) (…k3Qz)", "(bea, just now) (…XXXX)"),
            ("http://127.0.0.1:4711/acme/site", "http://server/acme/site"),
            ("ssh://127.0.0.1:4711/acme/site", "ssh://server/acme/site"),
            ("SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg)", "SHA256:XXXXXX)"),
            ("…until 2026-11-29,", "…until DAY,"),
            ("PC-REF-PUSH: R-A, 3 days ago", "PC-REF-PUSH: R-A, 3 days ago"),
        ] {
            assert_eq!(normalised(text), expected);
        }
    }
}
