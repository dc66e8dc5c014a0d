//! The entries that a run of `revoke` adds to a list or removes from it.

use deputize::limits::MAX_CLOCK_TOLERANCE;
use deputize::text::Quoted;
use deputize::{Hop, KeyEnd, PublicKey, RevokedKey, StatementScope};

use super::subject::{Subject, Which};
use crate::input::chain::Chain;
use crate::input::ids::hex;
use crate::output::Error;
use crate::output::granted::{at, named};
use crate::revocations::entry::Entry;
use crate::revocations::next::Next;

/// The changes of a run, in lines for people.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// The entries that were added or given back.
    pub(super) done: Vec<String>,
    /// Notes about the changes.
    notes: Vec<String>,
    /// The reasons why verifiers would not follow the list, or would refuse more.
    pub(super) doubts: Vec<String>,
    has_hops: bool,
}

impl Change {
    /// Adds an entry to the list.
    ///
    /// # Errors
    ///
    /// If the list cannot have the entry.
    pub(super) fn revoke(&mut self, subject: &Subject, next: &mut Next<'_>) -> Result<(), Error> {
        match subject {
            Subject::InChain(chain, which) => {
                let place = self.place(chain, *which, next);
                let Some(hop) = chain.hops.get(place) else { return Ok(()) };
                let line = format!("hop {place} {}", line_of(hop));
                if hop
                    .grant()
                    .expires()
                    .checked_add(MAX_CLOCK_TOLERANCE)
                    .is_some_and(|end| end <= next.now)
                {
                    self.notes
                        .push(format!("note: this hop has expired and needs no entry: {line}"));
                    return Ok(());
                }
                let is_new = next.draft.revoke_hop(hop, next.now);
                self.add(is_new, line);
                if is_new {
                    self.note_hop(chain, place, next);
                }
            }
            Subject::Hop(id) => {
                self.doubt(next.power().require_hop(id));
                let is_new = next.draft.revoke_hop_id(id, next.now);
                self.add(is_new, format!("hop {id}"));
                if is_new {
                    self.has_hops = true;
                    self.note("note: the expiry of a hop is unknown if only its id is given, so its entry is never pruned");
                }
            }
            Subject::Token(id) => {
                if next.power().scope == StatementScope::Own {
                    self.note("note: a token's id counts in chains of which this key is the root key or the first delegate");
                }
                let is_new = next.draft.revoke_token(*id, next.now);
                self.add(is_new, format!("token {}", hex(*id)));
            }
            Subject::Owner(name) => {
                if next.power().scope == StatementScope::Own {
                    self.note(
                        "note: an owner's name counts in chains of which this key is the root key",
                    );
                }
                let is_new = next.draft.revoke_owner(name, next.now);
                let is_new = is_new.map_err(|e| Error::about("--owner", e))?;
                self.add(is_new, format!("owner {}", Quoted(name)));
            }
            Subject::Key(_, None) => {
                return Err(Error::about(
                    "--revoke-key",
                    "give --retired TIME if nobody else had the key, or --compromised if somebody else may have it",
                ));
            }
            Subject::Key(key, Some(end)) => self.revoke_key(*key, end, next),
            Subject::Series(..) | Subject::List(_) if next.power().scope != StatementScope::Own => {
                return Err(Error::about(
                    "--void",
                    "only the own list of a root key can void other lists",
                ));
            }
            Subject::Series(series, from) => {
                next.draft.void_series(*series, *from);
                self.done.extend(Entry::void(*series, *from).map(|entry| entry.to_string()));
            }
            Subject::List(digest) => {
                next.draft.void_list(*digest);
                self.done.push(Entry::VoidList { digest: digest.to_string() }.to_string());
            }
        }
        Ok(())
    }

    fn revoke_key(&mut self, key: PublicKey, end: &KeyEnd, next: &mut Next<'_>) {
        let power = next.power();
        let is_compromised = matches!(end, KeyEnd::Compromised { .. });
        if key == power.issuer && is_compromised {
            self.doubts.push(
                "this is the key that signs the list: the list becomes final, and verifiers refuse newer ones".to_owned(),
            );
        }
        let old = next.before.as_ref().and_then(|list| list.keys().find(|(own, _)| *own == key));
        let old = old.map(|(_, revoked)| revoked.clone());
        if old.as_ref().is_some_and(|old| old.end() == end) {
            return self.add(false, format!("key {key}"));
        }
        // An entry that is changed keeps its time.
        let since = old.as_ref().map_or(next.now, RevokedKey::since);
        next.draft.revoke_key(key, end.clone(), since);
        let line = match end {
            KeyEnd::Retired { at: end, .. } => format!("key {key}, retired at {}", at(*end)),
            _ => format!("key {key}, compromised"),
        };
        self.done.push(format!("revoked: {line}"));
        if let Some(old) = old {
            let before = Entry::key(key, &old);
            self.notes.push(format!("note: it replaces the entry: {before}"));
            if matches!(old.end(), KeyEnd::Compromised { .. }) && !is_compromised {
                self.doubts.push("the list reports this key as compromised; to report it as retired instead would give back what a thief may have signed".to_owned());
            }
        }
    }

