//! Authorizations: what an approved applicant holds, tied to the travel document of the case.

use jiff::{Timestamp, ToSpan, civil::Date};

use super::{
    batch::Batch, case::Case, form::Form, ids::ApplicationId, lifecycle::AuthorizationState,
    programme::Programme,
};

/// An authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Authorization {
    pub number: String,
    pub application: ApplicationId,
    pub state: AuthorizationState,
    pub valid_from: Date,
    pub valid_until: Date,
    pub issued_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub entered_on: Option<Date>,
    pub exited_on: Option<Date>,
    /// Counts every change.
    pub version: i32,
    /// The number of its own events.
    pub event_seq: i32,
    /// The hash of the last of them; before the first, of the case's event that issued it. Empty: the authorization is
    /// from before there were histories, and its history has not begun yet.
    pub event_hash: Vec<u8>,
}

impl Authorization {
    /// Issues one for a case of this batch. It is valid from today, or from the beginning of the batch's travel window,
    /// until the first of these days: the last day of the passport, the end of the travel window, and the day of leaving
    /// plus the days that the programme allows after it. None: no day is left.
    pub fn issue(
        number: String,
        case: &Case,
        batch: &Batch,
        programme: &Programme,
        today: Date,
        now: Timestamp,
    ) -> Option<Self> {
        let window = (batch.travel_from, batch.travel_until);
        let days_after_leaving = programme.rules.days_after_leaving;
        let (valid_from, valid_until) = validity(&case.form, window, days_after_leaving, today)?;
        Some(Self {
            number,
            application: case.id,
            state: AuthorizationState::Valid,
            valid_from,
            valid_until,
            issued_at: now,
            ended_at: None,
            entered_on: None,
            exited_on: None,
            version: 1,
            event_seq: 0,
            event_hash: Vec::new(),
        })
    }
}

/// More days after leaving are not counted.
const MOST_DAYS_AFTER: u32 = 36_500;

/// The first and the last day of an authorization that is issued today, for a journey in this travel window (first and
/// last day). None: the journey can no longer be made.
pub fn validity(
    form: &Form,
    (opens, ends): (Date, Date),
    days_after_leaving: u32,
    today: Date,
) -> Option<(Date, Date)> {
    let leave = form.journey.leave_on.unwrap_or(ends);
    let after_leaving = leave.saturating_add(i64::from(days_after_leaving.min(MOST_DAYS_AFTER)).days());
    let from = opens.max(today);
    let until = form.travel_document.expires_on.unwrap_or(Date::MAX).min(ends).min(after_leaving);
    // Who must have left by then, or arrives only later, cannot use it.
    let can_arrive = from <= leave && form.journey.arrive_on.is_none_or(|arrive| arrive <= until);
    (from <= until && can_arrive).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The validity of a journey until 20 April in a window from 1 to 30 April.
    fn valid(passport_ends: Date, days_after_leaving: u32, today: Date) -> Option<(i8, i8)> {
        let mut form = Form::default();
        form.travel_document.expires_on = Some(passport_ends);
        form.journey.arrive_on = Some(date(2026, 4, 10));
        form.journey.leave_on = Some(date(2026, 4, 20));
        let window = (date(2026, 4, 1), date(2026, 4, 30));
        validity(&form, window, days_after_leaving, today).map(|(from, until)| (from.day(), until.day()))
    }

    #[test]
    fn it_ends_with_the_first_of_passport_window_and_journey() {
        let (years_later, march) = (date(2030, 1, 1), date(2026, 3, 1));
        assert_eq!(valid(years_later, 0, march), Some((1, 20)));
        assert_eq!(valid(years_later, 3, march), Some((1, 23)));
        assert_eq!(valid(years_later, 60, march), Some((1, 30)));
        assert_eq!(valid(date(2026, 4, 11), 3, march), Some((1, 11)));
        assert_eq!(valid(years_later, 0, date(2026, 4, 19)), Some((19, 20)));
        assert_eq!(valid(years_later, 0, date(2026, 4, 20)), Some((20, 20)));
    }

    #[test]
    fn nothing_is_issued_when_no_day_is_left() {
        let years_later = date(2030, 1, 1);
        assert_eq!(valid(years_later, 0, date(2026, 4, 21)), None);
        assert_eq!(valid(years_later, 10, date(2026, 4, 21)), None, "the traveller must have left");
        assert_eq!(valid(date(2026, 4, 11), 0, date(2026, 4, 12)), None);
        assert_eq!(valid(date(2026, 4, 9), 0, date(2026, 3, 1)), None, "it would end before the arrival");
        assert_eq!(valid(years_later, u32::MAX, date(2026, 3, 1)), Some((1, 30)));
        assert_eq!(valid(date(2026, 3, 31), 0, date(2026, 3, 1)), None);
    }
}
