//! The name in the zone: how it compares with the name in the form (ICAO 9303-3 §4.6 and §6). Apostrophes and other marks
//! are left out; hyphens and spaces are fillers; letters that the zone does not have are replaced by the tables of §6,
//! some in more than one way. A name that does not fit is truncated (9303-4 §4.2.3).

use icu_normalizer::ComposingNormalizerBorrowed;

/// The characters of the zone's name field.
const FIELD: usize = 39;

/// A family name is cut only to leave room for given names, so a shorter one is whole.
const LEAST_CUT: usize = 20;

/// How the name in the zone compares with the name in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameMatch {
    /// It is the same.
    Same,
    /// Family name and given names are exchanged.
    Exchanged,
    /// It is another one.
    Different,
    /// The form has letters that the tables do not have, such as Kazakh or Chinese ones.
    Unknown,
}

/// Compares the name field of a zone, without its last fillers, with the names of the form.
pub fn compare(zone: &str, family: &str, given: &str) -> NameMatch {
    let (Some(family), Some(given)) = (spellings(family), spellings(given)) else {
        return NameMatch::Unknown;
    };
    let is_cut = zone.len() >= FIELD;
    let (primary, secondary) = zone.split_once("<<").unwrap_or((zone, ""));
    let (primary, secondary) = (primary.replace('<', ""), secondary.replace('<', ""));
    let is_primary_cut = is_cut && primary.len() >= LEAST_CUT;
    let fits = |first: &[Letter], second: &[Letter]| {
        is_spelled(&primary, first, is_primary_cut) && is_spelled(&secondary, second, is_cut)
    };
    if fits(&family, &given) {
        NameMatch::Same
    } else if fits(&given, &family) {
        NameMatch::Exchanged
    } else {
        NameMatch::Different
    }
}

/// The ways in which the zone may write one letter.
type Letter = &'static [&'static str];

/// The letters of a name, without separators and marks. None: a letter is in no table.
fn spellings(name: &str) -> Option<Vec<Letter>> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(name);
    let upper = composed.chars().flat_map(char::to_uppercase);
    let letters = upper.filter(|c| c.is_alphanumeric());
    letters.map(|letter| TABLE.iter().find(|(all, _)| all.contains(letter)).map(|(_, ways)| *ways)).collect()
}

