//! A bar of places: taken, held and free, as a picture and in numbers. The macro `bar` of `templates/macros.html` draws
//! it.

use crate::texts::Texts;

/// A bar. The picture is 1000 units wide.
pub struct Bar {
    /// Width of the taken part.
    pub taken_width: i32,
    /// Width of the held part.
    pub held_width: i32,
    /// The numbers with their names: taken, held (if any), free.
    pub legend: Vec<(String, String)>,
}

impl Bar {
    /// The bar of a capacity.
    pub fn of(t: Texts, capacity: i32, held: i32, taken: i32) -> Self {
        let width = |places: i32| {
            let share = i64::from(places) * 1000 / i64::from(capacity.max(1));
            // A single place must be visible too.
            i32::try_from(share).unwrap_or(1000).max(i32::from(places > 0) * 6)
        };
        let mut legend = vec![(t.get("place-taken"), t.number(taken))];
        if held > 0 {
            legend.push((t.get("place-held"), t.number(held)));
        }
        legend.push((t.get("place-free"), t.number(capacity - held - taken)));
        Self { taken_width: width(taken), held_width: width(held), legend }
    }
}
