//! What is shown: sessions in their order, which of them is selected, and what the keys mean at the moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use stillwire::{Duration, Instant};

use super::rate::Rate;
use crate::roster::filter::{Filter, finds};
use crate::roster::session::{Away, Host, Session, Status, until_next};

/// A session of a host.
pub(super) type Id = (PathBuf, String);

/// By what the list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By name
    #[default]
    Name,
    /// Running first, then idle
    Status,
    /// Who printed last comes first
    Output,
    /// Whose status changed last comes first
    Changed,
}

/// What the keys mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Commands.
    #[default]
    List,
    /// Text of the filter.
    Filter,
    /// Yes or no.
    Kill(Id),
    /// Any key goes back.
    Help,
}

#[derive(Debug)]
struct Entry {
    session: Session,
    /// When its host said so.
    at: Instant,
    rate: Rate,
}

/// A session as it is now.
#[derive(Debug)]
pub(super) struct Row<'m> {
    pub id: &'m Id,
    /// As it was told, and so many seconds ago.
    pub told: &'m Session,
    older: f64,
    pub rate: &'m Rate,
}

impl Row<'_> {
    /// As it is now.
    pub(super) fn session(&self) -> Session {
        self.told.later(self.older)
    }
}

/// The sessions, and what the user wants of them.
#[derive(Debug, Default)]
pub(super) struct Model {
    entries: BTreeMap<Id, Entry>,
    pub sort: Sort,
    pub filter: String,
    /// What the command line wants to see.
    pub wanted: Filter,
    pub mode: Mode,
    /// What happened last; until the next key.
    pub notice: Option<String>,
    selected: Option<Id>,
    /// Where the selected one was, should it go.
    place: usize,
    /// The first row on the screen, and how many there are.
    pub top: usize,
    pub room: usize,
}

impl Sort {
    /// The next one.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Name => Self::Status,
            Self::Status => Self::Output,
            Self::Output => Self::Changed,
            Self::Changed => Self::Name,
        }
    }

    /// In words.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "by name",
            Self::Status => "by status",
            Self::Output => "by output",
            Self::Changed => "by change",
        }
    }
}

impl Model {
    /// A host says what its sessions are.
    pub(super) fn tell(&mut self, now: Instant, path: &Path, host: Host) {
        let names: Vec<&str> = host.sessions.iter().map(|session| session.name.as_str()).collect();
        self.entries.retain(|(host, name), _| host != path || names.contains(&name.as_str()));
        for session in host.sessions {
            let id = (path.to_owned(), session.name.clone());
            let entry = self.entries.entry(id).or_insert_with(|| Entry {
                session: session.clone(),
                at: now,
                rate: Rate::new(),
            });
            if entry.session.status != Status::Exited && session.status == Status::Exited {
                self.notice = Some(format!("{}: {}", session.name, session.spoken()));
            }
            entry.rate.tell(now, session.printed);
            (entry.session, entry.at) = (session, now);
        }
    }

    /// A session of another machine is another, or gone.
    pub(super) fn hear(&mut self, now: Instant, id: Id, session: Option<Session>) {
        let Some(session) = session else {
            self.entries.remove(&id);
            return;
        };
        let told = |session: &Session| Entry { session: session.clone(), at: now, rate: Rate::new() };
        let entry = self.entries.entry(id).or_insert_with(|| told(&session));
        if entry.session.status != Status::Lost
            && session.status == Status::Lost
            && let Some(away) = &session.away
        {
            self.notice = Some(format!("{} is lost", away.host));
        }
        (entry.session, entry.at) = (session, now);
    }

    /// A host is gone.
    pub(super) fn forget(&mut self, path: &Path) {
        let lost = self.entries.iter().filter(|((host, _), _)| host == path);
        let mut lost = lost.filter(|(_, entry)| entry.session.status != Status::Exited);
        if let Some(((_, name), _)) = lost.next() {
            let notice = match lost.count() {
                0 => format!("{name}: its host is gone"),
                more => format!("{name} and {more} more: their host is gone"),
            };
            self.notice = Some(notice);
        }
        self.entries.retain(|(host, _), _| host != path);
    }

    /// How many there are of each status: running, idle, exited, lost.
    pub(super) fn counts(&self) -> [usize; 4] {
        let of = |status| self.entries.values().filter(|entry| entry.session.status == status).count();
        [of(Status::Running), of(Status::Idle), of(Status::Exited), of(Status::Lost)]
    }

