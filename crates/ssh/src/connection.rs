//! One connection: who is there, then one command per channel. What russh calls when a message
//! comes. Of what is not named here, russh refuses what would open something, and leaves the rest
//! without an answer.

use crate::algorithms::{FULL_WINDOW, is_taken};
use crate::command::Command;
use crate::crowd::Place;
use crate::life::Life;
use crate::listener::Shared;
use crate::pipe::{Held, Inbox};
use crate::run::Run;
use crate::{Error, answer};
use app::{OfferedKey, ProvenKey, Version};
use russh::keys::Certificate;
use russh::server::{
    Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, MethodKind, MethodSet, Pty};
use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

/// The one user name. Who somebody is, their key says.
const USER: &str = "git";

/// The variable of the environment that means something here.
const GIT_PROTOCOL: &str = "GIT_PROTOCOL";

/// A client, from its first byte to its last.
pub struct Connection {
    shared: Arc<Shared>,
    address: IpAddr,
    /// Set once the greetings are exchanged.
    handle: Arc<OnceLock<Handle>>,
    life: Life,
    place: Place,
    key: Option<Arc<ProvenKey>>,
    /// Keys that were offered and are good for nothing, by fingerprint.
    unknown: Vec<String>,
    told: bool,
    channels: HashMap<ChannelId, Opened>,
    /// What clients sent to all of them and nobody has read.
    held: Held,
    /// One for each command that may run.
    slots: Arc<Semaphore>,
}

/// A channel that a client opened.
#[derive(Default)]
struct Opened {
    version: Version,
    /// Of the command that was begun in it.
    inbox: Option<Arc<Inbox>>,
}

impl Connection {
    /// Somebody has connected.
    pub fn new(
        shared: Arc<Shared>,
        address: IpAddr,
        handle: Arc<OnceLock<Handle>>,
        life: Life,
        place: Place,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(shared.settings.max_sessions));
        Self {
            shared,
            address,
            handle,
            life,
            place,
            key: None,
            unknown: Vec::new(),
            told: false,
            channels: HashMap::new(),
            held: Held::default(),
            slots,
        }
    }

    /// A key was offered that lets nobody in. The others may still be tried.
    async fn reject(&mut self, key: &OfferedKey) -> Auth {
        let fingerprint = key.fingerprint().to_string();
        if !self.unknown.contains(&fingerprint) {
            self.unknown.push(fingerprint);
        }
        if self.unknown.len() >= self.shared.settings.max_offered_keys {
            self.say_goodbye(format!(
                "none of the first {} keys is known here: offer the right one only, with \
                 IdentitiesOnly=yes and IdentityFile in ~/.ssh/config",
                self.unknown.len()
            ))
            .await;
        }
        refused(!self.told)
    }

    /// Ends the connection with a sentence that every client shows.
    async fn say_goodbye(&self, why: String) {
        if let Some(handle) = self.handle.get() {
            let reason = Disconnect::NoMoreAuthMethodsAvailable;
            // A client that has gone needs no reason.
            drop(handle.disconnect(reason, why, String::new()).await);
        }
    }

    /// Somebody is who they say, if anybody is.
    async fn sign_in(&mut self, key: &OfferedKey) -> Result<Auth, Error> {
        match self.shared.app.sign_in_by_key(key, Some(self.address)).await? {
            Some(key) => {
                self.key = Some(Arc::new(key));
                Ok(Auth::Accept)
            }
            None => Ok(self.reject(key).await),
        }
    }

    /// Begins a command in a channel.
    async fn begin(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Error> {
        let (Some(key), Some(opened)) = (&self.key, self.channels.get_mut(&channel)) else {
            session.channel_failure(channel)?;
            return Ok(());
        };
        if opened.inbox.is_some() {
            // One command per channel, as the protocol has it.
            session.channel_failure(channel)?;
            return Ok(());
        }
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            let most = self.shared.settings.max_sessions;
            let why =
                format!("this connection runs {most} commands already: wait for one of them\n");
            return self.not_now(channel, session, why);
        };
        let busy = match self.place.begin_command() {
            Ok(busy) => busy,
            Err(full) => return self.not_now(channel, session, full.to_a_command().into()),
        };
        let inbox = Arc::new(Inbox::new(self.held.clone()));
        opened.inbox = Some(inbox.clone());
        session.channel_success(channel)?;
        let line = key.forced_command().map_or(Cow::Borrowed(line), |it| it.as_bytes().into());
        let run = Run {
            shared: self.shared.clone(),
            key: key.clone(),
            door: self.shared.door(self.address),
            version: opened.version,
            handle: session.handle(),
            channel,
            inbox,
            running: (self.life.run(), slot, busy),
        };
        let command = Command::parse(&line);
        tokio::spawn(run.run(command));
        Ok(())
    }

    /// Says why a command does not run, and closes its channel.
    fn not_now(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
        why: String,
    ) -> Result<(), Error> {
        self.channels.remove(&channel);
        session.channel_success(channel)?;
        session.extended_data(channel, 1, why)?;
        session.exit_status_request(channel, answer::REFUSED)?;
        Ok(session.close(channel)?)
    }

    /// Signing in as anybody but `git` is refused with the address to use.
    async fn reject_user(&self) -> Auth {
        self.say_goodbye(format!(
            "sign in as `{USER}`, whoever you are: ssh://{USER}@HOST/WORKSPACE/REPOSITORY.git"
        ))
        .await;
        refused(false)
    }

    fn inbox(&self, channel: ChannelId) -> Option<&Arc<Inbox>> {
        self.channels.get(&channel)?.inbox.as_ref()
    }
}

