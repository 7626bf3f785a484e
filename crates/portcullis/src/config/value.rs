//! Reads one configuration value from its text. Knows forms, not keys; must never fall back to a
//! default when a value cannot be read.

use app::AddressRange;
use std::time::Duration;

/// Why a value was not accepted; continues the sentence "`KEY` is `VALUE`: ".
pub type Why = String;

/// A whole number above zero: no limit of ours means anything at zero.
pub fn parse_count(text: &str) -> Result<usize, Why> {
    match text.replace('_', "").parse() {
        Ok(0) | Err(_) => Err("write a whole number above zero".into()),
        Ok(number) => Ok(number),
    }
}

/// Bytes: `1048576`, `1024K`, `1M`, `2G`; `B` and `iB` after the letter are accepted.
pub fn parse_size(text: &str) -> Result<u64, Why> {
    let why = || "write bytes as `65536`, `512K`, `64M` or `2G`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default().to_ascii_uppercase();
    let factor: u64 = match unit.trim_end_matches('B').trim_end_matches('I') {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(why()),
    };
    let number: u64 = digits.trim().replace('_', "").parse().map_err(|_| why())?;
    number.checked_mul(factor).filter(|it| *it > 0).ok_or_else(why)
}

/// A time above zero: `500ms`, `30s`, `5m`, `1h`.
pub fn parse_duration(text: &str) -> Result<Duration, Why> {
    let why = || "write a time as `500ms`, `30s`, `5m` or `1h`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let milliseconds: u64 = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(why()),
    };
    let number: u64 = digits.trim().parse().map_err(|_| why())?;
    let total = number.checked_mul(milliseconds).filter(|it| *it > 0).ok_or_else(why)?;
    Ok(Duration::from_millis(total))
}

/// `true` or `false`.
pub fn parse_flag(text: &str) -> Result<bool, Why> {
    text.parse().map_err(|_| "write `true` or `false`".into())
}

/// `host:port`; the host may be a name, or an IPv6 address in brackets.
pub fn parse_address(text: &str) -> Result<String, Why> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.into()),
        Some(_) | None => Err("write it as `host:port`, for example `127.0.0.1:8080`".into()),
    }
}

/// The same, or `none`.
pub fn parse_address_or_none(text: &str) -> Result<Option<String>, Why> {
    match text {
        "none" => Ok(None),
        _ => parse_address(text).map(Some).map_err(|why| format!("{why}, or `none`")),
    }
}

/// The same in its two parts; the host of an IPv6 address without its brackets.
pub fn parse_host_and_port(text: &str) -> Result<(String, u16), Why> {
    let why = || "write it as `host:port`, for example `git.example.org:22`".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(why)?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if host.is_empty() || !host.chars().all(fit) {
        return Err(why());
    }
    Ok((host.to_owned(), port.parse().map_err(|_| why())?))
}

/// Blocks of addresses with commas between them.
pub fn parse_addresses(text: &str) -> Result<Vec<AddressRange>, Why> {
    let why = || "write blocks of addresses as `10.0.0.0/8, 2001:db8::/32`".to_owned();
    text.split(',').map(|it| AddressRange::parse(it.trim()).ok_or_else(why)).collect()
}

/// An `http` or `https` URL with a host, without credentials, query or fragment. The slash at its
/// end is dropped, so that paths can be appended.
pub fn parse_url(text: &str) -> Result<String, Why> {
    let why = || "write it as `https://git.example.org`".to_owned();
    let rest =
        text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(why)?;
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty()
        || text.contains(['@', '?', '#', ' ', '"'])
        || text.contains(char::is_control)
    {
        return Err(why());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_as_people_write_them() {
        for (text, bytes) in
            [("1", 1), ("64K", 65_536), ("1_000", 1_000), ("2GiB", 2 << 30), ("3mb", 3 << 20)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "0", "-1", "1T", "K", "1.5G", "99999999999999999999", "20000000000G"] {
            assert!(parse_size(bad).is_err(), "{bad:?}");
        }
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        for bad in ["", "30", "0s", "-1s", "1d", "s", "18446744073709551615h"] {
            assert!(parse_duration(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "0", "-3", "many", "1.5"] {
            assert!(parse_count(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn addresses_and_urls_are_checked_before_they_are_used() {
        for good in ["127.0.0.1:0", "[::1]:8080", "localhost:80"] {
            assert_eq!(parse_address(good).as_deref(), Ok(good));
        }
        for bad in ["", "8080", ":8080", "localhost", "h:99999"] {
            assert!(parse_address(bad).is_err(), "{bad:?}");
        }
        assert_eq!(parse_address_or_none("none"), Ok(None));
        assert!(parse_address_or_none("").is_err());
        for (text, host) in [("git.example.org:22", "git.example.org"), ("[::1]:22", "::1")] {
            assert_eq!(parse_host_and_port(text), Ok((host.to_owned(), 22)));
        }
        for bad in ["", "h", ":22", "h:x", "a b:22", "h\n:22"] {
            assert!(parse_host_and_port(bad).is_err(), "{bad:?}");
        }
        assert_eq!(parse_url("https://git.example/x/").as_deref(), Ok("https://git.example/x"));
        for bad in ["", "git.example", "ftp://x", "http://", "http://a@b", "https://a/?q"] {
            assert!(parse_url(bad).is_err(), "{bad:?}");
        }
    }
}
