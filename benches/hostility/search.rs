//! Searches for the most expensive grants: some made by hand, the rest random.

use crate::agent::{Case, Kind, Limits, Shape};
use crate::measure::Yardstick;

/// The number of random shapes with few hops (fewer with many), and how many of the most expensive
/// are measured precisely.
const SAMPLES: usize = 1_200;
const KEPT: usize = 6;

/// The most expensive shapes, by the cost of a refused call.
pub(crate) fn costliest(yard: &Yardstick, room: Limits) -> Vec<(Shape, Case)> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let samples =
        by_hand(room).into_iter().chain((0..SAMPLES / room.hops).map(|_| random.shape(room)));
    let mut tried: Vec<(f64, Shape, Case)> = samples
        .filter_map(|shape| {
            let case = shape.case(room)?;
            let cost =
                |request| yard.measure(3, || Clone::clone(request), |r| case.decide(r)).ratio;
            let ratio = cost(&case.refused).max(cost(&case.allowed));
            Some((ratio, shape, case))
        })
        .collect();
    tried.sort_by(|a, b| b.0.total_cmp(&a.0));
    tried.into_iter().take(KEPT).map(|(_, shape, case)| (shape, case)).collect()
}

fn by_hand(room: Limits) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for kind in Kind::ALL {
        for hops in [1, 3, room.hops] {
            for limits in [1, 15] {
                let kinds = vec![kind; limits];
                let (differ, resource) = (limits == 1, 1);
                let shape = Shape { hops, capabilities: 64, kinds, differ, resource, delegates: 0 };
                shapes.push(shape);
            }
        }
    }
    // Only resources, as long as a block allows.
    let shape = Shape {
        hops: room.hops,
        capabilities: 64,
        kinds: vec![],
        differ: false,
        resource: 970,
        delegates: 0,
    };
    shapes.push(shape.clone());
    shapes.push(Shape { capabilities: 15, resource: 4_000, ..shape.clone() });
    // Only keys, each to be decompressed, as many as fit the text.
    for (hops, delegates) in [(1, 256), (2, 160), (4, 75), (room.hops, 35), (room.hops, 200)] {
        shapes.push(Shape { hops, capabilities: 1, resource: 1, delegates, ..shape.clone() });
    }
    shapes
}

/// Marsaglia's xorshift: the same shapes in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }

    fn shape(&mut self, room: Limits) -> Shape {
        let kinds = (0..1 + self.below(15)).map(|_| Kind::ALL[self.below(Kind::ALL.len())]);
        Shape {
            kinds: kinds.collect(),
            hops: 1 + self.below(room.hops),
            capabilities: 1 + self.below(64),
            differ: self.below(2) == 0,
            resource: [1, 60, 400, 950, 4_000][self.below(5)],
            delegates: [0, 0, 40, 150][self.below(4)],
        }
    }
}
