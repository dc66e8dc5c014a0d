//! Numbers twice, presentations twice, and what hostile holders make.

use deputize::{Counter, HopId, RecordKind, Request};
use deputize_audit::{Matched, PresentedLine, ReadRecord, SeriesMatcher};

use crate::cast::Place;
use crate::holder::{Holder, Made, decide, received, record, records};

fn matched(records: &[ReadRecord], notes: &[Made]) -> Matched {
    let mut matcher = SeriesMatcher::default();
    notes.iter().for_each(|made| matcher.presented(&made.note));
    records.iter().for_each(|record| matcher.recorded(record));
    matcher.finish()
}

/// One presentation in two records is one deed.
#[test]
fn a_repetition_is_not_a_second_deed() {
    let mut holder = Holder::new();
    let made = holder.make_all(3);
    let records = received(&holder, &[made.clone(), vec![made[1].clone()]].concat());
    let found = matched(&records, &made);
    assert_eq!((found.recorded, found.repeated, found.missing), (3, 1, 0));
    assert_eq!(found.doubled, []);
    // In the log of another verifier, too, and a note that is there twice.
    let other = received(&holder, &made[..1]);
    let found = matched(&[records, other].concat(), &[made.clone(), made].concat());
    assert_eq!((found.presented, found.recorded, found.repeated), (3, 3, 2));
}

/// Two processes that go on with one series, such as from one backup.
#[test]
fn a_number_twice_is_the_fault_of_the_holder() {
    let mut holder = Holder::new();
    let first = holder.make_all(2);
    let note = first[1].note.clone();
    let (token, audience) = (note.last_hop, "crm.acme.com");
    holder.counter = Counter::default().continuing(token, audience, note.series, 1);
    let again = holder.make();
    assert_eq!((again.note.count, again.note.series), (2, note.series));
    let both = [first.clone(), vec![again.clone()]].concat();
    let found = matched(&received(&holder, &both), &[]);
    assert!(found.is_complete());
    assert_eq!((found.recorded, found.repeated), (2, 0));
    let [doubled] = found.doubled.as_slice() else { panic!("{found:?}") };
    assert_eq!((doubled.count, doubled.series), (2, note.series));
    assert_eq!([doubled.first, doubled.other], [note.presentation, again.note.presentation]);
    // Noted as another one than was recorded.
    let found = matched(&received(&holder, std::slice::from_ref(&again)), &first);
    assert_eq!(found.doubled.len(), 1);
    // That one is in no log, whatever has its number.
    assert_eq!((found.recorded, found.missing, found.series[0].gaps[0].presented), (1, 2, 2));
    for records in [[again.clone(), first[1].clone()], [first[1].clone(), again]] {
        let found = matched(&received(&holder, &records), &first);
        assert_eq!((found.recorded, found.missing, found.doubled.len()), (1, 1, 1));
    }
}

#[test]
fn calls_without_a_number_and_of_strangers_say_nothing() {
    let holder = Holder::new();
    let place = Place::new();
    let log = place.create();
    record(&log, holder.service.allowed(1));
    let stranger = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
    let denial = deputize::Denial::not_presented(stranger, crate::cast::now());
    record(&log, deputize::Decision::Deny(denial));
    log.close().unwrap();
    let found = matched(&records(&place), &[]);
    assert_eq!((found.uncounted, found.recorded, found.series.len()), (1, 0, 0));
}

/// A refused call of the holder is recorded, too.
#[test]
fn refused_calls_count() {
    let mut holder = Holder::new();
    let made = holder.make_all(2);
    let place = Place::new();
    let log = place.create();
    let verifier = holder.service.scene.verifier();
    record(&log, decide(&verifier, &made[0]));
    // Of which the request is another one than was signed: it is charged to nobody.
    let other =
        Made { call: Request::new("crm.read", "x", "crm.acme.com").unwrap(), ..made[1].clone() };
    record(&log, decide(&verifier, &other));
    log.close().unwrap();
    let found = matched(&records(&place), &made);
    assert_eq!((found.presented, found.recorded, found.missing), (2, 1, 1));
}

