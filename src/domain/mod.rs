//! What is true: the words, tables and rules of travel authorization. Pure: no database, HTTP, clock or chance,
//! and nothing else of this project. To change a rule, change it here; everything else follows.

pub mod actor;
pub mod ids;
pub mod notification;
pub mod text_enum;
