//! Pages of long lists.

use crate::sql::{Arg, Row};
use crate::{Result, Store};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items to leave out at the start.
    pub offset: i64,
    /// How many items at most.
    pub limit: i64,
}

impl PageRequest {
    /// The whole list, for callers that know it to be short.
    pub const ALL: Self = Self { offset: 0, limit: i64::MAX };
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many items the whole list has.
    pub size: i64,
}

impl Store {
    /// Runs the two statements of a page: one for the rows, whose last two placeholders are limit
    /// and offset, and one that counts as `size`, with the placeholders before them.
    pub(crate) async fn page<T>(
        &self,
        (rows, count): (&'static str, &'static str),
        args: &[Arg<'_>],
        page: PageRequest,
        read: impl Fn(&Row) -> Result<T>,
    ) -> Result<Page<T>> {
        let mut paged = args.to_vec();
        paged.extend([Arg::from(page.limit), Arg::from(page.offset)]);
        let rows = self.database.all(rows, &paged).await?;
        let counted = self.database.optional(count, args).await?;
        let size = counted.map_or(Ok(0), |row| row.of("count").int("size"))?;
        Ok(Page { items: rows.iter().map(read).collect::<Result<_>>()?, size })
    }
}
