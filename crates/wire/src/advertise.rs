//! Advertisements: what a server says first.
//!
//! Ref lines are written by the owner of the refs, once, as [`put_ref_line`] does; only the first
//! line carries capabilities. So an advertisement of 100,000 refs is one fresh line, ready-made
//! bytes and a flush.

use crate::encode::{put_hex, put_line};
use crate::{AGENT, Version, put_flush, put_text};
use model::{ObjectId, RefName};

/// What HEAD is, as far as somebody may see it.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The commit, unless the branch does not exist yet.
    pub id: Option<ObjectId>,
    /// The branch it stands for; `None` when detached.
    pub target: Option<&'a RefName>,
}

/// Appends the line of one ref. `name` may end with `^{}`: then `id` is what the tag peels to.
pub fn put_ref_line(out: &mut Vec<u8>, id: &ObjectId, name: &str) {
    put_line(out, |out| {
        put_hex(out, id);
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
    });
}

fn put_first_line(out: &mut Vec<u8>, id: &ObjectId, name: &str, capabilities: &str) {
    put_line(out, |out| {
        put_hex(out, id);
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.push(0);
        out.extend_from_slice(capabilities.as_bytes());
    });
}

fn put_version(out: &mut Vec<u8>, version: Version) {
    if version == Version::V1 {
        put_text(out, "version 1");
    }
}

/// What receive-pack can do.
fn receive_capabilities() -> String {
    format!(
        "report-status report-status-v2 delete-refs side-band-64k quiet atomic ofs-delta \
         push-options object-format=sha1 agent={AGENT}"
    )
}

/// What upload-pack can do in protocol 0 and 1. A partial clone asks for objects by id later,
/// hence the two `allow-` ones: what is asked for must still be reachable from a visible ref.
fn upload_capabilities(head: Option<Head<'_>>, stateless: bool) -> String {
    let symref = head.filter(|it| it.id.is_some()).and_then(|it| it.target);
    // It saves a round trip, which only stateless clients make.
    let no_done = if stateless { " no-done" } else { "" };
    let symref = symref.map_or(String::new(), |target| format!("symref=HEAD:{target} "));
    format!(
        "multi_ack thin-pack side-band side-band-64k ofs-delta shallow deepen-since deepen-not \
         deepen-relative no-progress include-tag multi_ack_detailed \
         allow-tip-sha1-in-want allow-reachable-sha1-in-want{no_done} {symref}filter \
         object-format=sha1 agent={AGENT}"
    )
}

/// Begins receive-pack's advertisement: everything up to the line of `first`, the first ref by
/// name (`None` if there is no ref). The lines of the others follow, then a flush.
pub fn start_receive_advertisement(
    out: &mut Vec<u8>,
    version: Version,
    first: Option<(&ObjectId, &str)>,
) {
    put_version(out, version.for_push());
    let (id, name) = first.unwrap_or((&ObjectId::ZERO, "capabilities^{}"));
    put_first_line(out, id, name, &receive_capabilities());
}

/// Begins upload-pack's advertisement of protocol 0 or 1: everything up to the first line, which
/// is HEAD's if it has an id, else that of `first`, the first ref by name. The lines of the others
/// follow (of all refs, after HEAD's), then a flush.
pub fn start_upload_advertisement(
    out: &mut Vec<u8>,
    version: Version,
    stateless: bool,
    head: Option<Head<'_>>,
    first: Option<(&ObjectId, &str)>,
) {
    put_version(out, version);
    let capabilities = upload_capabilities(head, stateless);
    let head = head.and_then(|it| it.id);
    let (id, name) = match (&head, first) {
        (Some(id), _) => (id, "HEAD"),
        (None, Some(first)) => first,
        (None, None) => (&ObjectId::ZERO, "capabilities^{}"),
    };
    put_first_line(out, id, name, &capabilities);
}

/// Appends the capability advertisement of protocol 2.
pub fn put_v2_advertisement(out: &mut Vec<u8>) {
    put_text(out, "version 2");
    put_text(out, &format!("agent={AGENT}"));
    put_text(out, "ls-refs=unborn");
    put_text(out, "fetch=shallow wait-for-done filter");
    put_text(out, "server-option");
    put_text(out, "object-format=sha1");
    put_flush(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        let out = String::from_utf8(out).unwrap();
        out.replace('\0', "\\0").replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    const ONE: ObjectId = ObjectId::from_bytes([0x11; 20]);

    #[test]
    fn receive_pack_advertises_refs_or_their_absence() {
        let capabilities = "report-status report-status-v2 delete-refs side-band-64k quiet atomic \
             ofs-delta push-options object-format=sha1 agent=portcullis/VERSION\n";
        let some = text(|out| {
            start_receive_advertisement(out, Version::V1, Some((&ONE, "refs/heads/main")));
            put_ref_line(out, &ONE, "refs/tags/v1");
        });
        assert!(some.starts_with("000eversion 1\n00"), "{some}");
        assert!(some.contains(&format!("{ONE} refs/heads/main\\0{capabilities}")), "{some}");
        assert!(some.ends_with(&format!("{capabilities}003a{ONE} refs/tags/v1\n")), "{some}");
        let none = text(|out| start_receive_advertisement(out, Version::V2, None));
        let zero = ObjectId::ZERO;
        assert!(none.ends_with(&format!("{zero} capabilities^{{}}\\0{capabilities}")), "{none}");
        assert!(!none.contains("version 2"), "{none}");
    }

    #[test]
    fn upload_pack_puts_head_first_and_names_its_branch() {
        let main = RefName::parse(b"refs/heads/main").unwrap();
        let head = Some(Head { id: Some(ONE), target: Some(&main) });
        let born = text(|out| start_upload_advertisement(out, Version::V0, true, head, None));
        assert!(born.contains(&format!("{ONE} HEAD\\0multi_ack ")), "{born}");
        assert!(born.contains(" no-done symref=HEAD:refs/heads/main filter "), "{born}");
        let unborn = Some(Head { id: None, target: Some(&main) });
        let first = Some((&ONE, "refs/tags/v1"));
        let other = text(|out| start_upload_advertisement(out, Version::V1, false, unborn, first));
        assert!(other.contains(&format!("{ONE} refs/tags/v1\\0")), "{other}");
        assert!(!other.contains("symref") && !other.contains("no-done"), "{other}");
    }

    #[test]
    fn protocol_2_names_only_what_is_done() {
        assert_eq!(
            text(put_v2_advertisement),
            "000eversion 2\n001dagent=portcullis/VERSION\n0013ls-refs=unborn\n\
             0027fetch=shallow wait-for-done filter\n0012server-option\n\
             0017object-format=sha1\n0000"
                .replace("001d", &format!("{:04x}", 22 + env!("CARGO_PKG_VERSION").len()))
        );
    }
}
