//! Writes `target/gallery-of-pages`, which a real browser looks at in `tests/messages/render`.

use std::fs;
use std::path::Path;

use deputize::PrincipalKind;
use deputize_pages::{Activity, activity_page, review_page};

use crate::cast::{day, deed, log, party, planner};
use crate::hostile::{TEXTS, activity};
use crate::review;

#[test]
fn the_gallery_is_written() {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let gallery = temporary.parent().unwrap().join("gallery-of-pages");
    fs::create_dir_all(&gallery).unwrap();
    let write_page = |name: &str, page: String| {
        fs::write(gallery.join(format!("{name}.html")), page).unwrap();
    };
    let write = |name: &str, activity: &Activity| {
        write_page(&format!("activity_{name}"), activity_page(activity));
    };
    write("empty", &Activity::new(log()));
    for calls in [1, 20, 5_000] {
        write(&calls.to_string(), &day(calls));
    }
    let mut broken = log();
    broken.is_whole = false;
    write("broken", &Activity::new(broken));
    let mut deep = Activity::new(log());
    let agents = (0..32).map(|nth| party("hop", PrincipalKind::Agent, 300 + nth));
    deep.add(&deed(0, 0, agents.collect()));
    write("deep", &deep);
    let mut wide = Activity::new(log());
    for nth in 0..60 {
        let agent = party(&format!("agent-{nth}"), PrincipalKind::Agent, 400 + nth);
        wide.add(&deed(u64::from(nth), i64::from(nth) * 7, vec![planner(), agent]));
    }
    write("wide", &wide);
    for (nth, text) in TEXTS.into_iter().enumerate() {
        write(&format!("hostile_{nth}"), &activity(text));
    }
    write("hostile_long", &activity(&"漢".repeat(300)));
    write("hostile_word", &activity(&"x".repeat(300)));
    write_page("review", review_page(&review::review()));
    for (nth, text) in TEXTS.into_iter().enumerate() {
        write_page(&format!("review_hostile_{nth}"), review_page(&review::hostile(text)));
    }
    write_page("review_hostile_long", review_page(&review::hostile(&"x".repeat(300))));
}