    /// Removes an entry from the list.
    ///
    /// # Errors
    ///
    /// If the list must keep the entry.
    pub(super) fn give_back(
        &mut self,
        subject: &Subject,
        next: &mut Next<'_>,
    ) -> Result<(), Error> {
        let (was_there, line) = match subject {
            Subject::InChain(chain, which) => {
                let place = self.place(chain, *which, next);
                let Some(hop) = chain.hops.get(place) else { return Ok(()) };
                (next.draft.restore_hop(&hop.id()), format!("hop {place} {}", line_of(hop)))
            }
            Subject::Hop(id) => (next.draft.restore_hop(id), format!("hop {id}")),
            Subject::Token(id) => (next.draft.restore_token(id), format!("token {}", hex(*id))),
            Subject::Owner(name) => {
                (next.draft.restore_owner(name), format!("owner {}", Quoted(name)))
            }
            Subject::Key(key, None) => {
                (next.draft.restore_key(key).is_some(), format!("key {key}"))
            }
            Subject::Key(_, Some(_)) => {
                let why = "its entry is removed; leave out --retired and --compromised";
                return Err(Error::about("--give-back", why));
            }
            Subject::Series(series, from) => {
                let line = Entry::void(*series, *from).map(|entry| entry.to_string());
                (next.draft.restore_series(series), line.unwrap_or_default())
            }
            Subject::List(digest) => {
                let line = Entry::VoidList { digest: digest.to_string() }.to_string();
                (next.draft.restore_list(digest), line)
            }
        };
        match was_there {
            true => self.done.push(format!("given back: {line}")),
            false => self.notes.push(format!("note: the list has no entry for {line}")),
        }
        Ok(())
    }

    /// Returns the place of the selected hop. Keeps a doubt if the list has no power over it.
    fn place(&mut self, chain: &Chain, which: Which, next: &Next<'_>) -> usize {
        let last = chain.hops.len().saturating_sub(1);
        let power = next.power();
        let place = match which {
            Which::Last => power.last_hop(chain),
            Which::Own => power.own_hop(chain),
            Which::At(place) => power.require(chain, place).map(|()| place),
        };
        let meant = if let Which::At(place) = which { place } else { last };
        place.unwrap_or_else(|why| {
            self.doubts.push(why);
            meant
        })
    }

    fn note_hop(&mut self, chain: &Chain, place: usize, next: &Next<'_>) {
        self.has_hops = true;
        let Some(hop) = chain.hops.get(place) else { return };
        let (from, to) = (hop.delegator(), hop.delegate());
        let above = place.checked_sub(1);
        if let Some(above) =
            above.filter(|_| from.key() != next.power().issuer && to.key() != next.power().issuer)
        {
            let (from, to) = (Quoted(from.name()), Quoted(to.name()));
            self.notes.push(format!(
                "note: {from} can delegate to {to} again; to prevent that, revoke hop {above} too, with --at-hop {above}"
            ));
        }
    }

    fn add(&mut self, is_new: bool, line: String) {
        match is_new {
            true => self.done.push(format!("revoked: {line}")),
            false => self.notes.push(format!("note: the list has this entry already: {line}")),
        }
    }

    fn note(&mut self, note: &str) {
        if !self.notes.iter().any(|own| own == note) {
            self.notes.push(note.to_owned());
        }
    }

    fn doubt(&mut self, judged: Result<(), String>) {
        self.doubts.extend(judged.err());
    }

    /// Returns the notes, the last of them about hops in general.
    pub(super) fn all_notes(&self) -> impl Iterator<Item = &str> {
        let equal = "note: equal grants of one delegator in one second are one hop, and are revoked together";
        let equal = self.has_hops.then_some(equal);
        self.notes.iter().map(String::as_str).chain(equal)
    }
}

fn line_of(hop: &Hop) -> String {
    let (id, expires) = (hop.id(), at(hop.grant().expires()));
    let (from, to) = (named(hop.delegator()), named(hop.delegate()));
    format!("{id} {from} → {to}, until {expires}")
}
