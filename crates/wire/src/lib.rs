//! Git's wire protocol as values: pkt-line, side-band, advertisements, push commands and
//! reports, fetch requests of protocol 0, 1 and 2.
//!
//! Sans-I/O: bytes in, values out, and the other way round. This crate must never open a socket
//! or a file, never block, never look at a repository, and never decide whether somebody may do
//! something. Everything that reads is total: any bytes give a value or an [`Error`], never a
//! panic, and whatever a stranger can make grow has a limit handed in by the caller.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a failing test panics"
    )
)]

mod advertise;
mod capability;
mod deepen;
mod encode;
mod error;
mod fetch_v0;
mod filter;
mod pkt;
mod protocol;
mod push;
mod report;
mod sent_name;
mod sideband;
mod v2;

pub use advertise::{
    Head, put_ref_line, put_v2_advertisement, start_receive_advertisement,
    start_upload_advertisement,
};
pub use capability::Capabilities;
pub use deepen::Deepen;
pub use encode::{put_data, put_delim, put_error, put_flush, put_hex, put_response_end, put_text};
pub use error::Error;
pub use fetch_v0::{AckMode, HaveLine, UploadRequest, UploadRequestReader, put_ack, put_nak};
pub use filter::Filter;
pub use pkt::{Decoder, MAX_DATA, MAX_PKT, Pkt, decode};
pub use protocol::{AGENT, Service, Version, put_service_header};
pub use push::{Command, CommandProblem, Progress, PushLimits, PushRequest, PushRequestReader};
pub use report::{RefReport, ReportOption, put_report};
pub use sent_name::{SentName, escape};
pub use sideband::{Band, Frame, SideBand, put_band};
pub use v2::{FetchArguments, FetchLimits, LsRefsArguments, V2Reader, V2Request, put_ls_refs_line};
