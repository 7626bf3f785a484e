//! `/2.0/repositories/{workspace}/{repository}/pullrequests`: pull requests in Bitbucket's shapes.
//! Says what `app` says; who may do what is not asked here.

pub mod activity;
pub mod comments;
pub mod content;
pub mod found;
pub mod merging;
pub mod requests;
pub mod reviews;
pub mod shapes;
pub mod tasks;
