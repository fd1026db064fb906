//! Ages, months and days. Dates are of the civil calendar. A day has a place: it begins and ends at midnight there.

use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};

/// The day that it is at `now` in this zone.
pub fn day_in(zone: &TimeZone, now: Timestamp) -> Date {
    now.to_zoned_datetime(zone.clone()).date()
}

/// Whole years lived on `on` by somebody born on `birth`; 29 February turns a year older on 1 March.
pub fn age_on(birth: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(!had_birthday)
}

/// The same day `months` later, or the last day of that month (ISO 8601 calendar).
pub fn months_after(date: Date, months: i32) -> Date {
    Span::new().try_months(months).ok().and_then(|span| date.checked_add(span).ok()).unwrap_or(Date::MAX)
}

/// Days from `first` to `last`, both counted.
pub fn days_inclusive(first: Date, last: Date) -> i64 {
    last.duration_since(first).as_hours() / 24 + 1
}

/// `days` days after `now`.
pub fn days_after(now: Timestamp, days: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// The first moment after `date` in this zone.
pub fn end_in(zone: &TimeZone, date: Date) -> Timestamp {
    let next = date.tomorrow().unwrap_or(date);
    next.to_zoned_datetime(zone.clone()).map_or(Timestamp::MAX, |start| start.timestamp())
}

/// Until when something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Until this moment.
    At(Timestamp),
    /// Until the end of this day, wherever it is to be done.
    EndOf(Date),
}

impl Deadline {
    /// The moment in this zone.
    pub fn in_zone(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            // The last second, so that it is shown as a time of this day.
            Self::EndOf(date) => end_in(zone, date) - SignedDuration::from_secs(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_birthday_counts_from_its_day_on() {
        assert_eq!(age_on(date(2000, 5, 4), date(2018, 5, 3)), 17);
        assert_eq!(age_on(date(2000, 5, 4), date(2018, 5, 4)), 18);
        assert_eq!(age_on(date(2004, 2, 29), date(2022, 2, 28)), 17);
        assert_eq!(age_on(date(2004, 2, 29), date(2022, 3, 1)), 18);
    }

    #[test]
    fn six_months_after_the_end_of_august_is_the_end_of_february() {
        assert_eq!(months_after(date(2020, 8, 31), 6), date(2021, 2, 28));
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight_of_its_zone() {
        let almaty = TimeZone::get("Asia/Almaty").unwrap();
        let half_past_one: Timestamp = "2026-11-26T20:30:00Z".parse().unwrap();
        assert_eq!(day_in(&almaty, half_past_one), date(2026, 11, 27));
        assert_eq!(day_in(&TimeZone::UTC, half_past_one), date(2026, 11, 26));
        assert_eq!(end_in(&almaty, date(2026, 11, 27)).to_string(), "2026-11-27T19:00:00Z");
        assert_eq!(end_in(&TimeZone::UTC, date(2026, 11, 27)).to_string(), "2026-11-28T00:00:00Z");
        // Until March 2024 Almaty was an hour further from UTC.
        assert_eq!(end_in(&almaty, date(2024, 1, 10)).to_string(), "2024-01-10T18:00:00Z");
    }

    #[test]
    fn a_stay_of_one_day_is_one_day() {
        assert_eq!(days_inclusive(date(2020, 12, 1), date(2020, 12, 1)), 1);
        assert_eq!(days_inclusive(date(2020, 12, 31), date(2021, 1, 2)), 3);
    }
}