/// Not this one. A client that knows the method is then told why none was good, once.
fn refused(tell: bool) -> Auth {
    let methods: &[MethodKind] = if tell {
        &[MethodKind::PublicKey, MethodKind::KeyboardInteractive]
    } else {
        &[MethodKind::PublicKey]
    };
    Auth::Reject { proceed_with_methods: Some(MethodSet::from(methods)), partial_success: false }
}

/// What is said when keys were offered and none is known. Nothing in it is about accounts.
fn none_is_known(offered: &[String]) -> String {
    let mut text = String::from("None of the keys you offered is known here:\n");
    for fingerprint in offered {
        text.push_str("  ");
        text.push_str(fingerprint);
        text.push('\n');
    }
    text.push_str("Add its public half to your account, or offer another: ssh -i FILE.\n");
    text
}

impl Handler for Connection {
    type Error = Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Error> {
        Ok(if user == USER { refused(false) } else { self.reject_user().await })
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Error> {
        if user != USER {
            return Ok(self.reject_user().await);
        }
        if !is_taken(offer.algorithm) {
            return Ok(refused(false));
        }
        let key = OfferedKey::from(offer.public_key);
        // Whether a certificate is offered or the key it is for cannot be seen here: with
        // authorities, only what is proven is looked at.
        let known = self.shared.settings.certificates
            || self.shared.app.is_key_known(&key, Some(self.address)).await?;
        if known { Ok(Auth::Accept) } else { Ok(self.reject(&key).await) }
    }

    /// A client need not have offered the key before it signs with it.
    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Error> {
        if user != USER {
            return Ok(self.reject_user().await);
        }
        if !is_taken(key.algorithm) {
            return Ok(refused(false));
        }
        self.sign_in(&OfferedKey::from(key.public_key)).await
    }

    async fn auth_openssh_certificate(
        &mut self,
        user: &str,
        certificate: &Certificate,
    ) -> Result<Auth, Error> {
        if user != USER {
            return Ok(self.reject_user().await);
        }
        self.sign_in(&OfferedKey::from(certificate.clone())).await
    }

    /// No questions: the way to show a text to somebody who has not signed in.
    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        _response: Option<russh::server::Response<'a>>,
    ) -> Result<Auth, Error> {
        if self.unknown.is_empty() || std::mem::replace(&mut self.told, true) {
            return Ok(refused(false));
        }
        Ok(Auth::Partial {
            name: Cow::Borrowed(""),
            instructions: none_is_known(&self.unknown).into(),
            prompts: Cow::Borrowed(&[]),
        })
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Error> {
        self.place.signed_in();
        self.life.signed_in();
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Error> {
        // russh says nothing of a channel that was closed from this side first.
        self.channels.retain(|_, it| !it.inbox.as_ref().is_some_and(|it| it.is_over()));
        // Twice: some have been opened and not been told what to run.
        if self.channels.len() >= self.shared.settings.max_sessions.saturating_mul(2) {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
        } else {
            self.channels.insert(channel.id(), Opened::default());
            reply.accept().await;
        }
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Error> {
        match self.channels.get_mut(&channel) {
            Some(opened) if name == GIT_PROTOCOL => {
                opened.version = Version::parse(value);
                session.channel_success(channel)?;
            }
            Some(_) | None => session.channel_failure(channel)?,
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Error> {
        self.begin(channel, line, session).await
    }

    /// `ssh -T`: nobody is given a shell; they are greeted.
    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Error> {
        self.begin(channel, b"", session).await
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        session: &mut Session,
    ) -> Result<(), Error> {
        Ok(session.channel_failure(channel)?)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _single_connection: bool,
        _protocol: &str,
        _cookie: &str,
        _screen: u32,
        session: &mut Session,
    ) -> Result<(), Error> {
        Ok(session.channel_failure(channel)?)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Error> {
        Ok(session.channel_failure(channel)?)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _session: &mut Session,
    ) -> Result<(), Error> {
        match self.inbox(channel) {
            Some(inbox) => inbox.put(data).await.map_err(|_| Error::Flood),
            // Nobody to read it.
            None => Ok(()),
        }
    }

    fn adjust_window(&mut self, channel: ChannelId, current: u32) -> u32 {
        let is_read = self.inbox(channel).is_some_and(|it| it.is_read());
        if is_read { FULL_WINDOW } else { current }
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Error> {
        if let Some(inbox) = self.inbox(channel) {
            inbox.finish();
        }
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _session: &mut Session,
    ) -> Result<(), Error> {
        if let Some(inbox) = self.channels.remove(&channel).and_then(|it| it.inbox) {
            inbox.hang_up();
        }
        Ok(())
    }
}

impl Drop for Connection {
    /// However the connection ended, its commands read no more.
    fn drop(&mut self) {
        for inbox in self.channels.values().filter_map(|it| it.inbox.as_ref()) {
            inbox.hang_up();
        }
    }
}

/// Unique in this process, and unlikely to meet another's.
pub fn new_request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    static PROCESS: OnceLock<u32> = OnceLock::new();
    let process = PROCESS.get_or_init(rand::random);
    format!("{process:08x}-s{:x}", NEXT.fetch_add(1, Ordering::Relaxed))
}
