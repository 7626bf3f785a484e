//! Looks into what a push brings, as far as content rules ask. It finds out what is the case and
//! judges nothing: whom a rule is about, and what follows, is the policy's.

mod argument;
mod check;
mod known;
mod look;
mod patterns;
mod signature;
mod signers;
mod test;

pub(crate) use argument::checked_content;
pub use check::{Check, CheckAnswer, Question as CheckQuestion};
pub(crate) use check::{faults as check_faults, told};
pub(crate) use known::{Known, Next};
pub(crate) use look::{About, Look};
pub(crate) use patterns::Patterns;
