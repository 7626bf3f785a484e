//! Which conversation: the service, the protocol version, our name in it.

use crate::{put_flush, put_text};

/// What we call ourselves: `portcullis/VERSION`.
pub const AGENT: &str = concat!("portcullis/", env!("CARGO_PKG_VERSION"));

/// The two conversations git has with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Fetch, clone, `ls-remote`.
    UploadPack,
    /// Push.
    ReceivePack,
}

impl Service {
    /// The name on command lines and in URLs: `git-upload-pack`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UploadPack => "git-upload-pack",
            Self::ReceivePack => "git-receive-pack",
        }
    }

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::UploadPack, Self::ReceivePack].into_iter().find(|it| it.as_str() == name)
    }
}

/// The protocol version the client asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    #[default]
    V0,
    V1,
    V2,
}

impl Version {
    /// Reads `GIT_PROTOCOL` or the `Git-Protocol` header: keys separated by colons. The highest
    /// version named that we know; what we do not know is left out, as git does.
    pub fn parse(value: &str) -> Self {
        let versions = value.split(':').filter_map(|key| match key.strip_prefix("version=")? {
            "1" => Some(Self::V1),
            "2" => Some(Self::V2),
            _ => None,
        });
        versions.max().unwrap_or_default()
    }

    /// The version a push speaks: there is no push in protocol 2, clients expect 0 then.
    pub const fn for_push(self) -> Self {
        match self {
            Self::V1 => Self::V1,
            Self::V0 | Self::V2 => Self::V0,
        }
    }
}

/// Appends the two packets before an advertisement over HTTP. Protocol 2 has none.
pub fn put_service_header(out: &mut Vec<u8>, service: Service) {
    put_text(out, &format!("# service={}", service.as_str()));
    put_flush(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_known_version_wins() {
        for (value, version) in [
            ("", Version::V0),
            ("version=2", Version::V2),
            ("version=1", Version::V1),
            ("version=0", Version::V0),
            ("version=3", Version::V0),
            ("version=1:version=2:x=y", Version::V2),
            ("side=1:version=1", Version::V1),
            (" version=2", Version::V0),
        ] {
            assert_eq!(Version::parse(value), version, "{value:?}");
        }
        assert_eq!(Version::V2.for_push(), Version::V0);
    }

    #[test]
    fn the_service_header_is_gits() {
        let mut out = Vec::new();
        put_service_header(&mut out, Service::UploadPack);
        assert_eq!(out, b"001e# service=git-upload-pack\n0000");
        assert_eq!(Service::parse("git-receive-pack"), Some(Service::ReceivePack));
        assert_eq!(Service::parse("git-upload-archive"), None);
    }
}
