//! However many decisions, agents and owners there are, the page is bounded, counts all of them, and
//! says what it leaves out.

use deputize::PrincipalKind;
use deputize::time::Duration;
use deputize_pages::{Activity, Caller, activity_page};

use crate::cast::{Random, day, deed, log, party, planner, start};

/// The number of decisions in the labels of the lanes.
fn in_lanes(page: &str) -> u64 {
    let labels = page.split("class=\"timeline\"").skip(1);
    labels
        .map(|own| decisions(own.split("aria-label=\"").nth(1).unwrap().split('"').next().unwrap()))
        .sum()
}

/// The number in the titles of marks and columns.
fn in_titles(page: &str) -> u64 {
    let titles = page.split("<title>").skip(2).map(|own| own.split("</title>").next().unwrap());
    titles.map(|title| decisions(title.split_once("Z: ").unwrap().1)).sum()
}

/// The number in the headline.
fn in_headline(page: &str) -> u64 {
    let headline = page.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap();
    decisions(headline.split_once(": ").unwrap().1)
}

/// The number in a list such as `12 allowed, 3 refused, records 5 to 19`.
fn decisions(text: &str) -> u64 {
    let numbers = text.replace(',', "");
    let words: Vec<_> = numbers.split(' ').collect();
    let pairs = words.windows(2).filter(|pair| ["allowed", "refused"].contains(&pair[1]));
    pairs.map(|pair| pair[0].parse::<u64>().unwrap()).sum()
}

#[test]
fn every_decision_is_in_a_lane_and_in_a_column() {
    for calls in [1, 20, 700, 5_000] {
        let page = activity_page(&day(calls));
        assert_eq!([in_headline(&page), in_lanes(&page), in_titles(&page)], [calls; 3]);
    }
}

/// Clocks can be set back, and a log may cover seconds or centuries.
#[test]
fn columns_are_joined_in_any_order_of_times() {
    for span in [1, 100, 10_000, 5_000_000, 8_000_000_000] {
        let mut random = Random(span);
        let mut activity = Activity::new(log());
        for record in 0..2_000 {
            let mut own = deed(record, 0, vec![planner()]);
            // The log grows, so that columns which have decisions are joined.
            let until = (span * (record + 1)).div_ceil(2_000);
            own.at = start() + Duration::seconds(i64::try_from(random.below(until)).unwrap());
            activity.add(&own);
        }
        let page = activity_page(&activity);
        assert_eq!(in_titles(&page), 2_000);
        let columns = page.matches("<g><title>").count();
        assert!(columns <= 120, "{span}: {columns}");
        assert!(columns >= 24 || span < 24, "{span}: {columns}");
    }
}

#[test]
fn many_agents_and_owners_are_counted_and_not_drawn() {
    let mut activity = Activity::new(log());
    for record in 0_u16..6_000 {
        let owner = party("owner", PrincipalKind::Human, 10_000 + record % 900);
        let agents = vec![party("agent", PrincipalKind::Agent, 20_000 + record % 3_000)];
        let mut own = deed(u64::from(record), i64::from(record), Vec::new());
        own.caller = Caller::Holder { owner, agents, replay_checked: true };
        activity.add(&own);
    }
    let page = activity_page(&activity);
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert_eq!(in_lanes(&page), 6_000);
    assert_eq!(page.matches("class=\"timeline\"").count(), 21);
    assert!(page.contains("more than 236 further agents"));
    assert!(page.contains("further owners: "));
    assert_eq!(page.matches("data-node").count(), 40);
    assert!(page.contains("The newest 200 decisions. 5,800"));
    assert_eq!(page.matches("<tr class").count() + page.matches("<tr><td").count(), 200);
}

/// A chain of the greatest length is drawn inside the page.
#[test]
fn a_long_chain_is_drawn() {
    let agents: Vec<_> = (0..32).map(|nth| party("hop", PrincipalKind::Agent, 300 + nth)).collect();
    let mut activity = Activity::new(log());
    activity.add(&deed(0, 0, agents));
    let page = activity_page(&activity);
    assert_eq!(page.matches("data-node").count(), 33);
    assert!(page.contains("data-node=\"32\""));
}
