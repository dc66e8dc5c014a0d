//! The check of stores of statements finds each fault of a store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use deputize::testing::check_statement_state;
use deputize::{
    MemoryStatementState, SeriesId, SeriesState, StateError, StatementScope, StatementState,
};

/// A fault of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    NotCompared,
    ForgetsOnReplace,
    RefusesReset,
    OneForEachIssuer,
    LosesRejected,
    LosesFinal,
    LooksAndThenWrites,
}

type Stored = Mutex<HashMap<SeriesId, SeriesState>>;

#[derive(Clone)]
struct Faulty(Fault, Arc<Stored>);

impl Faulty {
    fn is(&self, fault: Fault) -> bool {
        self.0 == fault
    }

    fn key(&self, id: SeriesId) -> SeriesId {
        let scope = StatementScope::Own;
        if self.is(Fault::OneForEachIssuer) { SeriesId { scope, ..id } } else { id }
    }

    fn write(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        let key = self.key(after.series);
        let stored = self.1.lock().unwrap().get(&key).cloned();
        if self.is(Fault::LooksAndThenWrites) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let mut all = self.1.lock().unwrap();
        let stored =
            if self.is(Fault::LooksAndThenWrites) { stored } else { all.get(&key).cloned() };
        if !self.is(Fault::NotCompared) && stored.as_ref() != before {
            return Err(StateError::Changed { stored: stored.map(Box::new) });
        }
        let mut after = after.clone();
        if self.is(Fault::LosesRejected) {
            after.rejected.clear();
        }
        after.is_final &= !self.is(Fault::LosesFinal);
        all.insert(key, after);
        Ok(())
    }
}

impl StatementState for Faulty {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        Ok(self.1.lock().unwrap().values().cloned().collect())
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        let forgets = before.is_some_and(|before| !after.forgets_nothing_of(before));
        match forgets && !self.is(Fault::ForgetsOnReplace) {
            true => Err(StateError::Failed("would forget".to_owned())),
            false => self.write(before, after),
        }
    }

    fn reset(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        match self.is(Fault::RefusesReset) {
            true => self.replace(before, after),
            false => self.write(before, after),
        }
    }
}

#[test]
fn the_check_of_stores_finds_each_fault() {
    let store = Arc::new(MemoryStatementState::default());
    check_statement_state(|| store.clone()).unwrap();
    let found = |fault| {
        let store = Faulty(fault, Arc::default());
        check_statement_state(|| store.clone()).err().map(|broken| broken.rule)
    };
    assert_eq!(found(Fault::None), None);
    let replaced = "a store must replace exactly the state that it was given as stored, and otherwise return the stored one";
    let any = "a reset must store any state";
    for (fault, rule) in [
        (Fault::NotCompared, replaced),
        (
            Fault::ForgetsOnReplace,
            "a store must not replace a state by one that forgets what was seen",
        ),
        (Fault::RefusesReset, any),
        (Fault::OneForEachIssuer, "a store must store every series"),
        (Fault::LosesRejected, any),
        (Fault::LosesFinal, any),
        (
            Fault::LooksAndThenWrites,
            "of several that replace one state at the same time, one must succeed",
        ),
    ] {
        assert_eq!(found(fault), Some(rule), "{fault:?}");
    }
    // One that begins with something is not new.
    let own = Arc::new(MemoryStatementState::default());
    check_statement_state(|| own.clone()).unwrap();
    let again = check_statement_state(|| own.clone()).unwrap_err();
    assert_eq!(again.rule, "a new store must have nothing");
}
