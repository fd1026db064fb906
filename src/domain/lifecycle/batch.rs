//! The lifecycle of a batch.

use super::{AnyRow, Lifecycle, Row, Target, row};
use crate::{domain::party::Party, text_enum};

text_enum! {
    /// The state of a batch.
    pub enum BatchState {
        /// Not yet open.
        Planned = "planned",
        /// Accepts submissions.
        Open = "open",
        /// Accepts no new submissions; reviews and promotions continue.
        Closed = "closed",
        /// Ended: undecided cases have lapsed.
        Ended = "ended",
    }
}

text_enum! {
    /// The actions on a batch. Taking and releasing places is not one of them: every decision would wait for the row of
    /// the batch.
    pub enum BatchAction {
        /// Plan it.
        Create = "create",
        /// Change its terms.
        Change = "change",
        /// Accept submissions (again).
        Open = "open",
        /// Accept no more submissions; reviews and promotions continue.
        Close = "close",
        /// Draw its lots.
        Draw = "draw",
        /// End the batch; its undecided cases lapse.
        End = "end",
        /// Begin the history of a batch from before there were histories.
        Found = "found",
        /// Close a history from before the hashes had a key, with a line that has one.
        CloseHistory = "close_history",
    }
}

impl Lifecycle for BatchState {
    type Action = BatchAction;

    /// Further conditions of an action are in `workflow/`. For example, a batch is not opened again after its draw,
    /// because no case can be added to the draw.
    #[rustfmt::skip]
    const TABLE: &'static [Row<Self>] = {
        use BatchAction::*; use BatchState::{Closed, Ended, Planned}; use Party::*; use Target::*;
        const NOTHING: &[BatchState] = &[];
        const OPEN: BatchState = BatchState::Open;
        &[
            row(NOTHING,                  Create, To(Planned),            &[BatchManager]),
            row(NOTHING,                  Found,  OneOf(BatchState::ALL), &[System]),
            row(&[Planned, OPEN, Closed], Change, Stay,                   &[BatchManager]),
            row(&[Planned, Closed],       Open,   To(OPEN),               &[BatchManager, System]),
            row(&[OPEN],                  Close,  To(Closed),             &[BatchManager, System]),
            row(&[Closed, Ended],         Draw,   Stay,                   &[System]),
            row(&[Planned, OPEN, Closed], End,    To(Ended),              &[BatchManager, System]),
            row(BatchState::ALL,          CloseHistory, Stay,             &[System]),
        ]
    };

    fn row(row: &AnyRow) -> Option<&Row<Self>> {
        if let AnyRow::Batch(row) = row { Some(row) } else { None }
    }
}
