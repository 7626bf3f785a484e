//! Runs one command on one channel, from the request to the exit status.

use crate::answer::{self, DEAD, DONE, REFUSED, USAGE};
use crate::command::{Command, NotACommand, Question, Service};
use crate::crowd::Busy;
use crate::life::Running;
use crate::listener::Shared;
use crate::pipe::{Inbox, InboxReader, Outbox};
use crate::questions::{self, Asking};
use app::{Door, Error, Fetching, PlaceName, ProvenKey, Pushing, Version};
use russh::ChannelId;
use russh::server::Handle;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// The stream that people read: standard error.
const STDERR: u32 = 1;

/// Somebody's command and where its answer goes.
pub struct Run {
    /// Held until the work is done, so that the server waits for it when it stops.
    pub shared: Arc<Shared>,
    pub key: Arc<ProvenKey>,
    pub door: Door,
    pub version: Version,
    pub handle: Handle,
    pub channel: ChannelId,
    pub inbox: Arc<Inbox>,
    /// Given back when the work is done, not when the client has gone.
    pub running: (Running, OwnedSemaphorePermit, Busy),
}

impl Run {
    /// Runs it. A client that goes away is noticed by whoever writes to it.
    pub async fn run(self, command: Result<Command, NotACommand>) {
        let status = match command {
            Ok(Command::Git(service, path)) => {
                let place = PlaceName::repository_path(&path);
                match service {
                    Service::UploadPack => self.fetch(&place).await,
                    Service::ReceivePack => self.push(&place).await,
                }
            }
            Ok(Command::Ask(question)) => self.question(question).await,
            Err(why) => {
                self.say(answer::not_a_command(&why)).await;
                Ok(USAGE)
            }
        };
        let status = match status {
            Ok(status) => status,
            Err((error, status)) => {
                answer::log(&error, &self.door.request_id);
                self.say(answer::text(&error)).await;
                status
            }
        };
        self.end(status).await;
    }

    async fn fetch(&self, place: &PlaceName) -> Result<u32, (Error, u32)> {
        let opened = async {
            let who = self.shared.app.asker_at(&self.key, &self.door, place).await?;
            self.shared.app.open_repository::<Fetching>(&who, place).await
        };
        let repository = opened.await.map_err(|it| (it, DEAD))?;
        let version = self.version;
        self.git(move |input, output| repository.converse(version, input, output)).await
    }

    async fn push(&self, place: &PlaceName) -> Result<u32, (Error, u32)> {
        let opened = async {
            let who = self.shared.app.asker_at(&self.key, &self.door, place).await?;
            self.shared.app.open_repository::<Pushing>(&who, place).await
        };
        let repository = opened.await.map_err(|it| (it, DEAD))?;
        let version = self.version;
        self.git(move |input, output| repository.converse(version, input, output)).await
    }

    /// Git's own conversation, on a thread that may block.
    async fn git(
        &self,
        work: impl FnOnce(&mut InboxReader, &mut Outbox) -> Result<(), Error> + Send + 'static,
    ) -> Result<u32, (Error, u32)> {
        let runtime = tokio::runtime::Handle::current();
        let patience = self.shared.settings.silence_timeout;
        let mut input = InboxReader::new(self.inbox.clone(), patience);
        let (handle, inbox) = (self.handle.clone(), self.inbox.clone());
        let mut output = Outbox::new(handle, self.channel, inbox, runtime, patience);
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&mut input, &mut output);
            (done, std::io::Write::flush(&mut output))
        });
        match done.await {
            Ok((Ok(()), Ok(()))) => Ok(DONE),
            Ok((Ok(()), Err(error))) => {
                tracing::debug!(%error, "the end of the answer was not sent");
                Ok(REFUSED)
            }
            // Said in git's protocol, as far as the client listens.
            Ok((Err(error), _)) => {
                let request_id = &self.door.request_id;
                tracing::info!(
                    request_id,
                    error = answer::chain(&error),
                    "a conversation ended early"
                );
                Ok(DEAD)
            }
            Err(error) => {
                tracing::error!(%error, "protocol work did not come back");
                Ok(DEAD)
            }
        }
    }

    async fn question(&self, question: Question) -> Result<u32, (Error, u32)> {
        self.inbox.close();
        let asking = Asking { app: &self.shared.app, key: &self.key, door: &self.door };
        let answer = match question {
            Question::Greeting => questions::greeting(&asking).await,
            Question::WhoAmI => questions::who_am_i(&asking).await,
            Question::Repositories => questions::repositories(&asking).await,
            Question::Explain { repository, reference, operation } => {
                questions::explain(&asking, &repository, reference, operation).await
            }
            Question::Refusal(id) => questions::refusal(&asking, &id).await,
            Question::Help => Ok(answer::HELP.to_owned()),
        };
        let text = answer.map_err(|it| (it, REFUSED))?;
        // A client that has gone needs no answer.
        drop(self.handle.data(self.channel, text).await);
        Ok(DONE)
    }

    /// Tells a person why there is no more. What they still send is not read.
    async fn say(&self, text: String) {
        self.inbox.close();
        // A client that has gone needs no answer.
        drop(self.handle.extended_data(self.channel, STDERR, text).await);
    }

    async fn end(self, status: u32) {
        let ended = async {
            self.handle.exit_status_request(self.channel, status).await?;
            self.handle.eof(self.channel).await?;
            self.handle.close(self.channel).await
        };
        if ended.await.is_err() {
            tracing::debug!("the client did not wait for the end");
        }
        self.inbox.end_channel();
        drop(self.running);
    }
}
