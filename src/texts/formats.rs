//! Dates, times, numbers and country names. ICU is used only here, because its crates still change.

use std::cell::OnceCell;

use fluent_templates::fluent_bundle::FluentValue;
use icu_datetime::{
    DateTimeFormatter,
    fieldsets::{YMD, YMDT},
    input::{Date as IcuDate, DateTime, Time},
};
use icu_experimental::displaynames::multi::RegionDisplayNames;
use icu_locale::{Locale, locale, subtags::Region};
use jiff::{
    Timestamp, ZonedDateTime,
    civil::Date,
    tz::{Offset, TimeZone},
};
use unic_langid::LanguageIdentifier;

use super::Language;

/// The formatters of one language, created once per thread: ICU's data cannot be shared between threads.
struct Formats {
    date: Option<DateTimeFormatter<YMD>>,
    instant: Option<DateTimeFormatter<YMDT>>,
    countries: Option<RegionDisplayNames>,
}

thread_local! {
    static FORMATS: [OnceCell<Formats>; 4] = const { [const { OnceCell::new() }; 4] };
}

fn with_formats<T>(language: Language, work: impl FnOnce(&Formats) -> T) -> T {
    FORMATS.with(|all| work(all[language as usize].get_or_init(|| Formats::of(&icu_locale(language)))))
}

fn icu_locale(language: Language) -> Locale {
    match language {
        // Day before month and 24 hours: most readers of English here are used to that.
        Language::En => locale!("en-GB"),
        Language::Zh => locale!("zh"),
        Language::Ru => locale!("ru"),
        Language::Kk => locale!("kk"),
    }
}

impl Formats {
    fn of(locale: &Locale) -> Self {
        Self {
            date: DateTimeFormatter::try_new(locale.into(), YMD::long()).ok(),
            instant: DateTimeFormatter::try_new(locale.into(), YMD::long().with_time_hm()).ok(),
            countries: RegionDisplayNames::try_new(locale.into(), Default::default()).ok(),
        }
    }
}

pub(super) fn date(language: Language, date: Date) -> String {
    let day =
        IcuDate::try_new_iso(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs());
    let formatted = day
        .ok()
        .and_then(|day| with_formats(language, |f| f.date.as_ref().map(|f| f.format(&day).to_string())));
    formatted.unwrap_or_else(|| date.to_string())
}

/// A time in the zone, if there is one, and in UTC.
pub(super) fn instant(language: Language, at: Timestamp, zone: Option<&TimeZone>) -> String {
    let utc = at.to_zoned_datetime(TimeZone::UTC);
    let local = zone.map(|zone| at.to_zoned_datetime(zone.clone())).filter(|local| !local.offset().is_zero());
    let Some(local) = local else { return format!("{} UTC", date_and_time(language, &utc)) };
    let beside = match local.date() == utc.date() {
        true => utc.strftime("%H:%M").to_string(),
        false => date_and_time(language, &utc),
    };
    format!("{} {} ({beside} UTC)", date_and_time(language, &local), offset(local.offset()))
}

fn date_and_time(language: Language, at: &ZonedDateTime) -> String {
    let date = IcuDate::try_new_iso(i32::from(at.year()), at.month().unsigned_abs(), at.day().unsigned_abs());
    let time = Time::try_new(at.hour().unsigned_abs(), at.minute().unsigned_abs(), 0, 0);
    let moment = date.ok().zip(time.ok()).map(|(date, time)| DateTime { date, time });
    let formatted = moment.and_then(|moment| {
        with_formats(language, |f| f.instant.as_ref().map(|f| f.format(&moment).to_string()))
    });
    formatted.unwrap_or_else(|| at.datetime().to_string())
}

/// `UTC+5`, `UTC+5:30`.
fn offset(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

pub(super) fn country(language: Language, code: &str) -> Option<String> {
    let region = Region::try_from_str(code).ok()?;
    with_formats(language, |f| f.countries.as_ref().and_then(|names| names.of(region).map(str::to_owned)))
}

/// Groups thousands by a comma in English and Chinese, by a no-break space in Russian and Kazakh (CLDR).
pub(super) fn number(language: Language, number: i64) -> String {
    grouped(number, if matches!(language, Language::Ru | Language::Kk) { '\u{a0}' } else { ',' })
}

fn grouped(number: i64, separator: char) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { String::from("-") } else { String::new() };
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// Formats the numbers in the texts of this language.
pub(super) fn number_formatter<M>(
    languages: &[LanguageIdentifier],
) -> fn(&FluentValue<'_>, &M) -> Option<String> {
    let spaced = languages.first().is_some_and(|l| matches!(l.language.as_str(), "ru" | "kk"));
    if spaced { |value, _| format_whole(value, '\u{a0}') } else { |value, _| format_whole(value, ',') }
}

fn format_whole(value: &FluentValue<'_>, separator: char) -> Option<String> {
    match value {
        #[expect(clippy::cast_possible_truncation, reason = "only whole numbers come this way")]
        FluentValue::Number(n) if n.value.fract() == 0.0 => Some(grouped(n.value as i64, separator)),
        _ => None,
    }
}
