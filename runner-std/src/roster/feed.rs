//! Where a list comes from: the hosts of this machine, or those of a broker.

use std::path::PathBuf;

use stillwire::Instant;

use super::session::Session;
use super::{News, Roster, TOKENS};
use crate::failure::Failure;
use crate::fleet::args::ViewArgs;
use crate::fleet::{Broker, Subscriber, Update};
use crate::os::{Poller, Ready};
use crate::token::random;

/// One of them.
#[derive(Debug)]
pub(crate) enum Feed {
    /// This machine.
    Here(Roster),
    /// All that a broker knows of.
    Fleet(Box<Subscriber>),
}

impl Feed {
    /// Asks the broker that is named, or the hosts of this machine, and those that come later.
    ///
    /// # Errors
    /// There is no place where hosts could be, or the broker is none.
    pub(crate) fn follow(
        args: &ViewArgs,
        request: &'static str,
        poller: &mut Poller,
        now: Instant,
    ) -> Result<Self, Failure> {
        match fleet(args, request == "GET /events", now)? {
            Some(fleet) => Ok(Self::Fleet(Box::new(fleet))),
            None => Roster::follow(request, poller, now).map(Self::Here),
        }
    }

    /// Whether it tells of other machines, so that there may be very much of it.
    pub(crate) const fn is_fleet(&self) -> bool {
        matches!(self, Self::Fleet(_))
    }

    /// Whether there is somebody who was asked and has not answered yet.
    pub(crate) fn is_loading(&self) -> bool {
        match self {
            Self::Here(roster) => roster.silent().next().is_some(),
            Self::Fleet(fleet) => !fleet.is_whole(),
        }
    }

    /// When to poll next.
    pub(crate) fn poll_at(&self) -> Option<Instant> {
        match self {
            Self::Here(roster) => roster.poll_at(),
            Self::Fleet(fleet) => fleet.poll_at(),
        }
    }

    /// Does what is due. The first trouble with a broker is the end of it, later ones are only told.
    ///
    /// # Errors
    /// The broker does not let us in.
    pub(crate) fn poll(&mut self, poller: &mut Poller, now: Instant) -> Result<Vec<News>, Failure> {
        match self {
            Self::Here(roster) => {
                roster.poll(poller, now);
                Ok(Vec::new())
            }
            Self::Fleet(fleet) => {
                let updates = fleet.poll(now, poller);
                updates.into_iter().map(|update| news(fleet, update)).collect()
            }
        }
    }

    /// Hears what there is under a token.
    pub(crate) fn ready(&mut self, poller: &mut Poller, now: Instant, token: u64) -> Vec<News> {
        match self {
            Self::Here(roster) => roster.ready(poller, now, token),
            Self::Fleet(fleet) => {
                fleet.ready(now, poller, Ready { token, read: true, write: true });
                Vec::new() // it is told by the next poll
            }
        }
    }
}

fn news(fleet: &Subscriber, update: Update) -> Result<News, Failure> {
    Ok(match update {
        Update::Session(host, name) => {
            let session = fleet.session(&host, &name);
            let id =
                session.as_ref().map_or_else(|| format!("{host}/{name}"), |it: &Session| it.name.clone());
            News::Session(PathBuf::from(host), id, session.map(Box::new))
        }
        Update::Event(host, line) => News::Line(PathBuf::from(host), line),
        Update::Trouble(failure) if !fleet.is_whole() => return Err(failure),
        Update::Trouble(failure) => News::Trouble(failure.message),
    })
}

/// The broker that the command line names.
///
/// # Errors
/// It is none.
pub(crate) fn fleet(args: &ViewArgs, events: bool, now: Instant) -> Result<Option<Subscriber>, Failure> {
    let Some(url) = &args.mqtt else { return Ok(None) };
    let broker = Broker::new(url, args.mqtt_password_file.as_deref(), args.mqtt_ca.as_deref())?;
    let seed = random().map_err(|error| Failure::io("set up the fleet", error))?;
    Ok(Some(Subscriber::new(broker, args.filter(), events, TOKENS, u64::from_ne_bytes(seed), now)))
}
