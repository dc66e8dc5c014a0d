//! Paths of tiles have one spelling, and name only tiles that a tree can have.

use deputize_audit::{Level, MAX_TREE_SIZE, TilePath};
use proptest::prelude::*;

use Level::{Entries, Hashes};

#[test]
fn paths_are_those_of_the_specification() {
    for (level, index, width, path) in [
        (Hashes(0), 0, 256, "tile/0/000"),
        (Hashes(0), 0, 1, "tile/0/000.p/1"),
        (Hashes(0), 273, 112, "tile/0/273.p/112"),
        (Hashes(1), 999, 255, "tile/1/999.p/255"),
        (Hashes(2), 1_000, 256, "tile/2/x001/000"),
        (Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (Entries, 1_234_067, 8, "tile/entries/x001/x234/067.p/8"),
        (Hashes(0), 1_099_511_627_775, 255, "tile/0/x001/x099/x511/x627/775.p/255"),
        (Hashes(5), 0, 255, "tile/5/000.p/255"),
    ] {
        let named = TilePath::new(level, index, width).unwrap();
        assert_eq!(named.to_string(), path);
        assert_eq!(path.parse(), Ok(named));
        assert_eq!((named.level(), named.index(), named.width()), (level, index, width));
    }
}

#[test]
fn other_spellings_are_refused() {
    for wrong in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/+0/000",
        "tile/-1/000",
        "tile/256/000",
        "tile/6/000.p/1",
        "tile/63/000.p/1",
        "tile/8/0/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/0/001/234",
        "tile/0/x001",
        "tile/0/x001/x234",
        "tile/0/x001/234/067",
        "tile/0/X001/234",
        "tile/0/x01/234",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/256",
        "tile/0/000.p/65537",
        "tile/0/000.p/1/1",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p/1 ",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/../../etc/000",
        "tile/0/x001/x099/x511/x627/775",
        "tile/0/x001/x099/x511/x627/776.p/1",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/entries",
        "tile/entries/",
        "tile/entries/000.p/0",
        "tile/Entries/000",
        "tile/data/000",
    ] {
        assert_eq!(wrong.parse::<TilePath>().unwrap_err().found, wrong);
    }
}

#[test]
fn tiles_that_no_tree_has_are_not_named() {
    for (level, index, width) in [
        (Hashes(0), 0, 0),
        (Hashes(0), 0, 257),
        (Hashes(0), u64::MAX, 1),
        (Hashes(0), u64::MAX, 256),
        (Hashes(6), 0, 1),
        (Hashes(255), 0, 1),
        (Entries, 1 << 40, 1),
    ] {
        assert!(TilePath::new(level, index, width).is_err(), "{level:?} {index} {width}");
    }
}

#[test]
fn the_tiles_of_a_tree_depend_on_its_size() {
    let of = |level, index, size| TilePath::in_tree(level, index, size).map(|path| path.width());
    assert_eq!(of(Hashes(0), 0, 0), None);
    assert_eq!(of(Hashes(0), 272, 70_000), Some(256));
    assert_eq!(of(Hashes(0), 273, 70_000), Some(112));
    assert_eq!(of(Entries, 273, 70_000), Some(112));
    assert_eq!(of(Hashes(0), 274, 70_000), None);
    assert_eq!(of(Hashes(1), 1, 70_000), Some(17));
    assert_eq!(of(Hashes(2), 0, 70_000), Some(1));
    assert_eq!(of(Hashes(3), 0, 70_000), None);
    assert_eq!(of(Hashes(1), 0, 255), None);
    assert_eq!(of(Hashes(1), 0, 256), Some(1));
    let partial = |size| TilePath::partial(size).map(|path| path.to_string()).collect::<Vec<_>>();
    assert_eq!(partial(0), [""; 0]);
    assert_eq!(partial(256), ["tile/1/000.p/1"]);
    assert_eq!(partial(65_536), ["tile/2/000.p/1"]);
    assert_eq!(partial(MAX_TREE_SIZE).len(), 6);
}

proptest! {
    #[test]
    fn a_path_is_read_as_it_is_written(level in 0..6_u8, bits in 0..64_u32, index: u64, width in 1..=256_u16) {
        let index = index.checked_shr(bits).unwrap();
        for level in [Hashes(level), Entries] {
            if let Ok(path) = TilePath::new(level, index, width) {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }

    #[test]
    fn what_is_read_is_written_alike(text in "(tile/)?([0-9]{1,3}|entries)/(x?[0-9]{1,4}/?){0,7}(\\.p/[0-9]{0,4})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}
