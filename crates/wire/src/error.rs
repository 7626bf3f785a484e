//! What can be wrong with bytes from the other side.

use thiserror::Error;

/// Why bytes were not understood. Each sentence is fit to be sent back as a pkt `ERR`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error("the length of a pkt-line is not 4 hexadecimal digits but `{0}`")]
    BadLength(String),
    #[error("a pkt-line of {0} bytes is longer than the 65520 the protocol allows")]
    PktTooLong(usize),
    #[error("the stream ends in the middle of a pkt-line")]
    Truncated,
    #[error("`{found}` is not expected here: {expected}")]
    Unexpected { found: String, expected: &'static str },
    #[error("`{0}` does not hold an object id of 40 hexadecimal digits")]
    BadObjectId(String),
    #[error("`{0}` is not a number in range")]
    BadNumber(String),
    #[error("object format `{0}` is not supported, only sha1 is")]
    ObjectFormat(String),
    #[error("signed pushes are not supported: push again without `--signed`")]
    PushCertificate,
    #[error("more than {limit} {what} in one request")]
    TooMany { what: &'static str, limit: usize },
    #[error("a line of {found} bytes is longer than the {limit} allowed for {what}")]
    LineTooLong { what: &'static str, found: usize, limit: usize },
    #[error(
        "object filter `{0}` is not supported: use blob:none, blob:limit, tree, object:type or combine"
    )]
    Filter(String),
    #[error("deepen cannot be combined with deepen-since or deepen-not")]
    MixedDeepen,
    #[error("command `{0}` is unknown: this server has ls-refs and fetch")]
    UnknownCommand(String),
    #[error("a side-band packet has no band byte, or one that is not 1, 2 or 3")]
    BadBand,
}
