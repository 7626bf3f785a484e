//! report-status: what became of a push, per ref.

use crate::encode::put_line;
use crate::{SentName, put_flush};
use model::{ObjectId, RefName};

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefReport {
    /// The name as the client sent it, by which it finds its ref again.
    pub name: SentName,
    /// Landed, or the short reason why not: one line without control characters.
    pub result: Result<(), String>,
    /// Said only to clients that know report-status-v2, and only of refs that landed.
    pub options: Vec<ReportOption>,
}

/// Something that landed otherwise than the client asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportOption {
    /// Another ref was updated instead.
    RefName(RefName),
    OldId(ObjectId),
    NewId(ObjectId),
    /// It was not a fast-forward.
    ForcedUpdate,
}

/// Appends the report, its final flush included. With side-band it goes, as a whole, onto
/// [`Band::Data`](crate::Band::Data). `unpack` says why the pack was not accepted.
pub fn put_report(out: &mut Vec<u8>, v2: bool, unpack: Result<(), &str>, refs: &[RefReport]) {
    put_line(out, |out| {
        out.extend_from_slice(b"unpack ");
        put_one_line(out, unpack.err().unwrap_or("ok"));
    });
    for report in refs {
        put_line(out, |out| {
            let word: &[u8] = if report.result.is_ok() { b"ok " } else { b"ng " };
            out.extend_from_slice(word);
            report.name.put_on_wire(out);
            if let Err(reason) = &report.result {
                out.push(b' ');
                put_one_line(out, reason);
            }
        });
        if v2 && report.result.is_ok() {
            report.options.iter().for_each(|it| put_option(out, it));
        }
    }
    put_flush(out);
}

fn put_option(out: &mut Vec<u8>, option: &ReportOption) {
    let text = match option {
        ReportOption::RefName(name) => format!("option refname {name}"),
        ReportOption::OldId(id) => format!("option old-oid {id}"),
        ReportOption::NewId(id) => format!("option new-oid {id}"),
        ReportOption::ForcedUpdate => "option forced-update".into(),
    };
    put_line(out, |out| out.extend_from_slice(text.as_bytes()));
}

/// A reason may quote what somebody sent; it must not end the line or drive a terminal.
fn put_one_line(out: &mut Vec<u8>, text: &str) {
    let mut utf8 = [0; 4];
    for character in text.chars() {
        let shown = if character.is_control() { ' ' } else { character };
        out.extend_from_slice(shown.encode_utf8(&mut utf8).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(v2: bool, unpack: Result<(), &str>, refs: &[RefReport]) -> String {
        let mut out = Vec::new();
        put_report(&mut out, v2, unpack, refs);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn refs_land_or_say_why_not() {
        let refs = [
            RefReport {
                name: SentName::new(b"refs/heads/a"),
                result: Ok(()),
                options: vec![
                    ReportOption::RefName(RefName::branch("b").unwrap()),
                    ReportOption::ForcedUpdate,
                ],
            },
            RefReport {
                name: SentName::new(b"bad name"),
                result: Err("no\x1b[2J\nok refs/heads/x".into()),
                options: vec![ReportOption::ForcedUpdate],
            },
        ];
        let ng = "002ang bad\\x20name no [2J ok refs/heads/x\n";
        assert_eq!(
            report(false, Ok(()), &refs),
            format!("000eunpack ok\n0014ok refs/heads/a\n{ng}0000")
        );
        assert_eq!(
            report(true, Ok(()), &refs),
            format!(
                "000eunpack ok\n0014ok refs/heads/a\n0020option refname refs/heads/b\n\
                 0019option forced-update\n{ng}0000"
            )
        );
        assert_eq!(report(true, Err("disk full"), &[]), "0015unpack disk full\n0000");
    }
}
