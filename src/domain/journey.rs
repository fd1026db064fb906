//! The journey of an undecided case, as its days pass. When the day of arrival has passed, the last stage gets a finding.
//! The applicant is reminded twice before the day of leaving. When that day has passed, the journey can no longer be made,
//! and the case lapses. Days are those of the territory that the journey leads to.

use jiff::{ToSpan, civil::Date};

use super::form::Journey;

/// How many days before the day of leaving the applicant is reminded.
const REMINDERS: [i64; 2] = [14, 3];

/// The next day after `today` on which the scheduler looks at the case.
pub fn next_check(journey: &Journey, today: Date) -> Option<Date> {
    let passed = [journey.arrive_on, journey.leave_on].into_iter().flatten();
    let days = passed.map(|day| day.saturating_add(1.day())).chain(reminders(journey));
    days.filter(|day| *day > today).min()
}

/// Whether the applicant is to be reminded `today`, if the last look was before `due`.
pub fn is_reminder_due(journey: &Journey, due: Date, today: Date) -> bool {
    reminders(journey).any(|day| due <= day && day <= today)
}

fn reminders(journey: &Journey) -> impl Iterator<Item = Date> {
    let leave = journey.leave_on;
    REMINDERS.into_iter().filter_map(move |days| Some(leave?.saturating_sub(days.days())))
}

/// Whether the day of leaving has passed.
pub fn is_over(journey: &Journey, today: Date) -> bool {
    journey.leave_on.is_some_and(|leave| leave < today)
}

/// Whether the planned day of arrival has passed.
pub fn has_begun(journey: &Journey, today: Date) -> bool {
    journey.arrive_on.is_some_and(|arrive| arrive < today)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn journey() -> Journey {
        let (arrive_on, leave_on) = (Some(date(2026, 4, 10)), Some(date(2026, 4, 30)));
        Journey { arrive_on, leave_on, ..Journey::default() }
    }

    #[test]
    fn a_case_is_looked_at_when_something_is_to_be_done() {
        let (mut days, mut today) = (Vec::new(), date(2026, 3, 1));
        while let Some(next) = next_check(&journey(), today) {
            let is_reminded = is_reminder_due(&journey(), next, next);
            days.push((
                next.month(),
                next.day(),
                has_begun(&journey(), next),
                is_reminded,
                is_over(&journey(), next),
            ));
            today = next;
        }
        let expected = [
            (4, 11, true, false, false),
            (4, 16, true, true, false),
            (4, 27, true, true, false),
            (5, 1, true, false, true),
        ];
        assert_eq!(days, expected);
        assert_eq!(next_check(&Journey::default(), today), None);
    }

    #[test]
    fn a_reminder_that_was_missed_is_sent_later_and_only_for_these_days() {
        let (due, today) = (date(2026, 4, 16), date(2026, 4, 20));
        assert!(is_reminder_due(&journey(), due, today));
        let moved = Journey { leave_on: Some(date(2026, 6, 30)), ..journey() };
        assert!(!is_reminder_due(&moved, due, today));
    }
}
