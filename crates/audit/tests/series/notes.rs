//! The lines in which a holder notes its presentations.

use deputize::CodedError;
use deputize_audit::PresentedLine;

use crate::holder::Holder;

#[test]
fn a_line_is_read_as_it_was_written() {
    let note = Holder::new().make().note;
    let line = note.to_line().unwrap();
    assert_eq!(PresentedLine::parse(line.as_bytes()), Ok(note));
    assert!(line.starts_with("{\"at\":\"2026-11-23T18:00:00Z\",\"audience\":\"crm.acme.com\","));
}

#[test]
fn other_lines_are_refused() {
    let line = Holder::new().make().note.to_line().unwrap();
    for (old, new) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1", "\"v\":1,\"w\":1"),
        ("\"v\":1", "\"v\":1,\"v\":1"),
        ("\"count\":\"1\"", "\"count\":\"0\""),
        ("\"count\":\"1\"", "\"count\":1"),
        ("\"series\":\"", "\"series\":\"0"),
        ("\"first_hop\":\"", "\"first_hop\":\"x"),
        ("2026", "yesterday"),
    ] {
        let changed = line.replacen(old, new, 1);
        assert_ne!(changed, line, "{old}");
        let error = PresentedLine::parse(changed.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "presented_line");
    }
    let long = line.replace("crm.acme.com", &"c".repeat(5000));
    assert!(PresentedLine::parse(long.as_bytes()).is_err());
}
