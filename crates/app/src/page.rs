//! Pages of lists. The size counts only what the asker may see, and never anything else.

/// Which part of a list somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Counted from 1.
    page: u32,
    /// Items on a page.
    pagelen: u32,
}

impl PageRequest {
    /// The longest page. Larger wishes are cut to it, as Bitbucket's clients expect.
    pub const MAX: u32 = 100;

    /// Page 0 is read as page 1; a length of 0 as the usual 10.
    pub fn new(page: u32, pagelen: u32) -> Self {
        Self::within(page, pagelen, 10, Self::MAX)
    }

    /// The same for lists with a usual and a longest page of their own.
    pub fn within(page: u32, pagelen: u32, usual: u32, most: u32) -> Self {
        let pagelen = if pagelen == 0 { usual } else { pagelen.min(most) };
        Self { page: page.max(1), pagelen }
    }

    /// The page's number, from 1.
    pub const fn page(self) -> u32 {
        self.page
    }

    /// The page's length.
    pub const fn pagelen(self) -> u32 {
        self.pagelen
    }

    /// How many items come before the page.
    pub fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.pagelen)
    }

    /// Cuts the page out of the whole list.
    pub fn of<T>(self, all: impl IntoIterator<Item = T>) -> Page<T> {
        let (mut values, mut size) = (Vec::new(), 0_u64);
        let (from, to) = (self.offset(), self.offset() + u64::from(self.pagelen));
        for value in all {
            if (from..to).contains(&size) {
                values.push(value);
            }
            size += 1;
        }
        Page { values, size, page: self.page, pagelen: self.pagelen }
    }

    /// The same wish, as the store takes it.
    pub(crate) fn to_store(self) -> store::PageRequest {
        let offset = i64::try_from(self.offset()).unwrap_or(i64::MAX);
        store::PageRequest { offset, limit: i64::from(self.pagelen) }
    }

    /// The page that the store gave for this wish.
    pub(crate) fn filled<T>(self, found: store::Page<T>) -> Page<T> {
        let size = u64::try_from(found.size).unwrap_or(0);
        Page { values: found.items, size, page: self.page, pagelen: self.pagelen }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(1, 10)
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it; empty past the end.
    pub values: Vec<T>,
    /// How many there are in all.
    pub size: u64,
    /// Its number, from 1.
    pub page: u32,
    /// How many fit on it.
    pub pagelen: u32,
}

impl<T> Page<T> {
    /// Is there another page after this one?
    pub fn has_next(&self) -> bool {
        u64::from(self.page) * u64::from(self.pagelen) < self.size
    }

    /// The same page with each value turned into something else, unless one cannot be.
    pub fn try_map<U, E>(self, turn: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let Self { values, size, page, pagelen } = self;
        let values = values.into_iter().map(turn).collect::<Result<_, E>>()?;
        Ok(Page { values, size, page, pagelen })
    }

    /// The same page with each value turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            values: self.values.into_iter().map(turn).collect(),
            size: self.size,
            page: self.page,
            pagelen: self.pagelen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_and_end_empty() {
        let table = [
            // page, length, values, next?
            (1, 2, vec![1, 2], true),
            (2, 2, vec![3, 4], true),
            (3, 2, vec![5], false),
            (4, 2, vec![], false),
            (0, 0, vec![1, 2, 3, 4, 5], false),
            (1, 1_000_000, vec![1, 2, 3, 4, 5], false),
            (u32::MAX, u32::MAX, vec![], false),
        ];
        for (page, pagelen, values, next) in table {
            let got = PageRequest::new(page, pagelen).of(1..=5);
            assert_eq!(
                (&got.values, got.size, got.has_next()),
                (&values, 5, next),
                "{page} {pagelen}"
            );
        }
    }
}
