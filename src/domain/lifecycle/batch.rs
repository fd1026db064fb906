//! The lifecycle of a batch.

use super::{AnyRow, Lifecycle, Row, Target, row};
use crate::{domain::party::Party, text_enum};

text_enum! {
    /// Where a batch stands.
    pub enum BatchState {
        /// Not yet open.
        Planned = "planned",
        /// Takes submissions.
        Open = "open",
        /// No new submissions; reviews and promotions go on.
        Closed = "closed",
        /// Over: who still waits has lapsed.
        Ended = "ended",
    }
}

text_enum! {
    /// What can be done to a batch. Taking and releasing places is not among it: every decision would wait for the row
    /// of the batch.
    pub enum BatchAction {
        /// Plan it.
        Create = "create",
        /// Change its terms.
        Change = "change",
        /// Take submissions (again).
        Open = "open",
        /// Take no more; reviews and promotions go on.
        Close = "close",
        /// Draw its lots.
        Draw = "draw",
        /// It is over; who still waits lapses.
        End = "end",
        /// Begin the history of a batch that is older than its history.
        Found = "found",
    }
}

impl Lifecycle for BatchState {
    type Action = BatchAction;

    /// What an action needs besides stands in the files of `workflow/`: nobody can join a draw that was held, so a batch
    /// by lot is not opened again.
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
        ]
    };

    fn row(row: &AnyRow) -> Option<&Row<Self>> {
        if let AnyRow::Batch(row) = row { Some(row) } else { None }
    }
}
