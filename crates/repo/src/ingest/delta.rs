//! Git's delta format: copy from the base, or insert.

use crate::failure::{Failure, FailureCode};

fn bad(what: &'static str) -> Failure {
    FailureCode::PackCorrupt.because(what)
}

/// The two lengths at the start of a delta: of its base and of its result.
pub(super) fn sizes(delta: &[u8]) -> Result<(u64, u64), Failure> {
    let mut input = delta;
    let base = length(&mut input)?;
    let result = length(&mut input)?;
    Ok((base, result))
}

fn length(input: &mut &[u8]) -> Result<u64, Failure> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = next(input)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(bad("a delta's length is out of range"))
}

fn next(input: &mut &[u8]) -> Result<u8, Failure> {
    let (&byte, rest) = input.split_first().ok_or_else(|| bad("a delta ends too early"))?;
    *input = rest;
    Ok(byte)
}

/// What `delta` makes of `base`. The caller has checked the size of the result against its limit.
pub(super) fn apply(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut input = delta;
    let base_size = length(&mut input)?;
    let size = length(&mut input)?;
    let size = usize::try_from(size).map_err(|_| bad("a delta's result is too long"))?;
    if base_size != base.len() as u64 {
        return Err(bad("a delta does not fit its base"));
    }
    let mut out = Vec::with_capacity(size);
    while !input.is_empty() {
        let op = next(&mut input)?;
        let piece = if op & 0x80 != 0 {
            let (from, count) = copy_arguments(op, &mut input)?;
            base.get(from..from + count).ok_or_else(|| bad("a delta copies what is not there"))?
        } else {
            if op == 0 {
                return Err(bad("a delta has an unknown instruction"));
            }
            let (piece, rest) = input
                .split_at_checked(usize::from(op))
                .ok_or_else(|| bad("a delta ends too early"))?;
            input = rest;
            piece
        };
        if out.len() + piece.len() > size {
            return Err(bad("a delta makes more than it says"));
        }
        out.extend_from_slice(piece);
    }
    if out.len() != size {
        return Err(bad("a delta makes less than it says"));
    }
    Ok(out)
}

fn copy_arguments(op: u8, input: &mut &[u8]) -> Result<(usize, usize), Failure> {
    let mut arguments = [0_u32; 2];
    for (argument, bits) in arguments.iter_mut().zip([0..4, 4..7]) {
        for (nth, bit) in bits.enumerate() {
            if op & (1 << bit) != 0 {
                *argument |= u32::from(next(input)?) << (8 * nth);
            }
        }
    }
    let [from, count] = arguments;
    let count = if count == 0 { 0x10000 } else { count };
    Ok((from as usize, count as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_copy_and_insert_and_nothing_else() {
        let base = b"hello world";
        // 11 -> 8: copy 6 from 0, insert "me".
        let good = [11, 8, 0x80 | 0x10, 6, 2, b'm', b'e'];
        assert_eq!(apply(base, &good).unwrap(), b"hello me");
        assert_eq!(sizes(&good).unwrap(), (11, 8));
        for bad in [
            &[10, 8, 0x90, 6, 2, b'm', b'e'][..],
            &[11, 9, 0x90, 6, 2, b'm', b'e'],
            &[11, 7, 0x90, 6, 2, b'm', b'e'],
            &[11, 8, 0x90, 12],
            &[11, 8, 0x91, 6, 6, 2, b'm', b'e'],
            &[11, 8, 0x90, 6, 2, b'm'],
            &[11, 8, 0x90, 6, 0],
            &[11, 8, 0x90],
            &[11],
            &[],
            &[0xff; 12],
        ] {
            assert!(apply(base, bad).is_err(), "{bad:?}");
        }
    }
}
