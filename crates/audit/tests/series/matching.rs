//! What is missing, by the records alone and with the notes of the holder.

use deputize_audit::{Gap, Matched, ReadRecord, SeriesMatcher};

use crate::cast::later;
use crate::holder::{Holder, Made, received};

fn matched(records: &[ReadRecord], notes: &[Made]) -> Matched {
    let mut matcher = SeriesMatcher::default();
    records.iter().for_each(|record| matcher.recorded(record));
    notes.iter().for_each(|made| matcher.presented(&made.note));
    matcher.finish()
}

/// The gaps as their first and last numbers.
fn gaps(matched: &Matched) -> Vec<(u64, u64)> {
    matched.series.iter().flat_map(|own| &own.gaps).map(|gap| (gap.first, gap.last)).collect()
}

#[test]
fn a_whole_series_is_complete() {
    let mut holder = Holder::new();
    let made = holder.make_all(5);
    let records = received(&holder, &made);
    for notes in [&[][..], &made] {
        let matched = matched(&records, notes);
        assert!(matched.is_complete(), "{matched:?}");
        assert_eq!((matched.recorded, matched.presented as usize), (5, notes.len()));
        let [own] = matched.series.as_slice() else { panic!("{matched:?}") };
        assert_eq!((own.last, own.missing, own.from), (5, 0, later(0)));
        assert_eq!(own.last_hop, Some(made[0].note.last_hop));
        assert_eq!(own.audience.as_deref(), Some("crm.acme.com"));
        assert!(own.agent.is_some());
    }
}

/// 12 presented, 11 recorded, 1 missing, between 18:02 and 18:04.
#[test]
fn a_gap_lies_between_the_records_beside_it() {
    let mut holder = Holder::new();
    let mut made = holder.make_all(12);
    let notes = made.clone();
    let lost = made.remove(3);
    let records = received(&holder, &made);
    let by_records = matched(&records, &[]);
    assert_eq!((by_records.recorded, by_records.missing), (11, 1));
    assert_eq!(by_records.series[0].presented, None);
    let (after, before) = (Some(later(120)), Some(later(240)));
    let gap = &by_records.series[0].gaps[0];
    assert_eq!((gap.first, gap.last, gap.after, gap.before), (4, 4, after, before));
    assert_eq!((gap.presented, gap.sent), (0, None));

    let with_notes = matched(&records, &notes);
    assert_eq!((with_notes.presented, with_notes.recorded, with_notes.missing), (12, 11, 1));
    let gap = &with_notes.series[0].gaps[0];
    assert_eq!((gap.first, gap.last, gap.after, gap.before), (4, 4, after, before));
    assert_eq!((gap.presented, gap.sent), (1, Some((lost.at, lost.at))));
}

#[test]
fn numbers_beside_each_other_are_one_gap() {
    let mut holder = Holder::new();
    let made = holder.make_all(9);
    let some = [made[2].clone(), made[3].clone(), made[6].clone(), made[8].clone()];
    let records = received(&holder, &some);
    let found = matched(&records, &[]);
    assert_eq!(gaps(&found), [(1, 2), (5, 6), (8, 8)]);
    assert_eq!(found.missing, 5);
    // Nothing was recorded before the first one.
    assert_eq!(found.series[0].gaps[0].after, None);
    assert_eq!(found.series[0].gaps[0].before, Some(later(120)));
    // A note of a part of a gap.
    let found = matched(&records, &made[4..5]);
    assert_eq!(found.series[0].gaps[1].presented, 1);
    assert_eq!(gaps(&found), [(1, 2), (5, 6), (8, 8)]);
}

/// Without the notes of the holder, what follows the last record is not missed. With them it is.
#[test]
fn a_lost_end_is_known_to_the_holder_alone() {
    let mut holder = Holder::new();
    let made = holder.make_all(6);
    let records = received(&holder, &made[..4]);
    assert!(matched(&records, &[]).is_complete());
    let found = matched(&records, &made);
    assert_eq!((found.presented, found.recorded, found.missing), (6, 4, 2));
    let Gap { first, last, after, before, presented, sent, .. } = found.series[0].gaps[0];
    assert_eq!((first, last, presented), (5, 6, 2));
    assert_eq!(sent, Some((later(240), later(300))));
    assert_eq!((after, before), (Some(later(180)), None));
    // A series of which no log has anything.
    let found = matched(&[], &made);
    assert_eq!((found.recorded, found.missing), (0, 6));
    assert_eq!(gaps(&found), [(1, 6)]);
}

#[test]
fn each_service_has_a_series_of_its_own() {
    let mut holder = Holder::new();
    let crm = [holder.make(), holder.make(), holder.make()];
    let mail: Vec<_> = (0..3).map(|_| holder.make_for("mail.acme.com")).collect();
    assert_eq!(mail[0].note.count, 1);
    assert_ne!(mail[0].note.series, crm[0].note.series);
    let records = received(&holder, &[crm[0].clone(), crm[2].clone()]);
    let found = matched(&records, &[&crm[..], &mail].concat());
    assert_eq!(found.series.len(), 2);
    assert_eq!((found.series[0].missing, found.series[1].missing), (1, 3));
    assert_eq!(found.series[1].audience.as_deref(), Some("mail.acme.com"));
}

/// The verifiers of a service can have a log each.
#[test]
fn several_logs_are_matched_together() {
    let mut holder = Holder::new();
    let made = holder.make_all(10);
    let (odd, even): (Vec<_>, Vec<_>) = made
        .iter()
        .filter(|own| own.note.count != 5)
        .cloned()
        .partition(|own| own.note.count % 2 == 1);
    let (odd, even) = (received(&holder, &odd), received(&holder, &even));
    assert_eq!(matched(&odd, &[]).missing, 5);
    for together in [[odd.clone(), even.clone()].concat(), [even, odd].concat()] {
        assert_eq!(gaps(&matched(&together, &[])), [(5, 5)]);
    }
}
