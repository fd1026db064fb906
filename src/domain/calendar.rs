//! Ages, months and days. Dates are of the civil calendar; a day of the service is a day in UTC.

use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};

/// The day of `now`, UTC.
pub fn day_of(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

/// Whole years lived on `on` by somebody born on `birth`; 29 February turns a year older on 1 March.
pub fn age_on(birth: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(!had_birthday)
}

/// The same day `months` later, or the last day of that month (ISO 8601 calendar).
pub fn months_after(date: Date, months: i32) -> Date {
    date.checked_add(Span::new().months(months)).unwrap_or(Date::MAX)
}

/// Days from `first` to `last`, both counted.
pub fn days_inclusive(first: Date, last: Date) -> i64 {
    last.duration_since(first).as_hours() / 24 + 1
}

/// `days` days after `now`.
pub fn days_after(now: Timestamp, days: u32) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX)
}

/// The first moment after `date`, UTC.
pub fn end_of(date: Date) -> Timestamp {
    let next = date.tomorrow().unwrap_or(date);
    next.to_zoned_datetime(TimeZone::UTC).map_or(Timestamp::MAX, |start| start.timestamp())
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
    fn a_stay_of_one_day_is_one_day() {
        assert_eq!(days_inclusive(date(2020, 12, 1), date(2020, 12, 1)), 1);
        assert_eq!(days_inclusive(date(2020, 12, 31), date(2021, 1, 2)), 3);
    }
}
