//! Made-up travellers: names that are common on both sides, and passport numbers that nobody issues.

use jiff::{ToSpan, civil::Date};

use super::rng::Rng;
use crate::domain::{
    form::{Applicant, Employment, Form, Health, Journey, Sex, Stop, TravelDocument},
    mrz::check_digit,
};

/// A made-up traveller.
pub struct Traveller {
    /// As in the passport.
    pub family_name: String,
    /// As in the passport.
    pub given_names: String,
    /// The direction of the journey.
    pub direction: &'static str,
    /// The language of the messages.
    pub language: &'static str,
    native_name: String,
    sex: Sex,
    nationality: &'static str,
    residence: &'static str,
    number: u32,
}

/// A family name as in the passport, and in the native script.
type Family = (&'static str, &'static str);
/// A given name as in the passport and in the native script, and the sex.
type Given = (&'static str, &'static str, Sex);

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
    ("Na", "娜", Sex::F),
    ("Xiuying", "秀英", Sex::F),
    ("Fang", "芳", Sex::F),
    ("Min", "敏", Sex::F),
    ("Jing", "静", Sex::F),
    ("Li", "丽", Sex::F),
    ("Yan", "艳", Sex::F),
    ("Juan", "娟", Sex::F),
    ("Meiling", "美玲", Sex::F),
    ("Xue", "雪", Sex::F),
    ("Wei", "伟", Sex::M),
    ("Qiang", "强", Sex::M),
    ("Lei", "磊", Sex::M),
    ("Jun", "军", Sex::M),
    ("Yong", "勇", Sex::M),
    ("Jie", "杰", Sex::M),
    ("Tao", "涛", Sex::M),
    ("Chao", "超", Sex::M),
    ("Guoqing", "国庆", Sex::M),
    ("Haoran", "浩然", Sex::M),
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
    ("Aigerim", "Әйгерім", Sex::F),
    ("Dana", "Дана", Sex::F),
    ("Madina", "Мадина", Sex::F),
    ("Asel", "Әсел", Sex::F),
    ("Zhanar", "Жанар", Sex::F),
    ("Saule", "Сәуле", Sex::F),
    ("Gulnara", "Гүлнара", Sex::F),
    ("Nurlan", "Нұрлан", Sex::M),
    ("Yerlan", "Ерлан", Sex::M),
    ("Askar", "Асқар", Sex::M),
    ("Daniyar", "Данияр", Sex::M),
    ("Timur", "Тимур", Sex::M),
    ("Arman", "Арман", Sex::M),
    ("Bauyrzhan", "Бауыржан", Sex::M),
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
    ("Anna", "Анна", Sex::F),
    ("Elena", "Елена", Sex::F),
    ("Olga", "Ольга", Sex::F),
    ("Irina", "Ирина", Sex::F),
    ("Sergei", "Сергей", Sex::M),
    ("Andrei", "Андрей", Sex::M),
    ("Dmitri", "Дмитрий", Sex::M),
    ("Viktor", "Виктор", Sex::M),
];

impl Traveller {
    /// Traveller number `number`.
    pub fn new(rng: &mut Rng, number: u32) -> Self {
        if rng.in_hundred(55) { Self::chinese(rng, number) } else { Self::kazakhstani(rng, number) }
    }

