//! The lifecycle of an authorization.

use super::{Action, AnyRow, Lifecycle, Row, Target, row};
use crate::{domain::party::Party, text_enum};

text_enum! {
    /// The state of an authorization.
    pub enum AuthorizationState {
        /// It allows travel.
        Valid = "valid",
        /// It is suspended.
        Suspended = "suspended",
        /// Its validity is over, and nobody travelled.
        Expired = "expired",
        /// The journey is over.
        Used = "used",
        /// Ended by an authority: its conditions are no longer met.
        Revoked = "revoked",
        /// Ended by an authority: its conditions were never met.
        Annulled = "annulled",
        /// Returned by its holder.
        Surrendered = "surrendered",
    }
}

impl Lifecycle for AuthorizationState {
    type Action = Action;

    /// Further conditions of an action are in `workflow/<action>.rs`. The event of `Issue` is the case's event that
    /// decided: the chain of an authorization starts from its hash.
    #[rustfmt::skip]
    const TABLE: &'static [Row<Self>] = {
        use Action::*; use AuthorizationState::*; use Party::*; use Target::*;
        const NOTHING: &[AuthorizationState] = &[];
        const LIVE: &[AuthorizationState] = &[Valid, Suspended];
        &[
            row(NOTHING,      Issue,          To(Valid),                          &[System]),
            row(NOTHING,      Found,          OneOf(AuthorizationState::ALL),     &[System]),
            row(LIVE,         Surrender,      To(Surrendered),                    &[Side]),
            row(LIVE,         Revoke,         To(Revoked),                        &[DecidingOfficer, Supervisor]),
            row(LIVE,         Annul,          To(Annulled),                       &[DecidingOfficer, Supervisor]),
            row(&[Valid],     RecordEntry,    Stay,                               &[Border]),
            row(&[Valid],     RecordExit,     OneOf(&[Valid, Used]),              &[Border]),
            row(&[Valid],     Suspend,        To(Suspended),                      &[Supervisor, System]),
            row(&[Suspended], Reinstate,      To(Valid),                          &[Supervisor, System]),
            row(&[Valid],     ChangeDocument, Stay,                               &[Side]),
            row(LIVE,         Expire,         To(Expired),                        &[System]),
            row(LIVE,         Complete,       To(Used),                           &[System]),
            row(AuthorizationState::ALL, CloseHistory, Stay,                      &[System]),
        ]
    };

    fn row(row: &AnyRow) -> Option<&Row<Self>> {
        if let AnyRow::Authorization(row) = row { Some(row) } else { None }
    }
}

impl AuthorizationState {
    /// Whether no action leads to another state.
    pub fn is_final(self) -> bool {
        !Self::TABLE.iter().any(|row| row.from.contains(&self) && row.to != Target::Stay)
    }
}
