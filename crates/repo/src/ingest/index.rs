//! Writing a pack index, version 2, as `git index-pack` does.

use crate::failure::{Failure, FailureCode};
use model::ObjectId;

/// Offsets from here on need a table of their own.
const LARGE: u64 = 1 << 31;

/// One object in a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Indexed {
    pub id: ObjectId,
    pub crc: u32,
    pub offset: u64,
}

/// The bytes of the index of a pack with this checksum. Sorts `objects`.
pub(super) fn write_index(
    objects: &mut [Indexed],
    pack_checksum: &[u8],
) -> Result<Vec<u8>, Failure> {
    objects.sort_unstable_by_key(|it| it.id);
    let mut out = Vec::with_capacity(8 + 1024 + objects.len() * 28 + 40);
    out.extend_from_slice(b"\xfftOc\0\0\0\x02");
    let mut fan_out = [0_u32; 256];
    for object in objects.iter() {
        let [first, ..] = *object.id.as_bytes();
        if let Some(count) = fan_out.get_mut(usize::from(first)) {
            *count += 1;
        }
    }
    let mut total = 0_u32;
    for count in fan_out {
        total += count;
        out.extend_from_slice(&total.to_be_bytes());
    }
    objects.iter().for_each(|it| out.extend_from_slice(it.id.as_bytes()));
    objects.iter().for_each(|it| out.extend_from_slice(&it.crc.to_be_bytes()));
    let mut large = Vec::new();
    for object in objects.iter() {
        let small = u32::try_from(object.offset).ok().filter(|_| object.offset < LARGE);
        let field = small.unwrap_or_else(|| {
            let place = u32::try_from(large.len()).unwrap_or(u32::MAX >> 1);
            large.push(object.offset);
            place | (1 << 31)
        });
        out.extend_from_slice(&field.to_be_bytes());
    }
    large.iter().for_each(|it| out.extend_from_slice(&it.to_be_bytes()));
    out.extend_from_slice(pack_checksum);
    let mut hash = gix_hash::hasher(gix_hash::Kind::Sha1);
    hash.update(&out);
    let checksum = hash
        .try_finalize()
        .map_err(|_| FailureCode::ObjectCollision.because("in the index's checksum"))?;
    out.extend_from_slice(checksum.as_slice());
    Ok(out)
}