    /// A traveller from China with this name.
    pub fn named(family_name: &str, given_names: &str, native_name: &str, sex: Sex, number: u32) -> Self {
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

    fn chinese(rng: &mut Rng, number: u32) -> Self {
        let (family, family_native) = rng.one_of(&CHINESE_FAMILIES);
        let (given, given_native, sex) = rng.one_of(&CHINESE_GIVEN);
        Self {
            family_name: (*family).to_owned(),
            given_names: (*given).to_owned(),
            native_name: format!("{family_native}{given_native}"),
            direction: "CN-KZ",
            language: "zh",
            sex: *sex,
            nationality: "CN",
            residence: "CN",
            number,
        }
    }

    fn kazakhstani(rng: &mut Rng, number: u32) -> Self {
        let is_kazakh = rng.in_hundred(70);
        let families: &[Family] = if is_kazakh { &KAZAKH_FAMILIES } else { &RUSSIAN_FAMILIES };
        let givens: &[Given] = if is_kazakh { &KAZAKH_GIVEN } else { &RUSSIAN_GIVEN };
        let (family, family_native) = rng.one_of(families);
        let (given, given_native, sex) = rng.one_of(givens);
        // Family names that end in -ov end in -ova for women.
        let declines = *sex == Sex::F && family.ends_with("ov");
        let (ending, native_ending) = if declines { ("a", "а") } else { ("", "") };
        Self {
            family_name: format!("{family}{ending}"),
            given_names: (*given).to_owned(),
            native_name: format!("{family_native}{native_ending} {given_native}"),
            direction: "KZ-CN",
            language: if is_kazakh { "kk" } else { "ru" },
            sex: *sex,
            nationality: "KZ",
            residence: "KZ",
            number,
        }
    }

    /// An address that receives no mail (RFC 2606).
    pub fn email(&self) -> String {
        let name = format!("{}.{}", self.given_names, self.family_name).to_lowercase();
        format!("{name}{}@example.{}", self.number, if self.nationality == "CN" { "org" } else { "net" })
    }

    /// A form without faults, for a journey from `arrive` to `leave`.
    pub fn form(&self, rng: &mut Rng, today: Date, arrive: Date, leave: Date) -> Form {
        let is_chinese = self.nationality == "CN";
        let birth = today.saturating_sub(rng.between(25 * 365, 62 * 365).days());
        let issued = today.saturating_sub(rng.between(200, 1500).days());
        let expires = leave.saturating_add(rng.between(200, 2400).days());
        let number = format!("{}{:08}", if is_chinese { 'E' } else { 'N' }, 10_000_000 + self.number);
        let work: &Work = if is_chinese { rng.one_of(&IN_KAZAKHSTAN) } else { rng.one_of(&IN_CHINA) };
        let mrz = rng.in_hundred(60).then(|| self.mrz(&number, birth, expires));
        let text = |text: &str| Some(text.to_owned());
        Form {
            applicant: self.applicant(birth),
            travel_document: TravelDocument {
                kind: text("passport"),
                number: Some(number),
                issuer: text(self.nationality),
                issued_on: Some(issued),
                expires_on: Some(expires),
                mrz,
            },
            employment: Employment {
                employer: text(work.0),
                position: text(work.1),
                host: text(work.2),
                project: text(work.3),
                ..Employment::default()
            },
            journey: Journey {
                purpose: text(work.4),
                arrive_on: Some(arrive),
                leave_on: Some(leave),
                port_of_entry: text(if is_chinese { "Khorgos" } else { "Horgos" }),
                itinerary: vec![Stop {
                    from: Some(arrive),
                    to: Some(leave),
                    place: text(if is_chinese { "Almaty" } else { "Urumqi" }),
                }],
            },
            health: Health { declarations: declarations(), proofs: Vec::new() },
        }
    }

    fn applicant(&self, birth: Date) -> Applicant {
        let number = self.number;
        let is_chinese = self.nationality == "CN";
        Applicant {
            family_name: Some(self.family_name.clone()),
            given_names: Some(self.given_names.clone()),
            native_name: Some(self.native_name.clone()),
            birth_date: Some(birth),
            sex: Some(self.sex),
            nationality: Some(self.nationality.to_owned()),
            residence: Some(self.residence.to_owned()),
            email: Some(self.email()),
            phone: Some(if is_chinese { format!("+86138{number:08}") } else { format!("+7701{number:07}") }),
        }
    }

    /// The machine-readable zone (ICAO 9303-4 §4.2.2).
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

/// The declarations of a healthy person.
fn declarations() -> std::collections::BTreeMap<String, bool> {
    let answers = [
        ("symptoms_14_days", false),
        ("contact_14_days", false),
        ("quarantine_consent", true),
        ("truthful", true),
    ];
    answers.into_iter().map(|(code, answer)| (code.to_owned(), answer)).collect()
}

/// Employer, position, host, project and purpose.
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
    use crate::{
        domain::{form::Field, mrz},
        web::form_input,
    };
    use jiff::civil::date;

    #[test]
    fn every_traveller_fills_in_a_form_without_a_fault() {
        let mut rng = Rng::new(7);
        for number in 0..200 {
            let traveller = Traveller::new(&mut rng, number);
            let form = traveller.form(&mut rng, date(2026, 3, 2), date(2026, 4, 1), date(2026, 4, 20));
            let read = form_input::read_change(&serde_json::to_value(&form).unwrap());
            assert_eq!((read.faults, Form::default().changed(&read.form)), (Vec::new(), form.clone()));
            if let Some(zone) = form.travel_document.mrz {
                assert_eq!(mrz::parse(&zone).unwrap().number, form.travel_document.number.unwrap());
            }
        }
    }
}
