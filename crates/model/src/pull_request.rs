//! The words of pull requests. They are Bitbucket's, in JSON as in the store.

use crate::permission::words;

/// Where a pull request is in its life. Only an open one changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PullRequestState {
    Open,
    Merged,
    Declined,
    /// Another one has taken its place.
    Superseded,
}

words!("state", PullRequestState {
    Open = "OPEN", Merged = "MERGED", Declined = "DECLINED", Superseded = "SUPERSEDED",
});

/// What somebody has to do with a pull request besides being its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParticipantRole {
    /// Has commented or reviewed without having been asked.
    Participant,
    /// Was asked.
    Reviewer,
}

words!("role", ParticipantRole { Participant = "PARTICIPANT", Reviewer = "REVIEWER" });

/// What a participant thinks of a pull request, once they have said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewState {
    Approved,
    ChangesRequested,
}

words!("review", ReviewState { Approved = "approved", ChangesRequested = "changes_requested" });

/// What happened to a pull request, for its history and for those who listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActivityKind {
    Created,
    /// Title, text, reviewers, destination or commits.
    Updated,
    Approved,
    Unapproved,
    ChangesRequested,
    ChangesRequestRemoved,
    Commented,
    CommentUpdated,
    CommentDeleted,
    CommentResolved,
    CommentReopened,
    TaskCreated,
    TaskUpdated,
    TaskDeleted,
    Declined,
    Superseded,
    Merged,
    /// Somebody asked that it merge itself.
    AutoMergeAsked,
    /// It does not merge itself any more, for a reason.
    AutoMergeEnded,
    /// It came into the queue of its destination.
    Queued,
    /// It went out of the queue without having been merged, for a reason.
    Unqueued,
}

words!("activity", ActivityKind {
    Created = "created", Updated = "updated", Approved = "approved", Unapproved = "unapproved",
    ChangesRequested = "changes_request_created",
    ChangesRequestRemoved = "changes_request_removed", Commented = "comment_created",
    CommentUpdated = "comment_updated", CommentDeleted = "comment_deleted",
    CommentResolved = "comment_resolved", CommentReopened = "comment_reopened",
    TaskCreated = "task_created", TaskUpdated = "task_updated", TaskDeleted = "task_deleted",
    Declined = "rejected", Superseded = "superseded", Merged = "fulfilled",
    AutoMergeAsked = "auto_merge_created", AutoMergeEnded = "auto_merge_removed",
    Queued = "queue_entered", Unqueued = "queue_left",
});

/// What a pull request waits for that is to be merged later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitingWay {
    /// That nothing is missing any more.
    Auto,
    /// For its turn in the queue of its destination, where the commit that would land is built.
    Queue,
}

words!("way", WaitingWay { Auto = "auto", Queue = "queue" });
