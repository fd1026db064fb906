//! Sealed columns: each opens in its own row, and only an erased case has lost what was sealed.

use uuid::Uuid;

use super::{Break, Report, cases::CaseFile};
use crate::{
    domain::event::AuditedEvent,
    store::{self, Db, StoreError, audit::AuditedForm},
    workflow::Result,
};

/// Checks the form, the words and the key of a case. `key`: whether it has one, and whether it opens.
pub(super) fn check(file: &CaseFile<'_>, key: Option<bool>, broken: &mut impl FnMut(&'static str, String)) {
    let is_erased = file.is_erased();
    match file.form {
        AuditedForm::Unreadable(because) => broken("form_unreadable", because.clone()),
        AuditedForm::Erased if !is_erased => {
            broken("form_missing", "its form is empty, and no event says that it was erased".to_owned());
        }
        AuditedForm::Open(_) if is_erased => {
            broken("erasure_incomplete", "it was erased, and its form is still there".to_owned());
        }
        AuditedForm::Erased | AuditedForm::Open(_) => {}
    }
    match key {
        Some(true) if is_erased => {
            broken("erasure_incomplete", "it was erased, and its key is still there".to_owned());
        }
        Some(false) => broken("key_unreadable", "its key does not open: it was changed or moved".to_owned()),
        Some(true) | None => {}
    }
    if !is_erased {
        let lost = |audited: &&AuditedEvent| audited.event.words_digest.is_some() && !audited.has_words;
        for AuditedEvent { event, .. } in file.history.iter().filter(lost) {
            broken(
                "words_missing",
                format!("the words of event {} are gone, and no event says that they were erased", event.seq),
            );
        }
    }
}

/// Answers that are read in one transaction.
const PIECE: i64 = 1000;

/// Checks the answers that are kept for repeats.
pub(super) async fn check_answers(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let read = move |tx: &mut store::Tx<'_>| store::audit::sealed::answers(tx, after, PIECE);
        let answers: Result<_, StoreError> = db.read(read).await;
        let answers = answers?;
        let Some((last, _)) = answers.last() else { return Ok(()) };
        after = *last;
        for (id, _) in answers.iter().filter(|(_, opens)| !opens) {
            let detail = "it does not open: it was changed or moved".to_owned();
            report.breaks.push(Break { rule: "answer_unreadable", subject: format!("answer {id}"), detail });
        }
    }
}
