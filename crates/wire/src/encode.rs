//! pkt-line, writing side. Everything appends to one buffer, so that a response leaves in as few
//! writes as possible.

use crate::pkt::MAX_DATA;
use model::ObjectId;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `data` as packets: one, unless it is longer than a packet can hold.
pub fn put_data(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        out.extend_from_slice(b"0004");
    }
    for part in data.chunks(MAX_DATA) {
        out.extend_from_slice(&length_digits(part.len() + 4));
        out.extend_from_slice(part);
    }
}

/// Appends one line as a packet, with the newline git puts at its end. A line longer than a
/// packet can hold is cut: there is no such line in the protocol, so only free text can be.
pub fn put_text(out: &mut Vec<u8>, line: &str) {
    put_line(out, |out| out.extend_from_slice(line.as_bytes()));
}

/// Appends `ERR` and the sentence, without a newline, as git does: the client stops and shows it
/// as `remote error: ...`.
pub fn put_error(out: &mut Vec<u8>, sentence: &str) {
    let shown = sentence.bytes().map(|byte| if byte < b' ' { b' ' } else { byte });
    let line: Vec<u8> = b"ERR ".iter().copied().chain(shown).take(MAX_DATA).collect();
    put_data(out, &line);
}

/// Appends a packet whose payload `write` appends, then a newline.
pub(crate) fn put_line(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(b"0000");
    write(out);
    out.truncate(start + 3 + MAX_DATA);
    out.push(b'\n');
    let digits = length_digits(out.len() - start);
    if let Some(place) = out.get_mut(start..start + 4) {
        place.copy_from_slice(&digits);
    }
}

/// Appends `0000`.
pub fn put_flush(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0000");
}

/// Appends `0001`.
pub fn put_delim(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0001");
}

/// Appends `0002`.
pub fn put_response_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0002");
}

/// Appends the 40 digits of an id. `Display` does the same ten times slower, which shows in an
/// advertisement of 100,000 refs.
pub fn put_hex(out: &mut Vec<u8>, id: &ObjectId) {
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'?');
    out.extend(id.as_bytes().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// The 4 digits of a packet's length; `length` counts themselves.
pub(crate) fn length_digits(length: usize) -> [u8; 4] {
    [12, 8, 4, 0].map(|shift| HEX.get(length >> shift & 15).copied().unwrap_or(b'?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn packets_look_as_the_protocol_says() {
        assert_eq!(written(|out| put_text(out, "hello")), b"000ahello\n");
        assert_eq!(written(|out| put_data(out, b"")), b"0004");
        assert_eq!(written(|out| put_error(out, "no\nway")), b"000eERR no way");
        let id = ObjectId::from_bytes([0xaf; 20]);
        assert_eq!(written(|out| put_hex(out, &id)), id.to_string().into_bytes());
    }

    #[test]
    fn too_much_for_one_packet_is_split_or_cut() {
        let data = vec![b'x'; MAX_DATA + 1];
        let two = written(|out| put_data(out, &data));
        assert_eq!((&two[..4], &two[4 + MAX_DATA..]), (&b"fff0"[..], &b"0005x"[..]));
        let one = written(|out| put_text(out, &"y".repeat(MAX_DATA + 9)));
        assert_eq!((one.len(), &one[..4], one.last()), (4 + MAX_DATA, &b"fff0"[..], Some(&b'\n')));
    }
}
