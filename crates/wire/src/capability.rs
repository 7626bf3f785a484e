//! Capabilities as a client sends them: `key` or `key=value`, separated by spaces.

use crate::Error;

/// The capabilities of a request, as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(String);

impl Capabilities {
    /// Reads a list; what is not UTF-8 in it becomes replacement characters, which no
    /// capability contains.
    pub fn parse(list: &[u8]) -> Self {
        Self(String::from_utf8_lossy(list).into_owned())
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split([' ', '\n']).filter(|it| !it.is_empty())
    }

    /// Was this one named, without a value?
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|it| it == name)
    }

    /// The value of the first `name=value`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='))
    }

    /// The client's name and version, if it gave them.
    pub fn agent(&self) -> Option<&str> {
        self.value("agent")
    }

    /// Refuses every object format but SHA-1, the only one this server has.
    pub(crate) fn check_object_format(&self) -> Result<(), Error> {
        match self.value("object-format") {
            None | Some("sha1") => Ok(()),
            Some(other) => Err(Error::ObjectFormat(crate::escape(other.as_bytes()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_found_whole_or_not_at_all() {
        let list = Capabilities::parse(b" side-band-64k  agent=git/2.47.3 quiet\n");
        assert!(list.has("quiet") && list.has("side-band-64k"));
        assert!(!list.has("side-band") && !list.has("agent") && !list.has(""));
        assert_eq!((list.agent(), list.value("agen")), (Some("git/2.47.3"), None));
    }

    #[test]
    fn only_sha1_is_accepted() {
        assert_eq!(Capabilities::parse(b"object-format=sha1").check_object_format(), Ok(()));
        assert_eq!(
            Capabilities::parse(b"x object-format=sha256").check_object_format(),
            Err(Error::ObjectFormat("sha256".into()))
        );
    }
}
