//! One push, from the command list to the report. The order of things is the promise: the judge
//! is asked before a byte of the pack is looked at and again when the objects are in quarantine;
//! refs move once everything is checked and durable; the report comes last.

mod flow;
mod input;
mod limits;
mod report;

pub use flow::receive_pack;
pub use input::advertise_receive;
pub use limits::{Limits, ReceiveOptions};
