//! An older list after a head that the root voided.

use super::oracle::{List, Reasons, Required, Scope, Void};
use super::several::agree;
use super::world::{A, B, ROOT, Verifiers, World, list, plan};

/// For the chains of a root, what it voided was never seen: an older list is not rolled back by it. But
/// it is not the one that was stored, so it is not fresh. A newer list of the root may take that back.
#[test]
fn an_older_list_than_a_void_head_counts_and_is_not_fresh() {
    let mut world = World::new();
    let chain = world.chain(&plan(&[(A, -1_000), (B, -990)]));
    let of_a = |sequence| List { sequence, ..list(A, Scope::Own) };
    let [older, newer] = [1, 2].map(|sequence| world.sign(of_a(sequence), None));
    let of_root = || list(ROOT, Scope::Own);
    let voiding = List { voids: vec![Void::List(newer.digest)], ..of_root() };
    let voiding = world.sign(voiding, None);
    let (sequence, previous) = (2, Some(voiding.digest));
    let without = world.sign(List { sequence, previous, ..of_root() }, None);
    let mut both = Verifiers::new();
    let judged = |both: &Verifiers, required: &[Required]| {
        agree(&world, both, &chain, (0, 0), (required, 1_000))
    };
    let every: &[Required] = &[Required::Root, Required::EveryDelegator];
    let unknown = Reasons::from([(0, "revocation_unknown")]);

    assert_eq!(both.accept(&world, &newer, 0), "Current");
    both.restart();
    assert_eq!(both.accept(&world, &voiding, 0), "Current");
    assert_eq!(both.accept(&world, &older, 0), "RolledBack");
    assert_eq!(judged(&both, &[Required::Root]), Reasons::new());
    assert_eq!(judged(&both, every), unknown);

    assert_eq!(both.accept(&world, &without, 0), "Current");
    assert_eq!(judged(&both, &[Required::Root]), unknown);
    assert_eq!(judged(&both, every), unknown);
}
