//! Blocks of addresses, as people write them.

use crate::error::Fields;
use crate::render::visible;
use policy::AddressRange;

/// More blocks than this are a mistake, and each is looked at for every request.
const MOST: usize = 200;

/// Reads a list of blocks; what is none is noted under the field.
pub(crate) fn addresses(blocks: &[String], field: &str, fields: &mut Fields) -> Vec<AddressRange> {
    if blocks.len() > MOST {
        fields.add(field, format!("these are {}: give at most {MOST}", blocks.len()));
    }
    let mut read = Vec::new();
    for block in blocks {
        match AddressRange::parse(block) {
            Some(range) if range.has_no_host_bits() => read.push(range),
            Some(range) => fields.add(
                field,
                format!("`{range}` is an address in a block: write the block `{}`", range.block()),
            ),
            None => fields.add(
                field,
                format!("`{}` is no block of addresses: write it as `10.0.0.0/8`", visible(block)),
            ),
        }
    }
    read
}

/// Blocks that were stored. One that this version cannot read lets nobody in, and the list stays a
/// list.
pub(crate) fn stored(blocks: &[String]) -> Vec<AddressRange> {
    blocks.iter().filter_map(|it| AddressRange::parse(it)).collect()
}