    /// All that the filter lets through, in their order.
    pub(super) fn rows(&mut self, now: Instant) -> Vec<Row<'_>> {
        self.entries.values_mut().for_each(|entry| entry.rate.shift(now));
        let rows = self.entries.iter().map(|(id, entry)| {
            let older = seconds(now.since(entry.at));
            Row { id, told: &entry.session, older, rate: &entry.rate }
        });
        let fits =
            |row: &Row<'_>| self.wanted.lets(row.told, row.older) && finds(&self.filter, row.told, row.older);
        let mut rows: Vec<Row<'_>> = rows.filter(fits).collect();
        // Names are in order already, and stay so among equals.
        let old = |row: &Row<'_>| row.told.visible.map_or(f64::MAX, |age| age + row.older);
        let age = |row: &Row<'_>| row.told.age + row.older;
        rows.sort_by(|a, b| a.id.1.cmp(&b.id.1));
        match self.sort {
            Sort::Name => {}
            Sort::Status => rows.sort_by_key(|row| row.told.status),
            Sort::Output => rows.sort_by(|a, b| old(a).total_cmp(&old(b))),
            Sort::Changed => rows.sort_by(|a, b| age(a).total_cmp(&age(b))),
        }
        rows
    }

    /// Settles which row is selected and which are on the screen, now that there is room for so many.
    pub(super) fn settle(&mut self, now: Instant, room: usize) -> Option<usize> {
        let selected = self.selected.clone();
        let before = self.place;
        let rows = self.rows(now);
        let count = rows.len();
        let found = rows.iter().position(|row| Some(row.id) == selected.as_ref());
        let place = found.unwrap_or(before.min(count.saturating_sub(1)));
        self.selected = rows.get(place).map(|row| row.id.clone());
        (self.place, self.room) = (place, room.max(1));
        self.top = self.top.min(place).max((place + 1).saturating_sub(self.room));
        self.top = self.top.min(count.saturating_sub(self.room));
        self.selected.is_some().then_some(place)
    }

    /// Goes up or down.
    pub(super) fn step(&mut self, now: Instant, by: isize) {
        let before = self.place;
        let rows = self.rows(now);
        let place = before.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        (self.selected, self.place) = (rows.get(place).map(|row| row.id.clone()), place);
    }

    /// The one that keys are about.
    pub(super) fn selected(&self) -> Option<&Id> {
        self.selected.as_ref().filter(|id| self.entries.contains_key(id))
    }

    /// Where the selected one is, if that is another machine: its name there, and where one can attach.
    pub(super) fn away(&self) -> Option<Away> {
        let entry = self.entries.get(self.selected.as_ref()?)?;
        entry.session.away.as_deref().cloned()
    }

    /// When a picture of now is no longer true: at the earliest with the next whole second.
    pub(super) fn stale_at(&mut self, now: Instant) -> Option<Instant> {
        let (top, room) = (self.top, self.room);
        let selected = self.selected.clone();
        let rows = self.rows(now);
        let shown = rows.iter().skip(top).take(room);
        let soonest = |row: &Row<'_>| {
            let session = &row.session();
            let details = [session.raw, session.visible, session.novel, session.input, Some(session.uptime)];
            let details = details.into_iter().flatten().filter(|_| Some(row.id) == selected.as_ref());
            // What is not shown of other machines does not go stale.
            let novel = session.novel.filter(|_| session.away.is_none() || session.status == Status::Idle);
            let ages = details.chain([session.age]).chain(novel);
            let until = ages.map(until_next).fold(f64::MAX, f64::min);
            if row.rate.is_flat() { until } else { until.min(1.0) }
        };
        let wait = shown.map(soonest).min_by(f64::total_cmp)?;
        let micros = now.as_micros();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day at the most")]
        let wait = (wait.clamp(0.0, 86_400.0) * 1e6) as u64;
        let second = micros.saturating_add(wait).div_ceil(1_000_000).max(micros / 1_000_000 + 1);
        Some(Instant::from_micros(second * 1_000_000))
    }
}

fn seconds(span: Duration) -> f64 {
    span.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(sessions: &str) -> Host {
        Host::parse(&format!("{{\"sessions\":[{sessions}]}}")).unwrap()
    }

    fn names(model: &mut Model) -> Vec<String> {
        model.rows(Instant::ZERO).iter().map(|row| row.told.name.clone()).collect()
    }

    fn three() -> Model {
        let mut model = Model::default();
        let list = r#"{"name":"b","status":"idle","for":200,"visible":5},{"name":"a","status":"exited","for":1000},
                      {"name":"c","status":"running","for":300,"visible":1,"command":"make"}"#;
        model.tell(Instant::ZERO, Path::new("x"), host(list));
        model
    }

    #[test]
    fn the_list_is_sorted_and_filtered() {
        let mut model = three();
        let mut orders = Vec::new();
        for _ in 0..4 {
            orders.push(names(&mut model).concat());
            model.sort = model.sort.next();
        }
        assert_eq!(orders, ["abc", "cba", "cba", "bca"]);
        model.filter = "MAKE".into();
        assert_eq!(names(&mut model), ["c"]);
        model.filter = "idle".into();
        assert_eq!(names(&mut model), ["b"]);
        assert_eq!(model.counts(), [1, 1, 1, 0]);
    }

    #[test]
    fn the_selection_stays_with_its_session_and_then_with_its_place() {
        let mut model = three();
        assert_eq!(model.settle(Instant::ZERO, 2), Some(0));
        model.step(Instant::ZERO, 5);
        assert_eq!((model.settle(Instant::ZERO, 2), model.top), (Some(2), 1));
        model.sort = Sort::Status;
        assert_eq!((model.settle(Instant::ZERO, 2), model.top), (Some(0), 0));
        model.tell(Instant::ZERO, Path::new("x"), host(r#"{"name":"a"},{"name":"b","status":"exited"}"#));
        assert_eq!(model.settle(Instant::ZERO, 2), Some(0));
        assert_eq!(model.notice.as_deref(), Some("b: exited"));
        model.forget(Path::new("x"));
        assert_eq!((model.settle(Instant::ZERO, 2), model.selected()), (None, None));
    }

    #[test]
    fn a_picture_is_stale_when_an_age_on_it_is() {
        let mut model = three();
        model.settle(Instant::ZERO, 10);
        let at = |seconds: u64| Some(Instant::from_micros(seconds * 1_000_000));
        assert_eq!(model.stale_at(Instant::ZERO), at(1), "the uptime of the selected one counts seconds");
        let old = r#"{"name":"a","status":"idle","for":130,"uptime":150}"#;
        model.tell(Instant::ZERO, Path::new("x"), host(old));
        assert_eq!(model.stale_at(Instant::ZERO), at(30));
        assert_eq!(Model::default().stale_at(Instant::ZERO), None);
    }
}