/// Whether `text` spells the letters; if it may be cut, whether it spells their beginning.
fn is_spelled(text: &str, letters: &[Letter], is_cut: bool) -> bool {
    // Where in `text` the letters so far can end.
    let mut ends = vec![0];
    for ways in letters {
        if is_cut && ends.contains(&text.len()) {
            return true;
        }
        let mut next = Vec::new();
        for end in ends {
            for way in *ways {
                let rest = &text[end..];
                if rest.starts_with(way) {
                    next.push(end + way.len());
                } else if is_cut && way.starts_with(rest) {
                    return true;
                }
            }
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.contains(&text.len())
}

/// Letters, and how the zone writes them: Latin (9303-3 §6 A) and Cyrillic (§6 B).
#[rustfmt::skip]
const TABLE: &[(&str, Letter)] = &[
    ("AÀÁÂÃĀĂĄẢẠ", &["A"]), ("Ä", &["AE", "A"]), ("Å", &["AA", "A"]), ("Æ", &["AE"]),
    ("B", &["B"]), ("CÇĆĈĊČ", &["C"]), ("DÐĎĐ", &["D"]),
    ("EÈÉÊËĒĔĖĘĚ", &["E"]), ("F", &["F"]), ("GĜĞĠĢ", &["G"]), ("HĤĦ", &["H"]),
    ("IÌÍÎÏĨĪĬĮİ", &["I"]), ("Ĳ", &["IJ"]), ("JĴ", &["J"]), ("KĶ", &["K"]), ("LĹĻĽĿŁ", &["L"]),
    ("M", &["M"]), ("NŃŅŇŊ", &["N"]), ("Ñ", &["N", "NXX"]),
    ("OÒÓÔÕŌŎŐ", &["O"]), ("Ö", &["OE", "O"]), ("Ø", &["OE", "O"]), ("Œ", &["OE"]),
    ("P", &["P"]), ("Q", &["Q"]), ("RŔŖŘ", &["R"]), ("SŚŜŞŠȘ", &["S"]), ("ẞß", &["SS"]),
    ("TŢŤŦȚ", &["T"]), ("Þ", &["TH"]), ("UÙÚÛŨŪŬŮŰŲ", &["U"]), ("Ü", &["UE", "UXX", "U", "YU"]),
    ("V", &["V"]), ("WŴ", &["W"]), ("X", &["X"]), ("YÝŶŸ", &["Y"]), ("ZŹŻŽ", &["Z"]),
    ("А", &["A"]), ("Б", &["B"]), ("В", &["V"]), ("Г", &["G", "H"]), ("Ґ", &["G"]), ("Д", &["D"]),
    ("ЕЁЭЄ", &["E", "IE"]), ("Ж", &["ZH", "Z"]), ("З", &["Z"]), ("И", &["I", "Y"]), ("ІЙ", &["I"]), ("Ї", &["I"]),
    ("К", &["K"]), ("Л", &["L"]), ("М", &["M"]), ("Н", &["N"]), ("О", &["O"]), ("П", &["P"]),
    ("Р", &["R"]), ("С", &["S"]), ("Т", &["T"]), ("У", &["U"]), ("Ў", &["U"]), ("Ф", &["F"]),
    ("Х", &["KH", "H"]), ("Ц", &["TS", "C"]), ("Ч", &["CH", "C"]), ("Ш", &["SH", "S"]), ("Щ", &["SHCH", "SHT"]),
    ("Ъ", &["IE", ""]), ("Ы", &["Y"]), ("Ь", &[""]), ("Ю", &["IU"]), ("Я", &["IA"]),
    ("0", &["0"]), ("1", &["1"]), ("2", &["2"]), ("3", &["3"]), ("4", &["4"]),
    ("5", &["5"]), ("6", &["6"]), ("7", &["7"]), ("8", &["8"]), ("9", &["9"]),
];

#[cfg(test)]
mod tests {
    use super::{NameMatch::*, *};

    #[test]
    fn names_are_compared_as_the_zone_writes_them() {
        for (zone, family, given, expected) in [
            ("LI<<WEI", "LI", "WEI", Same),
            ("LI<<WEI", "Li", "Wei", Same),
            ("WEI<<LI", "LI", "WEI", Exchanged),
            ("ZHANG<<SAN", "LI", "WEI", Different),
            ("LI<<WEI", "LI", "WEIWEI", Different),
            ("MUELLER<<JOERG", "Müller", "Jörg", Same),
            ("MULLER<<JORG", "Müller", "Jörg", Same),
            ("MUELLER<<JOERG", "Mu\u{308}ller", "Jo\u{308}rg", Same),
            ("MUXXLLER<<JORG", "Müller", "Jörg", Same),
            // As Chinese passports write it.
            ("LYU<<WEI", "LÜ", "WEI", Same),
            ("NUNXXEZ<<JOSE", "Nuñez", "José", Same),
            ("WEISS<<AAGE", "Weiß", "Åge", Same),
            ("OCONNOR<<MARY<ANN", "O’Connor", "Mary-Ann", Same),
            ("DE<LA<CRUZ<<MARIA", "de la Cruz", "María", Same),
            ("IVANOV<<ALEKSEI", "Иванов", "Алексей", Same),
            ("SHCHERBAKOV<<IGOR", "Щербаков", "Игорь", Same),
            ("AKHMETOV<<DANIIAR", "Ахметов", "Данияр", Same),
            ("SUHARTO", "SUHARTO", "-", Same),
            ("SUHARTO", "SUHARTO", "", Same),
            ("NURGALIYEV<<ANUAR", "Нұрғалиев", "Ануар", Unknown),
            ("WANG<<XIAOMING", "王", "小明", Unknown),
            ("LI<<", "LI", "WEI", Different),
        ] {
            assert_eq!(compare(zone, family, given), expected, "{zone} {family} {given}");
        }
    }

    #[test]
    fn a_name_that_does_not_fit_is_the_beginning() {
        let cut = "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K";
        assert_eq!(cut.len(), FIELD);
        assert_eq!(compare(cut, "Nilavadhanananda", "Chayapa Dejthamrong Krasuang"), Same);
        assert_eq!(compare(cut, "Nilavadhanananda", "Somchai Dejthamrong Krasuang"), Different);
        assert_eq!(compare("LI<<WEI", "LI", "WEI FANG"), Different, "there was room for the rest");
        let short = "LI<<ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHI";
        assert_eq!(compare(short, "LIU", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ"), Different);
        let ends_within_a_letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ<<ABCDEFGHIJA";
        assert_eq!(compare(ends_within_a_letter, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJÆ"), Same);
    }
}
