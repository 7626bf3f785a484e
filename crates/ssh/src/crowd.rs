//! Counts connections and the commands they run, so that no address takes them all and those that
//! have not signed in never keep out those that have. Knows addresses and numbers, nothing else.

use crate::Settings;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// Everybody who is connected.
#[derive(Debug)]
pub struct Crowd {
    total: Limits,
    each: Limits,
    counts: Mutex<Counts>,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    connections: usize,
    opening: usize,
    commands: usize,
}

#[derive(Debug, Default)]
struct Counts {
    total: Count,
    each: HashMap<IpAddr, Count>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    connections: usize,
    opening: usize,
    commands: usize,
}

/// Why somebody is not let in now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The whole server is.
    Server,
    /// There are too many from this address.
    Address,
}

impl Full {
    /// What is said to one more connection, in place of the greeting. One line that does not
    /// begin like it.
    pub const fn to_a_connection(self) -> &'static str {
        match self {
            Self::Server => "Too many connections: try again in a moment\r\n",
            Self::Address => "Too many connections from your address: try again in a moment\r\n",
        }
    }

    /// What is said to one more command.
    pub const fn to_a_command(self) -> &'static str {
        match self {
            Self::Server => "the server runs as many commands as it may: try again in a moment\n",
            Self::Address => {
                "your address runs as many commands as it may: wait for one of them, or try again \
                 in a moment\n"
            }
        }
    }
}

/// One connection among the counted; gives its place back when dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Arc<Crowd>,
    address: IpAddr,
    opening: bool,
}

/// One command among the counted; gives its place back when dropped. It may outlive its
/// connection: what has been begun for a client that has gone still needs its thread.
#[derive(Debug)]
pub struct Busy {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// Nobody yet.
    pub fn new(settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            total: Limits {
                connections: settings.max_connections,
                opening: settings.max_unauthenticated,
                commands: settings.max_commands,
            },
            each: Limits {
                connections: settings.max_connections_per_address,
                opening: settings.max_unauthenticated_per_address,
                commands: settings.max_commands_per_address,
            },
            counts: Mutex::default(),
        })
    }

    /// A place for one more, who has not signed in.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let address = home(address);
        let mut counts = self.counts.lock();
        if counts.total.is_full(self.total) {
            return Err(Full::Server);
        }
        let each = counts.each.entry(address).or_default();
        if each.is_full(self.each) {
            return Err(Full::Address);
        }
        each.add();
        counts.total.add();
        Ok(Place { crowd: Arc::clone(self), address, opening: true })
    }

    fn leave(&self, address: IpAddr, left: Count) {
        let mut counts = self.counts.lock();
        counts.total.take(left);
        if let Some(each) = counts.each.get_mut(&address) {
            each.take(left);
            if *each == Count::default() {
                counts.each.remove(&address);
            }
        }
    }
}

impl Count {
    const fn is_full(self, limits: Limits) -> bool {
        self.connections >= limits.connections || self.opening >= limits.opening
    }

    fn add(&mut self) {
        self.connections += 1;
        self.opening += 1;
    }

    const fn take(&mut self, left: Self) {
        self.connections = self.connections.saturating_sub(left.connections);
        self.opening = self.opening.saturating_sub(left.opening);
        self.commands = self.commands.saturating_sub(left.commands);
    }
}

impl Place {
    /// Whoever it is has signed in.
    pub fn signed_in(&mut self) {
        if std::mem::take(&mut self.opening) {
            self.crowd.leave(self.address, Count { opening: 1, ..Count::default() });
        }
    }

    /// A place for one more command of this connection.
    pub fn begin_command(&self) -> Result<Busy, Full> {
        let (crowd, address) = (&self.crowd, self.address);
        let mut counts = crowd.counts.lock();
        if counts.total.commands >= crowd.total.commands {
            return Err(Full::Server);
        }
        let each = counts.each.entry(address).or_default();
        if each.commands >= crowd.each.commands {
            return Err(Full::Address);
        }
        each.commands += 1;
        counts.total.commands += 1;
        Ok(Busy { crowd: Arc::clone(crowd), address })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.crowd.leave(self.address, Count { commands: 1, ..Count::default() });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let opening = usize::from(self.opening);
        self.crowd.leave(self.address, Count { connections: 1, opening, commands: 0 });
    }
}

/// Whom an address is counted for: one customer usually has a whole /64.
fn home(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(it) => IpAddr::V4(it),
        IpAddr::V6(it) => {
            let [a, b, c, d, ..] = it.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(total: (usize, usize), each: (usize, usize)) -> Arc<Crowd> {
        let limits = |(connections, opening)| Limits { connections, opening, commands: opening };
        Arc::new(Crowd { total: limits(total), each: limits(each), counts: Mutex::default() })
    }

    #[test]
    fn one_address_cannot_keep_the_others_out() {
        let crowd = crowd((10, 4), (3, 2));
        let [one, two]: [IpAddr; 2] =
            ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let neighbour: IpAddr = "2001:db8::ffff:1".parse().unwrap();
        let mut first = crowd.enter(one).unwrap();
        let second = crowd.enter(one).unwrap();
        assert_eq!(crowd.enter(one).unwrap_err(), Full::Address);
        first.signed_in();
        first.signed_in();
        let third = crowd.enter(one).unwrap();
        assert_eq!(crowd.enter(one).unwrap_err(), Full::Address);
        let _others = (crowd.enter(two).unwrap(), crowd.enter(neighbour).unwrap());
        assert_eq!(crowd.enter(two).unwrap_err(), Full::Server);
        drop((first, second, third));
        assert!(crowd.enter(one).is_ok());
    }

    #[test]
    fn commands_are_counted_for_their_address_until_they_end() {
        let crowd = crowd((9, 3), (9, 2));
        let [one, two] = ["192.0.2.1", "192.0.2.2"].map(|it| crowd.enter(it.parse().unwrap()));
        let (one, two) = (one.unwrap(), two.unwrap());
        let busy = [one.begin_command().unwrap(), one.begin_command().unwrap()];
        assert_eq!(one.begin_command().unwrap_err(), Full::Address);
        let other = two.begin_command().unwrap();
        assert_eq!(two.begin_command().unwrap_err(), Full::Server);
        drop(one);
        assert_eq!(two.begin_command().unwrap_err(), Full::Server, "a thread is still at work");
        drop(busy);
        drop((two.begin_command().unwrap(), other, two));
        assert_eq!(crowd.counts.lock().each.len(), 0);
    }

    #[test]
    fn whoever_has_gone_is_forgotten() {
        let crowd = crowd((9, 9), (9, 9));
        let mut place = crowd.enter("127.0.0.1".parse().unwrap()).unwrap();
        place.signed_in();
        drop((place, crowd.enter("127.0.0.2".parse().unwrap())));
        let counts = crowd.counts.lock();
        assert_eq!((counts.total, counts.each.len()), (Count::default(), 0));
    }
}
