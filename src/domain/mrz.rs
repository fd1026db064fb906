//! The machine-readable zone of a passport: TD3, two lines of 44 characters (ICAO 9303-4 §4.2, 9303-3 §4.9).

use jiff::civil::{Date, date};

mod name;

pub use name::{NameMatch, compare as compare_name};

/// Why a zone is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MrzFault {
    /// Not two lines of 44 characters of A–Z, 0–9 and `<`, the first beginning with P.
    Shape,
    /// A check digit does not match its field.
    CheckDigit,
}

/// What the zone says of the document and its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// ISO 3166-1 alpha-3 of the issuer (or one of ICAO's own codes, `D` for Germany).
    pub issuer: String,
    /// The names without the last fillers: `ERIKSSON<<ANNA<MARIA`. What does not fit into 39 characters is left out.
    pub name: String,
    /// The document's number without fillers.
    pub number: String,
    /// ISO 3166-1 alpha-3 of the nationality.
    pub nationality: String,
    /// Year of the century, month and day of birth.
    pub birth: [u8; 3],
    /// `M`, `F`, or `<` for unspecified.
    pub sex: char,
    /// Year of the century, month and day of expiry.
    pub expiry: [u8; 3],
}

/// The check digit over `text`: weights 7, 3, 1, sum modulo 10 (ICAO 9303-3 §4.9). None if a character has no value.
pub fn check_digit(text: &str) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in text.chars().zip([7, 3, 1].into_iter().cycle()) {
        let value = match character {
            '<' => 0,
            '0'..='9' | 'A'..='Z' => character.to_digit(36)?,
            _ => return None,
        };
        sum += value * weight;
    }
    char::from_digit(sum % 10, 10)
}

/// Reads a zone; spaces and line breaks around and between its lines do not matter.
pub fn parse(text: &str) -> Result<Mrz, MrzFault> {
    let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let is_zone = joined.len() == 88
        && joined.starts_with('P')
        && joined.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'<');
    if !is_zone {
        return Err(MrzFault::Shape);
    }
    let (first, second) = joined.split_at(44);
    let personal = &second[28..42];
    guard(&second[0..9], &second[9..10])?;
    guard(&second[13..19], &second[19..20])?;
    guard(&second[21..27], &second[27..28])?;
    // An unused personal number may carry a filler instead of its digit 0.
    if !(personal.bytes().all(|b| b == b'<') && &second[42..43] == "<") {
        guard(personal, &second[42..43])?;
    }
    let composite = format!("{}{}{}", &second[0..10], &second[13..20], &second[21..43]);
    guard(&composite, &second[43..44])?;
    Ok(Mrz {
        issuer: first[2..5].trim_end_matches('<').to_owned(),
        name: first[5..44].trim_end_matches('<').to_owned(),
        number: second[0..9].trim_end_matches('<').to_owned(),
        nationality: second[10..13].trim_end_matches('<').to_owned(),
        birth: day(&second[13..19])?,
        sex: second[20..21].chars().next().unwrap_or('<'),
        expiry: day(&second[21..27])?,
    })
}

/// Whether `date` is the day that a zone's six digits name.
pub fn names_day(digits: [u8; 3], day: Date) -> bool {
    let [year, month, of_month] = digits.map(i16::from);
    day.year() % 100 == year && i16::from(day.month()) == month && i16::from(day.day()) == of_month
}

/// The zone of a passport, for those who make one up (tests, the demonstration).
pub fn compose(mrz: &Mrz, birth: Date, expiry: Date) -> String {
    let digits = |d: Date| format!("{:02}{:02}{:02}", d.year() % 100, d.month(), d.day());
    let with_digit = |text: String| {
        let digit = check_digit(&text).unwrap_or('0');
        format!("{text}{digit}")
    };
    let first = format!("P<{:<<3}{:<<39.39}", mrz.issuer, mrz.name);
    let number = with_digit(format!("{:<<9}", mrz.number));
    let born = with_digit(digits(birth));
    let expires = with_digit(digits(expiry));
    let personal = with_digit("<".repeat(14));
    let composite = check_digit(&format!("{number}{born}{expires}{personal}")).unwrap_or('0');
    format!("{first}\n{number}{:<<3}{born}{}{expires}{personal}{composite}", mrz.nationality, mrz.sex)
}

fn guard(text: &str, digit: &str) -> Result<(), MrzFault> {
    if check_digit(text).is_some_and(|expected| digit.starts_with(expected)) {
        Ok(())
    } else {
        Err(MrzFault::CheckDigit)
    }
}

fn day(text: &str) -> Result<[u8; 3], MrzFault> {
    let number = |range: std::ops::Range<usize>| text[range].parse::<u8>().map_err(|_| MrzFault::Shape);
    let [year, month, of_month] = [number(0..2)?, number(2..4)?, number(4..6)?];
    let exists = (1..=12).contains(&month)
        && of_month >= 1
        && of_month <= date(2000, month as i8, 1).days_in_month() as u8;
    if exists { Ok([year, month, of_month]) } else { Err(MrzFault::Shape) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimen of ICAO 9303-4, appendix A.
    const SPECIMEN: &str =
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

    #[test]
    fn the_specimen_is_read() {
        let zone = parse(SPECIMEN).unwrap();
        assert_eq!(
            (zone.issuer.as_str(), zone.number.as_str(), zone.nationality.as_str()),
            ("UTO", "L898902C3", "UTO")
        );
        assert_eq!(zone.name, "ERIKSSON<<ANNA<MARIA");
        assert!(names_day(zone.birth, date(1974, 8, 12)) && names_day(zone.expiry, date(2012, 4, 15)));
        assert_eq!(zone.sex, 'F');
    }

    #[test]
    fn any_changed_digit_of_the_second_line_is_noticed() {
        for at in SPECIMEN
            .find('L')
            .into_iter()
            .flat_map(|_| 45..89)
            .filter(|at| SPECIMEN.as_bytes()[*at].is_ascii_digit())
        {
            let mut bytes = SPECIMEN.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'9' { b'8' } else { bytes[at] + 1 };
            assert!(parse(std::str::from_utf8(&bytes).unwrap()).is_err(), "position {at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_composed_is_read_again(number in "[A-Z][0-9]{8}", born in 0i32..20_000, days in 1i32..3_000) {
            let birth = date(1950, 1, 1).checked_add(jiff::Span::new().days(born)).unwrap();
            let expiry = date(2024, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let zone = Mrz { issuer: "KAZ".into(), name: "AKHMETOV<<DAMIR".into(), number, nationality: "KAZ".into(), birth: [0; 3], sex: 'M', expiry: [0; 3] };
            let read = parse(&compose(&zone, birth, expiry)).unwrap();
            proptest::prop_assert!(read.number == zone.number && names_day(read.birth, birth) && names_day(read.expiry, expiry));
        }

        #[test]
        fn nothing_makes_the_reader_panic(text in ".{0,120}") {
            let _ = parse(&text);
        }
    }
}
