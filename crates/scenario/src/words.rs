//! A line as words, taken one by one from the front.

/// What is left of a line. Commas are words of their own.
pub(crate) struct Words<'a> {
    rest: Vec<&'a str>,
}

/// Why a line could not be read, without its number.
pub(crate) type Read<T> = Result<T, String>;

impl<'a> Words<'a> {
    /// Splits a line, without its comment.
    pub fn of(line: &'a str) -> Self {
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        let mut rest = Vec::new();
        for word in line.split_whitespace() {
            for (at, part) in word.split(',').enumerate() {
                if at > 0 {
                    rest.push(",");
                }
                if !part.is_empty() {
                    rest.push(part);
                }
            }
        }
        rest.reverse();
        Self { rest }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next word, or the complaint that `what` is missing.
    pub fn take(&mut self, what: &str) -> Read<&'a str> {
        self.rest.pop().ok_or_else(|| format!("{what} is missing"))
    }

    /// The next word, if there is one.
    pub fn next(&mut self) -> Option<&'a str> {
        self.rest.pop()
    }

    /// Is the next word this one?
    pub fn peeks(&self, word: &str) -> bool {
        self.rest.last() == Some(&word)
    }

    /// Takes the next word if it is this one.
    pub fn takes(&mut self, word: &str) -> bool {
        let is = self.peeks(word);
        if is {
            self.rest.pop();
        }
        is
    }

    /// Items separated by commas, at least one.
    pub fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.takes(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Complains about what nobody took.
    pub fn end(mut self) -> Read<()> {
        match self.next() {
            Some(word) => Err(format!("`{word}` is not expected here")),
            None => Ok(()),
        }
    }
}