/// Another holder below the same first hop, who learned the series, fills no gap of it.
#[test]
fn the_series_of_another_holder_is_another_one() {
    let mut holder = Holder::new();
    let made = holder.make_all(4);
    let records = received(&holder, &[made[0].clone(), made[1].clone(), made[3].clone()]);
    let mut matcher = SeriesMatcher::default();
    records.iter().for_each(|record| matcher.recorded(record));
    let other = HopId::from_bytes([9; 32]);
    let [third, own] = [&made[2].note, &made[3].note].map(PresentedLine::clone);
    matcher.presented(&PresentedLine { last_hop: other, presentation: other, ..third });
    matcher.presented(&own);
    let found = matcher.finish();
    assert_eq!(found.series.len(), 2);
    let own = found.series.iter().find(|own| own.recorded > 0).unwrap();
    assert_eq!((own.recorded, own.missing, own.presented), (3, 1, Some(1)));
    assert_eq!((own.gaps[0].first, own.gaps[0].presented), (3, 0));
    assert_eq!(found.doubled, []);
}

/// The greatest numbers that a holder can state.
#[test]
fn extreme_numbers_do_no_harm() {
    let mut holder = Holder::new();
    let note = holder.make().note;
    let numbered = |count| PresentedLine { count, ..note.clone() };
    let mut matcher = SeriesMatcher::default();
    matcher.presented(&numbered(u64::MAX));
    matcher.presented(&numbered(1));
    matcher.presented(&numbered(u64::MAX - 1));
    let found = matcher.finish();
    assert_eq!((found.missing, found.presented), (u64::MAX, 3));
    assert_eq!(found.series[0].gaps.len(), 1);
}

/// Names are kept up to a bound.
#[test]
fn long_names_are_cut() {
    let mut holder = Holder::new();
    let note = holder.make().note;
    let mut matcher = SeriesMatcher::default();
    matcher.presented(&PresentedLine { audience: format!("a{}", "\u{e9}".repeat(1000)), ..note });
    let found = matcher.finish();
    assert_eq!(found.series[0].audience.as_ref().map(String::len), Some(255));
}

/// More series than are held: the oldest are forgotten, and the result says so. No gap is made up of
/// numbers that were seen before.
#[test]
fn memory_is_bounded() {
    let mut holder = Holder::new();
    let note = holder.make().note;
    let mut matcher = SeriesMatcher::default();
    let series = |number: u64| number.to_be_bytes();
    let many = 1 << 19;
    for number in 0..=many + 10 {
        matcher.presented(&PresentedLine { series: series(number), ..note.clone() });
    }
    // The first one goes on where it was.
    matcher.presented(&PresentedLine { series: series(0), count: 2, ..note.clone() });
    let found = matcher.finish();
    assert!(found.forgotten > 0 && found.forgotten < 100, "{}", found.forgotten);
    assert_eq!(found.series.len(), 1000);
    assert_eq!(found.series.len() as u64 + found.more_series, many + 12);
    assert_eq!(found.presented, many + 12);
    assert_eq!(found.missing, many + 12);
}

#[test]
fn numbers_behind_a_long_series_are_judged_in_bounded_memory() {
    let mut holder = Holder::new();
    let note = holder.make().note;
    let mut matcher = SeriesMatcher::default();
    let many = 1 << 20;
    for count in (1..=many + 10).filter(|count| *count != 77) {
        matcher.presented(&PresentedLine { count, ..note.clone() });
    }
    // Its place was judged.
    matcher.presented(&PresentedLine { count: 77, ..note.clone() });
    let found = matcher.finish();
    assert_eq!((found.late, found.forgotten, found.series.len()), (1, 0, 1));
    assert_eq!(found.presented, many + 9);
    assert_eq!(found.missing, many + 10);
}

#[test]
fn only_decisions_are_matched() {
    let mut holder = Holder::new();
    let made = holder.make_all(1);
    let records = received(&holder, &made);
    let is_decision = |own: &ReadRecord| matches!(own.core.kind, RecordKind::Decision(_));
    assert_eq!(records.iter().filter(|own| is_decision(own)).count(), 1);
    assert!(records.len() > 1);
}
