//! The texts of a programme's file. Mails repeat names, addresses, grounds and conditions, each in one line.

use serde::{Deserialize, Serialize};

use super::Programme;
use crate::domain::{
    field_error::FieldError,
    typed::{self, TextFault},
};

/// A text in the four languages of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese, simplified.
    pub zh: String,
    /// Russian.
    pub ru: String,
    /// Kazakh.
    pub kk: String,
}

impl Text {
    /// The text in a language (`en`, `zh`, `ru`, `kk`); English for any other.
    pub fn in_language(&self, language: &str) -> &str {
        match language {
            "zh" => &self.zh,
            "ru" => &self.ru,
            "kk" => &self.kk,
            _ => &self.en,
        }
    }
}

/// The longest text of one line.
const MOST: usize = 1000;

/// The texts that have several lines, or, if they are names, contain the address of a page or a mailbox.
pub(super) fn faults(programme: &Programme) -> Vec<FieldError> {
    let Programme { name, authorities, categories, priorities, stages, evidence, grounds, .. } = programme;
    let mut faults = Vec::new();
    let mut check = |list: &str, texts: Vec<&Text>, field: &str, check: fn(&str, usize) -> Checked| {
        for (index, text) in texts.into_iter().enumerate() {
            let pointer =
                if list.is_empty() { format!("/{field}") } else { format!("/{list}/{index}/{field}") };
            let Text { en, zh, ru, kk } = text;
            for (language, text) in [("en", en), ("zh", zh), ("ru", ru), ("kk", kk)] {
                faults.extend(check(text, MOST).err().map(|fault| fault.at(format!("{pointer}/{language}"))));
            }
        }
    };
    check("", vec![name], "name", typed::name);
    check("authorities", authorities.iter().map(|each| &each.name).collect(), "name", typed::name);
    check("categories", categories.iter().map(|each| &each.name).collect(), "name", typed::name);
    check("priorities", priorities.iter().map(|each| &each.name).collect(), "name", typed::name);
    check("stages", stages.iter().map(|each| &each.name).collect(), "name", typed::name);
    check("evidence", evidence.iter().map(|each| &each.name).collect(), "name", typed::name);
    check("authorities", authorities.iter().map(|each| &each.address).collect(), "address", typed::line);
    check("grounds", grounds.iter().map(|each| &each.text).collect(), "text", typed::line);
    let conditions = programme.entry_conditions.iter().map(|each| &each.text).collect();
    check("entry_conditions", conditions, "text", typed::line);
    faults
}

type Checked = Result<String, TextFault>;
