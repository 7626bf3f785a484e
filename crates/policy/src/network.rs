//! From where private things may be used: blocks of addresses, and who asks for them.
//!
//! Data and arithmetic; what is private is for the layer to say.

use std::fmt;
use std::net::IpAddr;

/// What is asked of the network private things are used from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkRules {
    /// Those of the installation. Empty: from anywhere.
    pub instance: Vec<AddressRange>,
    /// Those of the workspace that the place lies in. Empty: from anywhere.
    pub workspace: Vec<AddressRange>,
    /// Must people have a second factor? Asked by the workspace.
    pub two_factor: bool,
}

/// Which list of addresses keeps a request out. Each has to let it in by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressList {
    /// That of the token which was presented.
    Token,
    Workspace,
    Instance,
}

/// A block of addresses, as `10.1.0.0/16` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    pub network: IpAddr,
    /// How many leading bits count. More than the address has means all of them.
    pub prefix: u8,
}

impl AddressRange {
    /// Reads `10.1.0.0/16`, or one address without a prefix. `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (network, prefix) = match text.split_once('/') {
            Some((network, prefix)) => (network, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = network.parse().ok()?;
        let most: u8 = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |it| it.parse().ok())?;
        (prefix <= most).then_some(Self { network, prefix })
    }

    /// Does it name the block itself, and not an address in it?
    pub fn has_no_host_bits(&self) -> bool {
        self.block() == *self
    }

    /// The block that the address lies in: `10.0.0.0/8` for `10.1.2.3/8`.
    pub fn block(&self) -> Self {
        let network = match self.network {
            IpAddr::V4(it) => {
                let free = 32_u32.saturating_sub(self.prefix.into());
                let kept = u32::MAX.checked_shl(free).unwrap_or(0);
                IpAddr::V4((it.to_bits() & kept).into())
            }
            IpAddr::V6(it) => {
                let free = 128_u32.saturating_sub(self.prefix.into());
                let kept = u128::MAX.checked_shl(free).unwrap_or(0);
                IpAddr::V6((it.to_bits() & kept).into())
            }
        };
        Self { network, prefix: self.prefix }
    }

    /// Is the address in the block? An IPv4 address in IPv6 clothes counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let free = 32_u32.saturating_sub(self.prefix.into());
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let free = 128_u32.saturating_sub(self.prefix.into());
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_as_people_write_it() {
        for (text, read) in [
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(AddressRange::parse(text).map(|it| it.to_string()).as_deref(), Some(read));
        }
        for bad in ["", "10.1", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "a/8"] {
            assert_eq!(AddressRange::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_lies_in_one_block_of_each_size() {
        for (text, block) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.3/0", "0.0.0.0/0"),
            ("2001:db8:1::5/32", "2001:db8::/32"),
            ("2001:db8::/0", "::/0"),
        ] {
            let range = AddressRange::parse(text).unwrap();
            assert_eq!(range.block().to_string(), block, "{text}");
            assert!(range.block().has_no_host_bits(), "{text}");
        }
        assert!(!AddressRange::parse("10.1.2.3/8").unwrap().has_no_host_bits());
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        let cases = [
            ("10.1.0.0", 16, "10.1.255.1", true),
            ("10.1.0.0", 16, "10.2.0.1", false),
            ("10.1.0.0", 16, "::ffff:10.1.2.3", true),
            ("10.1.2.3", 32, "10.1.2.3", true),
            ("10.1.2.3", 32, "10.1.2.4", false),
            ("10.1.2.3", 200, "10.1.2.4", false),
            ("0.0.0.0", 0, "192.0.2.1", true),
            ("0.0.0.0", 0, "2001:db8::1", false),
            ("2001:db8::", 32, "2001:db8:1::1", true),
            ("2001:db8::", 32, "2001:db9::1", false),
            ("::", 0, "2001:db9::1", true),
        ];
        for (network, prefix, address, inside) in cases {
            let range = AddressRange { network: network.parse().unwrap(), prefix };
            assert_eq!(
                range.contains(address.parse().unwrap()),
                inside,
                "{network}/{prefix} {address}"
            );
        }
    }
}
