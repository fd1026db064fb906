//! A full batch keeps a line; a place that comes free goes to the first in it that fits.

use crate::world::on_both_databases;

#[test]
fn a_full_batch_waitlists_and_a_withdrawal_promotes_the_next() {
    on_both_databases(async |world| {
        let batch = world.open_batch(1).await;
        let [ada, bo] = world.submit(&batch, ["Ada", "Bo"]).await;
        world.endorse_every_stage([&ada, &bo]).await;
        assert_eq!(world.states([&ada, &bo]).await, ["approved", "waitlisted"]);
        world.surrender(&ada).await;
        assert_eq!(world.states([&ada, &bo]).await, ["withdrawn", "approved"]);
    });
}
