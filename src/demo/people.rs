//! Travellers who do not exist: names as they are common on both sides, passports with numbers that nobody issues.

use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use super::dice::Dice;
use crate::domain::mrz::check_digit;

/// A traveller who does not exist.
pub struct Traveller {
    /// As in the passport.
    pub family_name: String,
    /// See `family_name`.
    pub given_names: String,
    /// The direction of the journey.
    pub direction: &'static str,
    /// The language of the messages.
    pub language: &'static str,
    native_name: String,
    sex: &'static str,
    nationality: &'static str,
    residence: &'static str,
    number: u32,
}

/// A family name in the passport and at home.
type Family = (&'static str, &'static str);
/// A given name in the passport and at home, and whose it is.
type Given = (&'static str, &'static str, &'static str);

const CHINESE_FAMILIES: [Family; 20] = [
    ("Wang", "王"),
    ("Li", "李"),
    ("Zhang", "张"),
    ("Liu", "刘"),
    ("Chen", "陈"),
    ("Yang", "杨"),
    ("Zhao", "赵"),
    ("Huang", "黄"),
    ("Zhou", "周"),
    ("Wu", "吴"),
    ("Xu", "徐"),
    ("Sun", "孙"),
    ("Ma", "马"),
    ("Zhu", "朱"),
    ("Hu", "胡"),
    ("Guo", "郭"),
    ("He", "何"),
    ("Lin", "林"),
    ("Gao", "高"),
    ("Luo", "罗"),
];

const CHINESE_GIVEN: [Given; 20] = [
    ("Na", "娜", "F"),
    ("Xiuying", "秀英", "F"),
    ("Fang", "芳", "F"),
    ("Min", "敏", "F"),
    ("Jing", "静", "F"),
    ("Li", "丽", "F"),
    ("Yan", "艳", "F"),
    ("Juan", "娟", "F"),
    ("Meiling", "美玲", "F"),
    ("Xue", "雪", "F"),
    ("Wei", "伟", "M"),
    ("Qiang", "强", "M"),
    ("Lei", "磊", "M"),
    ("Jun", "军", "M"),
    ("Yong", "勇", "M"),
    ("Jie", "杰", "M"),
    ("Tao", "涛", "M"),
    ("Chao", "超", "M"),
    ("Guoqing", "国庆", "M"),
    ("Haoran", "浩然", "M"),
];

const KAZAKH_FAMILIES: [Family; 14] = [
    ("Nurpeissov", "Нұрпейісов"),
    ("Akhmetov", "Ахметов"),
    ("Omarov", "Омаров"),
    ("Suleimenov", "Сүлейменов"),
    ("Iskakov", "Ысқақов"),
    ("Bekov", "Беков"),
    ("Zhaksylykov", "Жақсылықов"),
    ("Tulegenov", "Төлегенов"),
    ("Kassymov", "Қасымов"),
    ("Abenov", "Әбенов"),
    ("Sadykov", "Садықов"),
    ("Mukhanov", "Мұханов"),
    ("Utegenov", "Өтегенов"),
    ("Dzhaksybekov", "Жақсыбеков"),
];

const KAZAKH_GIVEN: [Given; 14] = [
    ("Aigerim", "Әйгерім", "F"),
    ("Dana", "Дана", "F"),
    ("Madina", "Мадина", "F"),
    ("Asel", "Әсел", "F"),
    ("Zhanar", "Жанар", "F"),
    ("Saule", "Сәуле", "F"),
    ("Gulnara", "Гүлнара", "F"),
    ("Nurlan", "Нұрлан", "M"),
    ("Yerlan", "Ерлан", "M"),
    ("Askar", "Асқар", "M"),
    ("Daniyar", "Данияр", "M"),
    ("Timur", "Тимур", "M"),
    ("Arman", "Арман", "M"),
    ("Bauyrzhan", "Бауыржан", "M"),
];

const RUSSIAN_FAMILIES: [Family; 8] = [
    ("Ivanov", "Иванов"),
    ("Kim", "Ким"),
    ("Petrov", "Петров"),
    ("Smirnov", "Смирнов"),
    ("Volkov", "Волков"),
    ("Morozov", "Морозов"),
    ("Orlov", "Орлов"),
    ("Pavlov", "Павлов"),
];

const RUSSIAN_GIVEN: [Given; 8] = [
    ("Anna", "Анна", "F"),
    ("Elena", "Елена", "F"),
    ("Olga", "Ольга", "F"),
    ("Irina", "Ирина", "F"),
    ("Sergei", "Сергей", "M"),
    ("Andrei", "Андрей", "M"),
    ("Dmitri", "Дмитрий", "M"),
    ("Viktor", "Виктор", "M"),
];

impl Traveller {
    /// The `number`-th traveller.
    pub fn new(dice: &mut Dice, number: u32) -> Self {
        if dice.in_hundred(55) { Self::chinese(dice, number) } else { Self::kazakhstani(dice, number) }
    }

    /// A traveller from China with a given name.
    pub fn named(
        family_name: &str,
        given_names: &str,
        native_name: &str,
        sex: &'static str,
        number: u32,
    ) -> Self {
        Self {
            family_name: family_name.to_owned(),
            given_names: given_names.to_owned(),
            native_name: native_name.to_owned(),
            direction: "CN-KZ",
            language: "en",
            sex,
            nationality: "CN",
            residence: "CN",
            number,
        }
    }

    fn chinese(dice: &mut Dice, number: u32) -> Self {
        let (family, family_native) = dice.one_of(&CHINESE_FAMILIES);
        let (given, given_native, sex) = dice.one_of(&CHINESE_GIVEN);
        Self {
            family_name: (*family).to_owned(),
            given_names: (*given).to_owned(),
            native_name: format!("{family_native}{given_native}"),
            direction: "CN-KZ",
            language: "zh",
            sex,
            nationality: "CN",
            residence: "CN",
            number,
        }
    }

    fn kazakhstani(dice: &mut Dice, number: u32) -> Self {
        let is_kazakh = dice.in_hundred(70);
        let families: &[Family] = if is_kazakh { &KAZAKH_FAMILIES } else { &RUSSIAN_FAMILIES };
        let givens: &[Given] = if is_kazakh { &KAZAKH_GIVEN } else { &RUSSIAN_GIVEN };
        let (family, family_native) = dice.one_of(families);
        let (given, given_native, sex) = dice.one_of(givens);
        // Family names that decline end in -a for women.
        let declines = *sex == "F" && family.ends_with("ov");
        let (ending, native_ending) = if declines { ("a", "а") } else { ("", "") };
        Self {
            family_name: format!("{family}{ending}"),
            given_names: (*given).to_owned(),
            native_name: format!("{family_native}{native_ending} {given_native}"),
            direction: "KZ-CN",
            language: if is_kazakh { "kk" } else { "ru" },
            sex,
            nationality: "KZ",
            residence: "KZ",
            number,
        }
    }

    /// An address that receives nothing (RFC 2606).
    pub fn email(&self) -> String {
        let name = format!("{}.{}", self.given_names, self.family_name).to_lowercase();
        format!("{name}{}@example.{}", self.number, if self.nationality == "CN" { "org" } else { "net" })
    }

    /// The form, without a fault, for a journey from `arrive` to `leave`.
    pub fn form(&self, dice: &mut Dice, today: Date, arrive: Date, leave: Date) -> Value {
        let is_chinese = self.nationality == "CN";
        let birth = today.saturating_sub(dice.between(25 * 365, 62 * 365).days());
        let issued = today.saturating_sub(dice.between(200, 1500).days());
        let expires = leave.saturating_add(dice.between(200, 2400).days());
        let number = format!("{}{:08}", if is_chinese { 'E' } else { 'N' }, 10_000_000 + self.number);
        let work: &Work = if is_chinese { dice.one_of(&IN_KAZAKHSTAN) } else { dice.one_of(&IN_CHINA) };
        let mrz = dice.in_hundred(60).then(|| self.mrz(&number, birth, expires));
        json!({
            "applicant": {
                "family_name": self.family_name, "given_names": self.given_names, "native_name": self.native_name,
                "birth_date": birth.to_string(), "sex": self.sex, "nationality": self.nationality,
                "residence": self.residence, "email": self.email(),
                "phone": if is_chinese { format!("+86138{:08}", self.number) } else { format!("+7701{:07}", self.number) },
            },
            "travel_document": {
                "type": "passport", "number": number, "issuer": self.nationality, "issued_on": issued.to_string(),
                "expires_on": expires.to_string(), "mrz": mrz,
            },
            "employment": {
                "employer": work.0, "position": work.1, "host": work.2, "project": work.3,
            },
            "journey": {
                "purpose": work.4, "arrive_on": arrive.to_string(), "leave_on": leave.to_string(),
                "port_of_entry": if is_chinese { "Khorgos" } else { "Horgos" },
                "itinerary": [{
                    "place": if is_chinese { "Almaty" } else { "Urumqi" },
                    "from": arrive.to_string(), "to": leave.to_string(),
                }],
            },
            "health": { "declarations": {
                "symptoms_14_days": false, "contact_14_days": false, "quarantine_consent": true, "truthful": true,
            } },
        })
    }

    /// The two lines (ICAO 9303-4 §4.2.2).
    fn mrz(&self, number: &str, birth: Date, expires: Date) -> String {
        let country = if self.nationality == "CN" { "CHN" } else { "KAZ" };
        let names = format!("P<{country}{}<<{}", self.family_name, self.given_names).to_uppercase();
        let digit = |text: &str| check_digit(text).unwrap_or('0');
        let day = |date: Date| date.strftime("%y%m%d").to_string();
        let (birth, expires, personal) = (day(birth), day(expires), "<".repeat(14));
        let number = format!("{number}{}", digit(number));
        let birth = format!("{birth}{}", digit(&birth));
        let rest = format!("{expires}{}{personal}{}", digit(&expires), digit(&personal));
        let whole = digit(&format!("{number}{birth}{rest}"));
        format!("{names:<<44}\n{number}{country}{birth}{}{rest}{whole}", self.sex)
    }
}

/// Employer, position, host, project, purpose.
type Work = (&'static str, &'static str, &'static str, &'static str, &'static str);

const IN_KAZAKHSTAN: [Work; 5] = [
    (
        "Tianshan Turbines",
        "Service engineer",
        "Steppe Power, Taraz",
        "Zhanatas wind farm",
        "Repair of two turbines under warranty; the gearboxes must be opened on the spot.",
    ),
    (
        "Silk Road Rail Systems",
        "Signalling expert",
        "Dostyk Junction Authority",
        "Dry port, phase 3",
        "Commissioning of the signalling system before the line is opened.",
    ),
    (
        "Jade Gate Pharma",
        "Quality manager",
        "Medeu Laboratories, Almaty",
        "Vaccine filling line",
        "Acceptance of the filling line together with the inspectors.",
    ),
    (
        "Golden Grain Trade",
        "Buyer",
        "Kostanay Mills",
        "Harvest contract",
        "Inspection of the grain and signature of the yearly contract.",
    ),
    (
        "First City Hospital, Urumqi",
        "Intensive-care physician",
        "Regional Clinic, Taldykorgan",
        "Doctors' exchange",
        "Training of the intensive-care team at the bedside.",
    ),
];

const IN_CHINA: [Work; 4] = [
    (
        "Altai Copper",
        "Metallurgist",
        "Northern Smelter, Urumqi",
        "Furnace 4",
        "Relining of the furnace, which is cold for three weeks only.",
    ),
    (
        "Tengri Software",
        "Systems architect",
        "Urumqi Data Centre",
        "Customs exchange",
        "Installation of the exchange node, which may not be reached from outside.",
    ),
    (
        "Orda Construction",
        "Tunnel engineer",
        "Western Tunnel Company, Yining",
        "Guozigou tunnel",
        "Blasting plan for the last four hundred metres.",
    ),
    (
        "Steppe Power",
        "Buyer",
        "Tianshan Turbines, Urumqi",
        "Spare parts 2021",
        "Inspection of the parts before they are shipped, and signature of the contract.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{form::Form, mrz};
    use jiff::civil::date;

    #[test]
    fn every_traveller_fills_in_a_form_without_a_fault() {
        let mut dice = Dice::new(7);
        for number in 0..200 {
            let traveller = Traveller::new(&mut dice, number);
            let form = traveller.form(&mut dice, date(2026, 3, 2), date(2026, 4, 1), date(2026, 4, 20));
            let form = Form::default().patched(&form).unwrap();
            if let Some(zone) = form.travel_document.mrz {
                assert_eq!(mrz::parse(&zone).unwrap().number, form.travel_document.number.unwrap());
            }
        }
    }
}
