//! The languages that pages, messages and programmes speak.

use crate::text_enum;

text_enum! {
    /// A language of the service.
    pub enum Language {
        /// English.
        En = "en",
        /// Chinese, simplified.
        Zh = "zh",
        /// Russian.
        Ru = "ru",
        /// Kazakh.
        Kk = "kk",
    }
}

impl Language {
    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "中文",
            Self::Ru => "Русский",
            Self::Kk => "Қазақша",
        }
    }
}
